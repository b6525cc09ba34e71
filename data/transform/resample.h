// One sampling from the stored grid to the model's: orientation, spacing, crop and augmentation are one map, so every value is
// interpolated once.
#pragma once

#include <vector>

#include "data/transform/elastic.h"
#include "data/transform/large.h"
#include "data/transform/weights.h"
#include "data/volume.h"

namespace chiasm::transform {

// Part of a stored grid that counts as content, in continuous voxel coordinates of i, j, k: voxel n spans n - 0.5 to n + 0.5.
struct Box {
  std::array<double, 3> low{}, high{};
};

Box whole_box(const Size3& size);

struct Sampled {
  Floats values;               // DHW; beyond the content the border's values
  std::vector<uint8_t> valid;  // DHW: the point lies in the content (and where the volume's own `valid` is, mostly on valid voxels)
};

struct Sampling {
  Interpolation interpolation = Interpolation::linear;
  const Elastic* elastic = nullptr;  // deforms the new grid in its own voxels; none: nullptr
  int threads = 1;                   // the result does not depend on it
};

// `to_source` maps a voxel (i, j, k) of the new grid of `size` (D, H, W) to a voxel of `source`. Averaged over the new voxel along source
// axes that are sampled more than 1.5 times coarser. Axis-aligned maps (flips and exchanged axes too) without a deformation are separable
// and cheaper. Cubic: the B-spline through the voxels, mirrored at the borders; linear where the volume marks its own padding, for a
// spline would carry the padding inwards.
Sampled sample_image(const Volume& source, const Affine& to_source, const Size3& size, const Box& content, const Sampling& how = {});

// Class indices, nearest neighbour; `outside` beyond the source's grid. `source`: DHW of `source_size`.
std::vector<uint8_t> sample_nearest(const std::vector<uint8_t>& source, const Size3& source_size, const Affine& to_source,
                                    const Size3& size, uint8_t outside, const Elastic* elastic = nullptr);

// DHW: the voxels whose centres lie in `content`.
std::vector<uint8_t> inside(const Affine& to_source, const Size3& size, const Box& content, const Elastic* elastic = nullptr);

}  // namespace chiasm::transform
