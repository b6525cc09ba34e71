#include "data/transform/resample.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/json.h"
#include "data/transform/grid.h"
#include "tests/transform/volumes.h"

namespace chiasm::transform {
namespace {

using test::at;
using test::diagonal;
using test::oblique;
using test::random_mask;
using test::random_volume;
using test::volume_of;

Sampled sample(const Volume& volume, const Affine& to_source, const Size3& size) {
  return sample_image(volume, to_source, size, whole_box(volume.size));
}

TEST(SampleLinear, IdentityIsExact) {
  const Volume volume = random_volume({5, 6, 7}, diagonal(1, 1, 1));
  const Sampled out = sample(volume, diagonal(1, 1, 1), volume.size);
  EXPECT_EQ(out.values, test::floats_of(volume));
  EXPECT_EQ(out.valid, std::vector<uint8_t>(5 * 6 * 7, 1));
}

TEST(SampleLinear, QuarterTurnsAndFlipsOnlyMoveVoxels) {
  const Volume volume = random_volume({4, 5, 6}, diagonal(1, 1, 1));
  const std::vector<float> source = values(volume);
  // New (i, j, k) = source (k, i, j) with j mirrored: source i = k', source j = 4 - i', source k = j'.
  const Affine turn{0, 0, 1, 0, -1, 0, 0, 4, 0, 1, 0, 0};
  const Size3 size{6, 4, 5};
  const Sampled out = sample(volume, turn, size);
  for (int64_t k = 0; k < 6; ++k)
    for (int64_t j = 0; j < 4; ++j)
      for (int64_t i = 0; i < 5; ++i) ASSERT_EQ(out.values[at(size, k, j, i)], source[at(volume.size, j, 4 - i, k)]);
}

TEST(SampleLinear, RampIsExactUnderAnyAffine) {
  const auto ramp = [](double i, double j, double k) { return 2 * i - 3 * j + 5 * k + 11; };
  const Volume volume = volume_of<float>({30, 32, 34}, diagonal(1, 1, 1), ramp);
  const std::vector<Affine> maps = {oblique(0.7, 0.8, 0.9, {9, 8, 7}),    diagonal(0.31, 0.77, 1.2, {4, 5, 6}),
                                    diagonal(-1.4, 0.5, 1, {28, 4, 3}),   oblique(1, 1, 1, {10, 6, 8}),
                                    oblique(1.9, 2.3, 2.1, {12, 12, 10}),  // coarse: averaged
                                    diagonal(2.2, 2.5, 1.7, {5, 6, 7}),   Affine{0, 0.9, 0, 5, 0, 0, -1.1, 20, 1.3, 0, 0, 6}};
  const Size3 size{8, 9, 10};
  for (const Affine& map : maps) {
    const Sampled out = sample(volume, map, size);
    int64_t compared = 0;
    for (int64_t k = 0; k < size[0]; ++k)
      for (int64_t j = 0; j < size[1]; ++j)
        for (int64_t i = 0; i < size[2]; ++i) {
          const auto p = chiasm::apply(map, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          bool interior = true;  // the averaging box must lie in the volume
          for (size_t a = 0; a < 3; ++a) interior = interior && p[a] >= 4 && p[a] <= static_cast<double>(volume.size[2 - a]) - 5;
          if (!interior) continue;
          ++compared;
          ASSERT_NEAR(out.values[at(size, k, j, i)], ramp(p[0], p[1], p[2]), 2e-4);
        }
    EXPECT_GT(compared, 100);
  }
}

TEST(SampleLinear, ObliqueAndSeparablePathsAgree) {
  const Volume volume = random_volume({9, 10, 11}, diagonal(1, 1, 1));
  const Size3 size{7, 8, 9};
  Affine map = diagonal(0.9, 1.1, 0.8, {1.3, 0.4, 2.1});
  const Sampled separable = sample(volume, map, size);
  map[1] = 2e-3 / 7;  // just past what counts as aligned: a shear of 0.002 voxels over the grid
  const Sampled general = sample(volume, map, size);
  for (size_t n = 0; n < separable.values.size(); ++n) EXPECT_NEAR(separable.values[n], general.values[n], 2000 * 2.1e-3);
  EXPECT_EQ(separable.valid, general.valid);
}

TEST(SampleLinear, EqualsScipyAndSimpleItk) {
  const Json golden = read_json(CHIASM_SOURCE "/tests/golden/resample.json");
  for (const Json& c : golden["cases"]) {
    Volume volume;
    volume.size = c["size"];
    volume.affine = c["affine"];
    volume.voxels = c["voxels"].get<std::vector<int16_t>>();
    const Size3 size = c["grid_size"];
    const Sampled out = sample(volume, to_source(c["grid"].get<Affine>(), volume.affine, false), size);
    const auto scipy = c["scipy"].get<std::vector<double>>(), sitk = c["sitk"].get<std::vector<double>>();
    const auto in = c["inside"].get<std::vector<int>>();
    for (size_t n = 0; n < out.values.size(); ++n) {
      EXPECT_NEAR(out.values[n], scipy[n], 0.02) << c["name"] << n;
      EXPECT_EQ(out.valid[n], in[n]) << c["name"] << n;
      if (in[n]) {
        EXPECT_NEAR(out.values[n], sitk[n], 0.02) << c["name"] << n;
      }
    }
  }
}

TEST(SampleLinear, RescaleAndColour) {
  Volume volume = random_volume({2, 3, 4}, diagonal(1, 1, 1));
  volume.slope = 0.5;
  volume.intercept = -10;
  EXPECT_EQ(sample(volume, diagonal(1, 1, 1), volume.size).values, test::floats_of(volume));
  Volume colour;
  colour.channels = 3;
  colour.size = {1, 1, 2};
  colour.voxels = std::vector<uint8_t>{255, 10, 0, 20, 0, 30};  // red, green, blue planes of two pixels
  const Sampled grey = sample(colour, diagonal(1, 1, 1), colour.size);
  EXPECT_NEAR(grey.values[0], 0.299 * 255, 1e-3);
  EXPECT_NEAR(grey.values[1], 0.299 * 10 + 0.587 * 20 + 0.114 * 30, 1e-3);
  colour.channels = 2;
  colour.voxels = std::vector<uint8_t>(4);
  EXPECT_THROW(sample(colour, diagonal(1, 1, 1), colour.size), InputError);
}

TEST(SampleLinear, PointsOutsideAreNotValid) {
  const Volume volume = random_volume({3, 3, 3}, diagonal(1, 1, 1));
  const Size3 size{5, 5, 5};
  const Sampled out = sample(volume, diagonal(1, 1, 1, {-1, -1, -1}), size);
  for (int64_t k = 0; k < 5; ++k)
    for (int64_t j = 0; j < 5; ++j)
      for (int64_t i = 0; i < 5; ++i)
        EXPECT_EQ(out.valid[at(size, k, j, i)], k >= 1 && k <= 3 && j >= 1 && j <= 3 && i >= 1 && i <= 3) << i << j << k;
  const Sampled nowhere = sample(volume, diagonal(1, 1, 1, {50, -90, 50}), size);
  EXPECT_EQ(nowhere.valid, std::vector<uint8_t>(125, 0));
  const Sampled turned = sample(volume, oblique(1, 1, 1, {50, -90, 50}), size);
  EXPECT_EQ(turned.valid, std::vector<uint8_t>(125, 0));
}

TEST(SampleLinear, PaddingOfTheSourceNeverBleedsIn) {
  // Left half valid with value 100, right half padding of -2000: averages and interpolation see 100 alone.
  Volume volume = volume_of<int16_t>({4, 8, 12}, diagonal(1, 1, 1), [](double i, double, double) { return i < 6 ? 100 : -2000; });
  for (int64_t n = 0; n < 4 * 8 * 12; ++n) volume.valid.push_back(n % 12 < 6);
  for (const Affine& map : {diagonal(1.45, 1, 1, {0.2, 0, 0}), diagonal(2.3, 2, 2, {0.4, 0, 0}), oblique(0.6, 0.6, 0.6, {5, 1, 1})}) {
    const Size3 size{2, 4, 5};
    const Sampled out = sample(volume, map, size);
    int64_t valid = 0;
    for (size_t n = 0; n < out.values.size(); ++n)
      if (out.valid[n]) {
        ++valid;
        EXPECT_NEAR(out.values[n], 100, 1e-3);
      }
    EXPECT_GT(valid, 0);
    EXPECT_LT(valid, 40);
  }
}

TEST(SampleNearest, EqualsSimpleItk) {
  const Json golden = read_json(CHIASM_SOURCE "/tests/golden/resample.json");
  for (const Json& c : golden["cases"]) {
    const auto voxels = c["voxels"].get<std::vector<int>>();
    std::vector<uint8_t> classes;
    for (const int value : voxels) classes.push_back(static_cast<uint8_t>((value + 500) % 251));
    const auto out =
        sample_nearest(classes, c["size"], to_source(c["grid"].get<Affine>(), c["affine"].get<Affine>(), false), c["grid_size"], 255);
    const auto nearest = c["sitk_nearest"].get<std::vector<int>>();
    const auto in = c["inside"].get<std::vector<int>>();
    for (size_t n = 0; n < out.size(); ++n) EXPECT_EQ(out[n], in[n] ? (nearest[n] + 500) % 251 : 255) << c["name"] << n;
  }
}

TEST(SampleNearest, HalfWayPointsTakeTheLowerVoxel) {
  const std::vector<uint8_t> line{1, 2, 3, 4};
  EXPECT_EQ(sample_nearest(line, {1, 1, 4}, diagonal(1, 1, 1, {0.5, 0, 0}), {1, 1, 4}, 9), (std::vector<uint8_t>{1, 2, 3, 4}));
  EXPECT_EQ(sample_nearest(line, {1, 1, 4}, diagonal(1, 1, 1, {-0.6, 0, 0}), {1, 1, 5}, 9), (std::vector<uint8_t>{9, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace chiasm::transform
