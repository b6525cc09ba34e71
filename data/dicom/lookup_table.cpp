#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/lookup_table.h"

#include <algorithm>

#include "core/base/error.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {

uint16_t LookupTable::at(int64_t value) const {
  return entries[static_cast<size_t>(std::clamp<int64_t>(value - first, 0, static_cast<int64_t>(entries.size()) - 1))];
}

int64_t as_pixel_value(int64_t value, bool is_signed, int64_t bits) {
  const int64_t size = int64_t{1} << bits;
  value = ((value % size) + size) % size;
  return is_signed && value >= size / 2 ? value - size : value;
}

LookupTable read_lookup_table(DcmItem& item, bool is_signed) {
  const std::vector<double> descriptor = numbers(item, DCM_LUTDescriptor, 3);
  const Uint16* data = nullptr;
  unsigned long count = 0;
  if (descriptor.empty() || item.findAndGetUint16Array(DCM_LUTData, data, &count).bad() || data == nullptr)
    throw Refused("BAD_RESCALE", "a lookup table is incomplete");
  LookupTable table;
  const auto entries =
      descriptor[0] == 0 ? size_t{65536} : static_cast<size_t>(as_pixel_value(static_cast<int64_t>(descriptor[0]), false, 16));
  table.first = as_pixel_value(static_cast<int64_t>(descriptor[1]), is_signed, 16);
  table.bits = static_cast<int64_t>(descriptor[2]);
  const bool packed = table.bits == 8 && count < entries && count * 2 >= entries;  // two 8-bit entries a word
  if ((table.bits < 8 || table.bits > 16) || entries == 0 || (!packed && count < entries))
    throw Refused("BAD_RESCALE", "a lookup table is incomplete");
  for (size_t n = 0; n < entries; ++n)
    table.entries.push_back(packed ? static_cast<uint16_t>(data[n / 2] >> (n % 2 == 0 ? 0 : 8) & 0xFF) : data[n]);
  return table;
}

}  // namespace chiasm::dicom
