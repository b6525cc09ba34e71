#include <png.h>

#include <cstring>

#include "core/base/check.h"
#include "core/base/error.h"
#include "data/image.h"
#include "data/image_codecs.h"

namespace chiasm {
namespace {

constexpr uint32_t longest_side = 65535;
constexpr size_t most_bytes = size_t{1} << 30;

struct Input {
  const std::string* bytes;
  size_t position;
};

void take(png_structp png, png_bytep target, size_t count) {
  auto* input = static_cast<Input*>(png_get_io_ptr(png));
  if (count > input->bytes->size() - input->position) png_error(png, "short");
  std::memcpy(target, input->bytes->data() + input->position, count);
  input->position += count;
}

void give(png_structp png, png_bytep source, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(source), count);
}

void nothing(png_structp) {}
void ignore(png_structp, png_const_charp) {}
[[noreturn]] void fail(png_structp png, png_const_charp) { png_longjmp(png, 1); }

struct Reading {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
};

struct Writing {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  ~Writing() { png_destroy_write_struct(&png, &info); }
};

// Header and transformations: grey or RGB, 8 or 16 bits, palettes and transparency spelled out. false: the library failed.
bool read_info(Reading& reading, Input& input) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_set_read_fn(reading.png, &input, take);
  png_set_user_limits(reading.png, longest_side, longest_side);
  png_read_info(reading.png, reading.info);
  png_set_expand(reading.png);
  png_set_swap(reading.png);
  png_set_interlace_handling(reading.png);
  png_read_update_info(reading.png, reading.info);
  return true;
}

bool read_rows(Reading& reading, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_read_image(reading.png, rows);
  png_read_end(reading.png, nullptr);
  return true;
}

bool write_rows(Writing& writing, std::string& output, png_uint_32 width, png_uint_32 height, int colour, png_bytepp rows) {
  if (setjmp(png_jmpbuf(writing.png)) != 0) return false;
  png_set_write_fn(writing.png, &output, give, nothing);
  png_set_IHDR(writing.png, writing.info, width, height, 8, colour, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writing.png, writing.info);
  png_write_image(writing.png, rows);
  png_write_end(writing.png, nullptr);
  return true;
}

std::vector<png_bytep> row_pointers(uint8_t* bytes, size_t row_bytes, size_t height) {
  std::vector<png_bytep> rows(height);
  for (size_t y = 0; y < height; ++y) rows[y] = bytes + y * row_bytes;
  return rows;
}

}  // namespace

Picture decode_png(const std::string& bytes) {
  Reading reading;
  Input input{&bytes, 0};
  if (reading.info == nullptr) throw Error("libpng cannot start");
  if (!read_info(reading, input)) throw Refused("DAMAGED", "the PNG header cannot be read");
  Picture picture;
  picture.width = png_get_image_width(reading.png, reading.info);
  picture.height = png_get_image_height(reading.png, reading.info);
  picture.channels = png_get_channels(reading.png, reading.info);
  picture.bits = png_get_bit_depth(reading.png, reading.info);
  const size_t row_bytes = png_get_rowbytes(reading.png, reading.info), height = static_cast<size_t>(picture.height);
  if (row_bytes * height > most_bytes) throw Refused("TOO_LARGE", "the declared size is beyond the limit");
  picture.bytes.resize(row_bytes * height);
  std::vector<png_bytep> rows = row_pointers(picture.bytes.data(), row_bytes, height);
  if (!read_rows(reading, rows.data())) throw Refused("DAMAGED", "the PNG image data are broken");
  return picture;
}

std::string encode_png(int64_t width, int64_t height, int channels, const std::vector<uint8_t>& bytes) {
  check(channels == 1 || channels == 3, "a PNG picture has one or three channels");
  check(width > 0 && height > 0 && static_cast<int64_t>(bytes.size()) == width * height * channels, "picture bytes do not match its size");
  Writing writing;
  if (writing.info == nullptr) throw Error("libpng cannot start");
  std::vector<png_bytep> rows =
      row_pointers(const_cast<uint8_t*>(bytes.data()), static_cast<size_t>(width * channels), static_cast<size_t>(height));
  std::string output;
  const int colour = channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  if (!write_rows(writing, output, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), colour, rows.data()))
    throw Error("libpng cannot encode the picture");
  return output;
}

}  // namespace chiasm
