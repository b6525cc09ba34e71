// The real data beside the tree, which may be absent.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace chiasm::test {

inline std::filesystem::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  return stated != nullptr ? std::filesystem::path(stated) : std::filesystem::path(CHIASM_SOURCE) / ".." / "shared" / "data";
}

}  // namespace chiasm::test

#define NEED_SHARED(path)                                               \
  if (!std::filesystem::exists(::chiasm::test::shared_data() / (path))) \
  GTEST_SKIP() << "the shared data is not there: " << (path) << " (CHIASM_SHARED names its folder)"
