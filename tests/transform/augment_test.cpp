#include <gtest/gtest.h>

#include <numeric>

#include "data/transform/geometry.h"
#include "data/transform/grid.h"
#include "data/transform/intensity.h"
#include "tests/transform/volumes.h"

namespace chiasm::transform {
namespace {

using test::at;
using test::diagonal;
using test::preparation_of;
using test::random_mask;
using test::random_volume;
using test::volume_of;

const Size3 grid_size{8, 9, 10};
const Spacing3 grid_spacing{2, 1, 1.5};

Affine grid() { return diagonal(1.5, 1, 2, {-20, 10, 5}); }

TEST(Geometry, NothingLeavesTheGridAlone) {
  Random random(1);
  const Geometry none = draw_geometry("none", false, random);
  EXPECT_EQ(with_geometry(grid(), grid_size, grid_spacing, none), grid());
}

TEST(Geometry, TheMiddleStaysAndDistancesAreTrue) {
  Geometry turned;
  turned.rotation = {0.1, -0.2, 0.4};
  const Affine out = with_geometry(grid(), grid_size, grid_spacing, turned);
  const std::array<double, 3> middle{4.5, 4, 3.5};
  const auto before = chiasm::apply(grid(), middle), after = chiasm::apply(out, middle);
  for (size_t a = 0; a < 3; ++a) EXPECT_NEAR(before[a], after[a], 1e-9);
  // A rotation: column lengths are the spacing, columns stay perpendicular.
  for (size_t a = 0; a < 3; ++a) {
    EXPECT_NEAR(std::hypot(out[a], out[4 + a], out[8 + a]), grid_spacing[2 - a], 1e-9);
    const size_t b = (a + 1) % 3;
    EXPECT_NEAR(out[a] * out[b] + out[4 + a] * out[4 + b] + out[8 + a] * out[8 + b], 0, 1e-9);
  }
}

TEST(Geometry, QuarterTurnMovesTheImage) {
  // A quarter turn about the superior axis: what lay to the right comes to lie where the grid points anterior... once more gives a half
  // turn.
  const Volume volume = random_volume({3, 7, 7}, diagonal(1, 1, 1));
  const Preparation p = preparation_of("ct", {3, 7, 7}, {1, 1, 1});
  const Prepared plain = prepare(volume, p);
  Geometry turn;
  turn.rotation[2] = std::numbers::pi / 2;
  const Prepared turned = prepare_on(volume, p, with_geometry(plain.affine, plain.size, {1, 1, 1}, turn));
  for (int64_t d = 0; d < 3; ++d)
    for (int64_t h = 0; h < 7; ++h)
      for (int64_t w = 0; w < 7; ++w)
        ASSERT_NEAR(turned.values[at(p.view.size, d, h, w)], plain.values[at(p.view.size, d, w, 6 - h)], 1e-5);
}

TEST(Geometry, FlipMirrorsLeftAndRightOnly) {
  const Volume volume = random_volume({3, 4, 5}, diagonal(1, 1, 1));
  const Preparation p = preparation_of("ct", {3, 4, 5}, {1, 1, 1});
  const Prepared plain = prepare(volume, p);
  Geometry flip;
  flip.flip_lr = true;
  const Prepared flipped = prepare_on(volume, p, with_geometry(plain.affine, plain.size, {1, 1, 1}, flip));
  for (int64_t d = 0; d < 3; ++d)
    for (int64_t h = 0; h < 4; ++h)
      for (int64_t w = 0; w < 5; ++w) EXPECT_EQ(flipped.values[at(p.view.size, d, h, w)], plain.values[at(p.view.size, d, h, 4 - w)]);
}

TEST(Geometry, ImageAndMaskMoveAlike) {
  // The image is its own mask: class 200 is +200 HU. Where the moved image is pure, the moved mask agrees.
  const Size3 size{20, 24, 24};
  const auto ball = [](double i, double j, double k) { return std::hypot(i - 14, j - 9, k - 8) < 6 ? 200.0 : 0.0; };
  const Volume image = volume_of<int16_t>(size, diagonal(1, 1, 1), ball), mask = volume_of<uint8_t>(size, diagonal(1, 1, 1), ball, "mask");
  const Preparation p = preparation_of("ct", size, {1, 1, 1});
  Random random(5);
  for (int n = 0; n < 5; ++n) {
    const Affine moved = with_geometry(model_grid(image, p.view), size, {1, 1, 1}, draw_geometry("strong", false, random));
    const Prepared prepared = prepare_on(image, p, moved);
    const auto classes = prepare_mask(mask, prepared);
    int64_t inside = 0;
    for (size_t v = 0; v < classes.size(); ++v) {
      if (!prepared.valid[v] || classes[v] == 255) continue;
      if (prepared.values[v] > 0.18F) {
        EXPECT_EQ(classes[v], 200);
      }
      if (prepared.values[v] < 0.02F) {
        EXPECT_EQ(classes[v], 0);
      }
      inside += classes[v] == 200;
    }
    EXPECT_GT(inside, 300);
  }
}

TEST(Geometry, DrawsStayWithinTheirStrengthAndPicturesInTheirPlane) {
  Random random(3);
  for (int n = 0; n < 200; ++n) {
    const Geometry light = draw_geometry("light", false, random), flat = draw_geometry("strong", true, random);
    EXPECT_LE(std::abs(light.shift[0]), 0.04);
    EXPECT_LE(std::abs(light.rotation[2]), 5 * std::numbers::pi / 180);
    EXPECT_LE(std::abs(std::log(light.scale)), 0.05 + 1e-12);
    EXPECT_EQ(flat.shift[2], 0);
    EXPECT_EQ(flat.rotation[0], 0);
    EXPECT_EQ(flat.rotation[1], 0);
    const Affine plane = with_geometry(diagonal(1, 1, 1), {1, 9, 10}, {1, 1, 1}, flat);
    EXPECT_EQ(plane[10], 1);
    EXPECT_NEAR(plane[8], 0, 1e-12);
    EXPECT_NEAR(plane[9], 0, 1e-12);
    EXPECT_NEAR(plane[11], 0, 1e-12);
  }
}

struct Values {
  Floats values;
  std::vector<uint8_t> valid;
  Picture picture() { return {values, valid, {6, 20, 30}}; }
};

Values ramp() {
  Values out;
  for (int n = 0; n < 6 * 20 * 30; ++n) {
    out.values.push_back(-1 + 2 * static_cast<float>(n) / (6 * 20 * 30 - 1));
    out.valid.push_back(1);
  }
  return out;
}

TEST(Intensity, SameKeySameValuesOtherKeyOthers) {
  for (const std::string strength : {"light", "strong", "full", "nnunet"}) {
    std::vector<Floats> results;
    for (const uint64_t key : {7, 7, 8}) {
      Values v = ramp();
      Random random(key);
      apply_intensity(v.picture(), draw_intensity(strength, "mr", v.picture().size, {1, 1, 1}, random), 0);
      results.push_back(v.values);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_NE(results[0], results[2]);
  }
  Values v = ramp();
  Random random(7);
  apply_intensity(v.picture(), draw_intensity("none", "mr", v.picture().size, {1, 1, 1}, random), 0);
  EXPECT_EQ(v.values, ramp().values);
}

TEST(Intensity, InvalidVoxelsKeepTheOutsideValue) {
  for (uint64_t key = 0; key < 20; ++key) {
    Values v = ramp();
    for (size_t n = 0; n < 100; ++n) v.valid[n * 7] = 0;
    Random random(key);
    apply_intensity(v.picture(), draw_intensity(key % 2 ? "strong" : "full", "mr", v.picture().size, {1, 1, 1}, random), -1);
    for (size_t n = 0; n < 100; ++n) EXPECT_EQ(v.values[n * 7], -1.0F);
    for (const float value : v.values) EXPECT_TRUE(std::isfinite(value));
  }
}

TEST(Intensity, NoiseHasTheDeviationAsked) {
  Floats values(200000, 0);
  const std::vector<uint8_t> valid(values.size(), 1);
  Random random(4);
  add_noise({values, valid, {1, 1, 200000}}, 0.3, random);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 200000;
  double squares = 0, fourth = 0;
  for (const float value : values) {
    squares += value * value;
    fourth += std::pow(value, 4);
  }
  EXPECT_NEAR(mean, 0, 0.004);
  EXPECT_NEAR(std::sqrt(squares / 200000), 0.3, 0.003);
  // Kurtosis of four even numbers: 3 - 6/5/4.
  EXPECT_NEAR(fourth * 200000 / squares / squares, 2.7, 0.03);
}

TEST(Intensity, GammaKeepsTheEndsAndMovesTheMiddle) {
  Values v = ramp();
  change_gamma(v.picture(), 2);
  EXPECT_NEAR(v.values.front(), -1, 1e-6);
  EXPECT_NEAR(v.values.back(), 1, 1e-6);
  const size_t middle = v.values.size() / 2;
  EXPECT_NEAR(v.values[middle], -1 + 2 * 0.25, 1e-3);
}

TEST(Intensity, BlurKeepsMeansAndSpreadsAPointAsAGaussian) {
  const Size3 size{15, 15, 15};
  Floats values(15 * 15 * 15, 0);
  const std::vector<uint8_t> valid(values.size(), 1);
  values[at(size, 7, 7, 7)] = 1;
  blur({values, valid, size}, 1.0);
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), 1, 1e-5);
  const float peak = values[at(size, 7, 7, 7)];
  EXPECT_NEAR(values[at(size, 7, 7, 8)] / peak, std::exp(-0.5), 1e-4);
  EXPECT_NEAR(values[at(size, 7, 5, 7)] / peak, std::exp(-2.0), 1e-4);
  EXPECT_NEAR(values[at(size, 6, 8, 7)] / peak, std::exp(-1.0), 1e-4);
  Floats constant(values.size(), 3);
  blur({constant, valid, size}, 0.7);
  for (const float value : constant) EXPECT_NEAR(value, 3, 1e-5);
}

TEST(Intensity, BiasFieldIsSmoothAndLeavesTheDarkestAlone) {
  Values v = ramp();
  Floats before = v.values;
  Random random(9);
  add_bias_field(v.picture(), draw_bias_field(0.2, random));
  EXPECT_EQ(v.values[0], before[0]);
  double largest_step = 0;
  for (size_t n = 31; n < v.values.size(); ++n) {
    if (n % 30 == 0) continue;
    const double here = (v.values[n] + 1) / (before[n] + 1), left = (v.values[n - 1] + 1) / (before[n - 1] + 1);
    EXPECT_GT(here, std::exp(-9 * 0.2));
    EXPECT_LT(here, std::exp(9 * 0.2));
    largest_step = std::max(largest_step, std::abs(here / left - 1));
  }
  EXPECT_LT(largest_step, 0.1);
  EXPECT_GT(largest_step, 1e-4);
}

}  // namespace
}  // namespace chiasm::transform
