// The two kinds of annotation, each in its own file. Errors as in annotation.h.
#pragma once

#include <string>
#include <vector>

#include "data/dicom/annotation.h"

class DcmFileFormat;
class DcmItem;
class DcmTagKey;

namespace chiasm::dicom {

bool is_segmentation(const std::string& sop_class);
bool is_structure_set(const std::string& sop_class);

// SeriesInstanceUIDs that the object refers to.
std::vector<std::string> series_drawn_on(DcmItem& dataset, const std::string& sop_class);
// Frame of reference of the contours of a structure set, which states it inside a sequence; "" when none or several.
std::string frame_of_contours(DcmItem& dataset);

// What the objects list, as number and name; `take` gets each wanted one. Throws Refused: DAMAGED when two have one number, TOO_LARGE.
void each_wanted(const std::vector<DcmItem*>& listed, const DcmTagKey& number, const DcmTagKey& name, const Wanted& wanted,
                 const std::function<void(int64_t number, const std::string& name)>& take);

void read_segments(DcmFileFormat& file, const Header& header, const Volume& like, const Wanted& wanted, const TakeRegion& take,
                   OtherGrid other);
void read_contours(DcmItem& dataset, const Volume& like, const Wanted& wanted, const TakeRegion& take, OtherGrid other);

}  // namespace chiasm::dicom
