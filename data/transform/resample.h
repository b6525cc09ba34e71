// One sampling from the stored grid to the model's: orientation, spacing, crop and augmentation are one affine map, so every value is
// interpolated once.
#pragma once

#include <vector>

#include "data/volume.h"

namespace chiasm::transform {

// Part of a stored grid that counts as content, in continuous voxel coordinates of i, j, k: voxel n spans n - 0.5 to n + 0.5.
struct Box {
  std::array<double, 3> low{}, high{};
};

Box whole_box(const Size3& size);

struct Sampled {
  std::vector<float> values;   // DHW; beyond the content the border's values
  std::vector<uint8_t> valid;  // DHW: the point lies in the content (and where the volume's own `valid` is, mostly on valid voxels)
};

// `to_source` maps a voxel (i, j, k) of the new grid of `size` (D, H, W) to a voxel of `source`. Linear; averaged over the new voxel along
// source axes that are sampled more than 1.5 times coarser. Axis-aligned maps (flips and exchanged axes too) are separable and cheaper.
Sampled sample_linear(const Volume& source, const Affine& to_source, const Size3& size, const Box& content);

// Class indices, nearest neighbour; `outside` beyond the source's grid. `source`: DHW of `source_size`.
std::vector<uint8_t> sample_nearest(const std::vector<uint8_t>& source, const Size3& source_size, const Affine& to_source,
                                    const Size3& size, uint8_t outside);

// DHW: the voxels whose centres lie in `content`.
std::vector<uint8_t> inside(const Affine& to_source, const Size3& size, const Box& content);

}  // namespace chiasm::transform
