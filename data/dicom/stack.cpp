#include "data/dicom/stack.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm::dicom {
namespace {

using Vector = std::array<double, 3>;

constexpr double unit_tolerance = 1e-3;

Vector cross(const std::vector<double>& o) { return {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]}; }

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double length(const Vector& a) { return std::sqrt(dot(a, a)); }
Vector minus(const Vector& a, const Vector& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Vector times(const Vector& a, double factor) { return {a[0] * factor, a[1] * factor, a[2] * factor}; }
Vector vector_of(const std::vector<double>& p) { return {p[0], p[1], p[2]}; }

Vector unit_normal(const std::vector<double>& orientation) {
  const Vector normal = cross(orientation);
  return times(normal, 1 / length(normal));
}

double tolerance(double distance) { return std::max(0.02, 0.01 * distance); }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<double> distances(const std::vector<double>& sorted) {
  std::vector<double> result;
  for (size_t n = 1; n < sorted.size(); ++n) result.push_back(sorted[n] - sorted[n - 1]);
  return result;
}

// A few gaps of whole multiples of the usual distance are missing slices; anything else is a series of changing spacing.
void refuse_uneven(const std::vector<double>& gaps) {
  const double usual = median(gaps);
  std::string places;
  size_t large = 0, missing = 0;
  for (size_t n = 0; n < gaps.size(); ++n) {
    if (std::abs(gaps[n] - usual) <= tolerance(usual)) continue;
    const double steps = std::round(gaps[n] / usual);
    if (steps < 2 || std::abs(gaps[n] - steps * usual) > tolerance(gaps[n])) {
      throw Refused("IRREGULAR_SPACING", "slice distances differ: " + fixed(usual, 3) + " mm usually, " + fixed(gaps[n], 3) +
                                             " mm after slice " + std::to_string(n + 1));
    }
    ++large;
    missing += static_cast<size_t>(steps) - 1;
    if (large <= 3)
      places += (places.empty() ? "" : ", ") + std::string("after slice ") + std::to_string(n + 1) + " (" + fixed(gaps[n], 3) + " mm)";
  }
  if (large == 0) return;
  if (large > 1 && large * 3 > gaps.size())
    throw Refused("IRREGULAR_SPACING", "two slice distances in one series: " + fixed(usual, 3) + " mm and multiples of it");
  throw Refused("MISSING_SLICES", std::to_string(missing) + (missing == 1 ? " slice is missing " : " slices are missing ") + places +
                                      (large > 3 ? " and elsewhere" : "") + "; the usual distance is " + fixed(usual, 3) + " mm");
}

// Sideways shift must grow evenly with the slice position: that is a gantry tilt. Anything else is no volume.
void check_shear(const std::vector<Frame>& frames, const Vector& origin, const Vector& normal, const Vector& step) {
  const double distance = dot(step, normal);
  for (const Frame& frame : frames) {
    const Vector offset = minus(vector_of(frame.position), origin);
    const Vector expected = times(step, dot(offset, normal) / distance);
    if (length(minus(offset, expected)) > std::max(tolerance(distance), 0.02))
      throw Refused("IRREGULAR_SPACING", "slices are shifted sideways against each other");
  }
}

}  // namespace

double along_normal(const std::vector<double>& position, const std::vector<double>& orientation) {
  return dot(vector_of(position), unit_normal(orientation));
}

bool is_even(const std::vector<double>& sorted) {
  const std::vector<double> gaps = distances(sorted);
  if (gaps.empty()) return false;
  const double usual = median(gaps);
  return usual > same_position_mm &&
         std::all_of(gaps.begin(), gaps.end(), [&](double gap) { return std::abs(gap - usual) <= tolerance(usual); });
}

void check_plane(const Frame& frame) {
  if (frame.position.empty() || frame.orientation.empty()) throw Refused("NO_POSITION", "a slice has no position or orientation");
  if (frame.spacing.empty() || !(frame.spacing[0] > 0) || !(frame.spacing[1] > 0))
    throw Refused("BAD_GEOMETRY", "the pixel spacing is absent or not positive");
  const std::vector<double>& o = frame.orientation;
  const Vector row{o[0], o[1], o[2]}, column{o[3], o[4], o[5]};
  if (std::abs(length(row) - 1) > unit_tolerance || std::abs(length(column) - 1) > unit_tolerance ||
      std::abs(dot(row, column)) > unit_tolerance)
    throw Refused("BAD_GEOMETRY", "the orientation is not two unit vectors at a right angle");
}

std::vector<size_t> slice_order(const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) check_plane(frame);
  std::vector<size_t> order(frames.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> along;
  for (const Frame& frame : frames) along.push_back(along_normal(frame.position, frames.front().orientation));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return along[a] < along[b]; });
  return order;
}

Stack judge_stack(const std::vector<Frame>& frames) {
  Stack stack;
  stack.order = slice_order(frames);
  const Vector normal = unit_normal(frames.front().orientation);
  std::vector<double> along;
  for (const size_t n : stack.order) along.push_back(dot(vector_of(frames[n].position), normal));
  stack.origin = vector_of(frames[stack.order.front()].position);
  if (frames.size() < 2) return stack;
  const std::vector<double> gaps = distances(along);
  for (size_t n = 0; n < gaps.size(); ++n)
    if (gaps[n] < same_position_mm)
      throw Refused("DUPLICATE_POSITION",
                    "two different slices share one position: slices " + std::to_string(n + 1) + " and " + std::to_string(n + 2));
  refuse_uneven(gaps);
  const Vector last = vector_of(frames[stack.order.back()].position);
  stack.step = times(minus(last, stack.origin), 1.0 / static_cast<double>(frames.size() - 1));
  check_shear(frames, stack.origin, normal, stack.step);
  const double cosine = std::min(1.0, dot(stack.step, normal) / length(stack.step));
  stack.tilt_deg = std::acos(cosine) * 180 / M_PI;
  return stack;
}

Affine ras_affine(const Frame& first, const std::array<double, 3>& step) {
  Affine affine{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const double sign = axis < 2 ? -1 : 1;  // LPS to RAS
    affine[axis * 4] = sign * first.orientation[axis] * first.spacing[1];
    affine[axis * 4 + 1] = sign * first.orientation[3 + axis] * first.spacing[0];
    affine[axis * 4 + 2] = sign * step[axis];
    affine[axis * 4 + 3] = sign * first.position[axis];
  }
  for (double& value : affine) value += 0.0;  // no negative zeros
  return affine;
}

}  // namespace chiasm::dicom
