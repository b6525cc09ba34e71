#include "core/evaluate/retrieval.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"

namespace chiasm::evaluate {
namespace {

using Vectors = std::vector<std::vector<float>>;

std::vector<PairEmbedding> pairs_of(const Vectors& first, const Vectors& second) {
  std::vector<PairEmbedding> out;
  for (size_t i = 0; i < first.size(); ++i) {
    const std::string name = (i < 10 ? "0" : "") + std::to_string(i);
    out.push_back({"s" + name, "p" + name, first[i], second[i]});
  }
  return out;
}

Vectors noise(size_t count, size_t width, uint64_t key) {
  Random random(key);
  Vectors out(count, std::vector<float>(width));
  for (auto& vector : out)
    for (float& value : vector) value = static_cast<float>(random.normal());
  return out;
}

Vectors units(size_t count) {
  Vectors out(count, std::vector<float>(count, 0.0F));
  for (size_t i = 0; i < count; ++i) out[i][i] = 1;
  return out;
}

double value(const Json& figures, const std::string& way, const std::string& name) { return figures[way][name]["value"]; }

TEST(Retrieval, PlacesCountBetterAndTiedCandidates) {
  const Vectors queries{{1, 0}, {0, 1}, {1, 1}};
  const Vectors candidates{{2, 0}, {3, 1}, {2, 0}};
  const std::vector<Place> found = places(queries, candidates);
  // Similarities: 2 3 2 | 0 1 0 | 2 4 2.
  EXPECT_EQ(found[0].better, 1);
  EXPECT_EQ(found[0].tied, 1);
  EXPECT_DOUBLE_EQ(found[0].rank(), 2.5);
  EXPECT_DOUBLE_EQ(found[0].hit(1), 0.0);
  EXPECT_DOUBLE_EQ(found[0].hit(2), 0.5);
  EXPECT_DOUBLE_EQ(found[0].hit(3), 1.0);
  EXPECT_EQ(found[1].better, 0);
  EXPECT_EQ(found[1].tied, 0);
  EXPECT_DOUBLE_EQ(found[2].hit(2), 0.5);
}

TEST(Retrieval, PerfectPairsAreAllFoundFirst) {
  const Json figures = retrieval_figures(pairs_of(units(20), units(20)), "image", "text", {.draws = 100});
  for (const std::string way : {"image to text", "text to image"}) {
    EXPECT_DOUBLE_EQ(value(figures, way, "r1"), 1.0);
    EXPECT_DOUBLE_EQ(value(figures, way, "median_rank"), 1.0);
    EXPECT_DOUBLE_EQ(value(figures, way, "chance_r1"), 0.05);
    EXPECT_DOUBLE_EQ(value(figures, way, "lift_r10"), 2.0);
    EXPECT_DOUBLE_EQ(value(figures, way, "pool"), 20.0);
    EXPECT_DOUBLE_EQ(figures[way]["r1"]["low"], 1.0);
  }
}

TEST(Retrieval, ConstantEmbeddingsAreExactlyAtChance) {
  const Vectors same(40, {1.0F, 2.0F});
  const Json figures = retrieval_figures(pairs_of(same, same), "image", "text", {.draws = 100});
  EXPECT_NEAR(value(figures, "image to text", "r1"), 1.0 / 40, 1e-12);
  EXPECT_NEAR(value(figures, "image to text", "r10"), 0.25, 1e-12);
  EXPECT_NEAR(value(figures, "image to text", "lift_r10"), 1.0, 1e-12);
  EXPECT_NEAR(value(figures, "image to text", "median_rank"), 20.5, 1e-12);
}

// 1,800 queries in pools of 60: the standard error of the lift is about 0.05.
TEST(Retrieval, UnrelatedSidesAreAtChanceOnAverage) {
  double sum = 0;
  constexpr int trials = 30;
  for (int trial = 0; trial < trials; ++trial) {
    const auto key = static_cast<uint64_t>(2 * trial);
    sum += value(retrieval_figures(pairs_of(noise(60, 8, key), noise(60, 8, key + 1)), "a", "b", {.draws = 1}), "a to b", "lift_r10");
  }
  EXPECT_NEAR(sum / trials, 1.0, 0.2);
}

TEST(Retrieval, TheDirectionsDiffer) {
  // Every query of the first side prefers candidate 0; the second side's queries find their partners.
  const Vectors first{{1, 0}, {2, 1}};
  const Vectors second{{3, 0}, {0, 1}};
  const Json figures = retrieval_figures(pairs_of(first, second), "a", "b", {.draws = 100});
  EXPECT_DOUBLE_EQ(value(figures, "a to b", "r1"), 0.5);
  EXPECT_DOUBLE_EQ(value(figures, "b to a", "r1"), 0.5);
  const Json swapped = retrieval_figures(pairs_of({{1, 0}, {1, 1}}, {{3, 0}, {0, 1}}), "a", "b", {.draws = 100});
  EXPECT_DOUBLE_EQ(value(swapped, "a to b", "r1"), 0.5);
  EXPECT_DOUBLE_EQ(value(swapped, "b to a", "r1"), 0.75);  // the second query finds its partner, the first ties
}

TEST(Retrieval, CutOffsBeyondThePoolAreCertain) {
  const Json figures = retrieval_figures(pairs_of(noise(4, 3, 5), noise(4, 3, 6)), "a", "b", {.draws = 100});
  EXPECT_DOUBLE_EQ(value(figures, "a to b", "r5"), 1.0);
  EXPECT_DOUBLE_EQ(value(figures, "a to b", "chance_r5"), 1.0);
  EXPECT_DOUBLE_EQ(value(figures, "a to b", "lift_r10"), 1.0);
}

TEST(Retrieval, OneStudyAPatientTakesTheFirstByName) {
  const std::vector<PairEmbedding> pairs{{"s3", "a", {3}, {3}}, {"s1", "a", {1}, {1}}, {"s2", "b", {2}, {2}}};
  const std::vector<PairEmbedding> pool = one_a_patient(pairs);
  ASSERT_EQ(pool.size(), 2U);
  EXPECT_EQ(pool[0].study, "s1");
  EXPECT_EQ(pool[0].first.front(), 1.0F);
  EXPECT_EQ(pool[1].study, "s2");
}

TEST(Retrieval, IntervalsDrawPatientsNotStudies) {
  // One patient with all the studies: there is nothing to draw from, so the interval has no width.
  std::vector<PairEmbedding> pairs = pairs_of(noise(30, 4, 7), noise(30, 4, 8));
  for (PairEmbedding& pair : pairs) pair.patient = "one";
  const Json figures = retrieval_figures(pairs, "a", "b", {.draws = 100});
  EXPECT_EQ(figures["a to b"]["r10"]["n_patients"], 1);
  EXPECT_DOUBLE_EQ(figures["a to b"]["r10"]["low"], figures["a to b"]["r10"]["high"].get<double>());
}

}  // namespace
}  // namespace chiasm::evaluate
