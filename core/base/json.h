// JSON documents (nlohmann). Key order is kept as written.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace chiasm {

using Json = nlohmann::ordered_json;

// Throws InputError with path, line and column; refuses nesting deeper than 64.
Json read_json(const std::filesystem::path& path);
// Atomic; two-space indent, newline at the end; NaN and infinity become null.
void write_json(const std::filesystem::path& path, const Json& json);

}  // namespace chiasm
