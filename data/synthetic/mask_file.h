// Label maps as NIfTI-1 (.nii.gz): https://nifti.nimh.nih.gov/nifti-1.
#pragma once

#include <filesystem>

#include "data/volume.h"

namespace chiasm::synthetic {

// Writes uint8 voxels with the affine as sform. The bytes depend on the volume only.
void write_mask(const std::filesystem::path& path, const Volume& mask);

}  // namespace chiasm::synthetic
