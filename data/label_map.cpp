#include "data/label_map.h"

#include <limits>

#include "core/base/text.h"

namespace chiasm {

bool NumberRange::holds(double value) const {
  return (with_low ? value >= low : value > low) && (with_high ? value <= high : value < high);
}

bool NumberRange::meets(const NumberRange& other) const {
  const double from = std::max(low, other.low), to = std::min(high, other.high);
  return from < to || (from == to && holds(from) && other.holds(from));
}

std::optional<NumberRange> parse_range(const std::string& key) {
  constexpr double far = std::numeric_limits<double>::infinity();
  if (key.empty() || (key[0] != '<' && key[0] != '>')) return std::nullopt;
  const bool with = key.size() > 1 && key[1] == '=';
  const auto bound = parse_number(trim(key.substr(with ? 2 : 1)));
  if (!bound) return std::nullopt;
  return key[0] == '<' ? NumberRange{-far, *bound, true, with} : NumberRange{*bound, far, with, true};
}

bool same_cell(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = parse_number(a), y = parse_number(b);
  return x && y && *x == *y;
}

const std::string* label_meaning(const std::map<std::string, std::string>& values, const std::string& cell) {
  const auto exact = values.find(cell.empty() ? blank_key : cell);
  if (exact != values.end()) return &exact->second;
  if (cell.empty()) return nullptr;
  for (const auto& [key, meaning] : values)
    if (same_cell(key, cell)) return &meaning;
  const auto number = parse_number(cell);
  if (!number) return nullptr;
  for (const auto& [key, meaning] : values)
    if (const auto range = parse_range(key); range && range->holds(*number)) return &meaning;
  return nullptr;
}

std::string range_mistake(const std::map<std::string, std::string>& values) {
  for (auto a = values.begin(); a != values.end(); ++a)
    for (auto b = std::next(a); b != values.end(); ++b) {
      const auto first = parse_range(a->first), second = parse_range(b->first);
      if (first && second && a->second != b->second && first->meets(*second))
        return "values '" + a->first + "' (" + a->second + ") and '" + b->first + "' (" + b->second +
               ") share numbers; make the ranges meet without overlap";
    }
  return "";
}

}  // namespace chiasm
