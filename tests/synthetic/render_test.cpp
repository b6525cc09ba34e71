// What each modality shows, and what it must not show: two renderings that differ in one finding are compared voxel by voxel.
#include "data/synthetic/render.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "data/synthetic/anatomy.h"

namespace chiasm::synthetic {
namespace {

Patient healthy(int64_t index) {
  Patient patient = draw_patient(21, index);
  for (FindingState& state : patient.visits.front().findings) state = FindingState{};
  return patient;
}

FindingState finding(Finding kind, Side side) {
  FindingState state;
  state.present = true;
  state.side = side;
  const double sign = side == Side::right ? 1 : -1;
  if (kind == Finding::nodule) {
    state.size_mm = 40;
    state.place = {sign * 85, 20, 40};
  }
  if (kind == Finding::effusion) state.size_mm = 55;
  if (kind == Finding::device) state.size_mm = 40;
  return state;
}

Visit with(const Visit& visit, Finding kind, Side side = Side::left) {
  Visit changed = visit;
  changed.findings[static_cast<size_t>(kind)] = finding(kind, side);
  return changed;
}

constexpr uint64_t key = 77;

std::vector<uint16_t> ct(const Patient& patient, const Visit& visit, uint64_t seed = key) {
  return render_ct(patient, visit, seed).series.stored;
}

std::vector<uint16_t> mr(const Patient& patient, const Visit& visit, uint64_t seed = key) {
  std::vector<uint16_t> both = render_mr(patient, visit, Weighting::t1, seed).series.stored;
  const std::vector<uint16_t> t2 = render_mr(patient, visit, Weighting::t2, seed).series.stored;
  both.insert(both.end(), t2.begin(), t2.end());
  return both;
}

std::vector<uint16_t> xray(const Patient& patient, const Visit& visit, uint64_t seed = key) {
  std::vector<uint16_t> both = render_radiograph(patient, visit, View::frontal, seed).stored;
  const std::vector<uint16_t> lateral = render_radiograph(patient, visit, View::lateral, seed).stored;
  both.insert(both.end(), lateral.begin(), lateral.end());
  return both;
}

TEST(Visibility, EachModalityShowsExactlyItsFindings) {
  for (int64_t index = 0; index < 2; ++index) {
    const Patient patient = healthy(index);
    const Visit& plain = patient.visits.front();
    const uint64_t seed = key + static_cast<uint64_t>(index);
    const auto plain_ct = ct(patient, plain, seed), plain_mr = mr(patient, plain, seed), plain_xray = xray(patient, plain, seed);
    for (size_t f = 0; f < finding_count; ++f) {
      const Visit changed = with(plain, static_cast<Finding>(f), index % 2 ? Side::left : Side::right);
      const auto& shown_by = finding_list()[f].shown_by;
      EXPECT_EQ(ct(patient, changed, seed) != plain_ct, shown_by[0]) << finding_list()[f].name;
      EXPECT_EQ(mr(patient, changed, seed) != plain_mr, shown_by[1]) << finding_list()[f].name;
      EXPECT_EQ(xray(patient, changed, seed) != plain_xray, shown_by[2]) << finding_list()[f].name;
    }
  }
}

// The hardest fields of view: fluid stays outside every MR and the device outside every CT.
TEST(Visibility, FieldsOfViewKeepClearOfOtherFindings) {
  for (int64_t index = 0; index < 16; ++index) {
    const Patient patient = healthy(index);
    const Visit& plain = patient.visits.front();
    const uint64_t seed = 1000 + static_cast<uint64_t>(index);
    const Visit fluid = with(plain, Finding::effusion, index % 2 ? Side::left : Side::right),
                device = with(plain, Finding::device, index % 2 ? Side::left : Side::right);
    ASSERT_TRUE(mr(patient, fluid, seed) == mr(patient, plain, seed)) << index;
    if (index >= 8) continue;
    ASSERT_TRUE(ct(patient, device, seed) == ct(patient, plain, seed)) << index;
  }
}

// Brightness that a finding adds to each half of the frontal picture; the patient's right is on the left.
std::pair<double, double> added_right_left(const Patient& patient, const Visit& before, const Visit& after, double from_row,
                                           double to_row) {
  const ImageSeries a = render_radiograph(patient, before, View::frontal, key), b = render_radiograph(patient, after, View::frontal, key);
  const auto [depth, rows, columns] = a.size;
  std::pair<double, double> sums{0, 0};
  for (auto row = static_cast<int64_t>(from_row * static_cast<double>(rows));
       row < static_cast<int64_t>(to_row * static_cast<double>(rows)); ++row)
    for (int64_t column = 0; column < columns; ++column) {
      const auto at = static_cast<size_t>(row * columns + column);
      const double change = (a.monochrome1 ? -1.0 : 1.0) * (static_cast<double>(b.stored[at]) - static_cast<double>(a.stored[at]));
      (column < columns / 2 ? sums.first : sums.second) += change / static_cast<double>(depth * rows * columns);
    }
  return sums;
}

TEST(Radiograph, EffusionWhitensTheBaseOfItsSide) {
  for (int64_t index = 0; index < 4; ++index) {
    const Patient patient = healthy(index);
    const Visit& plain = patient.visits.front();
    const auto left = added_right_left(patient, plain, with(plain, Finding::effusion, Side::left), 0.4, 1.0);
    const auto right = added_right_left(patient, plain, with(plain, Finding::effusion, Side::right), 0.4, 1.0);
    EXPECT_GT(left.second, 5);
    EXPECT_NEAR(left.first, 0, 0.5);
    EXPECT_GT(right.first, 5);
    EXPECT_NEAR(right.second, 0, 0.5);
  }
}

TEST(Radiograph, DeviceIsAboveTheLungsOnItsSide) {
  const Patient patient = healthy(0);
  const Visit& plain = patient.visits.front();
  const auto left = added_right_left(patient, plain, with(plain, Finding::device, Side::left), 0.0, 0.4);
  EXPECT_GT(left.second, 5);
  EXPECT_NEAR(left.first, 0, 0.1);
  const auto below = added_right_left(patient, plain, with(plain, Finding::device, Side::left), 0.4, 1.0);
  EXPECT_EQ(below.first, 0);
  EXPECT_EQ(below.second, 0);
}

// -log of the transmitted share over a slab equals attenuation times thickness.
TEST(Radiograph, AttenuationFollowsTheCtNumbers) {
  const Palette hu = ct_palette(0), mu = attenuation_palette();
  for (const Tissue tissue : {Tissue::fat, Tissue::muscle, Tissue::lung, Tissue::effusion})
    EXPECT_NEAR(mu[tissue], 0.0185 * (1 + hu[tissue] / 1000), 1e-6);
  EXPECT_FLOAT_EQ(mu[Tissue::air], 0);
  EXPECT_FLOAT_EQ(mu[Tissue::nodule], mu[Tissue::lung]);
}

struct Centroid {
  double x = 0, y = 0, z = 0, voxels = 0, hu = 0;
};

Centroid centroid_of(const Scan& scan, uint8_t wanted) {
  const auto& classes = std::get<std::vector<uint8_t>>(scan.mask.voxels);
  const auto [depth, height, width] = scan.series.size;
  Centroid sum;
  size_t at = 0;
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < height; ++j)
      for (int64_t i = 0; i < width; ++i, ++at) {
        if (classes[at] != wanted) continue;
        const auto mm = apply(scan.mask.affine, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const uint16_t stored = scan.series.stored[at];
        sum.x += mm[0];
        sum.y += mm[1];
        sum.z += mm[2];
        sum.hu += scan.series.is_signed ? static_cast<int16_t>(stored) : stored - 1024;
        ++sum.voxels;
      }
  if (sum.voxels > 0) sum = {sum.x / sum.voxels, sum.y / sum.voxels, sum.z / sum.voxels, sum.voxels, sum.hu / sum.voxels};
  return sum;
}

TEST(Masks, LesionIsTheNodule) {
  for (int64_t index = 0; index < 8; ++index) {
    const Patient patient = healthy(index);
    const Visit visit = with(patient.visits.front(), Finding::nodule, index % 2 ? Side::left : Side::right);
    const FindingState& nodule = visit.of(Finding::nodule);
    const Scan scan = render_ct(patient, visit, key + static_cast<uint64_t>(index));
    const Centroid lesion = centroid_of(scan, 3);
    // The pose turns by at most 4 degrees about each axis and shifts by at most 6 mm.
    EXPECT_NEAR(lesion.x, nodule.place[0], 18);
    EXPECT_NEAR(lesion.y, nodule.place[1], 18);
    EXPECT_NEAR(lesion.z, nodule.place[2], 18);
    const Spacing3 spacing = spacing_mm(scan.mask);
    const double radius = nodule.size_mm / 2, truth = 4.0 / 3 * std::numbers::pi * radius * radius * 0.9 * radius;
    EXPECT_NEAR(lesion.voxels * spacing[0] * spacing[1] * spacing[2] / truth, 1, 0.12) << index;
    EXPECT_GT(lesion.hu, -120);
    EXPECT_LT(lesion.hu, 60);
    EXPECT_EQ(centroid_of(render_ct(patient, patient.visits.front(), key), 3).voxels, 0);
  }
}

TEST(Masks, LungsAreAirAndHeartIsEnhancedBlood) {
  for (int64_t index = 0; index < 8; ++index) {
    const Patient patient = healthy(index);
    const Scan scan = render_ct(patient, patient.visits.front(), key + static_cast<uint64_t>(index));
    const Centroid lungs = centroid_of(scan, 1), heart = centroid_of(scan, 2);
    const Spacing3 spacing = spacing_mm(scan.mask);
    const double litres = lungs.voxels * spacing[0] * spacing[1] * spacing[2] / 1e6;
    EXPECT_GT(litres, 2.0);
    EXPECT_LT(litres, 6.0);
    EXPECT_NEAR(lungs.hu, -800, 60);
    EXPECT_GT(heart.hu, 95);
    EXPECT_LT(heart.hu, 170);
    EXPECT_LT(heart.x, -5) << "the heart lies on the left";
    EXPECT_GT(heart.y, 5) << "and in front";
  }
}

TEST(Masks, FluidIsNotAeratedLung) {
  const Patient patient = healthy(1);
  const Visit visit = with(patient.visits.front(), Finding::effusion, Side::right);
  const Centroid dry = centroid_of(render_ct(patient, patient.visits.front(), key), 1),
                 wet = centroid_of(render_ct(patient, visit, key), 1);
  EXPECT_LT(wet.voxels, 0.97 * dry.voxels);
  EXPECT_LT(wet.x, dry.x) << "the right lung lost air";
  EXPECT_GT(wet.y, dry.y) << "lying, fluid gathers at the back";
}

TEST(Masks, EffusionLiesAtTheBackOfItsSide) {
  const Patient patient = healthy(1);
  const Visit visit = with(patient.visits.front(), Finding::effusion, Side::right);
  const Scan scan = render_ct(patient, visit, key);
  const Centroid fluid = centroid_of(scan, 4), lungs = centroid_of(scan, 1);
  EXPECT_GT(fluid.voxels, 50);
  EXPECT_GT(fluid.x, 40) << "right is positive";
  EXPECT_LT(fluid.y, lungs.y - 20);
  EXPECT_GT(fluid.hu, -120);
  EXPECT_LT(fluid.hu, 60);
  EXPECT_EQ(centroid_of(render_ct(patient, patient.visits.front(), key), 4).voxels, 0);
}

TEST(Masks, MarrowLesionIsOneVertebraInBothWeightings) {
  for (int64_t index = 0; index < 4; ++index) {
    const Patient patient = healthy(index);
    Visit visit = with(patient.visits.front(), Finding::marrow_lesion);
    FindingState& lesion = visit.findings[static_cast<size_t>(Finding::marrow_lesion)];
    lesion.level = static_cast<int>(index) - 1;
    for (const Weighting weighting : {Weighting::t1, Weighting::t2}) {
      const Scan scan = render_mr(patient, visit, weighting, key);
      const Centroid ill = centroid_of(scan, 1);
      const Spacing3 spacing = spacing_mm(scan.mask);
      // A vertebral body without its rim: an ellipse of 17 x 14 mm half-axes, 18 mm high.
      EXPECT_NEAR(ill.voxels * spacing[0] * spacing[1] * spacing[2] / (std::numbers::pi * 17 * 14.3 * 18), 1, 0.2) << index;
      EXPECT_NEAR(ill.z, patient.anatomy.spine_z + lesion.level * vertebra_pitch_mm, 9);
      EXPECT_NEAR(ill.x, 0, 6);
      EXPECT_EQ(centroid_of(render_mr(patient, patient.visits.front(), weighting, key), 1).voxels, 0);
    }
  }
}

TEST(Scene, LesionReplacesOneVertebra) {
  const Patient patient = healthy(0);
  Visit visit = with(patient.visits.front(), Finding::marrow_lesion);
  visit.findings[static_cast<size_t>(Finding::marrow_lesion)].level = 1;
  const Scene scene(patient.anatomy, visit, Posture::supine);
  const Palette t1 = t1_palette(1), t2 = t2_palette(1);
  const auto y = static_cast<float>(-(patient.anatomy.half_depth - 52));
  const auto at = [&](int level) { return Point{0, y, static_cast<float>(patient.anatomy.spine_z + level * vertebra_pitch_mm)}; };
  EXPECT_NEAR(scene.value(at(1), 1, t1), t1[Tissue::marrow_lesion], 1e-3);
  EXPECT_NEAR(scene.value(at(1), 1, t2), t2[Tissue::marrow_lesion], 1e-3);
  EXPECT_NEAR(scene.value(at(0), 1, t1), t1[Tissue::marrow], 1e-3);
  EXPECT_NEAR(scene.value(at(2), 1, t1), t1[Tissue::marrow], 1e-3);
  EXPECT_LT(t1[Tissue::marrow_lesion], 0.5F * t1[Tissue::marrow]) << "dark in T1";
  EXPECT_GT(t2[Tissue::marrow_lesion], 1.5F * t2[Tissue::marrow]) << "bright in T2";
}

TEST(Scanners, VaryInPlaneSpacingAndTilt) {
  std::set<std::string> planes;
  std::set<double> thickness;
  int oblique = 0, is_signed = 0;
  constexpr int scans = 40;
  for (int i = 0; i < scans; ++i) {
    const Scan scan = render_ct(healthy(i % 3), Visit{}, static_cast<uint64_t>(i));
    planes.insert(axis_codes(scan.mask.affine));
    thickness.insert(scan.series.thickness_mm);
    double largest = 0;  // cosine of the slice normal with the nearest axis
    for (size_t axis = 0; axis < 3; ++axis)
      largest = std::max(largest, std::abs(scan.series.affine[4 * axis + 2]) / scan.series.thickness_mm);
    oblique += largest < 0.9999;
    is_signed += scan.series.is_signed;
  }
  EXPECT_TRUE(planes.count("LPS")) << "axial";
  EXPECT_TRUE(planes.count("LIP")) << "coronal";
  EXPECT_TRUE(planes.count("PIR")) << "sagittal";
  EXPECT_GT(thickness.size(), 30u);
  EXPECT_GT(oblique, 3);
  EXPECT_LT(oblique, 20);
  EXPECT_GT(is_signed, 3);
}

}  // namespace
}  // namespace chiasm::synthetic
