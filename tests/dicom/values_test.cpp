// From stored values to values: bits, sign, padding, rescale, tables, MONOCHROME1, codecs.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

Phantom radiograph() {
  Phantom phantom;
  phantom.modality = "DX";
  phantom.slices = 1;
  phantom.is_signed = false;
  phantom.bits_stored = 12;
  phantom.slope = phantom.intercept = "";
  return phantom;
}

std::vector<float> values_of(const Phantom& phantom, const Edit& edit) {
  Folder folder;
  write_series(phantom, folder.path(), edit);
  const ReadResult result = read_one(folder.path());
  EXPECT_TRUE(result.volume) << result.code << " " << result.detail;
  return result.volume ? values(*result.volume) : std::vector<float>();
}

std::string code_of(const Phantom& phantom, const Edit& edit) {
  Folder folder;
  write_series(phantom, folder.path(), edit);
  return read_one(folder.path()).code;
}

std::vector<int> ramp(const Phantom& phantom, int start, int step) {
  std::vector<int> values;
  for (int n = 0; n < phantom.rows * phantom.columns; ++n) values.push_back(start + n * step);
  return values;
}

TEST(Values, SlopeOfEachSliceIsItsOwn) {
  Phantom phantom;
  phantom.modality = "PT";
  const auto slope = [](int k) { return 0.1 + 0.037 * k; };
  const std::vector<float> values =
      values_of(phantom, [&](DcmDataset& dataset, int k) { set(dataset, 0x0028, 0x1053, std::to_string(slope(k))); });
  size_t n = 0;
  for (int k = 0; k < phantom.slices; ++k)
    for (const int stored : phantom.stored(k)) ASSERT_NEAR(values.at(n++), stored * slope(k), 1e-6 * stored * slope(k));
}

TEST(Values, FractionsAfterAWholeFirstSliceAreKept) {
  const std::vector<float> values = values_of(Phantom(), [](DcmDataset& dataset, int k) {
    set(dataset, 0x0028, 0x1053, k == 0 ? "1" : "0.75");
    set(dataset, 0x0028, 0x1052, k == 0 ? "0" : "-1000.5");
  });
  EXPECT_FLOAT_EQ(values[0], 1);
  EXPECT_FLOAT_EQ(values[48], 0.75f * 257 - 1000.5f);
}

TEST(Values, OneSlopeKeepsTheStoredIntegers) {
  Phantom phantom;
  phantom.slope = "0.5";
  phantom.intercept = "-1024";
  Folder folder;
  write_series(phantom, folder.path());
  const Volume volume = *read_one(folder.path()).volume;
  EXPECT_EQ(std::get<std::vector<int16_t>>(volume.voxels)[3], Phantom::code(3, 0, 0));
  EXPECT_EQ(volume.slope, 0.5);
  EXPECT_EQ(volume.intercept, -1024);
}

TEST(Values, WideUnsignedAndNegativeSigned) {
  Phantom phantom;
  phantom.is_signed = false;
  EXPECT_EQ(values_of(phantom, [&](DcmDataset& d, int) { set_pixels(d, ramp(phantom, 65000, 1), 16); })[7], 65007);
  phantom.is_signed = true;
  EXPECT_EQ(values_of(phantom, [&](DcmDataset& d, int) { set_pixels(d, ramp(phantom, -2000, 1), 16); })[7], -1993);
}

TEST(Values, OverlayBitsAreNoValues) {
  Phantom phantom;
  phantom.bits_stored = 12;
  for (const bool is_signed : {false, true}) {
    phantom.is_signed = is_signed;
    const std::vector<float> values = values_of(phantom, [&](DcmDataset& dataset, int) {
      std::vector<int> stored = ramp(phantom, 2000, 10);
      for (int& value : stored) value |= 0x5000;  // overlay planes in bits 12 and 14
      set_pixels(dataset, stored, 16);
    });
    for (int n = 0; n < 48; ++n) ASSERT_EQ(values[static_cast<size_t>(n)], 2000 + 10 * n - (is_signed && 2000 + 10 * n > 2047 ? 4096 : 0));
  }
}

