#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>

#include "core/base/check.h"
#include "core/base/splitmix.h"

namespace chiasm {
namespace {

uint64_t absorb(uint64_t key, uint64_t word) { return mix_bits(key + kGoldenGamma + mix_bits(word + kGoldenGamma)); }

}  // namespace

uint64_t hash_key(std::initializer_list<uint64_t> words) {
  uint64_t key = mix_bits(words.size());
  for (const uint64_t word : words) key = absorb(key, word);
  return key;
}

uint64_t hash_key(uint64_t seed, std::string_view text) {
  uint64_t key = absorb(mix_bits(seed), text.size());
  for (size_t start = 0; start < text.size(); start += 8) {
    uint64_t word = 0;  // little-endian on every machine
    for (size_t i = start; i < std::min(start + 8, text.size()); ++i) word |= uint64_t{static_cast<uint8_t>(text[i])} << (8 * (i - start));
    key = absorb(key, word);
  }
  return key;
}

uint64_t Random::next() {
  state_ += kGoldenGamma;
  return mix_bits(state_);
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Random::uniform(double low, double high) {
  // Rounding can reach `high`, which lies outside.
  return std::min(low + (high - low) * uniform(), std::nextafter(high, low));
}

int64_t Random::integer(int64_t below) {
  check(below > 0, "Random::integer needs a positive bound");
  const auto count = static_cast<uint64_t>(below);
  const uint64_t uneven = (0 - count) % count;  // 2^64 mod count: this many first values would favour small results
  uint64_t draw = next();
  while (draw < uneven) draw = next();
  return static_cast<int64_t>(draw % count);
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - u lies in (0, 1]
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

bool Random::chance(double probability) { return uniform() < probability; }

std::vector<int64_t> Random::sample(int64_t below, int64_t count) {
  check(0 <= count && count <= below, "Random::sample cannot draw more numbers than there are");
  // Fisher-Yates on an array that exists only where it was touched.
  std::unordered_map<int64_t, int64_t> moved;
  const auto at = [&](int64_t i) {
    const auto found = moved.find(i);
    return found == moved.end() ? i : found->second;
  };
  std::vector<int64_t> drawn;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t j = i + integer(below - i);
    drawn.push_back(at(j));
    moved[j] = at(i);
  }
  return drawn;
}

}  // namespace chiasm
