#include "data/transform/normalise.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "tests/transform/volumes.h"

namespace chiasm::transform {
namespace {

using test::diagonal;
using test::preparation_of;
using test::volume_of;

Volume line(const std::vector<double>& content, const std::string& modality) {
  return volume_of<int16_t>(
      {1, 1, static_cast<int64_t>(content.size())}, diagonal(1, 1, 1),
      [&](double i, double, double) { return content[static_cast<size_t>(i)]; }, modality);
}

Floats normalised(const Volume& volume, const Preparation& p) {
  Sampled sampled{test::floats_of(volume), std::vector<uint8_t>(values(volume).size(), 1)};
  normalise(fit_intensity(volume, p, whole_box(volume.size)), sampled);
  return sampled.values;
}

TEST(Normalise, CtWindow) {
  const Volume volume = line({-3000, -1000, 0, 500, 1000, 3000}, "ct");
  const auto out = normalised(volume, preparation_of("ct", {1, 1, 6}, {1, 1, 1}));
  const float expected[] = {-1, -1, 0, 0.5, 1, 1};
  for (size_t n = 0; n < out.size(); ++n) EXPECT_NEAR(out[n], expected[n], 1e-6);
  Preparation soft = preparation_of("ct", {1, 1, 6}, {1, 1, 1});
  soft.view.window = {-160, 240};
  const auto windowed = normalised(volume, soft);
  EXPECT_NEAR(windowed[2], 2 * 160.0 / 400 - 1, 1e-6);
  EXPECT_NEAR(windowed[3], 1, 1e-6);
}

TEST(Normalise, PercentilesEqualNumPy) {
  const Json golden = read_json(CHIASM_SOURCE "/tests/golden/resample.json");
  const auto sample = golden["sample"].get<std::vector<double>>();
  const Volume integer = line(sample, "mr");
  Volume real = integer;
  real.voxels = std::vector<float>(sample.begin(), sample.end());
  Volume mirrored = integer;  // a negative slope turns the order round
  mirrored.slope = -1;
  for (const auto& [percent, value] : golden["percentiles"].items()) {
    const double p = std::stod(percent);
    EXPECT_NEAR(histogram(integer, whole_box(integer.size)).percentile(p), value.get<double>(), 1e-9) << percent;
    EXPECT_NEAR(histogram(real, whole_box(real.size)).percentile(p), value.get<double>(), 1e-9) << percent;
    EXPECT_NEAR(histogram(mirrored, whole_box(real.size)).percentile(100 - p), -value.get<double>(), 1e-9) << percent;
  }
}

TEST(Normalise, MrIsClippedThenStandard) {
  // 1 ... 1000 and one spike: the closed form of percentiles, mean and deviation of the clipped values.
  std::vector<double> content;
  for (int n = 1; n <= 1000; ++n) content.push_back(n);
  content.push_back(30000);
  const Volume volume = line(content, "mr");
  const auto out = normalised(volume, preparation_of("mr", {1, 1, 1001}, {1, 1, 1}));
  const double low = 1 + 0.005 * 1000, high = 1 + 0.995 * 1000;  // ranks 5 and 995 of 0 ... 1000
  double sum = 0, squares = 0;
  for (const double value : content) sum += std::clamp(value, low, high);
  const double mean = sum / 1001;
  for (const double value : content) squares += std::pow(std::clamp(value, low, high) - mean, 2);
  const double deviation = std::sqrt(squares / 1001);
  EXPECT_NEAR(out[499], (500 - mean) / deviation, 1e-5);
  EXPECT_NEAR(out[0], (low - mean) / deviation, 1e-5);
  EXPECT_NEAR(out[1000], (high - mean) / deviation, 1e-5);
  EXPECT_EQ(out[999], out[1000]);
}

TEST(Normalise, OnlyValidContentCounts) {
  Volume volume = line({0, 0, 0, 0, 10, 20, 30, 40}, "mr");
  volume.valid = {0, 0, 0, 0, 1, 1, 1, 1};
  EXPECT_EQ(histogram(volume, whole_box(volume.size)).total, 4);
  EXPECT_NEAR(histogram(volume, whole_box(volume.size)).percentile(50), 25, 1e-9);
  Box half = whole_box(volume.size);
  half.low[0] = 5.5;
  EXPECT_NEAR(histogram(volume, half).percentile(50), 35, 1e-9);
}

TEST(Normalise, PicturesFromPercentileToPercentile) {
  std::vector<double> content;
  for (int n = 0; n <= 200; ++n) content.push_back(n);
  const auto out = normalised(line(content, "xray"), preparation_of("xray", {1, 1, 201}, {1, 1, 1}));
  EXPECT_NEAR(out[100], 0, 1e-5);
  EXPECT_NEAR(out[0], -1, 1e-6);
  EXPECT_NEAR(out[2], -1, 1e-6);
  EXPECT_NEAR(out[200], 1, 1e-6);
  EXPECT_NEAR(out[150], 2 * 148.0 / 196 - 1, 1e-5);
}

TEST(Normalise, ConstantImagesBecomeZeroNotNan) {
  for (const std::string modality : {"mr", "xray"})
    for (const float value : normalised(line({7, 7, 7}, modality), preparation_of(modality, {1, 1, 3}, {1, 1, 1}))) EXPECT_EQ(value, 0.0F);
}

TEST(Normalise, OtherModalitiesUseMomentsOfTheTrainPart) {
  Preparation p = preparation_of("pet", {1, 1, 2}, {1, 1, 1});
  p.mean = 4;
  p.deviation = 2;
  EXPECT_TRUE(needs_moments(p));
  const auto out = normalised(line({4, 8}, "pet"), p);
  EXPECT_NEAR(out[0], 0, 1e-6);
  EXPECT_NEAR(out[1], 2, 1e-6);
  p.view.window = {0, 8};
  EXPECT_FALSE(needs_moments(p));
  EXPECT_NEAR(normalised(line({4, 8}, "pet"), p)[0], 0, 1e-6);
}

TEST(Normalise, ByFingerprintClipsThenTakesTheScore) {
  Preparation p = preparation_of("ct", {1, 1, 4}, {1, 1, 1});
  p.view.intensity = "fingerprint";
  p.view.window = {-100, 300};
  p.mean = 20, p.deviation = 40;
  EXPECT_FALSE(needs_moments(p));
  EXPECT_FALSE(needs_statistics(p));
  const auto out = normalised(line({-1000, 20, 100, 3000}, "ct"), p);
  const float expected[] = {-3, 0, 2, 7};
  for (size_t n = 0; n < 4; ++n) EXPECT_NEAR(out[n], expected[n], 1e-5);
  EXPECT_NEAR(outside_value(p), -3, 1e-6);  // air
  p.modality = "pet";
  EXPECT_EQ(outside_value(p), 0);
}

TEST(Normalise, ScalingDoesNotDependOnTheCrop) {
  const Volume volume = test::random_volume({12, 12, 12}, diagonal(1, 1, 1));
  const Prepared whole = prepare(volume, preparation_of("mr", {12, 12, 12}, {1, 1, 1}));
  const std::array<double, 3> centre{7, 6, 5};
  const Prepared crop = prepare(volume, preparation_of("mr", {5, 5, 5}, {1, 1, 1}, "crop"), &centre);
  EXPECT_FLOAT_EQ(crop.values[test::at(crop.size, 2, 2, 2)], whole.values[test::at(whole.size, 5, 6, 7)]);
}

TEST(Normalise, LargeImagesAreThinnedEvenly) {
  // A ramp along the rows of 2^23 voxels, read every few voxels: still every column, so the percentiles stay.
  Volume volume;
  volume.modality = "mr";
  volume.size = {32, 512, 512};
  std::vector<int16_t> voxels(size_t{32} * 512 * 512);
  for (size_t n = 0; n < voxels.size(); ++n) voxels[n] = static_cast<int16_t>(n % 512);
  volume.voxels = std::move(voxels);
  const Histogram h = histogram(volume, whole_box(volume.size));
  EXPECT_LT(h.total, double{1 << 22} + 1);
  EXPECT_EQ(h.values.size(), 512U);
  EXPECT_NEAR(h.percentile(50), 255.5, 1);
}

}  // namespace
}  // namespace chiasm::transform
