#include "data/transform/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/json.h"

namespace chiasm::transform {
namespace {

std::vector<double> apply_weights(const AxisWeights& axis, const std::vector<double>& line) {
  std::vector<double> out(static_cast<size_t>(axis.count), 0);
  for (int64_t n = 0; n < axis.count; ++n)
    for (int64_t t = 0; t < axis.taps; ++t)
      out[static_cast<size_t>(n)] += static_cast<double>(axis.weights[static_cast<size_t>(t * axis.count + n)]) *
                                     line[static_cast<size_t>(axis.first[static_cast<size_t>(n)] + t)];
  return out;
}

TEST(AxisWeights, LinearInterpolationAtThirds) {
  const AxisWeights axis = axis_weights(4, 0, 1.0 / 3, 0, {0, 2});
  const auto out = apply_weights(axis, {10, 40, 70});
  EXPECT_NEAR(out[0], 10, 1e-5);
  EXPECT_NEAR(out[1], 20, 1e-5);
  EXPECT_NEAR(out[2], 30, 1e-5);
  EXPECT_NEAR(out[3], 40, 1e-5);
}

TEST(AxisWeights, BeyondTheRangeTheBorderRepeats) {
  const AxisWeights axis = axis_weights(6, -2, 1, 0, {1, 3});
  EXPECT_EQ(apply_weights(axis, {1000, 1, 2, 3, 1000}), (std::vector<double>{1, 1, 1, 1, 2, 3}));
}

TEST(AxisWeights, OneVoxelAxis) {
  EXPECT_EQ(apply_weights(axis_weights(3, -0.4, 0.4, 0, {0, 0}), {7}), (std::vector<double>{7, 7, 7}));
  EXPECT_EQ(apply_weights(axis_weights(1, 0, 4, 4, {0, 0}), {7}), (std::vector<double>{7}));
}

TEST(AxisWeights, RampIsExactUnderBoxAveraging) {
  std::vector<double> ramp;
  for (int n = 0; n < 60; ++n) ramp.push_back(3.0 * n - 20);
  for (const double width : {1.6, 2.0, 3.7, 5.25}) {
    const double offset = 0.3 + width / 2 + 1;
    const auto count = static_cast<int64_t>((59 - offset - width / 2 - 1) / width);
    const auto out = apply_weights(axis_weights(count, offset, width, width, {0, 59}), ramp);
    for (int64_t n = 0; n < count; ++n) EXPECT_NEAR(out[static_cast<size_t>(n)], 3 * (offset + static_cast<double>(n) * width) - 20, 1e-4);
  }
}

TEST(AxisWeights, BoxAverageEqualsNumericalIntegral) {
  const Json golden = read_json(CHIASM_SOURCE "/tests/golden/resample.json");
  const auto line = golden["line"].get<std::vector<double>>();
  for (const Json& box : golden["box"]) {
    const auto out = apply_weights(axis_weights(1, box["centre"], 1, box["width"], {0, static_cast<int64_t>(line.size()) - 1}), line);
    EXPECT_NEAR(out[0], box["mean"].get<double>(), 1e-4);
  }
}

TEST(AxisWeights, AveragingRemovesWhatPlainSamplingAliases) {
  // 0 1 0 1 ... seen every 2.5 voxels: the plain sampling shows a false slow wave, the average its mean.
  std::vector<double> stripes;
  for (int n = 0; n < 100; ++n) stripes.push_back(n % 2);
  const auto spread = [](const std::vector<double>& values) {
    double worst = 0;
    for (const double value : values) worst = std::max(worst, std::abs(value - 0.5));
    return worst;
  };
  const double plain = spread(apply_weights(axis_weights(36, 4, 2.5, 0, {0, 99}), stripes));
  const double averaged = spread(apply_weights(axis_weights(36, 4, 2.5, 2.5, {0, 99}), stripes));
  EXPECT_NEAR(plain, 0.5, 1e-6);
  EXPECT_LT(averaged, 0.11);
  // Over a whole period nothing is left.
  EXPECT_LT(spread(apply_weights(axis_weights(40, 4, 2, 2, {0, 99}), stripes)), 1e-6);
}

// Adding the reach of two voxels to the last number below 3 gives 5: there are still four taps.
TEST(Weights, ACubicTapMoreByRoundingIsNone) {
  const AxisWeights axis = axis_weights(1, std::nextafter(3.0, 0.0), 1, 0, {0, 9}, Interpolation::cubic);
  ASSERT_EQ(axis.taps, 4);
  EXPECT_EQ(axis.first, std::vector<int32_t>{1});
  const std::vector<float> expected{0, 1.0F / 6, 4.0F / 6, 1.0F / 6};
  for (size_t t = 0; t < 4; ++t) EXPECT_NEAR(axis.weights[t], expected[t], 1e-6);
}

}  // namespace
}  // namespace chiasm::transform
