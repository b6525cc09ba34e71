#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/object_pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/base/error.h"
#include "data/burned_in.h"
#include "data/dicom/annex_e.h"
#include "data/dicom/load.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/drawn_objects.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom {
namespace {

using test::Folder;
using test::header_of;
using test::set;

constexpr int rows = 12, columns = 16;

// A capture of 8 bits: `samples` values a pixel.
void write_capture(const std::filesystem::path& path, const std::string& photometric, int samples, const std::vector<int>& values,
                   const std::function<void(DcmDataset&)>& edit = {}, const std::string& syntax = "1.2.840.10008.1.2.1") {
  DcmDataset dataset;
  set(dataset, 0x0008, 0x0016, "1.2.840.10008.5.1.4.1.1.7");
  set(dataset, 0x0008, 0x0018, "1.2.3.4.5");
  set(dataset, 0x0008, 0x0060, "US");
  set(dataset, 0x0010, 0x0020, "PT1001");
  set(dataset, 0x0020, 0x000d, "1.2.3.4");
  set(dataset, 0x0020, 0x000e, "1.2.3.4.6");
  set(dataset, 0x0028, 0x0004, photometric);
  dataset.putAndInsertUint16(DCM_SamplesPerPixel, static_cast<Uint16>(samples));
  if (samples > 1) dataset.putAndInsertUint16(DCM_PlanarConfiguration, 0);
  dataset.putAndInsertUint16(DCM_Rows, rows);
  dataset.putAndInsertUint16(DCM_Columns, columns);
  dataset.putAndInsertUint16(DCM_BitsAllocated, 8);
  dataset.putAndInsertUint16(DCM_BitsStored, 8);
  dataset.putAndInsertUint16(DCM_HighBit, 7);
  dataset.putAndInsertUint16(DCM_PixelRepresentation, 0);
  test::set_pixels(dataset, values, 8);
  if (edit) edit(dataset);
  test::save(dataset, path, syntax);
}

std::vector<int> counting(int samples) {
  std::vector<int> values;
  for (int n = 0; n < rows * columns * samples; ++n) values.push_back(40 + n * 7 % 200);
  return values;
}

Surrogates surrogates() {
  Surrogates s;
  s.patient = "p1";
  s.uid = [](const std::string& uid) { return uid + ".9"; };
  s.accession = s.text = [](const std::string&) { return std::string(); };
  s.identifies = [](const std::string&) { return false; };
  return s;
}

class ObjectPixelsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { start(); }
  std::filesystem::path file(const std::string& name) const { return folder.path() / name; }
  const Folder folder;
};

TEST_F(ObjectPixelsTest, ColoursAreTheirGreatestAndLeastSample) {
  write_capture(file("rgb.dcm"), "RGB", 3, counting(3));
  ObjectPixels pixels = read_object_pixels(header_of(file("rgb.dcm")));
  EXPECT_EQ(pixels.photometric, "RGB");
  const std::unique_ptr<TextFrames> frames = frames_of(pixels);
  const GreyPicture picture = frames->picture(0);
  const std::vector<int> values = counting(3);
  for (size_t n = 0; n < rows * columns; ++n) {
    EXPECT_EQ(picture.bright[n], static_cast<float>(std::max({values[3 * n], values[3 * n + 1], values[3 * n + 2]})));
    EXPECT_EQ(picture.dark[n], static_cast<float>(std::min({values[3 * n], values[3 * n + 1], values[3 * n + 2]})));
  }
  frames->blank({2, 3, 4, 5});
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      for (int s = 0; s < 3; ++s) {
        const size_t n = static_cast<size_t>((r * columns + c) * 3 + s);
        const bool inside = r >= 2 && r < 6 && c >= 3 && c < 8;
        EXPECT_EQ(pixels.stored.bytes[n], inside ? 0 : values[n]);
      }
}

TEST_F(ObjectPixelsTest, BlankIsBlackInBrightnessAndColourDifferences) {
  write_capture(file("ybr.dcm"), "YBR_FULL", 3, counting(3));
  ObjectPixels pixels = read_object_pixels(header_of(file("ybr.dcm")));
  const std::unique_ptr<TextFrames> frames = frames_of(pixels);
  EXPECT_EQ(frames->picture(0).bright[1], static_cast<float>(counting(3)[3]));
  EXPECT_TRUE(frames->picture(0).dark.empty());
  frames->blank({0, 0, 1, 1});
  EXPECT_EQ((std::vector<int>{pixels.stored.bytes[0], pixels.stored.bytes[1], pixels.stored.bytes[2]}), (std::vector<int>{0, 128, 128}));
}

TEST_F(ObjectPixelsTest, GreyPixelsGetTheLeastOfTheObject) {
  write_capture(file("grey.dcm"), "MONOCHROME2", 1, counting(1));
  ObjectPixels pixels = read_object_pixels(header_of(file("grey.dcm")));
  const int least = *std::min_element(pixels.stored.bytes.begin(), pixels.stored.bytes.end());
  frames_of(pixels)->blank({0, 0, 1, 2});
  EXPECT_EQ(pixels.stored.bytes[0], least);
  EXPECT_EQ(pixels.stored.bytes[1], least);
  EXPECT_EQ(pixels.stored.bytes[2], counting(1)[2]);
}

void put_words(DcmDataset& dataset, const DcmTagKey& key, const std::vector<Uint16>& words) {
  ASSERT_TRUE(dataset.putAndInsertUint16Array(key, words.data(), static_cast<unsigned long>(words.size())).good());
}

