// Order, spacing, splitting and placement of slices: dicom.h's rules, one phantom each.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/base/digest.h"
#include "data/dicom/stack.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

namespace fs = std::filesystem;

std::string digest_of(const ReadResult& result) {
  const std::vector<float> voxels = values(*result.volume);
  return result.stored_sha256 + sha256_hex({reinterpret_cast<const char*>(voxels.data()), voxels.size() * sizeof(float)});
}

void expect_refused(const ReadResult& result, const std::string& code, const std::string& part = "") {
  EXPECT_FALSE(result.volume.has_value());
  EXPECT_EQ(result.code, code) << result.detail;
  EXPECT_NE(result.detail.find(part), std::string::npos) << result.detail;
}

Vector rotated(const Vector& v, double degrees, size_t axis) {
  const double angle = degrees * M_PI / 180;
  const size_t a = (axis + 1) % 3, b = (axis + 2) % 3;
  Vector result = v;
  result[a] = std::cos(angle) * v[a] - std::sin(angle) * v[b];
  result[b] = std::sin(angle) * v[a] + std::cos(angle) * v[b];
  return result;
}

TEST(Geometry, NamesAndNumbersDoNotMatter) {
  const Phantom phantom;
  Folder plain, shuffled;
  write_series(phantom, plain.path());
  const int numbers[] = {4, 1, 5, 2, 3};
  write_series(phantom, shuffled.path(), [&](DcmDataset& dataset, int k) { set(dataset, 0x0020, 0x0013, std::to_string(numbers[k])); });
  for (int k = 0; k < 5; ++k)
    fs::rename(shuffled.path() / ("slice_" + std::to_string(k) + ".dcm"), shuffled.path() / std::to_string(9 - k));
  const ReadResult a = read_one(plain.path()), b = read_one(shuffled.path());
  ASSERT_TRUE(a.volume && b.volume);
  EXPECT_EQ(digest_of(a), digest_of(b));
  EXPECT_EQ(a.volume->affine, b.volume->affine);
}

TEST(Geometry, MissingSliceIsNamed) {
  Folder folder;
  write_series(Phantom(), folder.path());
  fs::remove(folder.path() / "slice_2.dcm");
  expect_refused(read_one(folder.path()), "MISSING_SLICES", "1 slice is missing after slice 2 (5.000 mm); the usual distance is 2.500 mm");
}

TEST(Geometry, TruncatedLastSliceRefusesTheSeries) {
  Folder folder;
  write_series(Phantom(), folder.path());
  const fs::path last = folder.path() / "slice_4.dcm";
  fs::resize_file(last, fs::file_size(last) - 10);
  expect_refused(read_one(folder.path()), "TRUNCATED");
}

TEST(Geometry, ExactCopyIsReadOnce) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path());
  fs::copy_file(folder.path() / "slice_2.dcm", folder.path() / "copy.dcm");
  const ReadResult result = read_one(folder.path());
  ASSERT_TRUE(result.volume) << result.code;
  EXPECT_EQ(result.volume->size, (Size3{5, 6, 8}));
  EXPECT_EQ(result.notes, std::vector<std::string>{"1 exact duplicate dropped"});
  EXPECT_EQ(result.group.headers.size(), 5u);
}

TEST(Geometry, OneUidForTwoContentsIsAConflict) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path());
  DcmDataset other;
  phantom.fill(other, 2);
  set(other, 0x0020, 0x0013, "77");
  save(other, folder.path() / "other.dcm");
  expect_refused(read_one(folder.path()), "UID_CONFLICT");
}

TEST(Geometry, SamePixelsAtOnePositionAreOneSlice) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path());
  DcmDataset twin;
  phantom.fill(twin, 2);
  set(twin, 0x0008, 0x0018, "1.2.3.4.99");
  save(twin, folder.path() / "twin.dcm");
  const ReadResult result = read_one(folder.path());
  ASSERT_TRUE(result.volume) << result.code;
  EXPECT_EQ(result.volume->size[0], 5);
  EXPECT_LT(landmark_error(phantom, *result.volume), 1e-6);
}

