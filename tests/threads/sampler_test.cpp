#include "data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
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

// Studies n of a group: those with n % of == rest.
SamplerGroup group_of(int64_t studies, int64_t of, int64_t rest, double ratio = 1) {
  SamplerGroup group{{}, ratio};
  for (int64_t n = rest; n < studies; n += of) group.studies.push_back(n);
  return group;
}

TEST(Sampler, TwoEvenGroupsShareEveryBatchOfTwo) {
  SamplerGroup negative = group_of(40, 1, 0), positive{{3, 8, 20, 31}, 1};
  std::erase_if(negative.studies,
                [&](int64_t n) { return n == 5 || n == 6 || std::count(positive.studies.begin(), positive.studies.end(), n); });
  Sampler sampler(40, {.batch = 2, .seed = 5}, {negative, positive});
  ASSERT_EQ(sampler.batches_per_epoch(), 19);
  std::map<int64_t, int> seen;
  int positive_first = 0;
  const auto is_positive = [&](const Draw& draw) { return std::count(positive.studies.begin(), positive.studies.end(), draw.study) > 0; };
  for (int64_t b = 0; b < 19; ++b) {
    const auto draws = sampler.draws(0, b);
    EXPECT_EQ(std::count_if(draws.begin(), draws.end(), is_positive), 1);
    positive_first += is_positive(draws[0]);
    for (const Draw& draw : draws) ++seen[draw.study];
  }
  EXPECT_GT(positive_first, 2);
  EXPECT_LT(positive_first, 17);
  for (const int64_t study : positive.studies) EXPECT_TRUE(seen[study] == 4 || seen[study] == 5) << study;
  EXPECT_EQ(seen.count(5) + seen.count(6), 0U);
  for (const int64_t study : negative.studies) EXPECT_LE(seen[study], 1);
}

TEST(Sampler, AMixtureKeepsItsRatiosAndEachGroupGoesRoundEvenly) {
  // Shares 0.5, 0.3 and 0.2 of groups of 50, 25 and 25.
  const std::vector<SamplerGroup> groups{group_of(100, 2, 0, 5), group_of(100, 4, 1, 3), group_of(100, 4, 3, 2)};
  Sampler sampler(100, {.batch = 10, .seed = 2}, groups);
  std::vector<int> seen(100, 0);
  for (int64_t epoch = 0; epoch < 50; ++epoch)
    for (const int64_t study : epoch_of(sampler, epoch)) ++seen[static_cast<size_t>(study)];
  // 5,000 draws: each study of the first group 50 times, of the second 60, of the third 40.
  for (size_t n = 0; n < 100; ++n) EXPECT_EQ(seen[n], n % 2 == 0 ? 50 : n % 4 == 1 ? 60 : 40) << n;
  // Ten draws are one cycle: 5, 3, 2 in every batch.
  std::array<int, 4> of_batch{};
  for (const Draw& draw : sampler.draws(7, 3)) ++of_batch[static_cast<size_t>(draw.study % 4)];
  EXPECT_EQ(of_batch[0] + of_batch[2], 5);
  EXPECT_EQ(of_batch[1], 3);
  EXPECT_EQ(of_batch[3], 2);
}

TEST(Sampler, WholeBatchesComeFromOneGroup) {
  const std::vector<SamplerGroup> groups{group_of(60, 3, 0), group_of(60, 3, 1), group_of(60, 3, 2)};
  std::vector<int> seen(60, 0);
  Sampler whole(60, {.batch = 4, .seed = 2, .whole_batches = true}, groups);
  Sampler first(60, {.batch = 2, .ranks = 2, .seed = 2, .whole_batches = true}, groups);
  Sampler second(60, {.batch = 2, .rank = 1, .ranks = 2, .seed = 2, .whole_batches = true}, groups);
  for (int64_t epoch = 0; epoch < 8; ++epoch)
    for (int64_t b = 0; b < whole.batches_per_epoch(); ++b) {
      const auto draws = whole.draws(epoch, b);
      for (const Draw& draw : draws) {
        EXPECT_EQ(draw.study % 3, draws[0].study % 3);
        ++seen[static_cast<size_t>(draw.study)];
      }
      auto joined = studies_of(first.draws(epoch, b));
      const auto rest = studies_of(second.draws(epoch, b));
      joined.insert(joined.end(), rest.begin(), rest.end());
      EXPECT_EQ(joined, studies_of(draws));
    }
  for (size_t n = 0; n < 60; ++n) EXPECT_EQ(seen[n], 8) << n;
}

TEST(Sampler, RefusesEmptyGroupsAndRatiosOutOfRange) {
  EXPECT_THROW(Sampler(4, {.batch = 1}, {group_of(4, 1, 0), {{}, 1}}), UsageError);
  EXPECT_THROW(Sampler(4, {.batch = 1}, {group_of(4, 1, 0, 0)}), UsageError);
  EXPECT_THROW(Sampler(4, {.batch = 1}, {group_of(4, 2, 0, 1e-6), group_of(4, 2, 1, 1)}), UsageError);
}

TEST(Permutation, IsOneForEveryCountAndKey) {
  for (const int64_t count : {1, 2, 3, 100, 4096, 4097, 5000, 16384, 16385, 100000})
    for (const uint64_t key : {0U, 1U, 77U}) {
      const Permutation permutation(count, key);
      std::vector<bool> met(static_cast<size_t>(count), false);
      for (int64_t n = 0; n < count; ++n) {
        const int64_t at = permutation(n);
        ASSERT_TRUE(at >= 0 && at < count && !met[static_cast<size_t>(at)]) << count << " " << key << " " << n;
        met[static_cast<size_t>(at)] = true;
      }
    }
}

// Over many keys every place is equally likely to hold every tenth of the values, and neighbours fall apart.
TEST(Permutation, LooksRandomAboveTheLongestList) {
  constexpr int64_t count = 10000, keys = 4000;
  std::array<int, 10> tenths{};
  int64_t near = 0;
  for (uint64_t key = 0; key < keys; ++key) {
    const Permutation permutation(count, key);
    ++tenths[static_cast<size_t>(permutation(123) / 1000)];
    near += std::abs(permutation(124) - permutation(123)) <= 100;
  }
  double chi_squared = 0;
  for (const int seen : tenths) chi_squared += (seen - keys / 10.0) * (seen - keys / 10.0) / (keys / 10.0);
  EXPECT_LT(chi_squared, 27.9);                                // 9 degrees of freedom, p = 0.001
  EXPECT_NEAR(static_cast<double>(near) / keys, 0.02, 0.007);  // three deviations of the share of neighbours by chance
}

// 100,000 studies: any place of any epoch is asked for without making what comes before, and needs no list of the studies.
TEST(Sampler, SeeksAnywhereAmongAHundredThousandStudies) {
  Sampler sampler(100000, {.batch = 4, .seed = 8}), again(100000, {.batch = 4, .seed = 8});
  std::set<int64_t> met;
  for (int64_t n = 0; n < 3000; ++n) {
    const int64_t epoch = n * 7919 % 1000, batch = n * 104729 % 25000;
    const auto draws = sampler.draws(epoch, batch);
    met.insert(draws[0].study);
    if (n % 100 == 0) {
      EXPECT_EQ(studies_of(again.draws(epoch, batch)), studies_of(draws));
    }
  }
  EXPECT_GT(met.size(), 2900U);
}

}  // namespace
}  // namespace chiasm
