#include "core/base/format.h"

#include "core/base/error.h"

namespace chiasm {

void check_format(const Json& json, const std::filesystem::path& path, const std::string& format, int newest) {
  if (!json.is_object() || json.value("format", Json()) != format)
    throw InputError(path.string() + ": not a file of format " + format + "; it is damaged or was not written by chiasm");
  const Json version = json.value("format_version", Json());
  if (!version.is_number_integer() || version < 1)
    throw InputError(path.string() + ": damaged: format_version is " + version.dump() + ", not a whole number from 1");
  if (version > newest)
    throw InputError(path.string() + ": format version " + version.dump() +
                     " was written by a newer chiasm; this one reads versions up to " + std::to_string(newest) + ". Use a newer chiasm");
}

}  // namespace chiasm
