// A tree that is shelved has the volumes of the tree that is held, whatever lies between their files.
#include "data/dicom/shelf.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "data/dicom/packed_types.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

std::string bytes_of(const Group& group) {
  Packer packer;
  packer(group);
  return packer.take();
}

std::vector<std::string> held(const fs::path& folder) {
  std::vector<std::string> out;
  for (const Group& group : group_files(scan_tree(folder, 2))) out.push_back(bytes_of(group));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> shelved(const ShelvedTree& tree) {
  std::vector<std::string> out;
  for (const ShelvedGroup& group : tree.groups) out.push_back(bytes_of(group.open()));
  std::sort(out.begin(), out.end());
  return out;
}

// Series `name`, its slices as files NNNN_NAME, so that series lie between each other.
void write_between(const fs::path& folder, const std::string& name, const Phantom& phantom, const Edit& edit = {}) {
  for (int k = 0; k < phantom.slices; ++k) {
    DcmDataset dataset;
    phantom.fill(dataset, k);
    if (edit) edit(dataset, k);
    save(dataset, folder / (std::to_string(10000 + k) + "_" + name));
  }
}

TEST(Shelf, HoldsTheVolumesOfTheTree) {
  start();
  Folder folder;
  Phantom first, second, enhanced;
  second.series_uid = "1.2.3.5";
  second.row_direction = {0, 1, 0}, second.column_direction = {0, 0, 1};
  enhanced.modality = "MR";
  enhanced.series_uid = "1.2.3.6";
  write_between(folder.path(), "first", first);
  write_between(folder.path(), "second", second, [&](DcmDataset& dataset, int k) {
    if (k == 3) set(dataset, 0x0008, 0x0018, first.sop_uid(1));    // an object of the first series, says its UID
    if (k == 4) set(dataset, 0x0020, 0x0037, "1\\0\\0\\0\\1\\0");  // another orientation: a volume of its own
  });
  write_enhanced(enhanced, folder.path() / "enhanced", {2, 0, 1, 4, 3}, {1, 1, 1, 2, 2});
  fs::copy_file(folder.path() / "10002_first", folder.path() / "copy of 10002_first");
  write_file_atomic(folder.path() / "note.txt", "not DICOM");
  DcmDataset report;
  first.fill(report, 0);
  delete report.remove(DCM_PixelData);
  set(report, 0x0008, 0x0018, "1.2.3.99");
  save(report, folder.path() / "report");
  for (const int threads : {1, 3}) {
    const ShelvedTree tree = shelve_tree(folder.path(), threads);
    EXPECT_EQ(tree.files, 14);
    EXPECT_EQ(shelved(tree), held(folder.path()));
    ASSERT_EQ(tree.not_images.size(), 2u);
    EXPECT_EQ(tree.not_images[0].code, "NOT_DICOM");
    EXPECT_EQ(tree.not_images[1].code, "");
    EXPECT_EQ(tree.not_images[1].path, folder.path() / "report");
  }
}

TEST(Shelf, ManyFilesTakeFewBytesEach) {
  start();
  Folder folder;
  Phantom first, second;
  first.slices = second.slices = 1100;  // more files than are scanned at once
  first.columns = second.columns = first.rows = second.rows = 1;
  second.series_uid = "1.2.3.5";
  const Edit wordy = [](DcmDataset& dataset, int) {
    set(dataset, 0x0008, 0x1030, std::string(60, 'd'));
    set(dataset, 0x0008, 0x0080, "A hospital with a long name, of a town with a longer one");
  };
  write_between(folder.path(), "first", first, wordy);
  write_between(folder.path(), "second", second, wordy);
  const ShelvedTree tree = shelve_tree(folder.path(), 2);
  EXPECT_EQ(shelved(tree), held(folder.path()));
  ASSERT_EQ(tree.groups.size(), 2u);
  for (const ShelvedGroup& group : tree.groups) {
    EXPECT_EQ(group.open().headers.size(), 1100u);
    EXPECT_LT(group.bytes(), 1100u * 250);  // path, UID and position; a header in memory takes thousands
  }
}

TEST(Shelf, SqueezedBytesComeBack) {
  Random random(1);
  for (const size_t count : {0, 1, 1000, 300000}) {
    std::string plain;
    for (size_t n = 0; n < count; ++n) plain.push_back(static_cast<char>(n % 700 < 500 ? n % 7 : random.next()));
    const std::string squeezed = squeeze(plain);
    EXPECT_EQ(unsqueeze(squeezed), plain);
    EXPECT_THROW(unsqueeze(squeezed.substr(0, squeezed.size() - 1)), Error);
  }
}

}  // namespace
}  // namespace chiasm::dicom::test
