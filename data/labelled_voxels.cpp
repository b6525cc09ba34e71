#include "data/labelled_voxels.h"

#include <algorithm>
#include <array>

namespace chiasm {

namespace {

constexpr int64_t kMost = 1024;
constexpr uint8_t kNotAnnotated = 255;

}  // namespace

std::vector<LabelledVoxel> labelled_voxels(const Volume& mask) {
  const auto& classes = std::get<std::vector<uint8_t>>(mask.voxels);
  std::array<int64_t, 256> counts{}, seen{}, kept{};
  for (const uint8_t value : classes) ++counts[value];
  std::vector<LabelledVoxel> out;
  for (size_t at = 0; at < classes.size(); ++at) {
    const uint8_t value = classes[at];
    if (value == 0 || value == kNotAnnotated) continue;
    const int64_t wanted = std::min(counts[value], kMost);
    // The middle of the next of `wanted` equal parts.
    if (seen[value]++ != (2 * kept[value] + 1) * counts[value] / (2 * wanted)) continue;
    ++kept[value];
    out.push_back({value, static_cast<int64_t>(at)});
  }
  return out;
}

}  // namespace chiasm
