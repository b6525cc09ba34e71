// What a split moves as one piece: a patient with whom it belongs together.
#pragma once

#include <string>
#include <vector>

#include "data/relations.h"

namespace chiasm {

struct SplitUnit {
  std::vector<std::string> patients, studies;     // sorted
  std::string pattern;                            // positive and known classes over `studies`, one letter a class
  std::vector<std::vector<std::string>> related;  // those of the patients, two or more a group, that relations join
  // Where time chooses the test set: studies of the later period and of an unknown one; `studies` are then the earlier ones.
  std::vector<std::string> later, undated;
};

struct UnitRules {
  std::string by = "patient";  // or a fact: all patients with one value of it are one unit
  std::string stratify;        // target of the patterns, or empty
  bool periods = false;
};

// Units sorted by their first patient. Patients of one relation are in one unit, and so on through others. InputError: a study without the
// fact.
std::vector<SplitUnit> split_units(const StoreReader& store, const UnitRules& rules, const std::vector<Relation>& relations);

// Whether the data set file put studies in periods (`test_from`).
bool has_periods(const StoreReader& store);

}  // namespace chiasm
