// The bytes of an image file that is read as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace chiasm {

// Throws Refused: UNREADABLE (no regular file, no permission), TOO_LARGE (above 2 GiB).
std::string file_bytes(const std::filesystem::path& path);

}  // namespace chiasm
