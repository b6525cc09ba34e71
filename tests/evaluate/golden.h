// Values that tests/golden/evaluate_values.py computed with scikit-learn and its own formulas.
#pragma once

#include <filesystem>
#include <vector>

#include "core/base/json.h"

namespace chiasm {

inline Json golden_values() { return read_json(std::filesystem::path(CHIASM_SOURCE) / "tests/golden/evaluate_values.json"); }

}  // namespace chiasm