TEST(Geometry, OtherPixelsAtOnePositionAreRefused) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path());
  DcmDataset other;
  phantom.fill(other, 2);
  set(other, 0x0008, 0x0018, "1.2.3.4.99");
  set_pixels(other, phantom.stored(0), 16);
  save(other, folder.path() / "other.dcm");
  expect_refused(read_one(folder.path()), "DUPLICATE_POSITION");
}

TEST(Geometry, JitterIsAccepted) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    const Vector at = phantom.position(k);
    const double jitter = k % 2 == 0 ? 0.001 : -0.001;
    set(dataset, 0x0020, 0x0032, std::to_string(at[0]) + "\\" + std::to_string(at[1]) + "\\" + std::to_string(at[2] + jitter));
  });
  const ReadResult result = read_one(folder.path());
  ASSERT_TRUE(result.volume) << result.code << result.detail;
  EXPECT_NEAR(spacing_mm(*result.volume)[0], 2.5, 1e-3);
}

TEST(Geometry, TwoSpacingsAreIrregular) {
  Phantom phantom;
  phantom.slices = 12;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    set(dataset, 0x0020, 0x0032, "-20\\-30\\" + std::to_string(k < 6 ? 2.5 * k : 12.5 + 7.5 * (k - 5)));
  });
  expect_refused(read_one(folder.path()), "IRREGULAR_SPACING");
}

TEST(Geometry, UnevenDistanceIsIrregular) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path(),
               [&](DcmDataset& dataset, int k) { set(dataset, 0x0020, 0x0032, "-20\\-30\\" + std::to_string(k == 4 ? 11.0 : 2.5 * k)); });
  expect_refused(read_one(folder.path()), "IRREGULAR_SPACING", "3.500 mm after slice 4");
}

TEST(Geometry, GantryTiltStaysAsShear) {
  Phantom phantom;
  phantom.shear = {0, 2.5 * std::tan(13.5 * M_PI / 180), 0};
  Folder folder;
  write_series(phantom, folder.path());
  const ReadResult result = read_one(folder.path());
  ASSERT_TRUE(result.volume) << result.code << result.detail;
  EXPECT_LT(landmark_error(phantom, *result.volume), 0.01);
  EXPECT_EQ(result.volume->facts.at("tilt_deg"), "13.50");
}

TEST(Geometry, SidewaysJumpIsRefused) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    set(dataset, 0x0020, 0x0032, (k == 2 ? "-25" : "-20") + ("\\-30\\" + std::to_string(2.5 * k)));
  });
  expect_refused(read_one(folder.path()), "IRREGULAR_SPACING", "sideways");
}

TEST(Geometry, ScoutInTheSeriesIsSplitOff) {
  const Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path());
  Phantom scout;
  scout.row_direction = {0, 1, 0};
  scout.column_direction = {0, 0, -1};
  DcmDataset dataset;
  scout.fill(dataset, 9);
  set(dataset, 0x0008, 0x0008, "ORIGINAL\\PRIMARY\\LOCALIZER");
  save(dataset, folder.path() / "a_scout.dcm");
  const std::vector<ReadResult> results = read_all(folder.path());
  ASSERT_EQ(results.size(), 2u);
  expect_refused(results[0], "LOCALIZER");
  ASSERT_TRUE(results[1].volume);
  EXPECT_LT(landmark_error(phantom, *results[1].volume), 1e-6);
}

struct Orientation {
  const char* name;
  Vector row, column;
  const char* codes;
};

class Orientations : public testing::TestWithParam<Orientation> {};

