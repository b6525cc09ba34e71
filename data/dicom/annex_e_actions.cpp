#include "data/dicom/annex_e_actions.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "data/dicom/annex_e_table.h"

namespace chiasm::dicom {
namespace {

const AnnexERow* find_row(uint32_t tag) {
  const std::vector<AnnexERow>& rows = annex_e_rows;
  const auto exact =
      std::lower_bound(rows.begin(), rows.end(), tag, [](const AnnexERow& row, uint32_t wanted) { return row.tag < wanted; });
  if (exact != rows.end() && exact->tag == tag) return &*exact;
  for (const AnnexERow& row : rows)
    if (row.mask != 0xffffffff && (tag & row.mask) == row.tag) return &row;
  return nullptr;
}

// '1', '2', '3'; '-' where the IOD does not have it; '?' where nobody knows.
char type_of(uint32_t tag, int iod, bool top_level) {
  if (iod < 0 || !top_level) return '?';
  for (const AttributeTypes& types : conditional_types)
    if (types.tag == tag) return types.of_iods[iod];
  return '?';
}

bool offers(const char* actions, char one) { return std::strchr(actions, one) != nullptr; }

Action basic_action(const AnnexERow& row, int iod, bool top_level) {
  const bool conditional = std::strchr(row.basic, '/') != nullptr;
  const char type = conditional ? type_of(row.tag, iod, top_level) : '?';
  if (conditional && offers(row.basic, 'U')) return Action::new_uid;  // references stay, to the new UIDs
  const bool optional = type == '3' || type == '-';
  if (optional && offers(row.basic, 'X')) return Action::remove;
  if ((optional || type == '2') && offers(row.basic, 'Z')) return Action::empty;
  for (const auto& [letter, action] : {std::pair{'D', Action::dummy}, {'Z', Action::empty}, {'U', Action::new_uid}, {'X', Action::remove}})
    if (offers(row.basic, letter)) return action;
  return Action::remove;
}

}  // namespace

int iod_of(const std::string& sop_class) {
  for (const SopClassIod& entry : iods_of_sop_classes)
    if (sop_class == entry.sop_class) return entry.iod;
  return -1;
}

RuledAction action_of(uint32_t tag, const Profile& profile, int iod, bool top_level) {
  const AnnexERow* row = find_row(tag);
  if (row == nullptr) return {};
  bool clean = false, keep = false;
  for (const ProfileOption option : profile.options) {
    const char says = row->options[static_cast<size_t>(option)];
    // A true date beside moved ones would give the shift away: that of a device is moved like the others.
    if (says == 'C' && option == ProfileOption::modified_dates && !profile.has(ProfileOption::full_dates)) return {true, Action::clean};
    clean = clean || says == 'C';
    keep = keep || says == 'K';
  }
  if (keep) return {true, Action::keep};
  return {true, clean ? Action::clean : basic_action(*row, iod, top_level)};
}

bool is_safe_private(const std::string& creator, uint16_t group, uint8_t element) {
  struct Safe {
    std::string_view creator;
    uint16_t group;
    uint8_t element;
  };
  // Of PS3.15 table E.3.10-1: what reading values, diffusion and CT acquisition needs.
  static constexpr Safe list[] = {
      {"Philips PET Private Group", 0x7053, 0x00},
      {"Philips PET Private Group", 0x7053, 0x09},
      {"SIEMENS MR HEADER", 0x0019, 0x0c},
      {"SIEMENS MR HEADER", 0x0019, 0x0d},
      {"SIEMENS MR HEADER", 0x0019, 0x0e},
      {"SIEMENS MR HEADER", 0x0019, 0x27},
      {"Philips Imaging DD 001", 0x2001, 0x03},
      {"Philips Imaging DD 001", 0x2001, 0x04},
      {"Philips MR Imaging DD 001", 0x2005, 0xb0},
      {"Philips MR Imaging DD 001", 0x2005, 0xb1},
      {"Philips MR Imaging DD 001", 0x2005, 0xb2},
      {"GEMS_ACQU_01", 0x0019, 0x23},
      {"GEMS_ACQU_01", 0x0019, 0x24},
      {"GEMS_ACQU_01", 0x0019, 0x27},
      {"GEMS_PARM_01", 0x0043, 0x27},
      {"ELSCINT1", 0x00e1, 0x21},
      {"ELSCINT1", 0x01f1, 0x01},
      {"ELSCINT1", 0x01f1, 0x07},
      {"ELSCINT1", 0x01f1, 0x26},
      {"ELSCINT1", 0x01f1, 0x27},
  };
  return std::any_of(std::begin(list), std::end(list),
                     [&](const Safe& safe) { return safe.creator == creator && safe.group == group && safe.element == element; });
}

}  // namespace chiasm::dicom
