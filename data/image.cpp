#include "data/image.h"

#include <string_view>

#include "core/base/error.h"
#include "core/base/file.h"
#include "data/file_bytes.h"
#include "data/image_codecs.h"

namespace chiasm {
namespace {

// One channel of a colour image whose channels are equal.
template <class Item>
std::vector<Item> grey_of(const std::vector<Item>& colour, size_t channels) {
  std::vector<Item> grey(colour.size() / channels);
  for (size_t n = 0; n < grey.size(); ++n) {
    const Item* pixel = colour.data() + n * channels;
    if (channels >= 3 && (pixel[0] != pixel[1] || pixel[0] != pixel[2]))
      throw Refused("COLOUR", "a colour image where grey values are needed");
    grey[n] = pixel[0];
  }
  return grey;
}

std::vector<uint16_t> words_of(const std::vector<uint8_t>& bytes) {
  std::vector<uint16_t> words(bytes.size() / 2);
  for (size_t n = 0; n < words.size(); ++n) words[n] = static_cast<uint16_t>(bytes[2 * n] | bytes[2 * n + 1] << 8);
  return words;
}

// Alpha is the last of two or four channels; only a fully opaque one means nothing.
void check_opaque(const Picture& picture) {
  if (picture.channels % 2 != 0) return;
  const size_t width = static_cast<size_t>(picture.bits / 8), pixel = width * static_cast<size_t>(picture.channels);
  for (size_t n = pixel - width; n < picture.bytes.size(); n += pixel)
    for (size_t byte = 0; byte < width; ++byte)
      if (picture.bytes[n + byte] != 255) throw Refused("UNSUPPORTED_OBJECT", "an image with transparent parts");
}

// Of 32-bit and 64-bit files in both byte orders.
constexpr std::string_view tiff_marks[] = {{"II\x2A\0", 4}, {"MM\0\x2A", 4}, {"II\x2B\0", 4}, {"MM\0\x2B", 4}};

Picture decode(const std::string& bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return decode_png(bytes);
  if (bytes.starts_with("\xFF\xD8\xFF")) return decode_jpeg(bytes);
  for (const std::string_view mark : tiff_marks)
    if (bytes.starts_with(mark)) return decode_tiff(bytes);
  throw Refused("UNSUPPORTED_OBJECT", "neither PNG nor JPEG nor TIFF");
}

}  // namespace

Volume read_image(const fs::path& path) {
  const Picture picture = decode(file_bytes(path));
  check_opaque(picture);
  Volume volume;
  volume.modality = "image";
  volume.size = {1, picture.height, picture.width};
  const auto channels = static_cast<size_t>(picture.channels);
  if (picture.bits == 16) {
    volume.voxels = grey_of(words_of(picture.bytes), channels);
  } else {
    volume.voxels = grey_of(picture.bytes, channels);
  }
  return volume;
}

void write_png(const fs::path& path, int64_t width, int64_t height, int channels, const std::vector<uint8_t>& bytes) {
  write_file_atomic(path, encode_png(width, height, channels, bytes));
}

}  // namespace chiasm
