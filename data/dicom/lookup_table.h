// A modality or VOI lookup table (PS3.3 C.11.1, C.11.2).
#pragma once

#include <cstdint>
#include <vector>

class DcmItem;

namespace chiasm::dicom {

struct LookupTable {
  int64_t first = 0, bits = 16;   // input value of the first entry; bits of an entry
  std::vector<uint16_t> entries;  // values beyond either end take the end's entry
  uint16_t at(int64_t value) const;
  int64_t greatest() const { return (int64_t{1} << bits) - 1; }
};

// A 16-bit number as US or SS by the sign of the values it belongs to, whatever representation the file says.
int64_t as_pixel_value(int64_t value, bool is_signed, int64_t bits);

// Of one item of its sequence; `is_signed`: input values may be negative. Throws Refused BAD_RESCALE: incomplete.
LookupTable read_lookup_table(DcmItem& item, bool is_signed);

}  // namespace chiasm::dicom
