// What the profile does with an attribute.
#pragma once

#include <cstdint>
#include <string>

#include "data/dicom/annex_e.h"

namespace chiasm::dicom {

enum class Action { keep, remove, empty, dummy, new_uid, clean };

// Of an attribute of the table; nothing for all others.
struct RuledAction {
  bool ruled = false;
  Action action = Action::keep;
};

// Index of the IOD of a SOP class among those whose attribute types are known; -1 for others.
int iod_of(const std::string& sop_class);

// `top_level`: types are known there alone. Where the type is not known, the action that leaves a valid object whatever it is: a dummy
// before an empty value before removal.
RuledAction action_of(uint32_t tag, const Profile& profile, int iod, bool top_level);

// A private attribute whose creator is listed as safe in PS3.15 table E.3.10-1 and whose value is a number or a code. `element`: its low
// byte.
bool is_safe_private(const std::string& creator, uint16_t group, uint8_t element);

}  // namespace chiasm::dicom
