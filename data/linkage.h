// The table that maps pseudonyms back: for those who may know the patients, never beside what the pseudonyms stand in.
#pragma once

#include <filesystem>
#include <string>

namespace chiasm {

// Throws UsageError when `linkage` lies below `out`: who may read the one may not read the other.
void require_outside(const std::filesystem::path& out, const std::filesystem::path& linkage);

// Replaces the file whole, readable by its owner only. Throws Error on a full disk.
void write_linkage(const std::filesystem::path& path, const std::string& csv);

}  // namespace chiasm