TEST(Values, SignOfEachSliceMayDiffer) {
  Phantom phantom;
  const std::vector<float> values = values_of(phantom, [&](DcmDataset& dataset, int k) {
    dataset.putAndInsertUint16(DCM_PixelRepresentation, k == 1 ? 0 : 1);
    set_pixels(dataset, ramp(phantom, k == 1 ? 60000 : -100, 1), 16);
  });
  EXPECT_EQ(values[0], -100);
  EXPECT_EQ(values[48], 60000);
}

TEST(Values, PaddingIsMaskedAndKept) {
  Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    dataset.putAndInsertSint16(DcmTag(DCM_PixelPaddingValue, EVR_SS), -2000);
    std::vector<int> stored = phantom.stored(k);
    stored[5] = -2000;
    set_pixels(dataset, stored, 16);
  });
  const Volume volume = *read_one(folder.path()).volume;
  ASSERT_EQ(volume.valid.size(), 240u);
  double sum = 0, count = 0;
  const std::vector<float> all = values(volume);
  for (size_t n = 0; n < all.size(); ++n) {
    EXPECT_EQ(volume.valid[n], n % 48 == 5 ? 0 : 1);
    if (volume.valid[n]) sum += all[n], count += 1;
  }
  double expected = 0;
  for (int k = 0; k < 5; ++k)
    for (int n = 0; n < 48; ++n) expected += n == 5 ? 0 : phantom.stored(k)[static_cast<size_t>(n)];
  EXPECT_EQ(count, 235);
  EXPECT_DOUBLE_EQ(sum, expected);
  EXPECT_EQ(all[5], -2000);
}

TEST(Values, PaddingRangeIsMasked) {
  Phantom phantom;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int) {
    dataset.putAndInsertSint16(DcmTag(DCM_PixelPaddingValue, EVR_SS), -2);
    dataset.putAndInsertSint16(DcmTag(DCM_PixelPaddingRangeLimit, EVR_SS), 3);
    set_pixels(dataset, ramp(phantom, -5, 1), 16);
  });
  const Volume volume = *read_one(folder.path()).volume;
  for (int n = 0; n < 48; ++n) EXPECT_EQ(volume.valid[static_cast<size_t>(n)], n - 5 < -2 || n - 5 > 3);
}

TEST(Values, Monochrome1IsTheComplement) {
  Phantom phantom = radiograph();
  const std::vector<float> plain = values_of(phantom, {});
  phantom.photometric = "MONOCHROME1";
  const std::vector<float> inverted = values_of(phantom, {});
  for (size_t n = 0; n < plain.size(); ++n) EXPECT_EQ(inverted[n], 4095 - plain[n]);
}

TEST(Values, Monochrome1OfCtKeepsItsUnits) {
  Phantom phantom;
  phantom.photometric = "MONOCHROME1";
  EXPECT_EQ(values_of(phantom, {})[3], Phantom::code(3, 0, 0));
}

TEST(Values, ModalityTable) {
  const Phantom phantom = radiograph();
  const std::vector<float> values = values_of(phantom, [&](DcmDataset& dataset, int) {
    DcmItem* item = nullptr;
    dataset.findOrCreateSequenceItem(DCM_ModalityLUTSequence, item, 0);
    const Uint16 descriptor[] = {3, 2, 16}, data[] = {100, 200, 400};
    item->putAndInsertUint16Array(DcmTag(DCM_LUTDescriptor, EVR_US), descriptor, 3);
    item->putAndInsertUint16Array(DcmTag(DCM_LUTData, EVR_US), data, 3);
    set_pixels(dataset, ramp(phantom, 0, 1), 16);
  });
  const std::vector<float> start(values.begin(), values.begin() + 7);
  EXPECT_EQ(start, (std::vector<float>{100, 100, 100, 200, 400, 400, 400}));  // below and above the table: its ends
}

