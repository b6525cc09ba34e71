// Every artefact says what it is and which version of its format it follows; this is where readers ask.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/json.h"

namespace chiasm {

// Throws InputError naming `path` unless `json` is of format `format` and of a version from 1 to `newest`, which this program reads.
void check_format(const Json& json, const std::filesystem::path& path, const std::string& format, int newest);

}  // namespace chiasm
