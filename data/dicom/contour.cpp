#include "data/dicom/contour.h"

#include <algorithm>
#include <cmath>

namespace chiasm::dicom {
namespace {

constexpr double steps_per_pixel = 1024;

double rounded(double value) { return std::round(value * steps_per_pixel) / steps_per_pixel; }

PlanePoint rounded(const PlanePoint& point) { return {rounded(point.x), rounded(point.y)}; }

// Rows r with low <= r < high of an edge whose ends are ordered by y; half-open, so that a vertex on a row counts for one of its edges.
int64_t toggle_edge(PlanePoint low, PlanePoint high, int64_t rows, int64_t columns, uint8_t* toggles) {
  if (low.y > high.y) std::swap(low, high);
  const double first = std::clamp(std::ceil(low.y), 0.0, static_cast<double>(rows));
  const double end = std::clamp(std::ceil(high.y), 0.0, static_cast<double>(rows));
  for (auto row = static_cast<int64_t>(first); row < static_cast<int64_t>(end); ++row) {
    const double x = low.x + (static_cast<double>(row) - low.y) * (high.x - low.x) / (high.y - low.y);
    const auto column = static_cast<int64_t>(std::clamp(std::ceil(x), 0.0, static_cast<double>(columns)));
    if (column < columns) toggles[row * columns + column] ^= 1;
  }
  return static_cast<int64_t>(end - first);
}

}  // namespace

int64_t toggle_crossings(const std::vector<PlanePoint>& polygon, int64_t rows, int64_t columns, uint8_t* toggles) {
  int64_t crossings = 0;
  for (size_t n = 0; n < polygon.size(); ++n)
    crossings += toggle_edge(rounded(polygon[n]), rounded(polygon[(n + 1) % polygon.size()]), rows, columns, toggles);
  return crossings;
}

void fill_rows(uint8_t* toggles, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; ++row) {
    uint8_t inside = 0;
    for (int64_t column = 0; column < columns; ++column) {
      inside ^= toggles[row * columns + column];
      toggles[row * columns + column] = inside;
    }
  }
}

}  // namespace chiasm::dicom
