// The Clean Recognizable Visual Features Option of PS3.15 annex E: pixels of the face become air.
#pragma once

#include "data/dicom/annex_e.h"

namespace chiasm::dicom {

// Of one single-frame CT or MR image whose pixels are not compressed; says so in (0012,0064) and (0028,0302). Throws Refused:
// UNSUPPORTED_TRANSFER_SYNTAX, UNSUPPORTED_OBJECT (several frames, colour, other than 8 or 16 bits), NO_POSITION, BAD_GEOMETRY.
void remove_face(DcmDataset& dataset, const FaceRemoval& face);

}  // namespace chiasm::dicom
