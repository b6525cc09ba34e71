#include "data/image.h"

#include <gtest/gtest.h>
#include <jpeglib.h>
#include <png.h>
#include <unistd.h>

#include <fstream>

#include "core/base/error.h"
#include "core/base/file.h"

namespace chiasm {
namespace {

class Images : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("chiasm_image_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string refusal(const std::string& bytes) {
    std::ofstream(folder_ / "x", std::ios::binary) << bytes;
    try {
      read_image(folder_ / "x");
    } catch (const Refused& refused) {
      return refused.code;
    }
    return "ok";
  }

  fs::path folder_;
};

// By libpng's simplified interface, which the code under test does not use.
std::string png_of(uint32_t width, uint32_t height, uint32_t format, const void* pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels, 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr);
  return bytes;
}

std::string jpeg_of(int width, int height, int channels, std::vector<uint8_t> pixels) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &memory, &size);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = pixels.data() + static_cast<size_t>(jpeg.next_scanline) * static_cast<size_t>(width * channels);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string bytes(reinterpret_cast<char*>(memory), size);
  jpeg_destroy_compress(&jpeg);
  free(memory);
  return bytes;
}

const std::vector<uint8_t> grey{0, 50, 100, 150, 200, 250};
const std::vector<uint8_t> colour{1, 1, 1, 90, 90, 90, 10, 200, 30, 7, 7, 7, 8, 8, 8, 9, 9, 9};

TEST_F(Images, GreyPng) {
  write_file_atomic(folder_ / "a.png", png_of(3, 2, PNG_FORMAT_GRAY, grey.data()));
  const Volume volume = read_image(folder_ / "a.png");
  EXPECT_EQ(volume.size, (Size3{1, 2, 3}));
  EXPECT_EQ(volume.modality, "image");
  EXPECT_EQ(std::get<std::vector<uint8_t>>(volume.voxels), grey);
  EXPECT_EQ(volume.affine, (Affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
}

TEST_F(Images, SixteenBitPngKeepsItsValues) {
  const std::vector<uint16_t> wide{0, 1, 256, 40000, 65535, 12345};
  write_file_atomic(folder_ / "a.png", png_of(3, 2, PNG_FORMAT_LINEAR_Y, wide.data()));
  EXPECT_EQ(std::get<std::vector<uint16_t>>(read_image(folder_ / "a.png").voxels), wide);
}

TEST_F(Images, EqualChannelsAreGrey) {
  std::vector<uint8_t> triple;
  for (const uint8_t value : grey) triple.insert(triple.end(), 3, value);
  write_file_atomic(folder_ / "a.png", png_of(3, 2, PNG_FORMAT_RGB, triple.data()));
  EXPECT_EQ(std::get<std::vector<uint8_t>>(read_image(folder_ / "a.png").voxels), grey);
  EXPECT_EQ(refusal(png_of(3, 2, PNG_FORMAT_RGB, colour.data())), "COLOUR");
}

TEST_F(Images, OnlyOpaqueImagesAreRead) {
  std::vector<uint8_t> opaque, clear;
  for (const uint8_t value : grey) {
    opaque.insert(opaque.end(), {value, 255});
    clear.insert(clear.end(), {value, 254});
  }
  EXPECT_EQ(refusal(png_of(3, 2, PNG_FORMAT_GA, opaque.data())), "ok");
  EXPECT_EQ(refusal(png_of(3, 2, PNG_FORMAT_GA, clear.data())), "UNSUPPORTED_OBJECT");
}

TEST_F(Images, Jpeg) {
  std::vector<uint8_t> flat(64 * 32, 77);
  write_file_atomic(folder_ / "a.jpg", jpeg_of(64, 32, 1, flat));
  const Volume volume = read_image(folder_ / "a.jpg");
  EXPECT_EQ(volume.size, (Size3{1, 32, 64}));
  EXPECT_EQ(std::get<std::vector<uint8_t>>(volume.voxels), flat);
  std::vector<uint8_t> triple(64 * 32 * 3, 77);
  EXPECT_EQ(refusal(jpeg_of(64, 32, 3, triple)), "ok");
  for (size_t n = 0; n < triple.size(); n += 3) triple[n] = 200;
  EXPECT_EQ(refusal(jpeg_of(64, 32, 3, triple)), "COLOUR");
}

TEST_F(Images, WrittenPngIsReadByOthers) {
  for (const int channels : {1, 3}) {
    const std::vector<uint8_t>& pixels = channels == 1 ? grey : colour;
    write_png(folder_ / "a.png", 3, 2, channels, pixels);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_TRUE(png_image_begin_read_from_file(&image, (folder_ / "a.png").c_str()));
    EXPECT_EQ(image.width, 3u);
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    std::vector<uint8_t> back(PNG_IMAGE_SIZE(image));
    ASSERT_TRUE(png_image_finish_read(&image, nullptr, back.data(), 0, nullptr));
    EXPECT_EQ(back, pixels);
    EXPECT_EQ(read_file(folder_ / "a.png"), encode_png(3, 2, channels, pixels));
  }
}

TEST_F(Images, WrongSizeIsOurMistake) { EXPECT_THROW(encode_png(3, 3, 1, grey), Error); }

TEST_F(Images, DamageIsRefused) {
  std::vector<uint8_t> noise(64 * 64);
  for (size_t n = 0; n < noise.size(); ++n) noise[n] = static_cast<uint8_t>(n * 7919 % 251);
  const std::string png = png_of(64, 64, PNG_FORMAT_GRAY, noise.data()), jpeg = jpeg_of(64, 64, 1, noise);
  for (const std::string& bytes : {png, jpeg}) {
    EXPECT_EQ(refusal(bytes), "ok");
    for (size_t part = 0; part < 8; ++part) EXPECT_NE(refusal(bytes.substr(0, bytes.size() * part / 8)), "ok") << part;
  }
  std::string flipped = png;
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_EQ(refusal(flipped), "DAMAGED");
  EXPECT_EQ(refusal("GIF89a..."), "UNSUPPORTED_OBJECT");
  std::string huge = png;
  huge.replace(16, 4, std::string("\0\0\xFF\xFE", 4));  // width; the header's checksum no longer holds either
  EXPECT_EQ(refusal(huge), "DAMAGED");
  EXPECT_THROW(read_image(folder_ / "absent.png"), Refused);
}

}  // namespace
}  // namespace chiasm
