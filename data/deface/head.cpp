#include "data/deface/head.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "data/transform/resample.h"

namespace chiasm::face {

namespace {

constexpr double kAir = -1024, kTissue = -300, kFat = -20, kBone = 100;  // HU
constexpr double kUpperHead = 140;                                       // mm
constexpr double kFinest = 5, kCoarsest = 10;                            // mm: in the plane, between slices
constexpr double kSmallest = 100, kLargest = 700;                        // mm: sides of an image that may hold a head

void check_shape(const Volume& volume) {
  if (volume.channels != 1) throw Refused("FACES", "an image of several channels cannot be defaced");
  Spacing3 spacing = spacing_mm(volume);
  std::sort(spacing.begin(), spacing.end());
  if (spacing[1] > kFinest || spacing[2] > kCoarsest)
    throw Refused("FACES", "voxels above 5 mm in the plane, or slices above 10 mm, are too coarse to find the face");
}

void lay_grid(const Volume& volume, Head& head) {
  Point low, high;
  low.fill(std::numeric_limits<double>::infinity());
  high.fill(-std::numeric_limits<double>::infinity());
  for (int corner = 0; corner < 8; ++corner) {
    Point at{};
    for (size_t axis = 0; axis < 3; ++axis) at[axis] = (corner >> axis & 1) != 0 ? static_cast<double>(volume.size[2 - axis]) - 0.5 : -0.5;
    at = chiasm::apply(volume.affine, at);
    for (size_t axis = 0; axis < 3; ++axis) low[axis] = std::min(low[axis], at[axis]), high[axis] = std::max(high[axis], at[axis]);
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    const double side = high[axis] - low[axis];
    if (side < kSmallest || side > kLargest) throw Refused("FACES", "the image is no whole head: a side is below 100 or above 700 mm");
    head.size[2 - axis] = static_cast<int64_t>(std::ceil(side / kStep - 1e-6));
    head.origin[axis] = (low[axis] + high[axis] - kStep * static_cast<double>(head.size[2 - axis] - 1)) / 2;
  }
}

void fill(const Volume& volume, Head& head, int threads) {
  const Affine grid{kStep, 0, 0, head.origin[0], 0, kStep, 0, head.origin[1], 0, 0, kStep, head.origin[2]};
  transform::Sampled sampled = transform::sample_image(volume, compose(inverse(volume.affine), grid), head.size,
                                                       transform::whole_box(volume.size), {.threads = threads});
  head.values = std::move(sampled.values);
  head.image = std::move(sampled.valid);
  for (float& value : head.values)
    if (!std::isfinite(value)) value = head.ct ? static_cast<float>(kAir) : 0;
}

// The bounds of Smith (2002): the darkest and brightest 2 % apart, and a tenth of the way between them.
void measure(Head& head) {
  if (head.ct) {
    head.low = 0, head.threshold = 10, head.high = 100;
    return;
  }
  std::vector<float> known;
  for (size_t n = 0; n < head.values.size(); ++n)
    if (head.image[n] != 0) known.push_back(head.values[n]);
  if (known.empty()) throw Refused("FACES", "the image holds no values");
  const auto at = [&](double share) {
    const auto nth = known.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(known.size() - 1));
    std::nth_element(known.begin(), nth, known.end());
    return static_cast<double>(*nth);
  };
  head.low = at(0.02), head.high = at(0.98);
  head.threshold = head.low + 0.1 * (head.high - head.low);
  const double rounding = 1e-5 * std::max(std::abs(head.low), std::abs(head.high));  // of the resampling
  if (!(head.high - head.low > rounding)) throw Refused("FACES", "the image shows nothing");
}

// A head holder or a cushion touches the head by less than 8 mm: what an erosion of 4 mm parts is not the head. In MR the skull is as dark
// as air and would part the brain from the scalp: gaps of up to 16 mm are closed before.
void find_tissue(Head& head) {
  const double threshold = head.ct ? kTissue : head.threshold;
  Mask above(head.values.size());
  for (size_t n = 0; n < above.size(); ++n) above[n] = head.image[n] != 0 && head.values[n] > threshold;
  const Mask closed = head.ct ? above : eroded(dilated(above, head.size, 4), head.size, 4);
  head.tissue = dilated(largest_piece(eroded(closed, head.size, 2), head.size), head.size, 3);
  head.foreground = dilated(eroded(above, head.size, 1), head.size, 1);
  for (size_t n = 0; n < above.size(); ++n) head.tissue[n] &= above[n];
}

}  // namespace

int64_t Head::index(const Point& ras) const {
  int64_t result = 0;
  for (size_t axis = 3; axis-- > 0;) {
    const auto at = static_cast<int64_t>(std::floor((ras[axis] - origin[axis]) / kStep + 0.5));
    if (at < 0 || at >= size[2 - axis]) return -1;
    result = result * size[2 - axis] + at;
  }
  return result;
}

Point Head::point(int64_t index) const {
  return {origin[0] + kStep * static_cast<double>(index % size[2]), origin[1] + kStep * static_cast<double>(index / size[2] % size[1]),
          origin[2] + kStep * static_cast<double>(index / (size[2] * size[1]))};
}

int64_t Head::first_of_upper_half() const {
  const int64_t slice = size[1] * size[2];
  int64_t top = std::ssize(tissue) - 1;
  while (top >= 0 && tissue[static_cast<size_t>(top)] == 0) --top;
  return std::max<int64_t>(0, top / slice - static_cast<int64_t>(kUpperHead / kStep)) * slice;
}

Head head_of(const Volume& volume, int threads) {
  check_shape(volume);
  Head head;
  head.ct = volume.modality == "ct";
  lay_grid(volume, head);
  fill(volume, head, threads);
  measure(head);
  for (size_t n = 0; n < head.values.size(); ++n)
    if (head.image[n] == 0) head.values[n] = static_cast<float>(head.ct ? kAir : head.low);
  find_tissue(head);
  head.soft = head.values;
  if (head.ct)
    for (float& value : head.soft) value = value >= kFat && value <= kBone ? value - kFat : 0;
  return head;
}

}  // namespace chiasm::face
