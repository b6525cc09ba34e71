// DICOM SEG: what was written is read back by the library's own reader, voxel for voxel and place for place; dciodvfy judges the object.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <memory>

#include "core/base/error.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmfg/fgplanpo.h"
#include "dcmtk/dcmfg/fgseg.h"
#include "dcmtk/dcmseg/segdoc.h"
#include "dcmtk/dcmseg/segutils.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

const SegmentationInfo info{{"lesion", "organ: left"}, "demo segmenter", "1.2", std::string(64, 'a')};

// Class of each voxel by its code, so that a wrong order or flip shows.
int class_of(int code) { return code % 7 == 0 ? 1 : code % 5 == 0 ? 2 : 0; }

Volume classes_of(const Volume& image) {
  Volume classes = image;
  classes.modality = "mask";
  std::vector<uint8_t> voxels;
  for (const float value : values(image)) voxels.push_back(static_cast<uint8_t>(class_of(static_cast<int>(value))));
  classes.voxels = voxels;
  classes.slope = 1;
  classes.intercept = 0;
  return classes;
}

struct Loaded {
  std::unique_ptr<DcmSegmentation> segmentation;
  explicit Loaded(const std::filesystem::path& path) {
    DcmSegmentation* loaded = nullptr;
    EXPECT_TRUE(DcmSegmentation::loadFile(path.c_str(), loaded).good());
    segmentation.reset(loaded);
  }
};

// Each set bit of each frame lies on a voxel of its class and each voxel is covered; places by the frame's own position.
void expect_same_classes(const Phantom& phantom, const std::filesystem::path& path) {
  Loaded loaded(path);
  ASSERT_TRUE(loaded.segmentation);
  FGInterface& groups = loaded.segmentation->getFunctionalGroups();
  ASSERT_EQ(loaded.segmentation->getNumberOfFrames(), static_cast<size_t>(2 * phantom.slices));
  for (size_t frame = 0; frame < loaded.segmentation->getNumberOfFrames(); ++frame) {
    Uint16 segment = 0;
    OFBool per_frame = OFTrue;
    auto* which = dynamic_cast<FGSegmentation*>(groups.get(static_cast<Uint32>(frame), DcmFGTypes::EFG_SEGMENTATION, per_frame));
    auto* where = dynamic_cast<FGPlanePosPatient*>(groups.get(static_cast<Uint32>(frame), DcmFGTypes::EFG_PLANEPOSPATIENT, per_frame));
    ASSERT_TRUE(which != nullptr && where != nullptr);
    ASSERT_TRUE(which->getReferencedSegmentNumber(segment).good());
    Float64 x = 0, y = 0, z = 0;
    ASSERT_TRUE(where->getImagePositionPatient(x, y, z).good());
    int slice = -1;
    for (int k = 0; k < phantom.slices; ++k) {
      const Vector at = phantom.position(k);
      if (std::hypot(at[0] - x, at[1] - y, at[2] - z) < 1e-3) slice = k;
    }
    ASSERT_GE(slice, 0);
    const std::unique_ptr<DcmIODTypes::Frame> bits(DcmSegUtils::unpackBinaryFrame(
        loaded.segmentation->getFrame(frame), static_cast<Uint16>(phantom.rows), static_cast<Uint16>(phantom.columns)));
    const std::vector<int> stored = phantom.stored(slice);
    for (size_t n = 0; n < stored.size(); ++n) ASSERT_EQ(bits->pixData[n] != 0, class_of(stored[n]) == segment) << frame << " " << n;
  }
}

std::filesystem::path write(const Folder& folder, const ReadResult& source, const std::string& name = "seg.dcm") {
  const std::filesystem::path path = folder.path() / name;
  write_segmentation(path, source.group.headers, classes_of(*source.volume), info);
  return path;
}

// Lines of dciodvfy that start with "Error".
std::vector<std::string> errors_of(const std::filesystem::path& path) {
  std::vector<std::string> errors;
  FILE* pipe = popen(("dciodvfy '" + path.string() + "' 2>&1").c_str(), "r");
  char line[1024];
  while (std::fgets(line, sizeof line, pipe) != nullptr)
    if (std::string(line).starts_with("Error")) errors.emplace_back(line);
  pclose(pipe);
  return errors;
}

void round_trip(const Phantom& phantom) {
  Folder source, out;
  write_series(phantom, source.path());
  const ReadResult read = read_one(source.path());
  ASSERT_TRUE(read.volume) << read.code;
  expect_same_classes(phantom, write(out, read));
}

TEST(Segmentation, RoundTripAxial) { round_trip(Phantom()); }

