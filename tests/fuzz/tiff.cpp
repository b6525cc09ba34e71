// TIFF images: as many bytes as the size says.
#include <string>

#include "core/base/error.h"
#include "data/image_codecs.h"
#include "tests/fuzz/truth.h"

using namespace chiasm;
using fuzz::truth;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const Picture picture = decode_tiff(std::string(reinterpret_cast<const char*>(data), size));
    truth(picture.width > 0 && picture.height > 0, "every side is positive");
    truth(picture.channels == 1 && (picture.bits == 8 || picture.bits == 16), "the values are grey");
    truth(static_cast<int64_t>(picture.bytes.size()) == picture.width * picture.height * picture.bits / 8,
          "there are as many bytes as the product of the shape");
  } catch (const Refused&) {
    return 0;
  }
  return 0;
}
