#include "core/evaluate/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/random.h"

namespace chiasm::evaluate {
namespace {

std::vector<std::string> one_each(size_t count) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) out.push_back("p" + std::to_string(i));
  return out;
}

double mean_of(const std::vector<double>& values, const std::vector<size_t>& chosen) {
  double sum = 0;
  for (const size_t i : chosen) sum += values[i];
  return sum / static_cast<double>(chosen.size());
}

Figure interval_of_mean(const std::vector<double>& values, const std::vector<std::string>& patients, int64_t draws = 400,
                        uint64_t seed = 1) {
  return bootstrap(patients, [&](const auto& chosen) { return mean_of(values, chosen); }, {draws, 0.95, seed});
}

std::vector<double> normal_sample(size_t count, uint64_t key) {
  Random random(key);
  std::vector<double> out(count);
  for (double& value : out) value = random.normal();
  return out;
}

TEST(Bootstrap, CoversTheTruthAboutAsOftenAsItSays) {
  constexpr int trials = 300;
  int covered = 0;
  for (uint64_t trial = 0; trial < trials; ++trial) {
    const Figure figure = interval_of_mean(normal_sample(40, hash_key({11, trial})), one_each(40), 200, trial);
    covered += figure.low <= 0 && 0 <= figure.high;
  }
  // Percentile intervals of 40 values cover a little less than 95 %; binomial noise of 300 trials is 1.3 %.
  EXPECT_GE(covered, trials * 0.89);
  EXPECT_LE(covered, trials * 0.985);
}

TEST(Bootstrap, WidthIsThatOfTheStandardError) {
  const std::vector<double> values = normal_sample(400, 5);
  const Figure figure = interval_of_mean(values, one_each(400), 2000);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 400;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double expected = 2 * 1.96 * std::sqrt(squares / 400 / 400);
  EXPECT_NEAR(figure.high - figure.low, expected, 0.06 * expected);
  EXPECT_DOUBLE_EQ(figure.value, mean);
}

TEST(Bootstrap, DrawsWholePatients) {
  const std::vector<double> values = normal_sample(30, 9);
  std::vector<double> repeated;
  std::vector<std::string> patients;
  for (size_t i = 0; i < values.size(); ++i)
    for (int copy = 0; copy < 10; ++copy) {
      repeated.push_back(values[i]);
      patients.push_back("p" + std::to_string(i));
    }
  const Figure single = interval_of_mean(values, one_each(30)), many = interval_of_mean(repeated, patients);
  EXPECT_NEAR(many.low, single.low, 1e-9);
  EXPECT_NEAR(many.high, single.high, 1e-9);
  EXPECT_EQ(many.n, 300);
  EXPECT_EQ(many.patients, 30);
  // Taken as 300 patients the same values would look far surer.
  const Figure wrong = interval_of_mean(repeated, one_each(300));
  EXPECT_LT(wrong.high - wrong.low, 0.5 * (single.high - single.low));
}

TEST(Bootstrap, SameSeedSameIntervalAndAnotherSeedAnother) {
  const std::vector<double> values = normal_sample(25, 3);
  const Figure first = interval_of_mean(values, one_each(25)), again = interval_of_mean(values, one_each(25));
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_NE(first.low, interval_of_mean(values, one_each(25), 400, 2).low);
}

TEST(Bootstrap, AConstantHasNoWidth) {
  const Figure figure = bootstrap(one_each(5), [](const auto&) { return 2.5; });
  EXPECT_EQ(figure.low, 2.5);
  EXPECT_EQ(figure.high, 2.5);
  EXPECT_EQ(figure.method, "percentile bootstrap over patients, 1000 draws");
}

TEST(Bootstrap, IntervalIsUndefinedWhenMostDrawsAre) {
  // Defined only in draws that hold sample 0: about 1 - 1/e of them.
  const auto holds_first = [](const std::vector<size_t>& chosen) {
    return std::find(chosen.begin(), chosen.end(), size_t{0}) != chosen.end() ? 1.0 : std::nan("");
  };
  EXPECT_EQ(bootstrap(one_each(50), holds_first).low, 1);
  const auto only_all = [](const std::vector<size_t>& chosen) {
    for (size_t i = 0; i < chosen.size(); ++i)
      if (chosen[i] != i) return std::nan("");
    return 1.0;
  };
  const Figure rare = bootstrap(one_each(50), only_all);
  EXPECT_EQ(rare.value, 1);
  EXPECT_TRUE(std::isnan(rare.low));
  EXPECT_TRUE(std::isnan(rare.high));
}

}  // namespace
}  // namespace chiasm::evaluate
