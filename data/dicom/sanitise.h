// Patient and study attributes that are copied into our objects.
#pragma once

class DcmItem;

namespace chiasm::dicom {

// Empties every value of the data set's patient, study and frame of reference that breaks its value representation or multiplicity: one
// such value in the source would make each derived object unwritable.
void sanitise(DcmItem& dataset);

}  // namespace chiasm::dicom
