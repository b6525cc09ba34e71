#include "scripts/evaluate_page_slice.h"

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/report/picture.h"
#include "data/image.h"
#include "data/transform/grid.h"

namespace chiasm::page {
namespace {

constexpr Colour padding{24, 38, 68};

struct Range {
  float low, high;
};

Range grey_range(const Prepared& image) {
  std::vector<float> seen;
  for (size_t i = 0; i < image.valid.size(); ++i)
    if (image.valid[i] != 0) seen.push_back(image.values[i]);
  if (seen.empty()) return {0, 1};
  const auto at = [&](double share) {
    const auto place = seen.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(seen.size() - 1));
    std::nth_element(seen.begin(), place, seen.end());
    return *place;
  };
  const Range range{at(0.005), at(0.995)};
  return range.high > range.low ? range : Range{range.low, range.low + 1};
}

// Index in a DHW array of the pixel shown at (row, column) before enlargement.
size_t shown_index(const Size3& size, const Layout& layout, int64_t slice, int64_t row, int64_t column) {
  const int64_t h = layout.flip_rows ? size[1] - 1 - row : row;
  const int64_t w = layout.flip_columns ? size[2] - 1 - column : column;
  return static_cast<size_t>((slice * size[1] + h) * size[2] + w);
}

// Pixels of a structure with a neighbour of another class or at the edge of the picture.
std::vector<bool> outline(const std::vector<uint8_t>& classes, int64_t rows, int64_t columns) {
  const auto at = [&](int64_t r, int64_t c) -> int {
    if (r < 0 || c < 0 || r >= rows || c >= columns) return 0;
    const uint8_t value = classes[static_cast<size_t>(r * columns + c)];
    return value == 255 ? 0 : value;
  };
  std::vector<bool> out(classes.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      const int here = at(r, c);
      out[static_cast<size_t>(r * columns + c)] =
          here != 0 && (at(r - 1, c) != here || at(r + 1, c) != here || at(r, c - 1) != here || at(r, c + 1) != here);
    }
  return out;
}

}  // namespace

Layout layout_of(const Prepared& image, const Volume& source) {
  if (source.size[0] == 1 && image.size[0] == 1) {
    const auto view = source.facts.find("view");
    const bool frontal = view != source.facts.end() && (view->second == "PA" || view->second == "AP");
    return frontal ? Layout{false, false, "R", "L"} : Layout{};
  }
  const std::string codes = axis_codes(image.affine);
  const bool sides = codes[0] == 'R' || codes[0] == 'L';
  return {codes[0] == 'R', codes[1] == 'A' || codes[1] == 'S', sides ? "R" : "", sides ? "L" : ""};
}

Preparation small_view(const Volume& volume, const std::string& modality) {
  const bool planar = volume.size[0] == 1;
  Preparation view;
  view.modality = modality;
  view.view.size = planar ? Size3{1, 160, 160} : Size3{33, 160, 160};
  const transform::Extent extent = transform::extent_mm(volume);
  std::array<double, 3> spacing{1, 1, 1};
  for (size_t d = 0; d < 3 && !planar; ++d) spacing[d] = (extent.high[2 - d] - extent.low[2 - d]) / static_cast<double>(view.view.size[d]);
  if (!planar) spacing[1] = spacing[2] = std::max(spacing[1], spacing[2]);
  view.view.spacing_mm = spacing;
  return view;
}

SlicePicture draw_slice(const Prepared& image, const Layout& layout, int64_t slice, int64_t enlarge) {
  const Range range = grey_range(image);
  SlicePicture picture{image.size[1] * enlarge, image.size[2] * enlarge, {}, 1, layout.left, layout.right};
  const Spacing3 spacing = spacing_of(image.affine);
  const bool planar = image.size[0] == 1;
  picture.aspect = static_cast<double>(image.size[2]) / static_cast<double>(image.size[1]) * (planar ? 1.0 : spacing[2] / spacing[1]);
  picture.rgb.reserve(static_cast<size_t>(picture.rows * picture.columns * 3));
  for (int64_t r = 0; r < picture.rows; ++r)
    for (int64_t c = 0; c < picture.columns; ++c) {
      const size_t index = shown_index(image.size, layout, slice, r / enlarge, c / enlarge);
      const float share = std::clamp((image.values[index] - range.low) / (range.high - range.low), 0.0F, 1.0F);
      const auto grey = static_cast<uint8_t>(std::lround(255.0F * share));
      const Colour colour = image.valid[index] != 0 ? Colour{grey, grey, grey} : padding;
      picture.rgb.insert(picture.rgb.end(), colour.begin(), colour.end());
    }
  return picture;
}

std::vector<uint8_t> lay_out(const std::vector<uint8_t>& mask, const Size3& size, const Layout& layout, int64_t slice, int64_t enlarge) {
  std::vector<uint8_t> out;
  out.reserve(static_cast<size_t>(size[1] * size[2] * enlarge * enlarge));
  for (int64_t r = 0; r < size[1] * enlarge; ++r)
    for (int64_t c = 0; c < size[2] * enlarge; ++c) out.push_back(mask[shown_index(size, layout, slice, r / enlarge, c / enlarge)]);
  return out;
}

void draw_outlines(SlicePicture& picture, const std::vector<uint8_t>& first, Colour first_colour, const std::vector<uint8_t>& second,
                   Colour second_colour) {
  const std::vector<bool> a = outline(first, picture.rows, picture.columns), b = outline(second, picture.rows, picture.columns);
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i] && !b[i]) continue;
    const Colour colour = a[i] && b[i] ? Colour{255, 255, 255} : a[i] ? first_colour : second_colour;
    std::copy(colour.begin(), colour.end(), picture.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
}

std::string figure(const SlicePicture& picture, const std::string& caption) {
  return report::picture(encode_png(picture.columns, picture.rows, 3, picture.rgb), caption, {picture.left, picture.right, picture.aspect});
}

std::string size_text(const Size3& size) {
  std::string out;
  for (const int64_t side : size) out += (out.empty() ? "" : " x ") + std::to_string(side);
  return out;
}

std::string spacing_text(const Spacing3& spacing) {
  std::string out;
  for (const double side : spacing) out += (out.empty() ? "" : " x ") + fixed(side, 2);
  return out + " mm";
}

Spacing3 spacing_of(const Affine& affine) {
  Spacing3 out{};
  for (size_t axis = 0; axis < 3; ++axis) out[2 - axis] = std::hypot(affine[axis], affine[4 + axis], affine[8 + axis]);
  return out;
}

}  // namespace chiasm::page
