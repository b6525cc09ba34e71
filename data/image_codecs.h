// libpng, libjpeg and libtiff behind plain functions. The first two report errors by longjmp, so their files hold nothing that needs a
// destructor at that moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chiasm {

struct Picture {
  int64_t width = 0, height = 0;
  int channels = 1;            // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  int bits = 8;                // 8 or 16
  std::vector<uint8_t> bytes;  // rows from the top, pixels interleaved, 16-bit values little-endian
};

// Throw Refused: TOO_LARGE, DAMAGED (truncation included), UNSUPPORTED_OBJECT (CMYK).
Picture decode_png(const std::string& bytes);
Picture decode_jpeg(const std::string& bytes);
// One page of grey values, rows in strips, unpacked or lossless; white is the largest value whatever the file says. Throws Refused: the
// same, COLOUR.
Picture decode_tiff(const std::string& bytes);

}  // namespace chiasm
