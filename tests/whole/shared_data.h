// The real data beside the tree, which may be absent.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace chiasm::test {

inline std::filesystem::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  const std::filesystem::path beside = std::filesystem::path(CHIASM_SOURCE) / ".." / "shared" / "data";
  return std::filesystem::absolute(stated != nullptr ? stated : beside);
}

}  // namespace chiasm::test

#define NEED_SHARED(path)                                               \
  if (!std::filesystem::exists(::chiasm::test::shared_data() / (path))) \
  GTEST_SKIP() << "the shared data is not there: " << (path) << " (CHIASM_SHARED names its folder)"