TEST_P(Orientations, EveryVoxelStandsInItsPlace) {
  for (const double degrees : {0.0, 17.0}) {
    for (const double distance : {2.5, -2.5}) {  // ascending and descending files
      Phantom phantom;
      phantom.row_direction = rotated(GetParam().row, degrees, 2);
      phantom.column_direction = rotated(GetParam().column, degrees, 2);
      phantom.distance = distance;
      Folder folder;
      write_series(phantom, folder.path());
      const ReadResult result = read_one(folder.path());
      ASSERT_TRUE(result.volume) << result.code << result.detail;
      EXPECT_LT(landmark_error(phantom, *result.volume), 1e-5) << GetParam().name << " " << degrees;
      EXPECT_EQ(axis_codes(result.volume->affine), GetParam().codes);
      const Spacing3 spacing = spacing_mm(*result.volume);
      EXPECT_NEAR(spacing[0], 2.5, 1e-6);
      EXPECT_NEAR(spacing[1], 0.7, 1e-6);  // between rows
      EXPECT_NEAR(spacing[2], 0.9, 1e-6);  // between columns
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Planes, Orientations,
                         testing::Values(Orientation{"axial", {1, 0, 0}, {0, 1, 0}, "LPS"},
                                         Orientation{"sagittal", {0, 1, 0}, {0, 0, -1}, "PIR"},
                                         Orientation{"coronal", {1, 0, 0}, {0, 0, -1}, "LIP"},
                                         Orientation{"axial, head down", {-1, 0, 0}, {0, 1, 0}, "RPI"}),
                         [](const auto& info) { return "plane" + std::to_string(info.index); });

TEST(Geometry, NoPositionIsRefused) {
  Folder folder;
  write_series(Phantom(), folder.path(), [](DcmDataset& dataset, int k) {
    if (k == 3) dataset.findAndDeleteElement(DCM_ImagePositionPatient);
  });
  expect_refused(read_one(folder.path()), "NO_POSITION");
}

TEST(Geometry, BrokenOrientationIsRefused) {
  for (const char* orientation : {"0\\0\\0\\0\\0\\0", "1\\0\\0\\1\\0\\0", "1\\0\\0\\0\\0.5\\0"}) {
    Folder folder;
    write_series(Phantom(), folder.path(), [&](DcmDataset& dataset, int) { set(dataset, 0x0020, 0x0037, orientation); });
    expect_refused(read_one(folder.path()), "BAD_GEOMETRY");
  }
}

TEST(Geometry, BrokenSpacingIsRefused) {
  for (const char* spacing : {"0\\0.9", "-0.7\\0.9", "0,7\\0.9"}) {
    Folder folder;
    write_series(Phantom(), folder.path(), [&](DcmDataset& dataset, int) { set(dataset, 0x0028, 0x0030, spacing); });
    expect_refused(read_one(folder.path()), "BAD_GEOMETRY");
  }
}

TEST(Geometry, SingleSliceIsRefused) {
  Phantom phantom;
  phantom.slices = 1;
  Folder folder;
  write_series(phantom, folder.path());
  const ReadResult result = read_one(folder.path());
  expect_refused(result, "SINGLE_SLICE");
  EXPECT_EQ(result.stored_sha256.size(), 64u);  // identifiable all the same
}

// A dynamic series: three times at the same places, told apart by `edit`.
void write_dynamic(const Phantom& phantom, const fs::path& folder, const std::function<void(DcmDataset&, int time, int k)>& edit) {
  for (int time = 0; time < 3; ++time)
    write_series(phantom, folder / std::to_string(time), [&](DcmDataset& dataset, int k) {
      set(dataset, 0x0008, 0x0018, "1.2.3.5." + std::to_string(time) + "." + std::to_string(k));
      std::vector<int> values = phantom.stored(k);
      for (int& value : values) value += 4096 * time;
      set_pixels(dataset, values, 16);
      edit(dataset, time, k);
    });
}

void expect_three_times(const Phantom& phantom, const fs::path& folder) {
  const std::vector<ReadResult> results = read_all(folder);
  ASSERT_EQ(results.size(), 3u);
  for (int time = 0; time < 3; ++time) {
    ASSERT_TRUE(results[static_cast<size_t>(time)].volume) << results[static_cast<size_t>(time)].code;
    Volume volume = *results[static_cast<size_t>(time)].volume;
    volume.intercept -= 4096 * time;
    EXPECT_LT(landmark_error(phantom, volume), 1e-6) << time;
  }
}

TEST(Geometry, DynamicSeriesBecomesOneVolumePerTime) {
  Phantom phantom;
  phantom.modality = "MR";
  Folder by_position, by_time, by_rank;
  write_dynamic(phantom, by_position.path(), [](DcmDataset& d, int time, int) { set(d, 0x0020, 0x0100, std::to_string(time + 1)); });
  expect_three_times(phantom, by_position.path());
  write_dynamic(phantom, by_time.path(), [](DcmDataset& d, int time, int) { set(d, 0x0018, 0x1060, std::to_string(100 * time)); });
  expect_three_times(phantom, by_time.path());
  write_dynamic(phantom, by_rank.path(), [](DcmDataset& d, int time, int k) {
    set(d, 0x0020, 0x0105, "3");
    set(d, 0x0020, 0x0013, std::to_string(1 + 5 * time + k));
  });
  expect_three_times(phantom, by_rank.path());
}

TEST(Geometry, DynamicSeriesWithoutTimesIsRefused) {
  Folder folder;
  write_dynamic(Phantom(), folder.path(), [](DcmDataset&, int, int) {});
  expect_refused(read_one(folder.path()), "DUPLICATE_POSITION");
}

TEST(Geometry, EchoesAndReconstructionsAreVolumesOfTheirOwn) {
  Phantom phantom;
  phantom.modality = "MR";
  Folder folder;
  write_dynamic(phantom, folder.path(), [](DcmDataset& d, int time, int) { set(d, 0x0018, 0x0081, std::to_string(10 + 20 * time)); });
  EXPECT_EQ(read_all(folder.path()).size(), 3u);
}

TEST(Geometry, EnhancedFramesAreOrderedByPosition) {
  Phantom phantom;
  phantom.modality = "MR";
  Folder folder;
  // Index values that contradict the positions: the positions win.
  write_enhanced(phantom, folder.path() / "enhanced.dcm", {3, 0, 4, 1, 2}, {}, [](DcmItem& frame, int n) {
    DcmItem* content = nullptr;
    frame.findOrCreateSequenceItem(DCM_FrameContentSequence, content, 0);
    content->putAndInsertUint32(DCM_DimensionIndexValues, static_cast<Uint32>(n + 1));
    content->putAndInsertUint32(DCM_InStackPositionNumber, static_cast<Uint32>(n + 1));
  });
  const ReadResult result = read_one(folder.path());
  ASSERT_TRUE(result.volume) << result.code << result.detail;
  EXPECT_LT(landmark_error(phantom, *result.volume), 1e-6);
  EXPECT_EQ(result.group.headers.size(), 1u);
}

TEST(Geometry, EnhancedTimesAreSplit) {
  Phantom phantom;
  phantom.modality = "MR";
  Folder folder;
  write_enhanced(phantom, folder.path() / "enhanced.dcm", {0, 1, 2, 0, 1, 2}, {1, 1, 1, 2, 2, 2});
  const std::vector<ReadResult> results = read_all(folder.path());
  ASSERT_EQ(results.size(), 2u);
  for (size_t time = 0; time < 2; ++time) {
    ASSERT_TRUE(results[time].volume) << results[time].code;
    Volume volume = *results[time].volume;
    volume.intercept -= 4096 * static_cast<double>(time + 1);
    EXPECT_LT(landmark_error(phantom, volume), 1e-6);
  }
}

TEST(Geometry, ClassicObjectWithSeveralFramesIsRefused) {
  Phantom phantom;
  phantom.slices = 1;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    set(dataset, 0x0028, 0x0008, "2");
    std::vector<int> values = phantom.stored(k), twice = values;
    twice.insert(twice.end(), values.begin(), values.end());
    set_pixels(dataset, twice, 16);
  });
  expect_refused(read_one(folder.path()), "UNSUPPORTED_OBJECT");
}

TEST(Geometry, PatientCoordinatesSurviveTheRoundTrip) {
  const Frame frame{{-123.456789, 78.9012345, -0.1234567}, {0.98, 0.1, 0.17, -0.1, 0.99, 0.05}, {0.703125, 0.9}, "", {}, 0, 0};
  const Affine affine = ras_affine(frame, {0.1, -0.2, 2.5});
  EXPECT_EQ(-affine[3], frame.position[0]);
  EXPECT_EQ(-affine[7], frame.position[1]);
  EXPECT_EQ(affine[11], frame.position[2]);
  EXPECT_EQ(-affine[0], frame.orientation[0] * frame.spacing[1]);
  EXPECT_EQ(-affine[1], frame.orientation[3] * frame.spacing[0]);
}

}  // namespace
}  // namespace chiasm::dicom::test
