#include <algorithm>
#include <array>
#include <limits>
#include <variant>

#include "core/base/text.h"
#include "data/burned_in.h"

namespace chiasm {
namespace {

using dicom::ObjectPixels;

using Colour = std::array<float, 3>;

class ObjectFrames : public TextFrames {
 public:
  explicit ObjectFrames(ObjectPixels& pixels) : pixels_(pixels), format_(pixels.stored.format), blank_(blank_value()) {}
  int64_t frames() const override { return format_.frames; }
  int64_t rows() const override { return format_.rows; }
  int64_t columns() const override { return format_.columns; }

  GreyPicture picture(int64_t frame) const override {
    GreyPicture result{rows(), columns(), {}, {}};
    std::visit([&](const auto& values) { fill(values, result); }, dicom::frame_voxels(pixels_.stored, frame));
    return result;
  }

  void blank(const PixelBox& box) override {
    for (int64_t frame = 0; frame < frames(); ++frame)
      for (int64_t row = box.row; row < box.row + box.rows; ++row)
        for (int64_t column = box.column; column < box.column + box.columns; ++column)
          for (int64_t sample = 0; sample < format_.samples; ++sample)
            put(((frame * rows() + row) * columns() + column) * format_.samples + sample, blank_[static_cast<size_t>(sample)]);
  }

 private:
  bool is_ybr() const { return starts_with(pixels_.photometric, "YBR"); }

  // Brightness for grey and for YBR, else the greatest and the least colour of a pixel.
  template <class Values>
  void fill(const Values& values, GreyPicture& picture) const {
    const bool rgb = format_.samples == 3 && !is_ybr();
    const bool palette = format_.samples == 1 && !pixels_.palette[0].empty();
    for (size_t n = 0; n < values.size(); n += static_cast<size_t>(format_.samples)) {
      Colour colour{static_cast<float>(values[n]), 0, 0};
      if (rgb) colour = {colour[0], static_cast<float>(values[n + 1]), static_cast<float>(values[n + 2])};
      if (palette) colour = entry(static_cast<int64_t>(values[n]));
      if (!rgb && !palette) {
        picture.bright.push_back(colour[0]);
        continue;
      }
      picture.bright.push_back(*std::max_element(colour.begin(), colour.end()));
      picture.dark.push_back(*std::min_element(colour.begin(), colour.end()));
    }
  }

  // Values beyond the palette take its nearest entry (PS3.3 C.7.6.3.1.5).
  Colour entry(int64_t value) const {
    const auto last = static_cast<int64_t>(pixels_.palette[0].size()) - 1;
    const auto n = static_cast<size_t>(std::clamp<int64_t>(value - pixels_.palette_first, 0, last));
    return {pixels_.palette[0][n], pixels_.palette[1][n], pixels_.palette[2][n]};
  }

  // By sample: the least value of grey pixels, black of colours, the darkest entry of a palette.
  std::array<int64_t, 3> blank_value() const {
    if (format_.samples == 3) {
      const int64_t middle = int64_t{1} << (format_.bits_stored - 1);
      return is_ybr() ? std::array<int64_t, 3>{0, middle, middle} : std::array<int64_t, 3>{0, 0, 0};
    }
    if (!pixels_.palette[0].empty()) return {darkest_entry(), 0, 0};
    int64_t least = std::numeric_limits<int64_t>::max();
    for (int64_t frame = 0; frame < format_.frames; ++frame)
      std::visit(
          [&](const auto& values) { least = std::min(least, static_cast<int64_t>(*std::min_element(values.begin(), values.end()))); },
          dicom::frame_voxels(pixels_.stored, frame));
    return {least, 0, 0};
  }

  int64_t darkest_entry() const {
    const auto light = [&](int64_t value) {
      const Colour colour = entry(value);
      return colour[0] + colour[1] + colour[2];
    };
    int64_t darkest = pixels_.palette_first;
    for (int64_t n = 1; n < static_cast<int64_t>(pixels_.palette[0].size()) && pixels_.palette_first + n <= format_.greatest(); ++n)
      if (light(pixels_.palette_first + n) < light(darkest)) darkest = pixels_.palette_first + n;
    return darkest;
  }

  // Little-endian.
  void put(int64_t place, int64_t value) {
    const int64_t width = format_.bits_allocated / 8;
    for (int64_t byte = 0; byte < width; ++byte)
      pixels_.stored.bytes[static_cast<size_t>(place * width + byte)] = static_cast<uint8_t>(value >> (8 * byte) & 0xFF);
  }

  ObjectPixels& pixels_;
  const dicom::PixelFormat& format_;
  std::array<int64_t, 3> blank_;
};

}  // namespace

std::unique_ptr<TextFrames> frames_of(ObjectPixels& pixels) { return std::make_unique<ObjectFrames>(pixels); }

}  // namespace chiasm
