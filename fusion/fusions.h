// The list of fusions. To add one: README.md.
#pragma once

#include "core/fusion.h"

namespace chiasm {

const FusionRegistry& fusions();

}  // namespace chiasm
