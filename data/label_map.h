// What the cells of a label column mean: the keys of a `values` map.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace chiasm {

// The numbers of a key such as "<=0" or "> 2.5"; nothing when the key is no comparison.
struct NumberRange {
  double low, high;
  bool with_low, with_high;
  bool holds(double value) const;
  bool meets(const NumberRange& other) const;
};
std::optional<NumberRange> parse_range(const std::string& key);

// The key of a blank cell. Without it a blank is missing.
inline const std::string blank_key = "blank";

// The meaning of a trimmed cell: that of the same text, else of the same number ("1" and "1.00"), else of a range that holds it; of a blank
// one, that of `blank`. nullptr: the map does not know it.
const std::string* label_meaning(const std::map<std::string, std::string>& values, const std::string& cell);

// Two ranges that share numbers and mean different things; "" when there are none.
std::string range_mistake(const std::map<std::string, std::string>& values);

// The same text, or the same number: tables write 1 as "1", "1.0" or "1.00".
bool same_cell(const std::string& a, const std::string& b);

}  // namespace chiasm
