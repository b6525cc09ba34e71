// DICOM PS3.15 table E.1-1, application level confidentiality profile attributes; annex_e_table.py writes the rows.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm::dicom {

struct AnnexERow {
  uint32_t tag, mask;   // it is about each tag with (tag & mask) == tag
  const char* basic;    // X, Z, D, U, or several of them by the attribute's type: "X/Z/D", "X/Z/U*", ...
  const char* options;  // one character for each ProfileOption in order: K keep, C clean, '.' as the basic profile
};
// Sorted by tag. The row of private attributes is not among them: they are told by their odd group.
extern const std::vector<AnnexERow> annex_e_rows;

// Type of a conditional row's attribute at the top level of each IOD: '1', '2', '3', or '-' where the IOD has no such attribute.
struct AttributeTypes {
  uint32_t tag;
  const char* of_iods;
};
extern const std::vector<AttributeTypes> conditional_types;

// The place of a SOP class's IOD in AttributeTypes::of_iods.
struct SopClassIod {
  const char* sop_class;
  int iod;
};
extern const std::vector<SopClassIod> iods_of_sop_classes;

}  // namespace chiasm::dicom
