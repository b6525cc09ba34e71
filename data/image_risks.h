// What of an image may show who the patient is, as far as its header tells: a face, or text burned into the pixels. No pixel is looked at.
#pragma once

#include <string>

#include "data/dicom/dicom.h"
#include "data/volume.h"

namespace chiasm {

// A CT or MR of the head, by body part or by the words of series, protocol and study. `group`: null for files without a DICOM header.
bool may_show_face(const std::string& modality, const Volume& volume, const dicom::Group* group);

// Declared (Burned In Annotation (0028,0301) YES), or a secondary capture that does not declare NO. Headers are often silent: a false
// answer is no proof.
bool may_hold_text(const dicom::Group& group);

}  // namespace chiasm
