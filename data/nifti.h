// NIfTI-1 and NIfTI-2 files (https://nifti.nimh.nih.gov), plain or gzip.
#pragma once

#include <filesystem>

#include "data/volume.h"

namespace chiasm {

// One 3-D volume of modality "image"; a fourth dimension must be 1. The sform gives the affine, else the qform. Integers keep their type
// (8-bit signed becomes 16-bit, wider ones 32-bit where they fit), everything else becomes float; slope and intercept are kept. Throws
// Refused: UNREADABLE, DAMAGED, TRUNCATED, TOO_LARGE, UNSUPPORTED_OBJECT (more dimensions, complex, header and voxels in two files),
// COLOUR, BAD_AFFINE (coordinates in metres or micrometres included), BAD_RESCALE.
Volume read_nifti(const std::filesystem::path& path);

// Atomic; gzip when the name ends in ".gz". The affine goes to sform and, as far as it has no shear, to qform, both with code 1 (scanner).
// Stored integers stay when the rescaled values are integers that fit; else float32 values. Throws Error, for an
// affine too that is singular or not a number once it is written in 32 bits.
void write_nifti(const std::filesystem::path& path, const Volume& volume);

}  // namespace chiasm
