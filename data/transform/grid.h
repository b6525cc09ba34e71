// Where the model's grid lies over a stored image.
#pragma once

#include "data/transform/resample.h"
#include "data/view.h"

namespace chiasm::transform {

// Pictures: one slice on both sides. They keep their rows and columns; everything else lies in the patient's axes.
bool is_planar(const Size3& source, const Size3& view);

// Volumes: model voxel -> RAS mm; axes right, anterior, superior with the view's spacing, around `centre_mm` or the middle of the image;
// on an axis of the source's own direction and spacing the voxels are the source's, so that a crop or padding resamples nothing.
// Pictures: model pixel -> source pixel (column, row, 0), after trimming and fitting.
Affine model_grid(const Volume& volume, const ViewConfig& view, const std::array<double, 3>* centre_mm = nullptr);

// What of the volume the view may show: for pictures the trimmed part, and with `fit: crop` only the part of the model's aspect ratio, so
// that augmentation cannot bring back what tells the picture's shape.
Box content_box(const Volume& volume, const ViewConfig& view);

// Grid voxel -> voxel of the volume.
Affine to_source(const Affine& grid, const Affine& volume_affine, bool planar);

// Least and greatest RAS mm of the voxels' outer corners.
struct Extent {
  std::array<double, 3> low{}, high{};
};
Extent extent_mm(const Volume& volume);

// prepare() on a grid of the caller's choice, such as an augmented one, deformed or not.
Prepared prepare_on(const Volume& volume, const Preparation& preparation, const Affine& grid, Elastic elastic = {});

}  // namespace chiasm::transform
