#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/sanitise.h"

#include <vector>

#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {

void sanitise(DcmItem& dataset) {
  std::vector<DcmTag> broken;
  for (unsigned long n = 0; n < dataset.card(); ++n) {
    DcmElement* element = dataset.getElement(n);
    const Uint16 group = element->getGTag();
    if (group != 0x0008 && group != 0x0010 && group != 0x0020) continue;
    if (dynamic_cast<DcmSequenceOfItems*>(element) != nullptr) continue;
    const DcmDictEntry* entry = dcmDataDict.rdlock().findEntry(element->getTag(), nullptr);
    std::string multiplicity = "1-n";
    if (entry != nullptr && entry->getVMMin() == entry->getVMMax()) multiplicity = std::to_string(entry->getVMMin());
    dcmDataDict.rdunlock();
    if (element->checkValue(multiplicity.c_str(), OFFalse).bad()) broken.push_back(element->getTag());
  }
  for (const DcmTag& tag : broken) static_cast<void>(dataset.insertEmptyElement(tag, OFTrue));
}

}  // namespace chiasm::dicom
