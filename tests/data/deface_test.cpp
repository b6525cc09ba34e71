// Faces: heads known in closed form, in several poses, grids and contrasts; what must be refused; real heads of the shared data.
#include "data/deface/deface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"
#include "data/deface/brain.h"
#include "data/deface/grid_mask.h"
#include "data/deface/mesh.h"
#include "data/dicom/dicom.h"
#include "data/mask_grid.h"
#include "data/nifti.h"
#include "tests/data/head_phantom.h"

namespace chiasm {
namespace {

using test::GridSpec;
using test::HeadPhantom;
using test::HeadSpec;
using test::phantom_volume;
using test::place_of;

int64_t count_of(const std::vector<uint8_t>& marks) { return std::count(marks.begin(), marks.end(), uint8_t{1}); }

std::string refusal(Volume volume) {
  const std::vector<float> before = values(volume);
  try {
    deface(volume);
  } catch (const Refused& refused) {
    EXPECT_EQ(values(volume), before) << "a refused image is left as it was";
    return refused.code + ": " + refused.detail;
  }
  return "";
}

// What goes is what the closed form says, but for `band` mm around its border; the brain is untouched, what went is air.
void expect_closed_form(const HeadSpec& spec, const Volume& before, double band) {
  const HeadPhantom head(spec);
  Volume after = before;
  const Defaced done = deface(after);
  ASSERT_TRUE(done.found.removed);
  EXPECT_NEAR(done.found.brain_ml, head.volume_ml(), 0.08 * head.volume_ml());  // thick slices blur the border of the bone
  EXPECT_GE(done.found.changed, 0.95);
  const std::vector<float> was = values(before), is = values(after);
  int64_t kept_wrongly = 0, removed_wrongly = 0, brain = 0, other = 0, not_air = 0;
  for (int64_t n = 0; n < std::ssize(done.voxels); ++n) {
    const auto voxel = static_cast<size_t>(n);
    const face::Point at = place_of(before, n);
    const bool gone = done.voxels[voxel] != 0;
    const double beyond = head.removal(at);
    kept_wrongly += !gone && beyond > band;
    removed_wrongly += gone && beyond < -band;
    brain += gone && head.depth(at) < 1;
    other += !gone && was[voxel] != is[voxel];
    not_air += gone && (spec.ct ? is[voxel] != -1000 : is[voxel] < 3 || is[voxel] > 5);
  }
  EXPECT_EQ(kept_wrongly, 0);
  EXPECT_EQ(removed_wrongly, 0);
  EXPECT_EQ(brain, 0);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(not_air, 0);
}

TEST(Deface, RemovesWhatTheClosedFormSays) {
  for (const bool ct : {true, false}) {
    SCOPED_TRACE(ct ? "CT" : "MR");
    const HeadSpec spec{.ct = ct};
    expect_closed_form(spec, phantom_volume(spec), 4);
  }
}

TEST(Deface, FollowsAHeadThatIsTurned) {
  for (const auto& [pitch, yaw] : {std::pair{14.0, 0.0}, {-14.0, 0.0}, {0.0, 12.0}, {10.0, -10.0}}) {
    SCOPED_TRACE(std::to_string(pitch) + " " + std::to_string(yaw));
    const HeadSpec spec{.ct = false, .pitch = pitch, .yaw = yaw};
    expect_closed_form(spec, phantom_volume(spec), 7);
  }
}

TEST(Deface, WorksOnThickSlicesAndFineOnes) {
  const HeadSpec spec{};
  expect_closed_form(spec, phantom_volume(spec, {.step = {1.2, 1.2, 5}}), 6);                    // axial
  expect_closed_form(spec, phantom_volume(spec, {.step = {4, 1.5, 1.5}}), 6);                    // sagittal
  expect_closed_form({.ct = false}, phantom_volume({.ct = false}, {.step = {1.5, 4, 1.5}}), 6);  // coronal
}

// Heads of many sizes and poses, with a hat of noise and a bright side as coils make: what is not refused is done as the closed form says.
TEST(Deface, WhatIsNotRefusedIsTrue) {
  Random random(7);
  int removed = 0;
  for (int n = 0; n < 6; ++n) {
    HeadSpec spec{.ct = n % 2 == 0, .pitch = random.uniform(-25, 25), .yaw = random.uniform(-18, 18), .brain = random.uniform(0.8, 1.1)};
    for (double& at : spec.centre) at += random.uniform(-10, 10);
    Volume volume = phantom_volume(spec, {.step = {2.5, 2.5, 3}});
    if (!spec.ct) {
      auto& voxels = std::get<std::vector<int16_t>>(volume.voxels);
      for (size_t v = 0; v < voxels.size(); ++v) {
        const double shade = 1 + 0.25 * place_of(volume, static_cast<int64_t>(v))[1] / 100;
        voxels[v] = static_cast<int16_t>(std::max(0.0, voxels[v] * shade + 3 * random.normal()));
      }
    }
    SCOPED_TRACE(n);
    try {
      const Volume before = volume;
      const Defaced done = deface(volume);
      ASSERT_TRUE(done.found.removed) << "a face must not be missed";
      ++removed;
      const HeadPhantom head(spec);
      for (size_t v = 0; v < done.voxels.size(); ++v) {
        const face::Point at = place_of(before, static_cast<int64_t>(v));
        if (done.voxels[v] != 0) {
          ASSERT_GE(head.depth(at), 1) << "brain";
        } else {
          ASSERT_LT(head.removal(at), 14) << "face";
        }
      }
    } catch (const Refused& refused) {
      EXPECT_EQ(refused.code, "FACES");
    }
  }
  EXPECT_GE(removed, 4);
}

// The same image, stored with axis n of the new order along axis order[n] of the old, backwards where flips[n].
Volume restored(const Volume& volume, const std::array<size_t, 3>& order, const std::array<bool, 3>& flips) {
  Volume result = volume;
  for (size_t n = 0; n < 3; ++n) {  // columns i, j, k of the affine; sizes are D, H, W
    const int64_t length = volume.size[2 - order[n]];
    result.size[2 - n] = length;
    for (size_t row = 0; row < 3; ++row) result.affine[4 * row + n] = (flips[n] ? -1 : 1) * volume.affine[4 * row + order[n]];
  }
  for (size_t row = 0; row < 3; ++row)
    for (size_t n = 0; n < 3; ++n)
      if (flips[n]) result.affine[4 * row + 3] += volume.affine[4 * row + order[n]] * static_cast<double>(result.size[2 - n] - 1);
  return on_grid(volume, result);
}

TEST(Deface, DoesNotDependOnHowTheVoxelsAreStored) {
  const HeadSpec spec{.ct = false, .pitch = 8, .yaw = 6};
  const Volume first = phantom_volume(spec, {.step = {2, 2.5, 3}});
  Volume done = first;
  const Defaced expected = deface(done);
  ASSERT_TRUE(expected.found.removed);
  for (const auto& [order, flips] : {std::pair{std::array<size_t, 3>{0, 1, 2}, std::array<bool, 3>{true, true, false}},  // LPS
                                     {{0, 1, 2}, {false, false, true}},
                                     {{1, 2, 0}, {false, true, true}},  // sagittal slices
                                     {{0, 2, 1}, {true, true, true}}}) {
    Volume other = restored(first, order, flips);
    const Defaced result = deface(other);
    ASSERT_TRUE(result.found.removed);
    EXPECT_NEAR(result.found.brain_ml, expected.found.brain_ml, 0.2);
    const std::vector<float> back = values(on_grid(other, first)), was = values(done);
    int64_t different = 0;
    for (size_t n = 0; n < back.size(); ++n) different += back[n] != was[n];
    EXPECT_LE(different, count_of(expected.voxels) / 1000) << "sides included: a mirrored image would differ by half";
  }
}

TEST(Deface, IsTheSameForAnyNumberOfThreads) {
  const Volume before = phantom_volume({});
  Volume one = before, three = before;
  deface(one, 1);
  deface(three, 3);
  EXPECT_EQ(one.voxels, three.voxels);
}

TEST(Deface, AnObliqueImageIsDefacedInThePatient) {
  const HeadSpec spec{};
  const HeadPhantom head(spec);
  Volume volume = phantom_volume(spec);
  const double turn = 20 * M_PI / 180;  // the image's rows and slices, not the patient
  const Affine oblique{2, 0, 0, -110, 0, 2 * std::cos(turn), -2 * std::sin(turn), -90, 0, 2 * std::sin(turn), 2 * std::cos(turn), -180};
  volume.affine = oblique;
  volume.size = {150, 150, 113};
  std::vector<uint16_t> voxels(150 * 150 * 113);
  for (size_t n = 0; n < voxels.size(); ++n)
    voxels[n] = static_cast<uint16_t>(head.value(place_of(volume, static_cast<int64_t>(n))) + 1024);
  volume.voxels = voxels;
  expect_closed_form(spec, volume, 5);
}

TEST(Deface, AStrippedBrainHasNoFaceAndStaysAsItIs) {
  for (const bool ct : {true, false}) {
    const Volume before = phantom_volume({.ct = ct, .skull = false, .face = false});
    Volume after = before;
    const Defaced done = deface(after);
    EXPECT_FALSE(done.found.removed);
    EXPECT_TRUE(done.voxels.empty());
    EXPECT_EQ(after.voxels, before.voxels);
  }
}

TEST(Deface, OnceIsEnough) {
  Volume volume = phantom_volume({});
  ASSERT_TRUE(deface(volume).found.removed);
  const Volume once = volume;
  EXPECT_FALSE(deface(volume).found.removed);
  EXPECT_EQ(volume.voxels, once.voxels);
}

TEST(Deface, PaddingStaysPaddingAndTheRestIsDone) {
  Volume volume = phantom_volume({});
  volume.valid.assign(static_cast<size_t>(voxel_count(volume)), 1);
  auto& voxels = std::get<std::vector<uint16_t>>(volume.voxels);
  for (size_t n = 0; n < voxels.size(); ++n)
    if (n % static_cast<size_t>(volume.size[2]) < 8) volume.valid[n] = 0, voxels[n] = 65535;
  const std::vector<uint8_t> valid = volume.valid;
  EXPECT_TRUE(deface(volume).found.removed);
  EXPECT_EQ(volume.valid, valid);
}

TEST(Deface, WhatIsNotCertainIsRefused) {
  EXPECT_NE(refusal(phantom_volume({}, {.step = {6, 6, 6}})).find("FACES: voxels above 5 mm"), std::string::npos);
  EXPECT_NE(refusal(phantom_volume({}, {.step = {2, 2, 12}})).find("slices above 10 mm"), std::string::npos);
  EXPECT_NE(refusal(phantom_volume({}, {.low = {-110, -130, 10}})).find("no whole head"), std::string::npos);
  EXPECT_NE(refusal(phantom_volume({}, {.low = {-110, -130, -20}})).find("no whole brain"), std::string::npos);  // half of it
  EXPECT_NE(refusal(phantom_volume({.brain = 0.6})).find("no whole brain"), std::string::npos);                  // 330 ml
  EXPECT_NE(refusal(phantom_volume({.ct = false, .brain = 1.3})).find("no whole brain"), std::string::npos);     // 3400 ml
  EXPECT_NE(refusal(phantom_volume({}, {.low = {-110, -130, -50}})).find("no whole brain"), std::string::npos);  // its lower tip is cut
  Volume flat = phantom_volume({.ct = false});
  flat.voxels = std::vector<int16_t>(static_cast<size_t>(voxel_count(flat)), 7);
  EXPECT_NE(refusal(flat).find("shows nothing"), std::string::npos);
  flat.channels = 2;
  flat.voxels = std::vector<int16_t>(static_cast<size_t>(voxel_count(flat)), 7);
  EXPECT_NE(refusal(flat).find("several channels"), std::string::npos);
}

TEST(Deface, ABodyIsNoHead) {
  Volume volume = phantom_volume({});
  auto& voxels = std::get<std::vector<uint16_t>>(volume.voxels);
  for (int64_t n = 0; n < std::ssize(voxels); ++n) {  // a trunk with a spine
    const face::Point at = place_of(volume, n);
    const bool trunk = at[0] * at[0] / (105 * 105) + at[1] * at[1] / (90 * 90) < 1, spine = std::hypot(at[0], at[1] + 60) < 18;
    voxels[static_cast<size_t>(n)] = spine ? 1624 : (trunk ? 1069 : 24);
  }
  EXPECT_NE(refusal(volume).find("FACES"), std::string::npos);
}

TEST(DefaceMesh, MomentsOfASphereAndAnEllipsoid) {
  face::Mesh mesh = face::sphere({10, -20, 30}, 50, 4);
  EXPECT_EQ(mesh.points.size(), 2562u);
  EXPECT_EQ(mesh.triangles.size(), 5120u);
  face::Moments body = face::moments(mesh);
  EXPECT_NEAR(body.volume, 4 * M_PI / 3 * 125000, 0.003 * body.volume);
  for (face::Point& point : mesh.points) point = {2 * point[0], point[1], point[2] / 2};
  body = face::moments(mesh);
  const std::array<double, 3> centre{20, -20, 15}, half{100, 50, 25};
  for (size_t n = 0; n < 3; ++n) {
    EXPECT_NEAR(body.centre[n], centre[n], 0.01);
    EXPECT_NEAR(body.second[n][n], half[n] * half[n] / 5, 0.005 * half[n] * half[n] / 5);
    EXPECT_NEAR(body.second[n][(n + 1) % 3], 0, 0.5);
  }
  for (const auto& around : mesh.neighbours) EXPECT_TRUE(around.size() == 5 || around.size() == 6);
}

TEST(DefaceMesh, MomentsOfATetrahedronAreExact) {
  face::Mesh mesh;
  mesh.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  mesh.triangles = {{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}};
  const face::Moments body = face::moments(mesh);
  EXPECT_NEAR(body.volume, 1.0 / 6, 1e-15);
  for (size_t n = 0; n < 3; ++n) {
    EXPECT_NEAR(body.centre[n], 0.25, 1e-15);
    EXPECT_NEAR(body.second[n][n], 3.0 / 80, 1e-15);
    EXPECT_NEAR(body.second[n][(n + 1) % 3], -1.0 / 80, 1e-15);
  }
}

TEST(DefaceGrid, ErosionDilationAndPieces) {
  const Size3 size{1, 5, 9};
  face::Mask mask(45, 0);
  const auto at = [](int64_t row, int64_t column) { return static_cast<size_t>(row * 9 + column); };
  for (int64_t row = 0; row < 5; ++row)
    for (int64_t column = 0; column < 5; ++column) mask[at(row, column)] = 1;
  mask[at(2, 7)] = 1;
  EXPECT_EQ(face::count(face::largest_piece(mask, size)), 25);
  const face::Mask less = face::eroded(mask, size, 1);
  EXPECT_EQ(face::count(less), 20);  // the edge of the grid erodes nothing
  EXPECT_EQ(less[at(2, 4)], 0);
  EXPECT_EQ(less[at(2, 7)], 0);
  face::Mask point(45, 0);
  point[at(2, 4)] = 1;
  EXPECT_EQ(face::count(face::dilated(point, size, 1)), 5);
  EXPECT_EQ(face::count(face::dilated(point, size, 2)), 13);
}

// Real heads: a patient with a brain tumour, slices of 6.5 mm, the top of the head cut (TCIA Brain-Tumor-Progression, CC BY 4.0).
class DefaceRealHeads : public ::testing::Test {
 protected:
  void SetUp() override {
    dicom::start();
    const char* shared = std::getenv("CHIASM_SHARED");
    root_ = std::filesystem::path(shared != nullptr ? shared : "../shared/data") / "open";
    if (!std::filesystem::exists(root_)) GTEST_SKIP() << "no shared data (CHIASM_SHARED)";
  }
  Volume read(const std::string& folder) const {
    const auto groups = dicom::group_files(dicom::scan_tree(root_ / folder, 1));
    EXPECT_EQ(groups.size(), 1u) << folder;
    Volume volume = *dicom::read_group(groups.at(0), {.threads = 1, .digest = false}).volume;
    volume.modality = lower(groups.at(0).modality);
    return volume;
  }
  static std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }
  std::filesystem::path root_;
};

// Places (RAS, mm) that were read off the T2 series by eye; all series share its frame.
TEST_F(DefaceRealHeads, ThreeContrastsOfOneHeadLoseEyesAndNoseAndNoBrain) {
  const std::vector<face::Point> face{{35.3, 50.1, 15.3}, {-30, 57.5, 16.7}, {5.7, 72.1, 6.3}, {5.7, 68.9, 12.3}, {3, 63.6, 17.9}};
  const std::vector<face::Point> brain{{0.9, -41.1, -2.1}, {-33.5, -0.6, 5.7}, {-33.5, 1.6, 12.7}, {38.7, -24.2, 1.2}, {42.2, 8.3, 14}};
  for (const char* series : {"11-T1post-18670", "26401-T1prereg-52906", "36468-FLAIRreg-58706"}) {
    SCOPED_TRACE(series);
    const FacePlan plan = plan_deface(read(std::string("mr_brain_tumor_progression/Study3/") + series));
    ASSERT_TRUE(plan.found.removed);
    EXPECT_GT(plan.found.removed_ml, 200);
    for (const auto& at : face) EXPECT_TRUE(plan.region.holds(at)) << "corneas, tip and bridge of the nose: " << at[0];
    for (const auto& at : brain) EXPECT_FALSE(plan.region.holds(at)) << "pons, both temporal lobes, one with a cyst: " << at[0];
  }
}

// Its bright fat touches the brain; the surface would take in an orbit.
TEST_F(DefaceRealHeads, ASeriesWhoseBrainCannotBeToldFromTheOrbitsIsRefused) {
  EXPECT_NE(refusal(read("mr_brain_tumor_progression/Study3/37830-T2reg-78532")).find("FACES"), std::string::npos);
}

TEST_F(DefaceRealHeads, WhatHoldsNoWholeHeadIsRefused) {
  EXPECT_NE(refusal(read("mr_forrest_t1_32slices/dicom")).find("no whole head"), std::string::npos);
  Volume trunk = read_nifti(root_ / "ct_totalsegmentator/nifti/example_ct.nii.gz");
  trunk.modality = "ct";
  EXPECT_NE(refusal(trunk).find("no whole brain"), std::string::npos);
}

}  // namespace
}  // namespace chiasm
