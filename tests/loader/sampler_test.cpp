#include "data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/error.h"

namespace chiasm {
namespace {

std::vector<int64_t> studies_of(const std::vector<Draw>& draws) {
  std::vector<int64_t> out;
  for (const Draw& draw : draws) out.push_back(draw.study);
  return out;
}

std::vector<int64_t> epoch_of(Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> out;
  for (int64_t b = 0; b < sampler.batches_per_epoch(); ++b)
    for (const Draw& draw : sampler.draws(epoch, b)) out.push_back(draw.study);
  return out;
}

TEST(Sampler, AnEpochSeesEveryStudyOnceInANewOrder) {
  Sampler sampler(20, {.batch = 4, .seed = 3});
  ASSERT_EQ(sampler.batches_per_epoch(), 5);
  const auto first = epoch_of(sampler, 0), second = epoch_of(sampler, 1);
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 20U);
  EXPECT_EQ(std::set<int64_t>(second.begin(), second.end()).size(), 20U);
  EXPECT_NE(first, second);
  EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
  Sampler other(20, {.batch = 4, .seed = 4});
  EXPECT_NE(epoch_of(other, 0), first);
}

TEST(Sampler, TheLastShortGlobalBatchIsDroppedInTrainingOnly) {
  EXPECT_EQ(Sampler(23, {.batch = 4}).batches_per_epoch(), 5);
  Sampler inference(23, {.training = false, .batch = 4});
  EXPECT_EQ(inference.batches_per_epoch(), 6);
  std::vector<int64_t> all(23);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(epoch_of(inference, 0), all);
}

TEST(Sampler, RanksTogetherSeeWhatOneRankSees) {
  for (const bool training : {true, false}) {
    Sampler whole(23, {.training = training, .batch = 6, .seed = 9});
    for (int64_t b = 0; b < whole.batches_per_epoch(); ++b) {
      std::vector<Draw> joined;
      for (int rank = 0; rank < 3; ++rank) {
        Sampler part(23, {.training = training, .batch = 2, .rank = rank, .ranks = 3, .seed = 9});
        if (b >= part.batches_per_epoch()) continue;
        const auto draws = part.draws(2, b);
        EXPECT_FALSE(draws.empty());
        joined.insert(joined.end(), draws.begin(), draws.end());
      }
      const auto expected = whole.draws(2, b);
      ASSERT_EQ(studies_of(joined), studies_of(expected));
      for (size_t n = 0; n < joined.size(); ++n) EXPECT_EQ(joined[n].key, expected[n].key);
    }
  }
}

TEST(Sampler, KeysDifferByEpochPlaceAndSeed) {
  Sampler a(8, {.batch = 4, .seed = 1}), b(8, {.batch = 4, .seed = 2});
  std::set<uint64_t> keys;
  for (int64_t epoch = 0; epoch < 3; ++epoch)
    for (int64_t batch = 0; batch < 2; ++batch) {
      for (const Draw& draw : a.draws(epoch, batch)) keys.insert(draw.key);
      for (const Draw& draw : b.draws(epoch, batch)) keys.insert(draw.key);
    }
  EXPECT_EQ(keys.size(), 48U);
}

TEST(Sampler, FewerStudiesThanABatchAreGoneThroughAgain) {
  Sampler sampler(3, {.batch = 4, .rank = 1, .ranks = 2});
  ASSERT_EQ(sampler.batches_per_epoch(), 1);
  const auto draws = sampler.draws(0, 0);
  ASSERT_EQ(draws.size(), 4U);
  EXPECT_EQ(draws[0].study, draws[3].study);
  EXPECT_NE(draws[0].key, draws[3].key);
}

TEST(Sampler, BalanceDrawsBothSidesEvenly) {
  using Side = Sampler::Side;
  std::vector<Side> sides(40, Side::negative);
  for (const size_t n : {3, 8, 20, 31}) sides[n] = Side::positive;
  sides[5] = sides[6] = Side::neither;
  Sampler sampler(40, {.batch = 2, .seed = 5}, sides);
  ASSERT_EQ(sampler.batches_per_epoch(), 19);
  std::map<int64_t, int> seen;
  int positive_first = 0;
  for (int64_t b = 0; b < 19; ++b) {
    const auto draws = sampler.draws(0, b);
    const auto is_positive = [&](const Draw& draw) { return sides[static_cast<size_t>(draw.study)] == Side::positive; };
    EXPECT_EQ(std::count_if(draws.begin(), draws.end(), is_positive), 1);
    positive_first += is_positive(draws[0]);
    for (const Draw& draw : draws) ++seen[draw.study];
  }
  EXPECT_GT(positive_first, 2);
  EXPECT_LT(positive_first, 17);
  for (const int64_t study : {3, 8, 20, 31}) {
    EXPECT_GE(seen[study], 4);
    EXPECT_LE(seen[study], 5);
  }
  EXPECT_EQ(seen.count(5) + seen.count(6), 0U);
  for (const auto& [study, times] : seen) {
    if (sides[static_cast<size_t>(study)] == Side::negative) {
      EXPECT_EQ(times, 1);
    }
  }
  EXPECT_THROW(Sampler(2, {.batch = 1}, {Side::positive, Side::neither}), UsageError);
}

}  // namespace
}  // namespace chiasm
