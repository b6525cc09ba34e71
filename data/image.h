// Grey PNG, JPEG and TIFF images, and PNG files for pictures in reports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/volume.h"

namespace chiasm {

// A 2-D volume of modality "image" on the pixel grid (identity affine): 8-bit values as uint8, 16-bit as uint16. A colour image is read as
// grey when its three channels are equal. Throws Refused: UNREADABLE, DAMAGED, TRUNCATED, TOO_LARGE, COLOUR, UNSUPPORTED_OBJECT (none of
// the three, transparency; TIFF files of several pages, tiles, signed or real values).
Volume read_image(const std::filesystem::path& path);

// 8-bit PNG; `channels` is 1 (grey) or 3 (RGB), rows from the top, pixels interleaved. Throws Error.
std::string encode_png(int64_t width, int64_t height, int channels, const std::vector<uint8_t>& bytes);
// The same as a file, atomic.
void write_png(const std::filesystem::path& path, int64_t width, int64_t height, int channels, const std::vector<uint8_t>& bytes);

}  // namespace chiasm
