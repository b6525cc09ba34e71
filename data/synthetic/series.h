// One rendered series on its way to DICOM files: stored pixels, geometry and the attributes of its acquisition.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/volume.h"

namespace chiasm::synthetic {

// A DICOM attribute by keyword (or "(gggg,eeee)VR" for private ones). With `items` it is a sequence and `value` is unused.
struct Element {
  std::string keyword, value = {};
  std::vector<std::vector<Element>> items = {};
};

struct ImageSeries {
  std::string modality, description;     // DICOM code: CT, MR, CR
  Size3 size{1, 1, 1};                   // D, H, W
  Affine affine{};                       // RAS mm; unused by CR
  std::array<double, 2> pixel_mm{1, 1};  // between rows, between columns
  double thickness_mm = 0;
  std::vector<uint16_t> stored;                                     // DHW, two's complement when `is_signed`
  bool is_signed = false, monochrome1 = false, descending = false;  // descending: instance numbers fall along the slice normal
  int bits_stored = 12;
  std::vector<Element> attributes;  // of the whole series
};

}  // namespace chiasm::synthetic