TEST(Segmentation, RoundTripReversedAndOblique) {
  Phantom phantom;
  phantom.distance = -2.5;
  round_trip(phantom);
  phantom.row_direction = {std::cos(0.3), std::sin(0.3), 0};
  phantom.column_direction = {0, 0, -1};
  round_trip(phantom);
}

TEST(Segmentation, RoundTripTilted) {
  Phantom phantom;
  phantom.shear = {0, 0.6, 0};
  round_trip(phantom);
}

TEST(Segmentation, EnhancedSource) {
  Phantom phantom;
  phantom.modality = "MR";
  Folder source, out;
  write_enhanced(phantom, source.path() / "enhanced.dcm", {3, 0, 4, 1, 2});
  const ReadResult read = read_one(source.path());
  ASSERT_TRUE(read.volume) << read.code;
  expect_same_classes(phantom, write(out, read));
}

TEST(Segmentation, ValidatorFindsNoError) {
  if (std::system("command -v dciodvfy >/dev/null 2>&1") != 0) GTEST_SKIP() << "dciodvfy is not installed";
  Folder source, out;
  write_series(Phantom(), source.path());
  const std::filesystem::path path = write(out, read_one(source.path()));
  EXPECT_EQ(errors_of(path), std::vector<std::string>());
}

TEST(Segmentation, BrokenPatientValuesAreEmptied) {
  Folder source, out;
  write_series(Phantom(), source.path(), [](DcmDataset& dataset, int) {
    set(dataset, 0x0010, 0x0030, "1960-01-02");
    set(dataset, 0x0008, 0x0030, "half past ten");
  });
  const std::filesystem::path path = write(out, read_one(source.path()));
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  OFString birth, name;
  EXPECT_TRUE(file.getDataset()->findAndGetOFString(DCM_PatientBirthDate, birth).good());
  EXPECT_TRUE(birth.empty());
  file.getDataset()->findAndGetOFString(DCM_PatientName, name);
  EXPECT_EQ(name, "Phantom^Test");
}

TEST(Segmentation, SaysWhatItIs) {
  Folder source, out;
  write_series(Phantom(), source.path());
  const ReadResult read = read_one(source.path());
  const std::filesystem::path path = write(out, read);
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(path.c_str()).good());
  DcmDataset& dataset = *file.getDataset();
  OFString description, study, series;
  dataset.findAndGetOFString(DCM_SeriesDescription, description);
  dataset.findAndGetOFString(DCM_StudyInstanceUID, study);
  dataset.findAndGetOFString(DCM_SeriesInstanceUID, series);
  EXPECT_EQ(description, "AI result for research, not verified");
  EXPECT_EQ(study, "1.2.3");
  EXPECT_NE(series, "1.2.3.4");
  EXPECT_TRUE(series.compare(0, 5, "2.25.") == 0);
  DcmItem* segment = nullptr;
  ASSERT_TRUE(dataset.findAndGetSequenceItem(DCM_SegmentSequence, segment, 1).good());
  OFString label, type;
  segment->findAndGetOFString(DCM_SegmentLabel, label);
  segment->findAndGetOFString(DCM_SegmentAlgorithmType, type);
  EXPECT_EQ(label, "organ: left");
  EXPECT_EQ(type, "AUTOMATIC");
}

TEST(Segmentation, SameInputModelAndResultGiveTheSameIdentity) {
  Folder source, out;
  write_series(Phantom(), source.path());
  const ReadResult read = read_one(source.path());
  const Volume classes = classes_of(*read.volume);
  const auto uid = [&](const SegmentationInfo& model) {
    return write_segmentation(out.path() / "seg.dcm", read.group.headers, classes, model);
  };
  SegmentationInfo other = info;
  other.model_digest = std::string(64, 'b');
  EXPECT_EQ(uid(info), uid(info));
  EXPECT_NE(uid(info), uid(other));
  other = info;
  other.names[0] = "nodule";  // another target of the same model
  EXPECT_NE(uid(info), uid(other));
  Volume result = classes;
  std::get<std::vector<uint8_t>>(result.voxels)[0] ^= 1;
  EXPECT_NE(uid(info), write_segmentation(out.path() / "seg.dcm", read.group.headers, result, info));
}

TEST(Segmentation, OtherGridIsRefused) {
  Folder source, out;
  write_series(Phantom(), source.path());
  const ReadResult read = read_one(source.path());
  Volume moved = classes_of(*read.volume);
  moved.affine[11] += 1;
  EXPECT_THROW(write_segmentation(out.path() / "seg.dcm", read.group.headers, moved, info), Refused);
  EXPECT_FALSE(std::filesystem::exists(out.path() / "seg.dcm"));
}

}  // namespace
}  // namespace chiasm::dicom::test
