// A new empty folder that goes away with the object.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace chiasm {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::path(::testing::TempDir()) / "chiasm-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot create a scratch folder");
    path_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace chiasm
