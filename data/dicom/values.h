// Stored values to values in the modality's unit: padding, modality LUT or slope and intercept, MONOCHROME1 (PS3.3 C.7.5.1.1.2, C.11.1).
#pragma once

#include <optional>
#include <vector>

#include "data/dicom/attributes.h"
#include "data/dicom/lookup_table.h"
#include "data/dicom/pixels.h"

namespace chiasm::dicom {

struct Rescale {
  double slope = 1, intercept = 0;
  std::optional<LookupTable> table;
};

// Of one frame; `groups` for an enhanced object. Throws Refused BAD_RESCALE: a slope of zero, a value that is no finite number, a broken
// table.
Rescale read_rescale(DcmItem& dataset, const FunctionalGroups* groups);
// The same where a slope and an intercept are all there can be.
Rescale read_slope(const Attributes& from);

// Range of stored values that mean "no measurement", both ends included.
struct Padding {
  int64_t low = 0, high = 0;
};
std::optional<Padding> read_padding(const Attributes& from, const PixelFormat& format);

// One frame on its way into the volume.
struct SliceValues {
  Voxels voxels;
  double slope = 1, intercept = 0;
  std::vector<uint8_t> valid;  // empty: no padding
};
// `complement`: MONOCHROME1 of a projection image, mirrored inside its range so that bright means much.
SliceValues slice_values(const StoredFrames& stored, int64_t frame, const Rescale& rescale, const std::optional<Padding>& padding,
                         bool complement);

// Slices one after another into `volume` (voxels, slope, intercept, valid): integers as long as all slices share slope and intercept, else
// float; 32-bit integers where their types differ.
void join_slices(std::vector<SliceValues> slices, Volume& volume);

}  // namespace chiasm::dicom
