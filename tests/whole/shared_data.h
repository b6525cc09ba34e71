// The real data beside the tree, which may be absent.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"

namespace chiasm::test {

inline std::filesystem::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  const std::filesystem::path beside = std::filesystem::path(CHIASM_SOURCE) / ".." / "shared" / "data";
  return std::filesystem::absolute(stated != nullptr ? stated : beside);
}

// A suite over one run on real data, made once: the first step that fails is what every test tells.
template <class Suite>
class RealRun : public ::testing::Test {
 protected:
  static void TearDownTestSuite() {
    delete scratch_;
    scratch_ = nullptr;
  }
  static std::filesystem::path folder() { return scratch_->path(); }
  // Runs the program in the suite's folder; what it printed.
  static std::string step(const std::vector<std::string>& words) {
    if (!failure_.empty()) return "";
    const Ended ended = chiasm(words, folder());
    if (ended.code != 0) failure_ = join(words, " ") + " ended with code " + std::to_string(ended.code) + ":\n" + ended.output;
    return ended.output;
  }

  inline static Scratch* scratch_ = nullptr;
  inline static std::string failure_;
};

}  // namespace chiasm::test

#define NEED_SHARED(path)                                               \
  if (!std::filesystem::exists(::chiasm::test::shared_data() / (path))) \
  GTEST_SKIP() << "the shared data is not there: " << (path) << " (CHIASM_SHARED names its folder)"
