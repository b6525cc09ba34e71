// Histogram of normalise.h.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "data/transform/normalise.h"
#include "data/transform/slice.h"

namespace chiasm::transform {
namespace {

constexpr int64_t most_counted = int64_t{1} << 22, most_sorted = int64_t{1} << 18;

struct Region {
  std::array<IndexRange, 3> axes;  // i, j, k
  int64_t voxels() const {
    int64_t count = 1;
    for (const IndexRange& axis : axes) count *= axis.last - axis.first + 1;
    return count;
  }
};

// Voxels whose centres lie in the content; the middle voxel where no centre does.
Region region_of(const Size3& size, const Box& content) {
  Region out;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto first = static_cast<int64_t>(std::ceil(content.low[axis])), last = static_cast<int64_t>(std::floor(content.high[axis]));
    out.axes[axis].first = std::clamp<int64_t>(first, 0, size[2 - axis] - 1);
    out.axes[axis].last = std::clamp<int64_t>(last, out.axes[axis].first, size[2 - axis] - 1);
  }
  return out;
}

// Calls visit(voxel index of the first channel) for every `stride`-th voxel of the region that is valid.
template <class Visit>
void for_each_voxel(const Volume& volume, const Region& region, int64_t stride, const Visit& visit) {
  int64_t wait = 0;
  for (int64_t k = region.axes[2].first; k <= region.axes[2].last; ++k) {
    for (int64_t j = region.axes[1].first; j <= region.axes[1].last; ++j) {
      const int64_t row = (k * volume.size[1] + j) * volume.size[2];
      int64_t i = region.axes[0].first + wait;
      for (; i <= region.axes[0].last; i += stride)
        if (volume.valid.empty() || volume.valid[static_cast<size_t>(row + i)]) visit(row + i);
      wait = i - region.axes[0].last - 1;
    }
  }
}

int64_t stride_for(const Region& region, int64_t most) {
  int64_t stride = (region.voxels() + most - 1) / most;
  const int64_t width = region.axes[0].last - region.axes[0].first + 1;
  // A common factor with the row length would look at the same columns again and again.
  while (stride > 1 && width % stride == 0) ++stride;
  return std::max<int64_t>(stride, 1);
}

template <class T>
Histogram counted(const Volume& volume, const std::vector<T>& voxels, const Region& region) {
  constexpr int64_t lowest = std::numeric_limits<T>::min(), levels = int64_t{1} << (8 * sizeof(T));
  std::vector<uint32_t> counts(static_cast<size_t>(levels), 0);
  for_each_voxel(volume, region, stride_for(region, most_counted),
                 [&](int64_t at) { ++counts[static_cast<size_t>(voxels[static_cast<size_t>(at)] - lowest)]; });
  Histogram out;
  for (int64_t level = 0; level < levels; ++level) {
    if (!counts[static_cast<size_t>(level)]) continue;
    out.values.push_back(static_cast<double>(level + lowest) * volume.slope + volume.intercept);
    out.counts.push_back(counts[static_cast<size_t>(level)]);
  }
  return out;
}

// Equal values are not joined: it would gain nothing.
Histogram sorted(const Volume& volume, const Region& region) {
  std::vector<float> values;
  const int64_t stride = stride_for(region, most_sorted);
  std::vector<float> slice;
  const int64_t width = volume.size[2];
  int64_t loaded = -1;
  for_each_voxel(volume, region, stride, [&](int64_t at) {
    const int64_t k = at / (volume.size[1] * width);
    if (k != loaded) read_slice(volume, loaded = k, {0, volume.size[1] - 1}, {0, width - 1}, slice);
    const float value = slice[static_cast<size_t>(at - k * volume.size[1] * width)];
    if (std::isfinite(value)) values.push_back(value);
  });
  std::sort(values.begin(), values.end());
  Histogram out;
  out.values.assign(values.begin(), values.end());
  out.counts.assign(values.size(), 1);
  return out;
}

}  // namespace

double Histogram::percentile(double percent) const {
  if (values.empty()) return 0;
  const double rank = percent / 100 * (total - 1), lower = std::floor(rank);
  double below = 0;
  for (size_t n = 0; n < values.size(); ++n) {
    below += counts[n];
    if (below <= lower) continue;
    // The next order statistic is the next value only where this one is used up.
    const bool last_of_value = below <= lower + 1;
    const double next = last_of_value && n + 1 < values.size() ? values[n + 1] : values[n];
    return values[n] + (rank - lower) * (next - values[n]);
  }
  return values.back();
}

Histogram histogram(const Volume& volume, const Box& content) {
  const Region region = region_of(volume.size, content);
  Histogram out = std::visit(
      [&]<class T>(const std::vector<T>& voxels) {
        if constexpr (sizeof(T) <= 2)
          if (volume.channels == 1) return counted(volume, voxels, region);
        return sorted(volume, region);
      },
      volume.voxels);
  if (volume.slope < 0) {
    std::reverse(out.values.begin(), out.values.end());
    std::reverse(out.counts.begin(), out.counts.end());
  }
  for (const double count : out.counts) out.total += count;
  return out;
}

}  // namespace chiasm::transform
