#include "core/base/check.h"

#include <string>

#include "core/base/error.h"

namespace chiasm {

void check(bool condition, std::string_view message, std::source_location where) {
  if (condition) return;
  std::string_view file = where.file_name();
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 = 0; the folder of the build machine is nobody's business
  throw Error("internal error: " + std::string(message) + " (" + std::string(file) + ":" + std::to_string(where.line()) + ")");
}

}  // namespace chiasm
