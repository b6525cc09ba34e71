// The stored pixels of any object with integer pixels (also those that read_group() makes no volume of: colour, ultrasound, captures), and
// an object with other pixels in their place.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/dicom/dicom.h"
#include "data/dicom/pixels.h"

class DcmDataset;

namespace chiasm::dicom {

struct ObjectPixels {
  StoredFrames stored;
  std::string photometric;                    // of `stored`: a decoder may have changed that of the file
  int64_t palette_first = 0;                  // PALETTE COLOR: stored value of the first entry
  std::array<std::vector<float>, 3> palette;  // red, green, blue of each entry; empty without a palette
};

// Decoded in another process (data/dicom/isolated.h). Throws Refused as the readers do.
ObjectPixels read_object_pixels(const Header& header);
// The same in this process.
ObjectPixels object_pixels_in_process(const Header& header);

// Puts `pixels` in the place of those of the data set, uncompressed, and says that nothing is burned in (Burned In Annotation NO): they
// must come from it and have been cleaned. Lossy Image Compression stays as it is. Throws Refused UNSUPPORTED_OBJECT when the library
// cannot.
void replace_pixels(DcmDataset& dataset, const ObjectPixels& pixels);

}  // namespace chiasm::dicom
