// Uncompressed pixels of canonical files straight into the volume's buffer, without the library: the fast walk proves where they stand.
// It declines whatever it cannot prove, and never refuses: the library's way then reads the file or says why not, with equal results
// (tests/dicom/plain_test.cpp).
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "data/dicom/dicom.h"
#include "data/dicom/values.h"

namespace chiasm::dicom {

// Where the pixels of one classic single-frame image stand and what they mean.
struct PlainSlice {
  std::filesystem::path path;
  uint64_t offset = 0;
  PixelFormat format;  // 8 bits unsigned or 16 bits
  Rescale rescale;     // without a table
  std::optional<Padding> padding;
};

struct PlainStack {
  std::vector<PlainSlice> slices;
  Voxels stored;               // masked to the stored bits, slice after slice
  std::vector<uint8_t> valid;  // empty: no padding
};

// The images in the given order; nothing when one of them is not plain, or their sizes or types differ.
std::optional<PlainStack> read_plain_stack(const std::vector<const Header*>& headers, int threads);

// Voxels, slope and intercept as join_slices() gives them.
void join_plain(PlainStack stack, int threads, Volume& volume);

}  // namespace chiasm::dicom
