#include "core/base/text.h"
#include "core/config/document.h"

namespace chiasm::config {

std::string bounds_text(const Rule& rule) {
  std::vector<std::string> parts;
  if (rule.at_least) parts.push_back("at least " + format_number(*rule.at_least));
  if (rule.above) parts.push_back("above " + format_number(*rule.above));
  if (rule.at_most) parts.push_back("at most " + format_number(*rule.at_most));
  if (rule.below) parts.push_back("below " + format_number(*rule.below));
  return join(parts, " and ");
}

std::string size_text(const Rule& rule) {
  const auto items = [](int64_t count) { return std::to_string(count) + (count == 1 ? " item" : " items"); };
  if (rule.min_size && rule.max_size && *rule.min_size == *rule.max_size) return items(*rule.min_size);
  std::vector<std::string> parts;
  if (rule.min_size) parts.push_back("at least " + items(*rule.min_size));
  if (rule.max_size) parts.push_back("at most " + items(*rule.max_size));
  return join(parts, " and ");
}

}  // namespace chiasm::config
