// Arrays of numpy as images: one .npy array, or an .npz archive (stored or deflated) of an array and its spacing.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/volume.h"

namespace chiasm {

// A volume of modality "image" from an array of shape (H, W) or (D, H, W). Of an archive: the member `image`, or its only array; the member
// `spacing` holds three numbers in mm in the order D, H, W. Without spacing an array of one slice is a picture on the pixel grid, as PNG
// files are; more slices are refused. An array says nothing of the patient's directions: the axes W, H, D are taken as right, anterior and
// superior, with the first voxel at 0; where sides matter, NIfTI says them. Nothing is ever unpickled. Throws Refused: UNREADABLE, DAMAGED,
// TRUNCATED, TOO_LARGE, NO_IMAGE (no array), AMBIGUOUS (several, none of them `image`), BAD_GEOMETRY, UNSUPPORTED_OBJECT.
Volume read_npz(const std::filesystem::path& path);
// The same from the bytes of a file.
Volume parse_npz(std::string_view bytes);

}  // namespace chiasm
