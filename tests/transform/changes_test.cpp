// Deformation, and the record of what was drawn for a sample.
#include <gtest/gtest.h>

#include <numeric>

#include "data/transform/augment.h"
#include "data/transform/elastic.h"
#include "data/transform/grid.h"
#include "data/transform/spline.h"
#include "data/transform/trilinear.h"
#include "tests/transform/volumes.h"

namespace chiasm::transform {
namespace {

using test::at;
using test::diagonal;
using test::oblique;
using test::preparation_of;
using test::random_mask;
using test::random_volume;
using test::volume_of;

Elastic zero_elastic(const Size3& spans) {
  Elastic out;
  out.spans = spans;
  for (auto& moves : out.moves) moves.assign(static_cast<size_t>((spans[0] + 3) * (spans[1] + 3) * (spans[2] + 3)), 0.0F);
  return out;
}

TEST(Elastic, ZeroMovesAreTheAffinePathBitForBit) {
  const Volume volume = random_volume({12, 13, 14}, diagonal(1, 1, 1));
  const Elastic zero = zero_elastic({2, 2, 3});
  for (const Affine& map : {diagonal(0.9, 1.1, 1, {0.3, 0.2, 0}), oblique(0.9, 1, 0.8, {4, 3, 2})})
    for (const Interpolation way : {Interpolation::linear, Interpolation::cubic}) {
      const Sampled plain = sample_image(volume, map, {8, 9, 10}, whole_box(volume.size), {way});
      const Sampled same = sample_image(volume, map, {8, 9, 10}, whole_box(volume.size), {way, &zero});
      EXPECT_EQ(plain.values, same.values);
      EXPECT_EQ(plain.valid, same.valid);
    }
  // The deforming loop itself, too.
  const Floats block = test::floats_of(volume);
  const Affine map = oblique(0.9, 1, 0.8, {4, 3, 2});
  EXPECT_EQ(sample_trilinear(block, volume.size, map, {8, 9, 10}), sample_trilinear(block, volume.size, map, {8, 9, 10}, zero));
}

TEST(Elastic, EqualMovesAreAShift) {
  // B-splines sum to one: control points that all move by (1, -2, 1) look up (i + 1, j - 2, k + 1).
  const Volume volume = random_volume({10, 11, 12}, diagonal(1, 1, 1));
  const Volume mask = random_mask({10, 11, 12}, diagonal(1, 1, 1));
  Elastic shift = zero_elastic({2, 3, 2});
  std::fill(shift.moves[0].begin(), shift.moves[0].end(), 1.0F);
  std::fill(shift.moves[1].begin(), shift.moves[1].end(), -2.0F);
  std::fill(shift.moves[2].begin(), shift.moves[2].end(), 1.0F);
  const Size3 size = volume.size;
  const Sampled out = sample_image(volume, diagonal(1, 1, 1), size, whole_box(size), {Interpolation::linear, &shift});
  const auto& classes = std::get<std::vector<uint8_t>>(mask.voxels);
  const auto moved = sample_nearest(classes, size, diagonal(1, 1, 1), size, 255, &shift);
  const std::vector<float> source = values(volume);
  for (int64_t k = 0; k < 10; ++k)
    for (int64_t j = 0; j < 11; ++j)
      for (int64_t i = 0; i < 12; ++i) {
        const bool inside = i + 1 < 12 && j - 2 >= 0 && k + 1 < 10;
        const size_t here = at(size, k, j, i);
        ASSERT_EQ(out.valid[here], inside);
        ASSERT_EQ(moved[here], inside ? classes[at(size, k + 1, j - 2, i + 1)] : 255);
        if (inside) {
          ASSERT_NEAR(out.values[here], source[at(size, k + 1, j - 2, i + 1)], 2e-2);
        }
      }
}

TEST(Elastic, NeverFolds) {
  // The determinant of the deformation's Jacobian, by differences, stays above zero at the largest moves allowed.
  const Size3 size{21, 25, 29}, spans{4, 4, 4};
  for (uint64_t key = 0; key < 10; ++key) {
    Random random(key);
    const Elastic elastic = draw_elastic(spans, {2.8, 2.4, 2.0}, size, random);
    const ElasticRows rows(elastic, size);
    std::vector<std::array<double, 3>> moves(static_cast<size_t>(21 * 25 * 29));
    std::array<std::vector<float>, 3> row;
    for (int64_t k = 0; k < size[0]; ++k)
      for (int64_t j = 0; j < size[1]; ++j) {
        rows.row(k, j, row);
        for (size_t i = 0; i < 29; ++i) moves[at(size, k, j, static_cast<int64_t>(i))] = {row[0][i], row[1][i], row[2][i]};
      }
    for (int64_t k = 1; k < size[0]; ++k)
      for (int64_t j = 1; j < size[1]; ++j)
        for (int64_t i = 1; i < size[2]; ++i) {
          double m[3][3];
          const auto& here = moves[at(size, k, j, i)];
          const std::array<double, 3> before[3] = {moves[at(size, k, j, i - 1)], moves[at(size, k, j - 1, i)],
                                                   moves[at(size, k - 1, j, i)]};
          for (size_t r = 0; r < 3; ++r)
            for (size_t c = 0; c < 3; ++c) m[r][c] = (r == c) + here[r] - before[c][r];
          const double determinant = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                                     m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
          ASSERT_GT(determinant, 0);
        }
  }
  Random random(1);
  EXPECT_ANY_THROW(draw_elastic(spans, {2.9, 0, 0}, size, random));
}

TEST(Cubic, CoefficientsReproduceTheVoxelsAndRampsStay) {
  // (c[n-1] + 4 c[n] + c[n+1]) / 6 with c mirrored is the value again.
  Random random(2);
  for (const int64_t length : {2, 3, 5, 40}) {
    std::vector<float> line, before;
    for (int64_t n = 0; n < length; ++n) line.push_back(static_cast<float>(random.uniform(-1, 1)));
    before = line;
    spline_coefficients(line.data(), length, 1, 1);
    for (int64_t n = 0; n < length; ++n) {
      const auto c = [&](int64_t index) {
        return line[static_cast<size_t>(index < 0 ? -index : index >= length ? 2 * length - 2 - index : index)];
      };
      EXPECT_NEAR((c(n - 1) + 4 * c(n) + c(n + 1)) / 6, before[static_cast<size_t>(n)], 2e-6);
    }
  }
}

TEST(Cubic, AveragesWhereTheGridIsCoarse) {
  // A pattern of two voxels, sampled four times coarser: plain sampling would alias it, the mean over four voxels is its mean.
  const Volume volume =
      volume_of<int16_t>({4, 4, 64}, diagonal(1, 1, 1), [](double i, double, double) { return static_cast<int>(i) % 2 ? 100.0 : -60.0; });
  const Sampled out = sample_image(volume, diagonal(4, 1, 1, {5.5, 0, 0}), {4, 4, 12}, whole_box(volume.size), {Interpolation::cubic});
  for (const float value : out.values) EXPECT_NEAR(value, 20, 0.5);
}

AugmentConfig config_of(const std::string& geometry, const std::string& intensity) {
  AugmentConfig out;
  out.geometry = geometry;
  out.intensity = intensity;
  return out;
}

TEST(Changes, ARecordedListMakesTheSameBitsAgain) {
  const Volume volume = random_volume({20, 24, 28}, oblique(1, 1.1, 1.2)), mask = random_mask({20, 24, 28}, oblique(1, 1.1, 1.2));
  const Preparation p = preparation_of("mr", {16, 18, 20}, {1.3, 1.2, 1.1});
  int64_t elastic = 0, kinds = 0;
  std::map<std::string, int64_t> seen;
  for (uint64_t key = 0; key < 60; ++key) {
    const AugmentConfig config = config_of(key % 3 ? "elastic" : "nnunet", key % 2 ? "full" : "nnunet");
    Random random(key), again(key);
    const Changes drawn = draw_changes(config, p, false, key % 5 == 0, random);
    EXPECT_EQ(drawn, draw_changes(config, p, false, key % 5 == 0, again));
    const Prepared first = prepare_changed(volume, p, nullptr, drawn);
    const Changes copied = first.changes;
    const Prepared second = prepare_changed(volume, p, nullptr, copied);
    EXPECT_EQ(first.values, second.values);
    EXPECT_EQ(first.valid, second.valid);
    EXPECT_EQ(prepare_mask(mask, first), prepare_mask(mask, second));
    elastic += !first.elastic.none();
    for (const Change& change : drawn) ++seen[change.name];
    for (const float value : first.values) ASSERT_TRUE(std::isfinite(value));
  }
  for (const auto& [name, count] : seen) kinds += count > 0;
  EXPECT_GT(elastic, 8);
  EXPECT_GE(kinds, 11) << "geometry, elastic and at least nine of intensity";
}

TEST(Changes, MrArtefactsAreForMrAndSidesStay) {
  const Preparation ct = preparation_of("ct", {16, 18, 20}, {1, 1, 1});
  for (uint64_t key = 0; key < 200; ++key) {
    Random random(key);
    for (const Change& change : draw_changes(config_of("elastic", "full"), ct, false, false, random)) {
      EXPECT_TRUE(change.name != "motion" && change.name != "ghosting" && change.name != "bias_field") << change.name;
      if (change.name == "geometry") {
        EXPECT_EQ(change.parameters[7], 0);
      }
    }
  }
}

TEST(Changes, SitusInversusStaysSo) {
  // A heart on the right (+x): whatever is drawn, the bright voxels lie right of the middle, in image and mask; and a heart on the left
  // stays left. Stored with either orientation.
  const Size3 size{24, 24, 24};
  for (const double side : {-1.0, 1.0})
    for (const double stored : {-1.0, 1.0}) {
      const Affine affine = diagonal(stored, 1, 1, {stored * -11.5, -11.5, -11.5});
      const auto heart = [&](double i, double j, double k) {
        const double x = stored * (i - 11.5);
        return std::hypot(x - side * 6, j - 11.5, k - 11.5) < 4 ? 200.0 : 0.0;
      };
      const Volume image = volume_of<int16_t>(size, affine, heart), mask = volume_of<uint8_t>(size, affine, heart, "mask");
      const Preparation p = preparation_of("ct", size, {1, 1, 1});
      for (uint64_t key = 0; key < 40; ++key) {
        Random random(key);
        const Prepared out =
            prepare_changed(image, p, nullptr, draw_changes(config_of(key % 2 ? "elastic" : "nnunet", "none"), p, false, false, random));
        const auto classes = prepare_mask(mask, out);
        double bright = 0, labelled = 0, count = 0, voxels = 0;
        for (size_t n = 0; n < classes.size(); ++n) {
          const double x = static_cast<double>(n % 24) - 11.5;
          if (out.values[n] > 0.1F) bright += x, ++count;
          if (classes[n] == 200) labelled += x, ++voxels;
        }
        ASSERT_GT(count, 50);
        EXPECT_GT(side * bright / count, 1);
        EXPECT_GT(side * labelled / voxels, 1);
        EXPECT_NEAR(bright / count, labelled / voxels, 0.5);
      }
    }
}

TEST(Changes, AreDescribedInOneLine) { EXPECT_EQ(describe({{"gamma", {1.25}}, {"noise", {0.03}, 12}}), "gamma 1.25; noise 0.03 key 12"); }

}  // namespace
}  // namespace chiasm::transform
