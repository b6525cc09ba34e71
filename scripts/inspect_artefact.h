// What a folder of ours is: store, run, checkpoint, bundle.
#pragma once

#include <filesystem>
#include <optional>

#include "core/base/json.h"

namespace chiasm {

// kind, path, format_version and facts; nothing when the folder is none of them. Throws InputError when its description is damaged.
std::optional<Json> describe_artefact(const std::filesystem::path& folder);

}  // namespace chiasm
