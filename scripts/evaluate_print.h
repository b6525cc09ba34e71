// The figures of an evaluation in the terminal.
#pragma once

#include "core/base/json.h"

namespace chiasm {

void print_figures(const Json& metrics);

}  // namespace chiasm
