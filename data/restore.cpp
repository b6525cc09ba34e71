// restore_mask() of view.h.
#include "core/base/check.h"
#include "data/transform/grid.h"
#include "data/view.h"

namespace chiasm {

Volume restore_mask(const std::vector<uint8_t>& classes, const Prepared& from, const Volume& native) {
  check(classes.size() == static_cast<size_t>(from.size[0] * from.size[1] * from.size[2]),
        "a mask to restore has the size of its model grid");
  Volume out;
  out.modality = "mask";
  out.size = native.size;
  out.affine = native.affine;
  const Affine to_model =
      transform::is_planar(native.size, from.size) ? inverse(from.affine) : compose(inverse(from.affine), native.affine);
  out.voxels = transform::sample_nearest(classes, from.size, to_model, native.size, 0);
  return out;
}

}  // namespace chiasm
