#include "data/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <sstream>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

std::vector<uint8_t> some_bytes(size_t count) {
  Random random(count);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.integer(12));
  return bytes;
}

std::string packed(const std::vector<uint8_t>& bytes, int threads) {
  std::ostringstream out;
  append_gzip(out, bytes, threads);
  return out.str();
}

// zlib reads what libdeflate packed, across the members.
TEST(Gzip, AnotherLibraryReadsItsMembersAsOneFile) {
  const Scratch scratch;
  for (const size_t size : {size_t{1}, size_t{4} << 20, (size_t{4} << 20) + 1, (size_t{9} << 20) + 17}) {
    const std::vector<uint8_t> bytes = some_bytes(size);
    write_file_atomic(scratch / "file.gz", packed(bytes, 2));
    std::vector<uint8_t> back(size + 1);
    gzFile file = gzopen((scratch / "file.gz").c_str(), "rb");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(gzread(file, back.data(), static_cast<unsigned>(back.size())), static_cast<int>(size));
    EXPECT_EQ(gzclose(file), Z_OK);
    back.pop_back();
    EXPECT_TRUE(back == bytes) << size;
  }
}

TEST(Gzip, TheBytesDoNotDependOnTheThreads) {
  const std::vector<uint8_t> bytes = some_bytes(size_t{11} << 20);
  EXPECT_EQ(packed(bytes, 1), packed(bytes, 3));
}

TEST(Gzip, AFailedStreamIsTold) {
  std::ofstream full("/dev/full", std::ios::binary);
  EXPECT_THROW(append_gzip(full, some_bytes(size_t{5} << 20), 2), Error);
}

}  // namespace
}  // namespace chiasm
