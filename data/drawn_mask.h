// Segmentations and structure sets to the class indices of a mask target.
#pragma once

#include <memory>
#include <vector>

#include "data/dataset_file.h"
#include "data/dicom/dicom.h"

namespace chiasm {

using DrawnObjects = std::vector<std::shared_ptr<const dicom::Header>>;

// uint8 class indices on the grid of `like`, 0 = background, 255 = not known. A segment or ROI belongs to the class that `values` gives its
// name or else its number, or without `values` to the class of its name; upper and lower case do not matter. Others are left out. Where
// classes overlap, the later one counts: [liver, tumour] draws a tumour on top of its liver. Classes that no object draws: `absent`. Throws
// Refused: NO_MATCH when nothing of the classes is drawn, AMBIGUOUS when two objects draw one class (copies of one object are one),
// UID_CONFLICT, and what read_regions throws.
Volume drawn_mask(const DrawnObjects& objects, const std::string& name, const TargetConfig& target, const Volume& like);

}  // namespace chiasm
