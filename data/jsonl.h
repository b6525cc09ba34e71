// JSON lines as a table: one object a line, one row an object.
#pragma once

#include <string>
#include <string_view>

#include "core/base/csv.h"

namespace chiasm {

// Columns are the keys of all lines in order of appearance; those of nested objects are joined by '.', as in "Description.Caption". Null
// and absent keys are blank, lists of plain values are joined by "; ", anything else stands as JSON. Blank lines are skipped. Throws
// InputError naming the line: no object, a syntax error, two keys that become one column.
Csv parse_jsonl(std::string_view text, const std::string& name);

}  // namespace chiasm
