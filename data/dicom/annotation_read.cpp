#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annotation.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/load.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {

std::vector<Region> read_regions(const Header& annotation, const Volume& like, const Wanted& wanted, OtherGrid other) {
  DcmFileFormat file;
  load(file, annotation.path);
  if (is_segmentation(annotation.sop_class)) return read_segments(file, annotation, like, wanted, other);
  return read_contours(*file.getDataset(), like, wanted);
}

}  // namespace chiasm::dicom
