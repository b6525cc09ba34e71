// Looks at the bytes of a file before the DICOM library does: the library follows nested sequences by recursion, inflates without limit and
// does not tell truncation in a header-only scan.
#pragma once

#include <filesystem>

namespace chiasm::dicom {

// Throws Refused: UNREADABLE, NOT_DICOM, EXECUTABLE_PREAMBLE, TRUNCATED, TOO_LARGE, DAMAGED. Anything else is left to the library to judge.
void guard(const std::filesystem::path& path);

}  // namespace chiasm::dicom
