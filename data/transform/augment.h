// Training samples: random changes drawn for a key, and made. What is drawn can be printed and made again, bit for bit.
#pragma once

#include "core/base/random.h"
#include "data/transform/change.h"
#include "data/view.h"

namespace chiasm::transform {

// Changes of geometry come first, then those of intensity.h:
//   geometry shift i, j, k (shares of the grid), rotation about i, j, k (radians), scale, flip_lr (0 or 1): geometry.h
//   elastic spans along D, H, W, largest move along i, j, k in model voxels; key: elastic.h
// `flip_lr`: what was drawn for this study; sides change only then.
Changes draw_changes(const AugmentConfig& config, const Preparation& preparation, bool planar, bool flip_lr, Random& random);

// Where the changes lay the model grid. The image's voxels are not looked at.
struct Placement {
  Affine grid;
  Elastic elastic;
};
Placement place(const Volume& image, const Preparation& preparation, const std::array<double, 3>* centre_mm, const Changes& changes);
// `volume`: the image, or at least the part of it that the placement shows (source_box.h).
Prepared prepare_changed(const Volume& volume, const Preparation& preparation, Placement placement, const Changes& changes);

// prepare() with the changes laid over it. Prepared::changes is the list.
Prepared prepare_changed(const Volume& volume, const Preparation& preparation, const std::array<double, 3>* centre_mm,
                         const Changes& changes);

}  // namespace chiasm::transform
