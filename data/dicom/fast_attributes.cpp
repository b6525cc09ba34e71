#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/fast_attributes.h"
#include "dcmtk/dcmdata/dctagkey.h"

namespace chiasm::dicom {
namespace {

uint32_t number(const DcmTagKey& key) { return static_cast<uint32_t>(key.getGroup()) << 16 | key.getElement(); }

}  // namespace

std::string FastAttributes::text(const DcmTagKey& key) const { return header_.text(number(key)); }

bool FastAttributes::exists(const DcmTagKey& key) const { return header_.exists(number(key)); }

bool FastAttributes::has_value(const DcmTagKey& key) const { return header_.has_value(number(key)); }

}  // namespace chiasm::dicom
