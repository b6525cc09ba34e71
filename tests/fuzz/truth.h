// What a fuzz target claims of everything that a reader accepts.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "data/volume.h"

namespace chiasm::fuzz {

// libFuzzer keeps the input of an aborted run.
inline void truth(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: untrue: %s\n", what);
  std::abort();
}

// Of every volume, whichever reader made it.
inline void check_volume(const Volume& volume) {
  for (const int64_t side : volume.size) truth(side > 0, "every side of a volume is positive");
  const auto count = static_cast<size_t>(voxel_count(volume));
  std::visit([&](const auto& voxels) { truth(voxels.size() == count, "there are as many voxels as the product of the shape"); },
             volume.voxels);
  for (const double value : volume.affine) truth(std::isfinite(value), "the affine is finite");
  for (const double side : spacing_mm(volume)) truth(std::isfinite(side) && side > 0, "the spacing is positive");
  static_cast<void>(inverse(volume.affine));  // throws when there is none
  truth(std::isfinite(volume.slope) && volume.slope != 0 && std::isfinite(volume.intercept), "the rescale is finite and not zero");
}

}  // namespace chiasm::fuzz
