// A small cohort, written once for all tests that read files.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "data/synthetic/cohort.h"

namespace chiasm::synthetic::testing {

namespace fs = std::filesystem;

// A folder that is removed with the object.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(fs::temp_directory_path() / ("chiasm-" + name + "-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline constexpr int64_t small_patients = 5;
inline constexpr uint64_t small_seed = 11;

inline const fs::path& small_cohort() {
  static const TemporaryFolder folder("synth");
  static const fs::path path = [] {
    const fs::path out = folder.path() / "cohort";
    write_cohort({out, small_patients, small_seed, 2});
    return out;
  }();
  return path;
}

}  // namespace chiasm::synthetic::testing
