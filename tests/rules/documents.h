// Rules on the README files and the list of verbs, as functions of their text.
#pragma once

#include <set>
#include <string>

#include "tests/rules/tree.h"

namespace chiasm::rules {

// The code block under the heading "Map" has one line "folder/  description" for each folder, and no other.
void check_map(const std::string& readme, const std::set<std::string>& folders, Findings& findings);

// Every verb that the header declares is in the list, with help and an example, and the README says "chiasm VERB".
void check_verbs(const std::string& header, const std::string& list, const std::string& readme, Findings& findings);

// No absolute path of somebody's home or working folder.
void check_machine_paths(const std::string& path, const std::string& text, Findings& findings);

}  // namespace chiasm::rules
