// Pixels read straight into the volume are bit for bit those that the library reads; what is not plain stays the library's.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/plain.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/base/file.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

bool is_plain(const Group& group) {
  std::vector<const Header*> headers;
  for (const Slice& slice : group.slices) headers.push_back(&group.headers[slice.header]);
  return read_plain_stack(headers, 2).has_value();
}

void expect_same(const ReadResult& plain, const ReadResult& library) {
  EXPECT_EQ(plain.code, library.code);
  EXPECT_EQ(plain.detail, library.detail);
  EXPECT_EQ(plain.notes, library.notes);
  EXPECT_EQ(plain.stored_sha256, library.stored_sha256);
  ASSERT_EQ(plain.voi.has_value(), library.voi.has_value());
  if (plain.voi) {
    ASSERT_EQ(plain.voi->window.has_value(), library.voi->window.has_value());
    EXPECT_EQ(plain.voi->table.has_value(), library.voi->table.has_value());
    EXPECT_EQ(plain.voi->window.value_or(Window()).center, library.voi->window.value_or(Window()).center);
  }
  ASSERT_EQ(plain.volume.has_value(), library.volume.has_value());
  if (!plain.volume) return;
  EXPECT_EQ(plain.volume->size, library.volume->size);
  EXPECT_EQ(plain.volume->affine, library.volume->affine);
  EXPECT_EQ(plain.volume->slope, library.volume->slope);
  EXPECT_EQ(plain.volume->intercept, library.volume->intercept);
  EXPECT_EQ(plain.volume->facts, library.volume->facts);
  EXPECT_TRUE(plain.volume->valid == library.volume->valid);
  EXPECT_TRUE(plain.volume->voxels == library.volume->voxels);
}

// Reads every group both ways; how many of them were plain.
int compare(const std::filesystem::path& folder) {
  int plain = 0;
  for (const Group& group : group_files(scan_tree(folder, 2))) {
    plain += is_plain(group) ? 1 : 0;
    expect_same(read_group(group, {.threads = 3}), read_group(group, {.plain_pixels = false}));
  }
  return plain;
}

int compare(const Phantom& phantom, const Edit& edit = {}) {
  start();
  Folder folder;
  write_series(phantom, folder.path(), edit);
  return compare(folder.path());
}

void number(DcmDataset& dataset, const DcmTagKey& key, uint16_t value) { EXPECT_TRUE(dataset.putAndInsertUint16(key, value).good()); }

// Overlay bits above and below the stored ones.
void crowd(DcmDataset& dataset, const Phantom& phantom, int k) {
  std::vector<int> values = phantom.stored(k);
  for (size_t n = 0; n < values.size(); ++n) values[n] = static_cast<int>((values[n] * 37 + 0x8001 * (n % 3)) & 0xFFFF);
  set_pixels(dataset, values, 16);
}

TEST(Plain, SignedAndUnsignedValuesOfAllWidths) {
  for (const bool is_signed : {true, false}) {
    for (const int bits : {16, 12, 10}) {
      Phantom phantom;
      phantom.is_signed = is_signed;
      phantom.bits_stored = bits;
      phantom.intercept = "-1024";
      EXPECT_EQ(compare(phantom, [&](DcmDataset& dataset, int k) { crowd(dataset, phantom, k); }), 1) << bits;
    }
  }
}

TEST(Plain, TwelveBitsBelowTheHighestBit) {
  for (const uint16_t high : {11, 13, 15}) {
    Phantom phantom;
    phantom.bits_stored = 12;
    const auto edit = [&](DcmDataset& dataset, int k) {
      crowd(dataset, phantom, k);
      number(dataset, DCM_HighBit, high);
    };
    EXPECT_EQ(compare(phantom, edit), 1) << high;
  }
}

TEST(Plain, EightBitsAndAnOddNumberOfPixels) {
  Phantom phantom;
  phantom.bits_allocated = phantom.bits_stored = 8;
  phantom.is_signed = false;
  phantom.columns = 7;
  phantom.rows = 5;
  const auto edit = [&](DcmDataset& dataset, int k) { set_pixels(dataset, std::vector<int>(35, 200 + k), 8); };
  EXPECT_EQ(compare(phantom, edit), 1);
  phantom.is_signed = true;
  EXPECT_EQ(compare(phantom, edit), 0) << "values of another width than the voxels";
}

