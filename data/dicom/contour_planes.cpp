#include "data/dicom/contour_planes.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace chiasm::dicom {
namespace {

// What a decimal string cannot hold must not decide which plane is nearer (contour.cpp rounds so inside the plane).
double rounded(double slices) { return std::round(slices * 1024) / 1024; }

std::vector<double> gaps_of(const std::vector<double>& planes) {
  std::vector<double> gaps;
  for (size_t n = 1; n < planes.size(); ++n) gaps.push_back(planes[n] - planes[n - 1]);
  return gaps;
}

void require_regular(const std::vector<double>& planes, double distance, const PlaneTolerance& tolerance) {
  for (const double gap : gaps_of(planes)) {
    const double steps = std::max(1.0, std::round(gap / distance));
    if (std::abs(gap - steps * distance) > steps * tolerance.of(distance))
      throw Refused("GRID_MISMATCH", "contours lie on planes at irregular distances");
  }
}

}  // namespace

std::vector<double> distinct_planes(std::vector<double> positions, const PlaneTolerance& tolerance) {
  std::sort(positions.begin(), positions.end());
  std::vector<double> planes;
  for (const double position : positions)
    if (planes.empty() || position - planes.back() > tolerance.least) planes.push_back(position);
  return planes;
}

std::optional<double> plane_distance(const std::vector<std::vector<double>>& regions, const PlaneTolerance& tolerance) {
  std::vector<double> gaps;
  for (const std::vector<double>& planes : regions)
    for (const double gap : gaps_of(planes)) gaps.push_back(gap);
  std::sort(gaps.begin(), gaps.end());
  for (size_t n = 0; n + 1 < gaps.size(); ++n) {
    size_t end = n + 1;
    while (end < gaps.size() && gaps[end] - gaps[n] <= 2 * tolerance.of(gaps[n])) ++end;
    if (end - n >= 2) return gaps[n + (end - n) / 2];
  }
  return std::nullopt;
}

std::vector<int64_t> planes_of_slices(const std::vector<double>& planes, double distance, int64_t slices, const PlaneTolerance& tolerance) {
  require_regular(planes, distance, tolerance);
  std::vector<int64_t> shown(static_cast<size_t>(slices), -1);
  for (int64_t slice = 0; slice < slices; ++slice) {
    const auto at = static_cast<double>(slice);
    const auto above = std::upper_bound(planes.begin(), planes.end(), at);  // the first beyond the slice
    const int64_t next = above - planes.begin();
    const double down = above == planes.begin() ? 2 * distance : at - *(above - 1), up = above == planes.end() ? 2 * distance : *above - at;
    const bool between_neighbours = down + up < 1.5 * distance;
    const bool is_next = rounded(up) <= rounded(between_neighbours ? down : distance / 2);
    if (is_next)
      shown[static_cast<size_t>(slice)] = next;
    else if (between_neighbours || rounded(down) < rounded(distance / 2))
      shown[static_cast<size_t>(slice)] = next - 1;
  }
  return shown;
}

}  // namespace chiasm::dicom
