// Image files other than DICOM on their way into a store.
#include "data/image_file.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/progress.h"
#include "data/image.h"
#include "data/ingest.h"
#include "data/nifti.h"
#include "data/store/store.h"
#include "tests/data/data_fixture.h"
#include "tests/data/raw_npz.h"

namespace chiasm {
namespace {

using test::dataset;
using test::raw_bytes;
using test::raw_npy;
using test::raw_zip;

TEST(ImageFile, EndingsInAnyLetterCase) {
  for (const char* name : {"a.nii", "a.NII.GZ", "a.seg.nrrd", "a.nhdr", "a.npz", "a.NPY", "a.png", "a.JPG", "a.jpeg", "a.tif", "b/a.TIFF"})
    EXPECT_TRUE(is_image_file(name)) << name;
  for (const char* name : {"a", "a.dcm", "a.gz", "a.npz.txt", "nii", "tif/a"}) EXPECT_FALSE(is_image_file(name)) << name;
}

TEST(ImageFile, TheContentMustBeWhatTheEndingSays) {
  const Scratch folder;
  write_png(folder / "a.png", 4, 3, 1, std::vector<uint8_t>(12, 9));
  EXPECT_EQ(read_image_file(folder / "a.png").size, (Size3{1, 3, 4}));
  for (const char* name : {"b.npz", "b.nii", "b.nii.gz", "b.nrrd", "b.nhdr"}) {
    fs::copy_file(folder / "a.png", folder / name);
    EXPECT_THROW(read_image_file(folder / name), Refused) << name;
  }
  fs::copy_file(folder / "a.png", folder / "c.tif");  // pictures say themselves what they are
  EXPECT_EQ(read_image_file(folder / "c.tif").size, (Size3{1, 3, 4}));
}

TEST(ImageFile, ArraysAndTheirMasksReachTheStore) {
  Progress::set_quiet(true);
  const Scratch folder;
  std::vector<int16_t> voxels(2 * 3 * 4);
  std::iota(voxels.begin(), voxels.end(), int16_t{-7});
  std::vector<uint8_t> labels(voxels.size(), 0);
  labels[5] = 1;
  const std::string spacing = raw_npy("<f8", "(3,)", raw_bytes(std::vector<double>{3, 0.5, 0.75}));
  const auto archive = [&](const std::string& array, const std::string& mm) {
    return raw_zip({{"image.npy", array, true}, {"spacing.npy", mm}});
  };
  const std::string image = raw_npy("<i2", "(2, 3, 4)", raw_bytes(voxels));
  write_file_atomic(folder / "images/1.npz", archive(image, spacing));
  write_file_atomic(folder / "images/2.npz", raw_zip({{"image.npy", image, true}}));
  write_file_atomic(folder / "masks/1.npz", archive(raw_npy("|u1", "(2, 3, 4)", raw_bytes(labels)), spacing));
  const DatasetFile file =
      dataset(folder,
              "sources: {i: {files: images}, m: {files: masks}}\ninputs: {mr: {modality: mr, source: i}}\n"
              "targets: {organs: {kind: mask, source: m, of: mr, classes: [slab], derived_from: []}}\ndeidentify: {off: \"public\"}\n");
  const IngestReport report = ingest(file, {folder / "store", 0, false, 1});
  EXPECT_EQ(report.refused.at("BAD_GEOMETRY"), 1);  // a volume without spacing
  const StoreReader store(folder / "store");
  ASSERT_EQ(store.size(), 1);
  const StudyRecord study = store.read(0);
  EXPECT_EQ(study.inputs.at("mr")[0].volume.voxels, Voxels(voxels));
  EXPECT_EQ(study.inputs.at("mr")[0].volume.modality, "mr");
  EXPECT_EQ(spacing_mm(study.inputs.at("mr")[0].volume), (Spacing3{3, 0.5, 0.75}));
  EXPECT_EQ(study.masks.at("organs").voxels, Voxels(labels));
}

// The same place in the patient by two formats: one in LPS, the other in RAS with its axes turned round.
TEST(ImageFile, AnImageInNrrdAndItsMaskInNiftiMeetInTheStore) {
  Progress::set_quiet(true);
  const Scratch folder;
  std::string image =
      "NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 3 2\nspace directions: (0.75,0,0) (0,0.5,0.25) "
      "(0,-1,2)\nencoding: raw\nspace origin: (10,-20,30)\n\n";
  for (char n = 0; n < 24; ++n) image += n;
  write_file_atomic(folder / "images/1.nrrd", image);
  Volume mask;
  mask.size = {2, 3, 4};
  mask.affine = {0.75, 0, 0, -12.25, 0, -0.5, 1, 20, 0, 0.25, 2, 30};  // i runs from the patient's left to the right
  std::vector<uint8_t> labels(24, 0);
  labels[5] = 1;  // i = 1, j = 1, k = 0
  mask.voxels = labels;
  fs::create_directories(folder / "masks");
  write_nifti(folder / "masks/1.nii.gz", mask);
  const std::string yaml =
      "sources: {i: {files: images}, m: {files: masks}}\ninputs: {mr: {modality: mr, source: i}}\n"
      "targets: {organs: {kind: mask, source: m, of: mr, classes: [slab], derived_from: []}}\ndeidentify: {off: \"public\"}\n";
  const auto expect_label = [&](const std::string& name) {
    ingest(dataset(folder, yaml), {folder / name, 0, false, 1});
    const StoreReader store(folder / name);
    ASSERT_EQ(store.size(), 1);
    const StudyRecord study = store.read(0);
    ASSERT_TRUE(study.masks.count("organs"));
    std::vector<uint8_t> expected(24, 0);
    expected[6] = 1;  // i = 2 of the image
    EXPECT_EQ(study.masks.at("organs").voxels, Voxels(expected));
  };
  expect_label("store");
  fs::remove(folder / "masks/1.nii.gz");
  std::string segments = image.substr(0, image.find("\n\n") + 2) + std::string(24, '\0');
  segments[segments.size() - 24 + 6] = 1;
  write_file_atomic(folder / "masks/1.seg.nrrd", segments);
  expect_label("again");
}

}  // namespace
}  // namespace chiasm
