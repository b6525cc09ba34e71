// Values that tests/golden/evaluate_values.py computed with scikit-learn and its own formulas.
#pragma once

#include <filesystem>
#include <vector>

#include "core/base/json.h"

namespace chiasm {

inline const Json& golden_values() {
  static const Json values = read_json(std::filesystem::path(CHIASM_SOURCE) / "tests/golden/evaluate_values.json");
  return values;
}

}  // namespace chiasm
