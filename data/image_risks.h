// What of an image may show who the patient is, as far as its header tells: a face, or text burned into the pixels. No pixel is looked at.
#pragma once

#include <string>
#include <vector>

#include "data/dicom/dicom.h"
#include "data/volume.h"

namespace chiasm {

// A CT or MR of the head, by body part or by the words of series, protocol and study. `group`: null for files without a DICOM header.
bool may_show_face(const std::string& modality, const Volume& volume, const dicom::Group* group);

// Whether it may show a face cannot be told: a CT or MR whose header does not name the part of the body, as those of NIfTI files.
bool body_part_unknown(const std::string& modality, const Volume& volume);

// By the header of one image (Burned In Annotation (0028,0301), SOP class, modality, image type), first match:
//   declared YES                                                         true
//   declared NO                                                          false
//   a Secondary Capture object; image type SECONDARY or a screen capture  true
//   a modality of video, light or paper: US, IVUS, ES, XC, SC, OT, ...    true
//   a modality of `also` (for a site whose radiographs carry labels)      true
//   anything else: originals of CT, MR, PET, radiographs                  false
// Headers are often silent: false is no proof.
bool may_hold_text(const dicom::Header& header, const std::vector<std::string>& also = {});

// Any image of the group.
bool may_hold_text(const dicom::Group& group, const std::vector<std::string>& also = {});

}  // namespace chiasm
