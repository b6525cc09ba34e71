#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <set>

#include "core/base/error.h"
#include "data/dicom/annotation.h"
#include "data/dicom/annotation_readers.h"
#include "data/dicom/attributes.h"
#include "data/dicom/isolated.h"
#include "data/dicom/load.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {

void each_wanted(const std::vector<DcmItem*>& listed, const DcmTagKey& number, const DcmTagKey& name, const Wanted& wanted,
                 const std::function<void(int64_t number, const std::string& name)>& take) {
  constexpr size_t most_wanted = 1024;  // each takes the time to go over a whole volume
  std::set<int64_t> numbers;
  for (DcmItem* item : listed) {
    const int64_t its_number = integer(*item, number).value_or(-1);
    const std::string its_name = text(*item, name);
    if (!wanted(its_name, its_number)) continue;
    if (!numbers.insert(its_number).second) throw Refused("DAMAGED", "two segments or ROIs have one number");
    if (numbers.size() > most_wanted) throw Refused("TOO_LARGE", "more segments or ROIs than any target has classes");
    take(its_number, its_name);
  }
}

void read_regions_in_process(const Header& annotation, const Volume& like, const Wanted& wanted, const TakeRegion& take, OtherGrid other) {
  DcmFileFormat file;
  load(file, annotation.path);
  if (is_segmentation(annotation.sop_class)) return read_segments(file, annotation, like, wanted, take, other);
  read_contours(*file.getDataset(), like, wanted, take, other);
}

}  // namespace chiasm::dicom
