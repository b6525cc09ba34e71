// TIFF images: bytes after TIFF 6.0 written here, packed ones by the library.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "core/base/error.h"
#include "core/base/file.h"
#include "data/image.h"

namespace chiasm {
namespace {

struct Entry {
  uint16_t tag, type;  // 3 short, 4 long
  uint32_t value;
};

// One page, one strip, no packing; width 3, height 2.
struct RawTiff {
  bool big = false;
  std::vector<Entry> entries;
  std::string pixels;
  uint32_t next_page = 0;

  RawTiff(uint32_t bits, std::string pixels_, bool big_ = false) : big(big_), pixels(std::move(pixels_)) {
    entries = {{256, 3, 3}, {257, 3, 2}, {258, 3, bits},
               {259, 3, 1}, {262, 3, 1}, {273, 4, 8},
               {277, 3, 1}, {278, 3, 2}, {279, 4, static_cast<uint32_t>(pixels.size())}};
  }

  RawTiff& set(uint16_t tag, uint32_t value) {
    const auto at = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.tag >= tag; });
    if (at != entries.end() && at->tag == tag) {
      at->value = value;
    } else {
      entries.insert(at, {tag, 3, value});
    }
    return *this;
  }

  std::string number(uint32_t value, size_t width) const {
    std::string bytes(width, '\0');
    for (size_t n = 0; n < width; ++n) bytes[big ? width - 1 - n : n] = static_cast<char>(value >> (8 * n));
    return bytes;
  }

  std::string bytes() const {
    const auto padded = pixels + std::string(pixels.size() % 2, '\0');
    std::string result = (big ? "MM" : "II") + number(42, 2) + number(static_cast<uint32_t>(8 + padded.size()), 4) + padded;
    result += number(static_cast<uint32_t>(entries.size()), 2);
    for (const Entry& entry : entries) {
      const std::string value = entry.type == 3 ? number(entry.value, 2) + std::string(2, '\0') : number(entry.value, 4);
      result += number(entry.tag, 2) + number(entry.type, 2) + number(1, 4) + value;
    }
    return result + number(next_page, 4);
  }
};

class Tiffs : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("chiasm_tiff_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Volume read(const std::string& bytes) {
    std::ofstream(folder_ / "x.tif", std::ios::binary | std::ios::trunc) << bytes;
    return read_image(folder_ / "x.tif");
  }
  std::string refusal(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const Refused& refused) {
      return refused.code;
    }
    return "ok";
  }

  fs::path folder_;
};

const std::string grey("\x00\x32\x64\x96\xC8\xFA", 6);
const std::vector<uint8_t> grey_values{0, 50, 100, 150, 200, 250};

TEST_F(Tiffs, GreyOfBothByteOrders) {
  for (const bool big : {false, true}) {
    const Volume volume = read(RawTiff(8, grey, big).bytes());
    EXPECT_EQ(volume.size, (Size3{1, 2, 3}));
    EXPECT_EQ(volume.modality, "image");
    EXPECT_EQ(volume.affine, (Affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
    EXPECT_EQ(volume.voxels, Voxels(grey_values));
  }
}

TEST_F(Tiffs, SixteenBitsKeepTheirValues) {
  const std::vector<uint16_t> truth{0, 1, 256, 40000, 65535, 12345};
  for (const bool big : {false, true}) {
    RawTiff tiff(16, "", big);
    std::string pixels;
    for (const uint16_t value : truth) pixels += tiff.number(value, 2);
    EXPECT_EQ(read(RawTiff(16, pixels, big).bytes()).voxels, Voxels(truth));
  }
}

TEST_F(Tiffs, WhereWhiteIsZeroTheValuesAreTurned) {
  EXPECT_EQ(read(RawTiff(8, grey).set(262, 0).bytes()).voxels, Voxels(std::vector<uint8_t>{255, 205, 155, 105, 55, 5}));
  EXPECT_EQ(read(RawTiff(16, grey + grey).set(262, 0).bytes()).voxels.index(), 2u);
}

TEST_F(Tiffs, LosslessPackingIsUnpacked) {
  std::vector<uint16_t> truth(64 * 48);
  for (size_t n = 0; n < truth.size(); ++n) truth[n] = static_cast<uint16_t>(n * 7919 % 65521);
  for (const int packing : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS, COMPRESSION_ADOBE_DEFLATE}) {
    TIFF* tiff = TIFFOpen((folder_ / "y.tif").c_str(), "w");
    const std::pair<uint32_t, int> fields[] = {{TIFFTAG_IMAGEWIDTH, 64},  {TIFFTAG_IMAGELENGTH, 48},     {TIFFTAG_BITSPERSAMPLE, 16},
                                               {TIFFTAG_PHOTOMETRIC, 1},  {TIFFTAG_ROWSPERSTRIP, 7},     {TIFFTAG_SAMPLESPERPIXEL, 1},
                                               {TIFFTAG_PLANARCONFIG, 1}, {TIFFTAG_COMPRESSION, packing}};
    for (const auto& [tag, value] : fields) TIFFSetField(tiff, tag, value);
    for (uint32_t row = 0; row < 48; ++row) TIFFWriteScanline(tiff, truth.data() + row * 64, row, 0);
    TIFFClose(tiff);
    EXPECT_EQ(read_image(folder_ / "y.tif").voxels, Voxels(truth)) << packing;
  }
}

TEST_F(Tiffs, OtherKindsAreRefused) {
  EXPECT_EQ(refusal(RawTiff(8, grey + grey + grey).set(262, 2).set(277, 3).bytes()), "COLOUR");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(262, 8).bytes()), "COLOUR");
  EXPECT_EQ(refusal(RawTiff(8, grey + grey).set(277, 2).set(338, 1).bytes()), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(RawTiff(1, grey).bytes()), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(RawTiff(32, grey + grey + grey + grey).bytes()), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(RawTiff(16, grey + grey).set(339, 2).bytes()), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(274, 1).bytes()), "ok");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(274, 3).bytes()), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(259, 7).bytes()), "UNSUPPORTED_OBJECT");
  RawTiff pages(8, grey);
  pages.next_page = 14;  // a directory is there, which is all that matters
  EXPECT_EQ(refusal(pages.bytes()), "UNSUPPORTED_OBJECT");
}

TEST_F(Tiffs, DamageIsRefused) {
  const std::string sound = RawTiff(8, grey).bytes();
  for (size_t n = 0; n + 4 < sound.size(); ++n) EXPECT_NE(refusal(sound.substr(0, n)), "ok") << n;
  EXPECT_EQ(refusal(RawTiff(8, grey).set(256, 0).bytes()), "DAMAGED");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(257, 60000).bytes()), "DAMAGED");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(256, 65535).set(257, 65535).bytes()), "TOO_LARGE");
  EXPECT_EQ(refusal(RawTiff(8, grey).set(273, 50000).bytes()), "DAMAGED");
}

}  // namespace
}  // namespace chiasm
