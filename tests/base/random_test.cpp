#include "core/base/random.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include <set>

#include "core/base/error.h"

namespace chiasm {
namespace {

// Reference output of SplitMix64 (Vigna, https://prng.di.unimi.it/splitmix64.c) for seeds 0 and 1234567.
TEST(Random, SplitMix64Reference) {
  Random zero(0);
  for (const uint64_t expected : {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u, 0x06c45d188009454fu, 0xf88bb8a8724c81ecu})
    EXPECT_EQ(zero.next(), expected);
  Random other(1234567);
  for (const uint64_t expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u}) EXPECT_EQ(other.next(), expected);
}

// From an independent implementation in Python: tests/golden/random_streams.py.
TEST(Random, DrawsAreFrozen) {
  Random uniform(42), integer(42), normal(42), shuffle(42), sample(42);
  for (const double expected : {0x1.7bae644c5fd6dp-1, 0x1.477f199d93378p-3, 0x1.1d499d5c4c3e6p-2}) EXPECT_EQ(uniform.uniform(), expected);
  for (const int64_t expected : {3, 1, 8, 4, 0, 2, 5, 8, 5, 4, 7, 6}) EXPECT_EQ(integer.integer(10), expected);
  for (const double expected : {0.8822489062222688, -0.4508498757188601, 0.1883526341159315}) EXPECT_NEAR(normal.normal(), expected, 1e-15);
  std::vector<int64_t> items{0, 1, 2, 3, 4, 5, 6, 7};
  shuffle.shuffle(items);
  EXPECT_EQ(items, (std::vector<int64_t>{3, 1, 6, 2, 4, 0, 7, 5}));
  EXPECT_EQ(sample.sample(20, 5), (std::vector<int64_t>{13, 16, 2, 8, 6}));
}

TEST(HashKey, Frozen) {
  EXPECT_EQ(hash_key({0}), 0x6d5ebc50ce868089u);
  EXPECT_EQ(hash_key({1, 2, 3}), 0x17ae1ce974012aa9u);
  EXPECT_EQ(hash_key(7, ""), 0xc86ae6206e7de1b4u);
  EXPECT_EQ(hash_key(7, "ct"), 0x5076a015a7dc05a3u);
  EXPECT_EQ(hash_key(7, "a longer text"), 0xf2c8dfe741450905u);
}

TEST(HashKey, OrderLengthAndEveryBitCount) {
  EXPECT_NE(hash_key({1, 2}), hash_key({2, 1}));
  EXPECT_NE(hash_key({1}), hash_key({1, 0}));
  EXPECT_NE(hash_key(1, "a"), hash_key(1, std::string_view("a\0", 2)));
  EXPECT_NE(hash_key(1, "a"), hash_key(2, "a"));
  double changed = 0;
  for (int bit = 0; bit < 64; ++bit) changed += std::popcount(hash_key({5, 7}) ^ hash_key({5, 7 ^ (uint64_t{1} << bit)}));
  EXPECT_NEAR(changed / 64, 32, 2);  // avalanche: half of the bits
}

TEST(Random, IntegersAreUniform) {
  Random random(1);
  constexpr int64_t bins = 7, draws = 70000;
  std::vector<double> counts(bins);
  for (int64_t i = 0; i < draws; ++i) ++counts[static_cast<size_t>(random.integer(bins))];
  double chi_square = 0;
  for (const double count : counts) chi_square += (count - draws / bins) * (count - draws / bins) / (draws / bins);
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = 0.001
}

// 3 * 2^61 leaves a quarter of 2^64 uneven: without rejection the lower third would come up 3/8 of the time.
TEST(Random, LargeBoundsAreUnbiased) {
  Random random(2);
  constexpr int64_t bound = int64_t{3} << 61;
  int low = 0;
  for (int i = 0; i < 20000; ++i) low += random.integer(bound) < (int64_t{1} << 61);
  EXPECT_NEAR(low / 20000.0, 1.0 / 3, 0.012);
}

TEST(Random, MomentsOfUniformAndNormal) {
  Random random(3);
  double uniform = 0, normal = 0, square = 0, fourth = 0;
  constexpr int draws = 100000;
  for (int i = 0; i < draws; ++i) {
    uniform += random.uniform(-1, 3);
    const double z = random.normal();
    normal += z;
    square += z * z;
    fourth += z * z * z * z;
  }
  EXPECT_NEAR(uniform / draws, 1, 0.012);
  EXPECT_NEAR(normal / draws, 0, 0.01);
  EXPECT_NEAR(square / draws, 1, 0.015);
  EXPECT_NEAR(fourth / draws, 3, 0.1);
}

TEST(Random, BoundsAreKept) {
  Random random(4);
  const double high = std::nextafter(1.0, 2.0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(random.uniform(1.0, high), 1.0);
  EXPECT_FALSE(random.chance(0));
  EXPECT_TRUE(random.chance(1));
  EXPECT_THROW(random.integer(0), Error);
  EXPECT_THROW(random.sample(3, 4), Error);
}

TEST(Random, SampleHasNoRepeatsAndReachesAll) {
  Random random(5);
  const auto all = random.sample(50, 50);
  EXPECT_EQ(std::set<int64_t>(all.begin(), all.end()).size(), 50u);
  std::vector<int> hits(10);
  for (int i = 0; i < 10000; ++i)
    for (const int64_t item : random.sample(10, 3)) ++hits[static_cast<size_t>(item)];
  for (const int count : hits) EXPECT_NEAR(count, 3000, 180);
  for (const int64_t item : random.sample(int64_t{1} << 60, 4)) EXPECT_LT(item, int64_t{1} << 60);
}

}  // namespace
}  // namespace chiasm
