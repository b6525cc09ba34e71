#include <algorithm>
#include <cstring>

#include "data/store/codec.h"
#include "data/transform/clones.h"

namespace chiasm::store {

namespace {

constexpr size_t kLanes = 32, kRowBytes = kLanes * sizeof(uint16_t);
constexpr size_t kMostRows = 256;  // running sums of so many words stay below 2^32

struct Sums {
  uint64_t plain = 0, running = 0;
};

// Sums of the rows' words in the machine's order: `plain` of all, `running` of the plain sums after each word. Lane by lane, so that
// nothing waits for the word before: word j of row r counts (rows - r) * kLanes - j times.
CHIASM_CLONES Sums sum_rows(const char* bytes, size_t rows) {
  uint32_t plain[kLanes] = {}, running[kLanes] = {};
  for (size_t row = 0; row < rows; ++row) {
    uint16_t words[kLanes];
    std::memcpy(words, bytes + row * kRowBytes, kRowBytes);
    for (size_t j = 0; j < kLanes; ++j) {
      plain[j] += words[j];
      running[j] += plain[j];
    }
  }
  Sums sums;
  for (size_t j = 0; j < kLanes; ++j) {
    sums.plain += plain[j];
    sums.running += uint64_t{running[j]} * kLanes - uint64_t{plain[j]} * j;
  }
  return sums;
}

// Modulo 65535, where only a sum of nothing but zeros is 0.
uint64_t reduced(uint64_t sum) { return sum == 0 ? 0 : (sum - 1) % 65535 + 1; }

}  // namespace

// HDF5 adds big-endian words. Swapping the bytes of a word is multiplying it by 256 modulo 65535, so the sums are swapped instead.
uint32_t fletcher32(std::string_view bytes) {
  uint64_t sum1 = 0, sum2 = 0;
  const auto add = [&](const char* begin, size_t rows, size_t words) {
    const Sums block = sum_rows(begin, rows);
    // Words of nothing that fill the last row add the plain sum each time: too often.
    const uint64_t beyond = rows * kLanes - words;
    sum2 = reduced(sum2 + words * sum1 + block.running - beyond * block.plain);
    sum1 = reduced(sum1 + block.plain);
  };
  size_t at = 0;
  for (size_t rows; (rows = std::min((bytes.size() - at) / kRowBytes, kMostRows)) > 0; at += rows * kRowBytes)
    add(bytes.data() + at, rows, rows * kLanes);
  if (const size_t left = bytes.size() - at; left > 0) {
    char last[kRowBytes] = {};
    std::memcpy(last, bytes.data() + at, left);
    add(last, 1, (left + 1) / 2);
  }
  const auto swapped = [](uint64_t sum) { return static_cast<uint32_t>((sum & 0xff) << 8 | sum >> 8); };
  return swapped(sum2) << 16 | swapped(sum1);
}

}  // namespace chiasm::store
