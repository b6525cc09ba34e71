// Stored pixel values of one object: decoded, masked to the stored bits, sign-extended (PS3.5 8.1.1). Sizes are checked before memory is
// taken.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/volume.h"

class DcmFileFormat;

namespace chiasm::dicom {

class Attributes;

struct PixelFormat {
  int64_t rows = 0, columns = 0, frames = 1, samples = 1;
  int64_t bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_signed = false;
  int64_t frame_bytes() const { return rows * columns * samples * (bits_allocated / 8); }
  int64_t least() const { return is_signed ? -(int64_t{1} << (bits_stored - 1)) : 0; }
  int64_t greatest() const { return (int64_t{1} << (is_signed ? bits_stored - 1 : bits_stored)) - 1; }
};

struct StoredFrames {
  PixelFormat format;
  std::vector<uint8_t> bytes;  // little-endian, bits_allocated wide, colour by pixel, frame after frame
};

// Throws Refused: INCONSISTENT_PIXELS, TOO_LARGE, UNSUPPORTED_OBJECT: sizes or bits that no pixels can have.
PixelFormat read_format(const Attributes& from);

// Cuts stored values out of what surrounds them and extends the sign, in place: unused bits may hold overlays.
void mask_values(uint8_t* bytes, size_t size, const PixelFormat& format);

// JPEG 2000 and HTJ2K frames on up to `threads` threads; DCMTK decodes the frames of one object one after another.
// Throws Refused: INCONSISTENT_PIXELS, TOO_LARGE, UNSUPPORTED_TRANSFER_SYNTAX, UNSUPPORTED_OBJECT, TRUNCATED, DAMAGED.
StoredFrames decode_pixels(DcmFileFormat& file, int threads = 1);

// One frame in the narrowest voxel type of its format: 8 bit unsigned, 16 bit, else 32 bit signed.
Voxels frame_voxels(const StoredFrames& stored, int64_t frame);

}  // namespace chiasm::dicom
