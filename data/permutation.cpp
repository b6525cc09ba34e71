#include "data/permutation.h"

#include <bit>
#include <numeric>

#include "core/base/check.h"
#include "core/base/random.h"

namespace chiasm {

namespace {

constexpr int64_t kLongestList = 4096;
constexpr uint64_t kRounds = 6;

}  // namespace

Permutation::Permutation(int64_t count, uint64_t key) : count_(count), key_(key) {
  check(count > 0, "a permutation needs something to order");
  if (count > kLongestList) {
    half_bits_ = (std::bit_width(static_cast<uint64_t>(count - 1)) + 1) / 2;
    return;
  }
  list_.resize(static_cast<size_t>(count));
  std::iota(list_.begin(), list_.end(), int64_t{0});
  Random random(key);
  random.shuffle(list_);
}

uint64_t Permutation::encrypt(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (uint64_t round = 0; round < kRounds; ++round) {
    const uint64_t mixed = left ^ (hash_key({key_, round, right}) & mask);
    left = right;
    right = mixed;
  }
  return left << half_bits_ | right;
}

int64_t Permutation::operator()(int64_t place) const {
  check(place >= 0 && place < count_, "a place of a permutation lies inside it");
  if (!list_.empty()) return list_[static_cast<size_t>(place)];
  auto value = static_cast<uint64_t>(place);
  do value = encrypt(value);
  while (value >= static_cast<uint64_t>(count_));
  return static_cast<int64_t>(value);
}

}  // namespace chiasm
