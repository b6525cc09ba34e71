// Objects decoded by several threads: the volume, its digest and the reason of a refusal are those of one thread.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/decoded.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "data/dicom/isolated.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

constexpr int slices = 24;

// Each slice with a slope of its own and, every third, with padding.
void write_encoded(const std::filesystem::path& folder, const char* syntax, const char* modality) {
  register_encoders();
  Phantom phantom;
  phantom.columns = phantom.rows = 32;
  phantom.slices = slices;
  phantom.modality = modality;
  for (int k = 0; k < slices; ++k) {
    phantom.slope = std::to_string(1 + k % 2);
    DcmDataset dataset;
    phantom.fill(dataset, k);
    std::vector<int> values;
    for (int n = 0; n < 1024; ++n) values.push_back(100 * k - 3000 + 17 * n % 3001);
    set_pixels(dataset, values, 16);
    const DcmTag padding(DCM_PixelPaddingValue, EVR_SS);
    if (k % 3 == 0) static_cast<void>(dataset.putAndInsertSint16(padding, static_cast<Sint16>(100 * k - 3000)));
    save(dataset, folder / std::to_string(100 + k), syntax);
  }
}

ReadResult read_by(int threads, const std::filesystem::path& folder) {
  const std::vector<Group> groups = group_files(scan_tree(folder, 1));
  EXPECT_EQ(groups.size(), 1u);
  return read_in_process(groups.at(0), {.threads = threads, .plain_pixels = false});
}

TEST(Decoded, AnyNumberOfThreadsGivesTheSame) {
  start();
  for (const char* syntax : {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.57",
                             "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"}) {
    const Folder folder;
    write_encoded(folder.path(), syntax, "CT");
    const ReadResult one = read_by(1, folder.path());
    ASSERT_TRUE(one.volume) << syntax << " " << one.code << " " << one.detail;
    EXPECT_FALSE(one.volume->valid.empty());
    for (const int threads : {2, 5, 64}) {
      const ReadResult many = read_by(threads, folder.path());
      ASSERT_TRUE(many.volume) << syntax << " " << many.code << " " << many.detail;
      EXPECT_EQ(many.volume->voxels, one.volume->voxels) << syntax;
      EXPECT_EQ(many.volume->valid, one.volume->valid) << syntax;
      EXPECT_EQ(many.stored_sha256, one.stored_sha256) << syntax;
      EXPECT_EQ(many.notes, one.notes) << syntax;
    }
  }
}

// Two files are unsound in two ways: the first in slice order gives the reason, whoever comes first.
TEST(Decoded, TheFirstUnsoundObjectGivesTheReason) {
  start();
  const Folder folder;
  write_encoded(folder.path(), "1.2.840.10008.1.2.5", "CT");
  const std::vector<Group> groups = group_files(scan_tree(folder.path(), 1));
  ASSERT_EQ(groups.size(), 1u);
  const auto rewrite = [&](int k, const Edit& edit) {
    const std::filesystem::path path = folder.path() / std::to_string(100 + k);
    DcmFileFormat file;
    ASSERT_TRUE(file.loadFile(path.c_str()).good());
    edit(*file.getDataset(), k);
    ASSERT_TRUE(file.saveFile(path.c_str()).good());
  };
  rewrite(9, [](DcmDataset& dataset, int) { set(dataset, 0x0028, 0x1053, "0"); });    // slope
  rewrite(17, [](DcmDataset& dataset, int) { set(dataset, 0x0028, 0x0010, "16"); });  // rows
  for (int round = 0; round < 8; ++round)
    for (const int threads : {1, 2, 8})
      EXPECT_EQ(read_in_process(groups[0], {.threads = threads, .plain_pixels = false}).code, "BAD_RESCALE") << threads;
}

TEST(Decoded, WithoutADigestTheVoxelsAreTheSame) {
  start();
  const Folder folder;
  write_encoded(folder.path(), "1.2.840.10008.1.2.5", "CT");
  const std::vector<Group> groups = group_files(scan_tree(folder.path(), 1));
  ASSERT_EQ(groups.size(), 1u);
  const ReadResult with = read_group(groups[0], {.threads = 2}), without = read_group(groups[0], {.threads = 2, .digest = false});
  ASSERT_TRUE(with.volume && without.volume) << with.detail << without.detail;
  EXPECT_EQ(with.volume->voxels, without.volume->voxels);
  EXPECT_FALSE(with.stored_sha256.empty());
  EXPECT_TRUE(without.stored_sha256.empty());
}

}  // namespace
}  // namespace chiasm::dicom::test
