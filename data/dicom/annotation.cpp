#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annotation.h"

#include <algorithm>
#include <set>

#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr const char* labelmap_segmentation = "1.2.840.10008.5.1.4.1.1.66.7";  // younger than DCMTK 3.6.7

// Series named in `sequence`, or in whatever sequences lead there.
void add_series(DcmItem& item, const std::vector<DcmTagKey>& way, size_t at, std::set<std::string>& found) {
  if (at == way.size()) {
    if (const std::string uid = text(item, DCM_SeriesInstanceUID); !uid.empty()) found.insert(uid);
    return;
  }
  for (DcmItem* next : items(item, way[at])) add_series(*next, way, at + 1, found);
}

}  // namespace

bool is_segmentation(const std::string& sop_class) { return sop_class == UID_SegmentationStorage || sop_class == labelmap_segmentation; }

bool is_structure_set(const std::string& sop_class) { return sop_class == UID_RTStructureSetStorage; }

bool is_annotation(const Header& header) { return is_segmentation(header.sop_class) || is_structure_set(header.sop_class); }

std::vector<std::string> series_drawn_on(DcmItem& dataset, const std::string& sop_class) {
  std::set<std::string> found;
  if (is_segmentation(sop_class)) add_series(dataset, {DCM_ReferencedSeriesSequence}, 0, found);
  if (is_structure_set(sop_class))
    add_series(dataset, {DCM_ReferencedFrameOfReferenceSequence, DCM_RTReferencedStudySequence, DCM_RTReferencedSeriesSequence}, 0, found);
  return {found.begin(), found.end()};
}

std::string frame_of_contours(DcmItem& dataset) {
  std::set<std::string> found;
  for (DcmItem* item : items(dataset, DCM_ReferencedFrameOfReferenceSequence)) found.insert(text(*item, DCM_FrameOfReferenceUID));
  for (DcmItem* item : items(dataset, DCM_StructureSetROISequence)) found.insert(text(*item, DCM_ReferencedFrameOfReferenceUID));
  found.erase("");
  return found.size() == 1 ? *found.begin() : "";
}

bool is_drawn_on(const Header& annotation, const Group& image) {
  if (image.headers.empty()) return false;
  const std::vector<std::string>& series = annotation.drawn_on;
  if (!series.empty()) return std::find(series.begin(), series.end(), image.series_uid) != series.end();
  const Header& first = image.headers.front();
  return !annotation.frame_uid.empty() && annotation.frame_uid == first.frame_uid && annotation.study_uid == first.study_uid;
}

}  // namespace chiasm::dicom
