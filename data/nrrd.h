// NRRD files (https://teem.sourceforge.net/nrrd/format.html): header and voxels in one file, or in two of one folder; raw or gzip.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/volume.h"

namespace chiasm {

// One 3-D volume of modality "image"; further axes (channels, times) must be of size 1, as in NIfTI. `space` must name the patient's
// directions (RAS, LAS or LPS), `space directions` and `space origin` the place; coordinates are millimetres. Integers keep their type
// (8-bit signed becomes 16-bit, wider ones 32-bit), real numbers become float. Throws Refused: UNREADABLE, DAMAGED, TRUNCATED, TOO_LARGE,
// UNSUPPORTED_OBJECT (other dimensions or encodings, values beyond 32 bits, voxels in several files or outside the header's folder),
// COLOUR, BAD_AFFINE.
Volume read_nrrd(const std::filesystem::path& path);
// The same from the bytes of a file, which holds the voxels too (else UNSUPPORTED_OBJECT).
Volume parse_nrrd(std::string_view bytes);

}  // namespace chiasm