// Entries one by one (red), as segments (green: values, a line and a repeat), and again one by one, of which 1 is the darkest (blue).
TEST_F(ObjectPixelsTest, PalettesAreReadWholeAndInSegments) {
  const auto palette = [](DcmDataset& dataset) {
    for (const DcmTagKey& key :
         {DCM_RedPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableDescriptor, DCM_BluePaletteColorLookupTableDescriptor})
      put_words(dataset, key, {8, 40, 16});
    put_words(dataset, DCM_RedPaletteColorLookupTableData, {900, 0, 10, 20, 30, 40, 50, 60});
    // 100, 200; up to 500 in 3 steps; the first segment again; one value
    put_words(dataset, DCM_SegmentedGreenPaletteColorLookupTableData, {0, 2, 100, 200, 1, 3, 500, 2, 1, 0, 0, 0, 1, 7});
    put_words(dataset, DCM_BluePaletteColorLookupTableData, {9, 5, 300, 300, 300, 300, 300, 0});
  };
  write_capture(file("palette.dcm"), "PALETTE COLOR", 1, counting(1), palette);
  ObjectPixels pixels = read_object_pixels(header_of(file("palette.dcm")));
  EXPECT_EQ(pixels.palette_first, 40);
  EXPECT_EQ(pixels.palette[1], (std::vector<float>{100, 200, 300, 400, 500, 100, 200, 7}));
  const std::unique_ptr<TextFrames> frames = frames_of(pixels);
  EXPECT_EQ(frames->picture(0).bright[0], 900);  // the value 40
  EXPECT_EQ(frames->picture(0).dark[0], 9);
  EXPECT_EQ(frames->picture(0).bright[1], 60);  // 47: the last entry, 60, 7 and 0
  EXPECT_EQ(frames->picture(0).dark[2], 0);     // 54: beyond the palette, so the last entry
  frames->blank({0, 0, 1, 1});
  EXPECT_EQ(pixels.stored.bytes[0], 47);  // of the sums 1009, 205, 610, ..., 67 the least
}

TEST_F(ObjectPixelsTest, BrokenSegmentsAreNoPalette) {
  for (const std::vector<Uint16>& segments :
       std::vector<std::vector<Uint16>>{{0, 9, 1}, {1, 3, 5}, {7, 1, 1}, {0, 1, 5, 2, 200, 0, 0}, {2, 1, 0, 0}}) {
    write_capture(file("broken.dcm"), "PALETTE COLOR", 1, counting(1), [&](DcmDataset& dataset) {
      for (const DcmTagKey& key : {DCM_RedPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableDescriptor,
                                   DCM_BluePaletteColorLookupTableDescriptor})
        put_words(dataset, key, {8, 0, 16});
      for (const DcmTagKey& key : {DCM_SegmentedRedPaletteColorLookupTableData, DCM_SegmentedGreenPaletteColorLookupTableData,
                                   DCM_SegmentedBluePaletteColorLookupTableData})
        put_words(dataset, key, segments);
    });
    ObjectPixels pixels = read_object_pixels(header_of(file("broken.dcm")));
    EXPECT_EQ(frames_of(pixels)->picture(0).bright[3], static_cast<float>(counting(1)[3]));  // the index itself
  }
}

// RLE in, plain pixels out: what was cleaned and nothing else changes.
TEST_F(ObjectPixelsTest, CleanedPixelsReplaceThoseOfTheFile) {
  test::register_encoders();
  write_capture(file("rle.dcm"), "RGB", 3, counting(3), {}, "1.2.840.10008.1.2.5");
  ObjectPixels pixels = read_object_pixels(header_of(file("rle.dcm")));
  frames_of(pixels)->blank({0, 0, 3, columns});
  std::filesystem::create_directory(file("out"));
  deidentify_file(file("rle.dcm"), file("out/clean.dcm"), {}, surrogates(), {.cleaned = &pixels});
  const Header header = header_of(file("out/clean.dcm"));
  EXPECT_EQ(header.transfer_syntax, "1.2.840.10008.1.2.1");
  EXPECT_EQ(header.burned_in, "NO");
  const ObjectPixels read = read_object_pixels(header);
  EXPECT_EQ(read.stored.bytes, pixels.stored.bytes);
  DcmFileFormat written;
  load(written, file("out/clean.dcm"));
  std::vector<std::string> codes;
  DcmItem* item = nullptr;
  for (signed long n = 0; written.getDataset()->findAndGetSequenceItem(DCM_DeidentificationMethodCodeSequence, item, n).good(); ++n) {
    OFString code;
    item->findAndGetOFString(DCM_CodeValue, code);
    codes.push_back(code.c_str());
  }
  EXPECT_EQ(codes, (std::vector<std::string>{"113100", "113101"}));
  deidentify_file(file("rle.dcm"), file("out/plain.dcm"), {}, surrogates());
  EXPECT_EQ(header_of(file("out/plain.dcm")).transfer_syntax, "1.2.840.10008.1.2.5");
}

TEST_F(ObjectPixelsTest, WhatCannotBeDecodedIsRefused) {
  write_capture(file("short.dcm"), "RGB", 3, counting(1));  // a third of what it says
  try {
    read_object_pixels(header_of(file("short.dcm")));
    FAIL() << "was read";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.code, "TRUNCATED");
  }
}

}  // namespace
}  // namespace chiasm::dicom
