#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/config/config.h"
#include "data/transform/grid.h"
#include "data/transform/normalise.h"
#include "data/view.h"
#include "tests/transform/volumes.h"

namespace chiasm {
namespace {

using test::at;
using test::diagonal;
using test::oblique;
using test::preparation_of;
using test::random_mask;
using test::random_volume;
using test::volume_of;

// A bright cube around a point in RAS mm, on air.
Volume marker_at(const std::array<double, 3>& mm, const Size3& size, const Affine& affine) {
  return volume_of<int16_t>(size, affine, [&](double i, double j, double k) {
    const auto p = chiasm::apply(affine, {i, j, k});
    return std::abs(p[0] - mm[0]) < 6 && std::abs(p[1] - mm[1]) < 6 && std::abs(p[2] - mm[2]) < 6 ? 1000 : -1000;
  });
}

std::array<double, 3> centre_of_mass(const Prepared& p) {
  std::array<double, 3> sum{};
  double mass = 0;
  for (int64_t d = 0; d < p.size[0]; ++d)
    for (int64_t h = 0; h < p.size[1]; ++h)
      for (int64_t w = 0; w < p.size[2]; ++w) {
        const double weight = p.values[at(p.size, d, h, w)] + 1.0;
        mass += weight;
        sum[0] += weight * static_cast<double>(d);
        sum[1] += weight * static_cast<double>(h);
        sum[2] += weight * static_cast<double>(w);
      }
  for (double& value : sum) value /= mass;
  return sum;
}

TEST(Prepare, SidesSurviveEveryStoredOrientation) {
  // A marker 15 mm to the right, 10 anterior, 12 superior of the middle, stored as LPS, RAS, sagittal, coronal and oblique series.
  const std::vector<std::pair<Affine, Size3>> stored = {
      {diagonal(-1, -1, 2, {32, 32, -32}), {32, 64, 64}},
      {diagonal(1, 1, 2, {-32, -32, -32}), {32, 64, 64}},
      {Affine{0, 0, -2, 32, -1, 0, 0, 32, 0, -1, 0, 32}, {32, 64, 64}},  // sagittal: columns to posterior, rows to inferior, slices to left
      {Affine{-1, 0, 0, 32, 0, 0, 2, -32, 0, -1, 0, 32}, {32, 64, 64}},
      {oblique(1, 1, 1, {-25, -35, -28}), {64, 64, 64}}};
  for (const auto& [affine, size] : stored) {
    const std::array<double, 3> middle = chiasm::apply(affine, {(size[2] - 1) / 2.0, (size[1] - 1) / 2.0, (size[0] - 1) / 2.0});
    const Volume volume = marker_at({middle[0] + 15, middle[1] + 10, middle[2] + 12}, size, affine);
    const Prepared p = prepare(volume, preparation_of("ct", {32, 32, 32}, {2, 2, 2}));
    EXPECT_EQ(axis_codes(p.affine), "RAS");
    const auto found = centre_of_mass(p);
    EXPECT_NEAR(found[2], 15.5 + 15 / 2.0, 0.4) << axis_codes(affine);
    EXPECT_NEAR(found[1], 15.5 + 10 / 2.0, 0.4) << axis_codes(affine);
    EXPECT_NEAR(found[0], 15.5 + 12 / 2.0, 0.4) << axis_codes(affine);
  }
}

TEST(Prepare, GridStandsOnTheMiddleAndPaddingIsMarked) {
  const Volume volume = random_volume({10, 20, 20}, diagonal(-1, 1, 1, {40, 50, 60}));
  const Prepared p = prepare(volume, preparation_of("ct", {12, 20, 20}, {1, 1, 1}));
  const auto middle = chiasm::apply(p.affine, {9.5, 9.5, 5.5});
  EXPECT_NEAR(middle[0], 40 - 9.5, 1e-9);
  EXPECT_NEAR(middle[1], 50 + 9.5, 1e-9);
  EXPECT_NEAR(middle[2], 60 + 4.5, 1e-9);
  for (int64_t d = 0; d < 12; ++d) EXPECT_EQ(p.valid[at(p.size, d, 3, 3)], d >= 1 && d <= 10);
  EXPECT_EQ(p.values[at(p.size, 0, 3, 3)], -1.0F);
  // Exact: W grows to the right, so the columns are mirrored.
  const auto hu = values(volume);
  EXPECT_FLOAT_EQ(p.values[at(p.size, 3, 4, 5)], hu[at(volume.size, 2, 4, 14)] / 1000);
}

TEST(Prepare, CropStandsOnTheChosenPoint) {
  const Volume volume = marker_at({5, -8, 11}, {40, 40, 40}, diagonal(-1, -1, 1, {20, 20, -20}));
  const std::array<double, 3> centre{5, -8, 11};
  const Prepared p = prepare(volume, preparation_of("ct", {15, 15, 15}, {1, 1, 1}, "crop"), &centre);
  const auto found = centre_of_mass(p);
  for (const double index : found) EXPECT_NEAR(index, 7, 0.05);
}

TEST(Prepare, MaskRoundTripIsExactForFlipsAndExchangedAxes) {
  const std::vector<Affine> affines = {diagonal(-1, -1, 1.5), diagonal(1, -1, 1.5), Affine{0, 0, 1.5, 3, -1, 0, 0, 4, 0, 1, 0, 5}};
  for (const Affine& affine : affines) {
    const Size3 size{8, 12, 10};
    const Volume image = random_volume(size, affine), mask = random_mask(size, affine);
    // The model grid has the image's voxels along the patient's axes.
    const std::string codes = axis_codes(affine);
    const bool exchanged = affine[0] == 0;
    const Preparation p = preparation_of("ct", exchanged ? Size3{12, 10, 8} : size, exchanged ? Spacing3{1, 1, 1.5} : Spacing3{1.5, 1, 1});
    const Prepared prepared = prepare(image, p);
    const std::vector<uint8_t> on_grid = prepare_mask(mask, prepared);
    const Volume back = restore_mask(on_grid, prepared, image);
    EXPECT_EQ(std::get<std::vector<uint8_t>>(back.voxels), std::get<std::vector<uint8_t>>(mask.voxels)) << codes;
    EXPECT_EQ(back.affine, image.affine);
    EXPECT_EQ(back.modality, "mask");
  }
}

// An even grid around the middle of an odd side would lie half a voxel off.
TEST(Prepare, PaddingAndCuttingAtTheSourcesOwnSpacingResampleNothing) {
  const Size3 size{7, 12, 9};
  for (const Affine& affine : {diagonal(-1, 1, 1.5, {40.3, -50.1, 60}), Affine{0, 0, 1, 3.2, -1, 0, 0, 4, 0, 1.5, 0, 5}}) {
    const Volume image = random_volume(size, affine), mask = random_mask(size, affine);
    const Prepared wide = prepare(image, preparation_of("ct", {16, 15, 14}, {1.5, 1, 1}));
    const Volume back = restore_mask(prepare_mask(mask, wide), wide, image);
    EXPECT_EQ(std::get<std::vector<uint8_t>>(back.voxels), std::get<std::vector<uint8_t>>(mask.voxels)) << axis_codes(affine);
    std::vector<float> seen, stored;
    for (size_t n = 0; n < wide.values.size(); ++n)
      if (wide.valid[n]) seen.push_back(wide.values[n]);
    for (const float hu : values(image)) stored.push_back(std::clamp(hu / 1000, -1.0F, 1.0F));
    std::sort(seen.begin(), seen.end());
    std::sort(stored.begin(), stored.end());
    ASSERT_EQ(seen.size(), stored.size());
    for (size_t n = 0; n < seen.size(); ++n) ASSERT_NEAR(seen[n], stored[n], 1e-5);
    // A cut of even sides: every voxel it shows is restored to its own place.
    const Prepared narrow = prepare(image, preparation_of("ct", {4, 6, 4}, {1.5, 1, 1}));
    const auto cut = std::get<std::vector<uint8_t>>(restore_mask(prepare_mask(mask, narrow), narrow, image).voxels);
    const auto& truth = std::get<std::vector<uint8_t>>(mask.voxels);
    for (size_t n = 0; n < cut.size(); ++n) EXPECT_TRUE(cut[n] == 0 || cut[n] == truth[n]);
  }
}

// On an axis of another spacing the grid stays around the middle.
TEST(Prepare, OtherSpacingsKeepTheMiddle) {
  const Volume volume = random_volume({7, 20, 21}, diagonal(-1, 1, 2, {40, 50, 60}));
  const Prepared p = prepare(volume, preparation_of("ct", {16, 10, 20}, {1, 2, 1}));
  const auto middle = chiasm::apply(p.affine, {9.5, 4.5, 7.5});
  EXPECT_NEAR(std::abs(middle[0] - (40 - 10)), 0.5, 1e-9);  // an even side on an odd one of its own spacing
  EXPECT_NEAR(middle[1], 50 + 9.5, 1e-9);
  EXPECT_NEAR(middle[2], 60 + 6, 1e-9);
}

TEST(Prepare, MaskRoundTripOfAnObliqueSourceIsExactOnAFineGrid) {
  // Every source voxel owns a grid voxel within half a step, which belongs to no other.
  const Size3 size{8, 9, 10};
  const Affine affine = oblique(1, 1.2, 1.1);
  const Volume image = random_volume(size, affine), mask = random_mask(size, affine);
  const Prepared prepared = prepare(image, preparation_of("ct", {50, 60, 60}, {0.3, 0.3, 0.3}));
  const Volume back = restore_mask(prepare_mask(mask, prepared), prepared, image);
  EXPECT_EQ(std::get<std::vector<uint8_t>>(back.voxels), std::get<std::vector<uint8_t>>(mask.voxels));
}

TEST(Prepare, MaskOutsideItsGridIsUnknownAndRestoresAsBackground) {
  const Volume image = random_volume({4, 4, 4}, diagonal(1, 1, 1));
  Volume mask = random_mask({4, 4, 4}, diagonal(1, 1, 1));
  mask.voxels = std::vector<uint8_t>(64, 3);
  const Prepared wide = prepare(image, preparation_of("ct", {6, 4, 4}, {1, 1, 1}));
  const std::vector<uint8_t> classes = prepare_mask(mask, wide);
  for (int64_t d = 0; d < 6; ++d) EXPECT_EQ(classes[at(wide.size, d, 1, 1)], d == 0 || d == 5 ? 255 : 3);
  const Prepared narrow = prepare(image, preparation_of("ct", {2, 4, 4}, {1, 1, 1}));
  const Volume back = restore_mask(prepare_mask(mask, narrow), narrow, image);
  for (int64_t k = 0; k < 4; ++k) EXPECT_EQ(std::get<std::vector<uint8_t>>(back.voxels)[at(image.size, k, 2, 2)], k == 1 || k == 2 ? 3 : 0);
  EXPECT_THROW(prepare_mask(image, wide), InputError);
}

Volume picture(int64_t height, int64_t width) {
  return volume_of<uint8_t>(
      {1, height, width}, diagonal(1, 1, 1), [&](double i, double j, double) { return std::fmod(7 * i + 13 * j, 251); }, "xray");
}

TEST(PreparePicture, PadKeepsTheWholePictureAndItsRows) {
  const Volume wide = picture(20, 40);
  Preparation preparation = preparation_of("xray", {1, 20, 20}, {1, 1, 1});
  const Prepared p = prepare(wide, preparation);
  for (int64_t h = 0; h < 20; ++h)
    for (int64_t w = 0; w < 20; ++w) EXPECT_EQ(p.valid[at(p.size, 0, h, w)], h >= 5 && h < 15) << h;
  EXPECT_EQ(p.affine[0], 2);
  EXPECT_EQ(p.affine[5], 2);
  EXPECT_NEAR(p.affine[3], 0.5, 1e-12);
  EXPECT_NEAR(p.affine[7], -9.5, 1e-12);
  EXPECT_EQ(p.values[0], -1.0F);
}

TEST(PreparePicture, CropHidesTheShapeOfThePicture) {
  Preparation preparation = preparation_of("xray", {1, 16, 16}, {1, 1, 1});
  preparation.view.fit = "crop";
  for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{{20, 40}, {40, 20}, {33, 31}, {16, 16}}) {
    const Volume volume = picture(height, width);
    const Prepared p = prepare(volume, preparation);
    EXPECT_EQ(p.valid, std::vector<uint8_t>(256, 1));
    EXPECT_NEAR(p.affine[0], p.affine[5], 1e-12);
    // Shifted by augmentation, what was cut away stays away on both sides alike.
    Affine shifted = p.affine;
    shifted[3] += 4 * p.affine[0];
    shifted[7] += 4 * p.affine[5];
    const Prepared moved = transform::prepare_on(volume, preparation, shifted);
    for (int64_t h = 0; h < 16; ++h)
      for (int64_t w = 0; w < 16; ++w) EXPECT_EQ(moved.valid[at(p.size, 0, h, w)], h < 12 && w < 12) << height << " " << h << " " << w;
  }
}

TEST(PreparePicture, StretchFills) {
  Preparation preparation = preparation_of("image", {1, 10, 10}, {1, 1, 1});
  preparation.view.fit = "stretch";
  const Prepared p = prepare(picture(20, 40), preparation);
  EXPECT_EQ(p.valid, std::vector<uint8_t>(100, 1));
  EXPECT_EQ(p.affine[0], 4);
  EXPECT_EQ(p.affine[5], 2);
}

TEST(PreparePicture, TrimmedBordersAreNeverSeen) {
  // A bright frame of 4 pixels around a dark ramp; trimmed, neither values nor percentiles know it.
  const auto value = [](double i, double j, double) { return i < 4 || i >= 36 || j < 4 || j >= 36 ? 65535 : i + j; };
  const Volume framed = volume_of<uint16_t>({1, 40, 40}, diagonal(1, 1, 1), value, "xray");
  const Volume inner = volume_of<uint16_t>(
      {1, 32, 32}, diagonal(1, 1, 1), [](double i, double j, double) { return i + j + 8; }, "xray");
  Preparation preparation = preparation_of("xray", {1, 24, 24}, {1, 1, 1});
  const Prepared expected = prepare(inner, preparation);
  preparation.view.trim = {0.1, 0.1, 0.1, 0.1};
  const Prepared p = prepare(framed, preparation);
  for (size_t n = 0; n < p.values.size(); ++n) ASSERT_NEAR(p.values[n], expected.values[n], 1e-5);
}

TEST(PreparePicture, MaskRoundTrip) {
  const Volume image = picture(30, 50);
  Volume mask = random_mask(image.size, image.affine);
  Preparation preparation = preparation_of("xray", {1, 100, 100}, {1, 1, 1});
  const Prepared p = prepare(image, preparation);
  const Volume back = restore_mask(prepare_mask(mask, p), p, image);
  EXPECT_EQ(std::get<std::vector<uint8_t>>(back.voxels), std::get<std::vector<uint8_t>>(mask.voxels));
}

TEST(PreparePicture, CropAtASpacingCountsMillimetres) {
  Volume image = picture(30, 50);
  image.affine = diagonal(-0.2, -0.2, 1);
  const Prepared p = prepare(image, preparation_of("xray", {1, 10, 10}, {1, 0.4, 0.4}, "crop"));
  EXPECT_NEAR(p.affine[0], 2, 1e-12);
  EXPECT_NEAR(p.affine[3], 24.5 - 9, 1e-12);
}

TEST(ViewConfig, ReadsAndRefuses) {
  const auto read = [](const std::string& yaml) { return config::read<ViewConfig>(config::Document::parse(yaml, "view.yaml")); };
  const ViewConfig view =
      read("{sample: crop, size: [1, 64, 32], spacing_mm: [1, 0.5, 0.5], fit: crop, trim: [0.1, 0, 0, 0.2], window: [-160, 240]}");
  EXPECT_EQ(view.size, (Size3{1, 64, 32}));
  EXPECT_EQ(view.window, (std::vector<double>{-160, 240}));
  EXPECT_THROW(read("{window: [5, 5]}"), UsageError);
  EXPECT_THROW(read("{window: [5]}"), UsageError);
  EXPECT_THROW(read("{trim: [0.6, 0.5, 0, 0]}"), UsageError);
  EXPECT_THROW(read("{fit: zoom}"), UsageError);
  EXPECT_THROW(read("{size: [0, 4, 4]}"), UsageError);
}

TEST(Prepare, UnresolvedSpacingIsABug) {
  EXPECT_THROW(prepare(random_volume({4, 4, 4}, diagonal(1, 1, 1)), preparation_of("ct", {4, 4, 4}, {0, 1, 1})), Error);
}

}  // namespace
}  // namespace chiasm
