// The layers of the tree: who may include whom, and the homes of third-party headers.
#pragma once

#include <string>

#include "tests/rules/source.h"

namespace chiasm::rules {

// Whether an included path names a header of this tree.
bool is_in_tree(const std::string& included);

// The rule that `path` breaks with an include line, or "".
std::string broken_rule(const std::string& path, const Include& include);

// The rule that `path` breaks when it includes the project header `included`, or "".
std::string broken_arrow(const std::string& path, const std::string& included);

// The rule that `path` breaks when it includes <`included`>, or "".
std::string outside_home(const std::string& path, const std::string& included);

}  // namespace chiasm::rules
