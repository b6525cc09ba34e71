// SHA256SUMS of a bundle: a line a file, in the form of sha256sum.
#pragma once

#include <filesystem>

namespace chiasm {

// Of all files below `folder`.
void write_sums(const std::filesystem::path& folder);
// Every file is named in SHA256SUMS and has the digest that stands there. Throws InputError naming the first that is not.
void verify_sums(const std::filesystem::path& folder);

}  // namespace chiasm