TEST(Plain, Padding) {
  Phantom phantom;
  const auto edit = [&](DcmDataset& dataset, int k) {
    std::vector<int> values = phantom.stored(k);
    if (k != 2) values[3] = values[4] = -2000;
    set_pixels(dataset, values, 16);
    EXPECT_TRUE(dataset.putAndInsertSint16(DCM_PixelPaddingValue, -2000).good());
  };
  EXPECT_EQ(compare(phantom, edit), 1);
}

TEST(Plain, SlopeOfEachSlice) {
  Phantom phantom;
  const auto edit = [](DcmDataset& dataset, int k) { set(dataset, 0x0028, 0x1053, std::to_string(0.1 + 0.037 * k)); };
  EXPECT_EQ(compare(phantom, edit), 1);
  phantom.modality = "MR";
  EXPECT_EQ(compare(phantom, edit), 1);
}

TEST(Plain, ImplicitFilesAreReadInPlaceAndCodedOnesAreNot) {
  for (const auto& [syntax, plain] : std::vector<std::pair<const char*, int>>{
           {"1.2.840.10008.1.2", 1}, {"1.2.840.10008.1.2.1", 1}, {"1.2.840.10008.1.2.2", 0}, {"1.2.840.10008.1.2.1.99", 0}}) {
    Folder folder;
    Phantom phantom;
    for (int k = 0; k < phantom.slices; ++k) {
      DcmDataset dataset;
      phantom.fill(dataset, k);
      save(dataset, folder.path() / (std::to_string(k) + ".dcm"), syntax);
    }
    EXPECT_EQ(compare(folder.path()), plain) << syntax;
  }
}

TEST(Plain, DeclarationsThatPixelsDoNotKeepAreLeftToTheLibrary) {
  const auto declared = [](const DcmTagKey& key, uint16_t value) { return [=](DcmDataset& dataset, int) { number(dataset, key, value); }; };
  EXPECT_EQ(compare(Phantom(), declared(DCM_Rows, 65535)), 0);
  EXPECT_EQ(compare(Phantom(), declared(DCM_Rows, 5)), 0);
  EXPECT_EQ(compare(Phantom(), declared(DCM_BitsStored, 17)), 0);
  EXPECT_EQ(compare(Phantom(), declared(DCM_BitsAllocated, 32)), 0);
  EXPECT_EQ(compare(Phantom(), [](DcmDataset& dataset, int) { set(dataset, 0x0028, 0x1053, "0"); }), 0);
  EXPECT_EQ(compare(Phantom(), [](DcmDataset& dataset, int) { set(dataset, 0x0028, 0x1053, "1,5"); }), 0);
}

TEST(Plain, AFileThatShrinksAfterTheScanIsRefused) {
  start();
  Folder folder;
  write_series(Phantom(), folder.path());
  const std::vector<Group> groups = group_files(scan_tree(folder.path(), 1));
  ASSERT_EQ(groups.size(), 1u);
  const std::filesystem::path file = folder.path() / "slice_2.dcm";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 20);
  EXPECT_FALSE(is_plain(groups[0]));
  EXPECT_EQ(read_group(groups[0]).code, "TRUNCATED");
}

TEST(Plain, ARealSeriesIsTheSameBothWays) {
  const char* stated = std::getenv("CHIASM_SHARED");
  const fs::path open = (stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data") / "open";
  if (!fs::exists(open)) GTEST_SKIP() << "no shared data";
  start();
  int plain = 0;
  for (const char* name : {"ct_lidc", "ct_totalsegmentator", "mr_brain_tumor_progression", "mr_forrest_t1_32slices"}) {
    SCOPED_TRACE(name);
    if (fs::exists(open / name)) plain += compare(open / name);
  }
  std::cout << plain << " real volumes are plain\n";
  EXPECT_GT(plain, 0);
}

}  // namespace
}  // namespace chiasm::dicom::test
