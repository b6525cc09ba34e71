// prepare() and prepare_mask() of view.h.
#include "core/base/check.h"
#include "core/base/error.h"
#include "data/transform/grid.h"
#include "data/transform/normalise.h"
#include "data/view.h"

namespace chiasm {

Prepared transform::prepare_on(const Volume& volume, const Preparation& preparation, const Affine& grid, Elastic elastic) {
  const ViewConfig& view = preparation.view;
  const Box content = content_box(volume, view);
  const Sampling how{view.interpolation == "cubic" ? Interpolation::cubic : Interpolation::linear, &elastic};
  Sampled sampled = sample_image(volume, to_source(grid, volume.affine, is_planar(volume.size, view.size)), view.size, content, how);
  normalise(fit_intensity(volume, preparation, content), sampled);
  return {std::move(sampled.values), std::move(sampled.valid), grid, view.size, std::move(elastic), {}};
}

Prepared prepare(const Volume& volume, const Preparation& preparation, const std::array<double, 3>* centre_mm) {
  return transform::prepare_on(volume, preparation, transform::model_grid(volume, preparation.view, centre_mm));
}

std::vector<uint8_t> prepare_mask(const Volume& mask, const Prepared& on) {
  const auto* classes = std::get_if<std::vector<uint8_t>>(&mask.voxels);
  if (!classes || mask.channels != 1) throw InputError("a mask has one channel of uint8 class indices");
  return transform::sample_nearest(*classes, mask.size,
                                   transform::to_source(on.affine, mask.affine, transform::is_planar(mask.size, on.size)), on.size, 255,
                                   &on.elastic);
}

}  // namespace chiasm
