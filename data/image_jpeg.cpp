#include <csetjmp>
#include <cstdio>
// jpeglib.h needs size_t and FILE.
#include <jpeglib.h>

#include "core/base/error.h"
#include "data/image_codecs.h"

namespace chiasm {
namespace {

constexpr int64_t most_bytes = int64_t{1} << 30;

struct Failure {
  jpeg_error_mgr manager;  // first: the library knows this part only
  std::jmp_buf jump;
};

[[noreturn]] void fail(j_common_ptr common) { std::longjmp(reinterpret_cast<Failure*>(common->err)->jump, 1); }
void quiet(j_common_ptr) {}

struct Reading {
  jpeg_decompress_struct jpeg{};
  Failure failure{};
  Reading() {
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = fail;
    failure.manager.output_message = quiet;
  }
  ~Reading() { jpeg_destroy_decompress(&jpeg); }
};

bool read_header(Reading& reading, const std::string& bytes) {
  if (setjmp(reading.failure.jump) != 0) return false;
  jpeg_create_decompress(&reading.jpeg);
  jpeg_mem_src(&reading.jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&reading.jpeg, TRUE);
  if (reading.jpeg.num_components == 3) reading.jpeg.out_color_space = JCS_RGB;
  jpeg_calc_output_dimensions(&reading.jpeg);
  return true;
}

// false: the library failed, or warned: it fills damaged parts with grey.
bool read_rows(Reading& reading, uint8_t* target, size_t row_bytes) {
  if (setjmp(reading.failure.jump) != 0) return false;
  jpeg_start_decompress(&reading.jpeg);
  while (reading.jpeg.output_scanline < reading.jpeg.output_height) {
    JSAMPROW row = target + reading.jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&reading.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&reading.jpeg);
  return reading.failure.manager.num_warnings == 0;
}

}  // namespace

Picture decode_jpeg(const std::string& bytes) {
  Reading reading;
  if (!read_header(reading, bytes)) throw Refused("DAMAGED", "the JPEG header cannot be read");
  Picture picture;
  picture.width = reading.jpeg.output_width;
  picture.height = reading.jpeg.output_height;
  picture.channels = reading.jpeg.output_components;
  if (picture.channels != 1 && picture.channels != 3) throw Refused("UNSUPPORTED_OBJECT", "a JPEG image of neither one nor three channels");
  const int64_t row_bytes = picture.width * picture.channels;
  if (row_bytes * picture.height > most_bytes) throw Refused("TOO_LARGE", "the declared size is beyond the limit");
  picture.bytes.resize(static_cast<size_t>(row_bytes * picture.height));
  if (!read_rows(reading, picture.bytes.data(), static_cast<size_t>(row_bytes))) throw Refused("DAMAGED", "the JPEG image data are broken");
  return picture;
}

}  // namespace chiasm
