// The header of a NIfTI-1 or NIfTI-2 file, of either byte order, as far as reading needs it.
#pragma once

#include <cstdint>
#include <string_view>

#include "data/volume.h"

namespace chiasm {

struct NiftiHeader {
  bool swapped = false;  // the file is of the other byte order
  Size3 size{1, 1, 1};   // D, H, W
  Affine affine{};
  int datatype = 0;        // NIFTI_TYPE_*
  int64_t item_bytes = 0;  // of a voxel
  int64_t start = 0;       // of the voxels in the file
  double slope = 1, intercept = 0;
};

constexpr size_t longest_nifti_header = 540;

// From the first `longest_nifti_header` bytes of a file, or all. What the standard forbids is refused, where the NIfTI library would put
// another value in its place (a size below 1, a zero spacing, a number that is not finite). Throws Refused as read_nifti() does.
NiftiHeader read_nifti_header(std::string_view beginning);

}  // namespace chiasm
