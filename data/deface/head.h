// The image on a grid of 2 mm along the axes of the patient, and what of it is tissue: the same for every order and direction in which a
// scanner stores its slices.
#pragma once

#include <vector>

#include "data/deface/grid_mask.h"
#include "data/deface/point.h"
#include "data/transform/large.h"
#include "data/volume.h"

namespace chiasm::face {

inline constexpr double kStep = 2;  // mm

struct Head {
  bool ct = false;
  Size3 size{};                             // D, H, W: superior, anterior, right
  Point origin{};                           // RAS of voxel 0
  transform::Floats values;                 // HU, or what the MR measured; what the image does not hold: -1024, or the background
  Mask image;                               // 1: the image holds a value here
  Mask foreground;                          // what stands out from the air, but for specks
  Mask tissue;                              // the largest piece of it, the skull apart: the head
  double low = 0, threshold = 0, high = 0;  // of `soft`: background; what stands out from it; the brightest but 2 %
  transform::Floats soft;                   // what brain can be told from: MR values; CT between 0 and 100 HU, else 0 (bone is dark)

  int64_t index(const Point& ras) const;  // of the nearest voxel; -1 beyond the grid
  Point point(int64_t index) const;
  int64_t first_of_upper_half() const;  // voxel that starts the slices of the upper 140 mm of the tissue: brain and little else
};

// `volume`: CT in HU or MR, one channel. Throws Refused FACES where the voxels are too coarse, or the image too small for a head.
Head head_of(const Volume& volume, int threads);

}  // namespace chiasm::face
