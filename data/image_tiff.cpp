#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/base/error.h"
#include "data/image_codecs.h"

namespace chiasm {
namespace {

constexpr uint32_t longest_side = 65535;
constexpr int64_t most_bytes = int64_t{1} << 30;
constexpr int64_t most_expansion = 4096;  // of LZW, whose longest code stands for that many bytes; the others expand less

// The file in memory, as the library sees it. It only reads.
struct Input {
  const std::string* bytes;
  uint64_t position;
};

tmsize_t take(thandle_t handle, void* target, tmsize_t count) {
  auto* input = static_cast<Input*>(handle);
  const uint64_t left = input->bytes->size() - std::min<uint64_t>(input->position, input->bytes->size());
  const auto taken = static_cast<tmsize_t>(std::min(static_cast<uint64_t>(std::max<tmsize_t>(count, 0)), left));
  std::memcpy(target, input->bytes->data() + (input->bytes->size() - left), static_cast<size_t>(taken));
  input->position += static_cast<uint64_t>(taken);
  return taken;
}

tmsize_t give(thandle_t, void*, tmsize_t) { return -1; }

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  auto* input = static_cast<Input*>(handle);
  const uint64_t base = whence == SEEK_CUR ? input->position : whence == SEEK_END ? input->bytes->size() : 0;
  return input->position = base + offset;
}

toff_t size_of(thandle_t handle) { return static_cast<Input*>(handle)->bytes->size(); }
int nothing(thandle_t) { return 0; }
int quiet(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

// "m": never a memory map, which the callbacks do not give.
Tiff open(Input& input) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), most_bytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), quiet, nullptr);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), quiet, nullptr);
  return Tiff(TIFFClientOpenExt("image", "rm", &input, take, give, seek, nothing, size_of, nullptr, nullptr, options.get()));
}

uint16_t number(TIFF* tiff, uint32_t tag) {
  uint16_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

void check_grey(TIFF* tiff) {
  uint16_t photometric = 0;
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric) == 0)
    throw Refused("DAMAGED", "the TIFF header does not say what its values mean");
  if (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_MINISWHITE)
    throw Refused("COLOUR", "a colour image where grey values are needed");
  const uint16_t bits = number(tiff, TIFFTAG_BITSPERSAMPLE);
  if (number(tiff, TIFFTAG_SAMPLESPERPIXEL) != 1 || number(tiff, TIFFTAG_SAMPLEFORMAT) != SAMPLEFORMAT_UINT || (bits != 8 && bits != 16))
    throw Refused("UNSUPPORTED_OBJECT", "a TIFF image of other values than 8 or 16 bits without sign");
}

void check_layout(TIFF* tiff) {
  static constexpr uint16_t lossless[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS, COMPRESSION_DEFLATE,
                                          COMPRESSION_ADOBE_DEFLATE};
  if (TIFFLastDirectory(tiff) == 0) throw Refused("UNSUPPORTED_OBJECT", "a TIFF file of more than one page");
  if (TIFFIsTiled(tiff) != 0) throw Refused("UNSUPPORTED_OBJECT", "a TIFF image in tiles");
  if (number(tiff, TIFFTAG_ORIENTATION) != ORIENTATION_TOPLEFT)
    throw Refused("UNSUPPORTED_OBJECT", "a TIFF image that is turned or mirrored");
  if (std::find(std::begin(lossless), std::end(lossless), number(tiff, TIFFTAG_COMPRESSION)) == std::end(lossless))
    throw Refused("UNSUPPORTED_OBJECT", "a TIFF image packed by another method than LZW, deflate or PackBits");
}

Picture described(TIFF* tiff, size_t file_bytes) {
  uint32_t width = 0, height = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  if (width == 0 || height == 0) throw Refused("DAMAGED", "a dimension is not positive");
  Picture picture;
  picture.bits = number(tiff, TIFFTAG_BITSPERSAMPLE);
  picture.width = width;
  picture.height = height;
  if (width > longest_side || height > longest_side || picture.width * picture.height * picture.bits / 8 > most_bytes)
    throw Refused("TOO_LARGE", "the declared size is beyond the limit");
  // Refused before memory is taken.
  if (picture.width * picture.height * picture.bits / 8 / most_expansion > static_cast<int64_t>(file_bytes))
    throw Refused("DAMAGED", "the TIFF file is too short for its size");
  return picture;
}

}  // namespace

Picture decode_tiff(const std::string& bytes) {
  Input input{&bytes, 0};
  const Tiff tiff = open(input);
  if (!tiff) throw Refused("DAMAGED", "the TIFF header cannot be read");
  check_grey(tiff.get());
  check_layout(tiff.get());
  Picture picture = described(tiff.get(), bytes.size());
  const auto row_bytes = static_cast<size_t>(picture.width * picture.bits / 8);
  if (static_cast<size_t>(TIFFScanlineSize64(tiff.get())) != row_bytes) throw Refused("DAMAGED", "the TIFF header contradicts itself");
  picture.bytes.resize(row_bytes * static_cast<size_t>(picture.height));
  for (uint32_t row = 0; row < static_cast<uint32_t>(picture.height); ++row)
    if (TIFFReadScanline(tiff.get(), picture.bytes.data() + row * row_bytes, row, 0) != 1)
      throw Refused("DAMAGED", "the TIFF image data are broken");
  if (number(tiff.get(), TIFFTAG_PHOTOMETRIC) == PHOTOMETRIC_MINISWHITE)
    for (uint8_t& byte : picture.bytes) byte = static_cast<uint8_t>(~byte);
  return picture;
}

}  // namespace chiasm
