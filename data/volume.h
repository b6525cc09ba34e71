// One image or volume with its geometry. This header states the conventions of the whole toolkit:
// - Memory order is C, D, H, W (channel, slice, row, column); a 2-D image has D = 1.
// - The affine maps the voxel index (i, j, k) = (W, H, D) to RAS millimetres: +x = patient right, +y = anterior, +z = superior, as in
//   NIfTI-1. DICOM's LPS is converted on reading.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace chiasm {

// Row-major 3x4: RAS = A * (i, j, k, 1).
using Affine = std::array<double, 12>;
// D, H, W.
using Size3 = std::array<int64_t, 3>;
using Spacing3 = std::array<double, 3>;

using Voxels = std::variant<std::vector<uint8_t>, std::vector<int16_t>, std::vector<uint16_t>, std::vector<int32_t>, std::vector<float>>;

// What normalisation must know of all valid voxels of an image, in the modality's unit: the 0.5th, 1st, 99th and 99.5th percentile; mean
// and deviation after clipping to the outer two.
using IntensityStatistics = std::array<double, 6>;

struct Volume {
  std::string modality;  // "ct", "mr", "xray", "pet", "mask", "image"
  int64_t channels = 1;
  Size3 size{0, 0, 0};  // D, H, W
  Affine affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  Voxels voxels;                                  // CDHW
  double slope = 1, intercept = 0;                // value = voxel * slope + intercept, in the modality's unit (HU for CT)
  std::vector<uint8_t> valid;                     // DHW, 1 = real content, 0 = padding; empty = all real
  std::optional<IntensityStatistics> statistics;  // of the whole image, also where this is a part of it; none: not measured
  std::map<std::string, std::string> facts;  // without identity: "view" (PA, AP, LL, RL), "kernel", "sequence", "manufacturer", "spacing"
                                             // ("calibrated", "uncalibrated"), ...
};

// A part of an image on its own grid, in voxels D, H, W.
struct VoxelBox {
  Size3 first, size;
};

int64_t voxel_count(const Volume& volume);        // channels * D * H * W
Spacing3 spacing_mm(const Volume& volume);        // D, H, W: lengths of the affine's columns
std::vector<float> values(const Volume& volume);  // CDHW, rescaled

Affine inverse(const Affine& affine);  // throws InputError when singular
std::array<double, 3> apply(const Affine& affine, const std::array<double, 3>& ijk);
Affine compose(const Affine& outer, const Affine& inner);
// Axis codes of i, j, k such as "LAS": the direction each index grows to.
std::string axis_codes(const Affine& affine);

}  // namespace chiasm