TEST(Values, BrokenRescaleIsRefused) {
  for (const char* slope : {"NaN", "0", "inf", "1,5", "1e999", "two"})
    EXPECT_EQ(code_of(Phantom(), [&](DcmDataset& dataset, int) { set(dataset, 0x0028, 0x1053, slope); }), "BAD_RESCALE") << slope;
  EXPECT_EQ(code_of(Phantom(), [&](DcmDataset& dataset, int k) { set(dataset, 0x0028, 0x1052, k == 4 ? "nan" : "0"); }), "BAD_RESCALE");
}

TEST(Values, AbsentRescaleMeansNone) {
  Phantom phantom;
  phantom.slope = phantom.intercept = "";
  EXPECT_EQ(values_of(phantom, {})[3], Phantom::code(3, 0, 0));
}

TEST(Values, EightBits) {
  Phantom phantom = radiograph();
  phantom.bits_allocated = phantom.bits_stored = 8;
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int) { set_pixels(dataset, ramp(phantom, 200, 1), 8); });
  const Volume volume = *read_one(folder.path()).volume;
  EXPECT_EQ(std::get<std::vector<uint8_t>>(volume.voxels)[47], 247);
}

TEST(Values, SpacingOfARadiograph) {
  const Phantom phantom = radiograph();
  const auto facts_of = [&](const Edit& edit) {
    Folder folder;
    write_series(phantom, folder.path(), edit);
    const Volume volume = *read_one(folder.path()).volume;
    return std::pair{volume.facts.at("spacing"), spacing_mm(volume)};
  };
  EXPECT_EQ(facts_of({}), (std::pair{std::string("calibrated"), Spacing3{1, 0.7, 0.9}}));
  const auto imager = [](DcmDataset& dataset, int) {
    dataset.findAndDeleteElement(DCM_PixelSpacing);
    set(dataset, 0x0018, 0x1164, "0.2\\0.3");
  };
  EXPECT_EQ(facts_of(imager), (std::pair{std::string("uncalibrated"), Spacing3{1, 0.2, 0.3}}));
  const auto none = [](DcmDataset& dataset, int) { dataset.findAndDeleteElement(DCM_PixelSpacing); };
  EXPECT_EQ(facts_of(none), (std::pair{std::string("uncalibrated"), Spacing3{1, 1, 1}}));
}

TEST(Values, ColourIsRefused) {
  Phantom phantom = radiograph();
  for (const char* photometric : {"RGB", "YBR_FULL_422", "PALETTE COLOR"}) {
    phantom.photometric = photometric;
    EXPECT_EQ(code_of(phantom, {}), "COLOUR") << photometric;
  }
}

TEST(Values, EveryCodingGivesTheSameStoredValues) {
  register_encoders();
  Phantom phantom;
  phantom.columns = 16;
  phantom.rows = 16;
  const auto edit = [&](DcmDataset& dataset, int k) { set_pixels(dataset, ramp(phantom, -3000 + 100 * k, 17), 16); };
  std::string expected;
  for (const char* syntax : {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99",
                             "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"}) {
    Folder folder;
    for (int k = 0; k < phantom.slices; ++k) {
      DcmDataset dataset;
      phantom.fill(dataset, k);
      edit(dataset, k);
      save(dataset, folder.path() / std::to_string(k), syntax);
    }
    const ReadResult result = read_one(folder.path());
    ASSERT_TRUE(result.volume) << syntax << result.code << result.detail;
    if (expected.empty()) expected = result.stored_sha256;
    EXPECT_EQ(result.stored_sha256, expected) << syntax;
    EXPECT_EQ(values(*result.volume)[1], -2983) << syntax;
  }
}

TEST(Values, DigestIsThatOfTheLittleEndianValues) {
  Phantom phantom = radiograph();
  Folder folder;
  write_series(phantom, folder.path());
  std::string bytes;
  for (const int value : phantom.stored(0)) {
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>(value >> 8);
  }
  EXPECT_EQ(read_one(folder.path()).stored_sha256, sha256_hex(bytes));
}

}  // namespace
}  // namespace chiasm::dicom::test
