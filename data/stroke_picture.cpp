#include "data/stroke_picture.h"

#include <algorithm>
#include <cmath>

namespace chiasm {
namespace {

constexpr int64_t stroke_radius = 4;  // an opening by 9 x 9 pixels keeps what is wider
constexpr int64_t shrink = 4;         // of the smaller copy
constexpr int64_t least_side = 64;    // of the smaller copy
constexpr int64_t tiny_side = 300, small_side = 1100, great_side = 2500;

struct Plane {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

// `take`: the lesser or the greater of two values, over a window of 2 * stroke_radius + 1 that ends at the borders.
template <class Take>
void along_line(const float* from, float* to, int64_t count, int64_t step, const Take& take) {
  for (int64_t n = 0; n < count; ++n) {
    const int64_t first = std::max<int64_t>(0, n - stroke_radius), last = std::min(count - 1, n + stroke_radius);
    float value = from[first * step];
    for (int64_t k = first + 1; k <= last; ++k) value = take(value, from[k * step]);
    to[n * step] = value;
  }
}

template <class Take>
std::vector<float> over_square(const Plane& plane, const std::vector<float>& values, const Take& take) {
  std::vector<float> rows(values.size()), both(values.size());
  for (int64_t r = 0; r < plane.rows; ++r)
    along_line(values.data() + r * plane.columns, rows.data() + r * plane.columns, plane.columns, 1, take);
  for (int64_t c = 0; c < plane.columns; ++c) along_line(rows.data() + c, both.data() + c, plane.rows, plane.columns, take);
  return both;
}

// The plane less its opening: what is brighter than its surroundings and thin.
std::vector<float> top_hat(const Plane& plane) {
  const auto lesser = [](float a, float b) { return std::min(a, b); };
  const auto greater = [](float a, float b) { return std::max(a, b); };
  std::vector<float> opened = over_square(plane, over_square(plane, plane.values, lesser), greater);
  for (size_t n = 0; n < opened.size(); ++n) opened[n] = plane.values[n] - opened[n];
  return opened;
}

float quantile(std::vector<float> values, double fraction) {
  const auto at = values.begin() + static_cast<int64_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

Plane negative(Plane plane) {
  for (float& value : plane.values) value = -value;
  return plane;
}

// Each pixel the mean of a square.
Plane shrunk(const Plane& plane, int64_t factor) {
  Plane small{plane.rows / factor, plane.columns / factor, {}};
  small.values.resize(static_cast<size_t>(small.rows * small.columns));
  for (int64_t r = 0; r < small.rows * factor; ++r)
    for (int64_t c = 0; c < small.columns * factor; ++c)
      small.values[static_cast<size_t>(r / factor * small.columns + c / factor)] +=
          plane.values[static_cast<size_t>(r * plane.columns + c)] / static_cast<float>(factor * factor);
  return small;
}

// Bilinear, pixel centres kept in place.
std::vector<uint8_t> enlarged(const std::vector<float>& values, int64_t rows, int64_t columns, int64_t factor) {
  std::vector<uint8_t> result(static_cast<size_t>(rows * columns * factor * factor));
  const auto place = [&](int64_t n, int64_t count) {
    return std::clamp((static_cast<double>(n) + 0.5) / static_cast<double>(factor) - 0.5, 0.0, static_cast<double>(count - 1));
  };
  for (int64_t r = 0; r < rows * factor; ++r) {
    const double y = place(r, rows);
    const auto top = static_cast<int64_t>(y), bottom = std::min(top + 1, rows - 1);
    for (int64_t c = 0; c < columns * factor; ++c) {
      const double x = place(c, columns);
      const auto left = static_cast<int64_t>(x), right = std::min(left + 1, columns - 1);
      const auto at = [&](int64_t row, int64_t column) { return static_cast<double>(values[static_cast<size_t>(row * columns + column)]); };
      const double fx = x - static_cast<double>(left), fy = y - static_cast<double>(top);
      const double above = at(top, left) * (1 - fx) + at(top, right) * fx, below = at(bottom, left) * (1 - fx) + at(bottom, right) * fx;
      result[static_cast<size_t>(r * columns * factor + c)] = static_cast<uint8_t>(std::lround(above * (1 - fy) + below * fy));
    }
  }
  return result;
}

// How strong strokes are everywhere around a pixel: the greatest of the medians of its block and the eight about it. Noise and speckle
// have strokes everywhere; letters, however dense, leave more than half of a block empty.
class Texture {
 public:
  Texture(const Plane& plane, const std::vector<float>& strokes)
      : rows_((plane.rows + block - 1) / block), columns_((plane.columns + block - 1) / block) {
    for (int64_t r = 0; r < rows_; ++r)
      for (int64_t c = 0; c < columns_; ++c) medians_.push_back(median(plane, strokes, r * block, c * block));
  }
  float at(int64_t row, int64_t column) const {
    float greatest = 0;
    for (int64_t r = std::max<int64_t>(0, row / block - 1); r <= std::min(rows_ - 1, row / block + 1); ++r)
      for (int64_t c = std::max<int64_t>(0, column / block - 1); c <= std::min(columns_ - 1, column / block + 1); ++c)
        greatest = std::max(greatest, medians_[static_cast<size_t>(r * columns_ + c)]);
    return greatest;
  }

 private:
  static constexpr int64_t block = 32;

  static float median(const Plane& plane, const std::vector<float>& strokes, int64_t row, int64_t column) {
    std::vector<float> inside;
    for (int64_t r = row; r < std::min(plane.rows, row + block); ++r)
      for (int64_t c = column; c < std::min(plane.columns, column + block); ++c)
        inside.push_back(strokes[static_cast<size_t>(r * plane.columns + c)]);
    return quantile(std::move(inside), 0.5);
  }

  int64_t rows_, columns_;
  std::vector<float> medians_;
};

// Bright strokes of the plane as dark ones, or nothing when it has none. `scale`: pixels of the plane to one of the image.
void add_strokes(const Plane& plane, double scale, std::vector<StrokePicture>& pictures) {
  constexpr int64_t fewest = 12;  // pixels of the smallest word
  std::vector<float> strokes = top_hat(plane);
  const float strong = std::max(0.5F * quantile(strokes, 0.9998), quantile(strokes, 0.95));
  if (!(strong > 0)) return;
  const Texture texture(plane, strokes);
  int64_t ink = 0;
  for (int64_t r = 0; r < plane.rows; ++r)
    for (int64_t c = 0; c < plane.columns; ++c) {
      float& value = strokes[static_cast<size_t>(r * plane.columns + c)];
      const float threshold = std::max(strong, 4 * texture.at(r, c));
      ink += value >= threshold ? 1 : 0;
      value = 255 - 255 * std::clamp((value / threshold - 0.4F) / 0.6F, 0.0F, 1.0F);
    }
  if (ink < fewest) return;
  const int64_t side = std::max(plane.rows, plane.columns), factor = side < tiny_side ? 3 : side <= small_side ? 2 : 1;
  pictures.push_back({plane.rows * factor, plane.columns * factor, scale * static_cast<double>(factor),
                      enlarged(strokes, plane.rows, plane.columns, factor)});
}

void add_sizes(const Plane& plane, double scale, std::vector<StrokePicture>& pictures) {
  add_strokes(plane, scale, pictures);
  if (std::min(plane.rows, plane.columns) >= least_side * shrink) add_strokes(shrunk(plane, shrink), scale / shrink, pictures);
}

// A few values far from all others, as of metal, make everything else faint.
bool clip_to_most(Plane& plane) {
  const float low = quantile(plane.values, 0.01), high = quantile(plane.values, 0.99);
  const auto [least, greatest] = std::minmax_element(plane.values.begin(), plane.values.end());
  if (!(high > low) || high - low > 0.5F * (*greatest - *least)) return false;
  for (float& value : plane.values) value = std::clamp(value, low, high);
  return true;
}

}  // namespace

std::vector<StrokePicture> stroke_pictures(const GreyPicture& picture) {
  std::vector<StrokePicture> pictures;
  if (picture.bright.empty()) return pictures;
  for (const bool inverted : {false, true}) {
    const std::vector<float>& values = inverted && !picture.dark.empty() ? picture.dark : picture.bright;
    Plane plane{picture.rows, picture.columns, values};
    for (float& value : plane.values)
      if (!std::isfinite(value)) value = 0;
    if (inverted) plane = negative(std::move(plane));
    double scale = 1;
    for (; std::max(plane.rows, plane.columns) > great_side; scale /= 2) plane = shrunk(plane, 2);
    add_sizes(plane, scale, pictures);
    if (clip_to_most(plane)) add_sizes(plane, scale, pictures);
  }
  return pictures;
}

}  // namespace chiasm
