// Geometry and kind of each frame of one object, classic or enhanced (PS3.3 C.7.6.2, C.7.6.16).
#pragma once

#include <vector>

#include "data/dicom/dicom.h"

class DcmItem;

namespace chiasm::dicom {

class Attributes;

// `header.frames` and `header.enhanced` from the data set. Throws Refused: a frame count beyond the limit or unlike the functional groups.
void read_frames(DcmItem& dataset, Header& header);
// The same for an object without functional groups; a mosaic stays one frame.
void read_classic_frames(const Attributes& attributes, Header& header);

}  // namespace chiasm::dicom
