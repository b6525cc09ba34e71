#include "data/transform/change.h"

#include <cstdio>

namespace chiasm::transform {

std::string describe(const Changes& changes) {
  std::string out;
  for (const Change& change : changes) {
    if (!out.empty()) out += "; ";
    out += change.name;
    for (const double parameter : change.parameters) {
      char text[32];
      std::snprintf(text, sizeof text, " %.4g", parameter);
      out += text;
    }
    if (change.key) out += " key " + std::to_string(change.key);
  }
  return out;
}

}  // namespace chiasm::transform
