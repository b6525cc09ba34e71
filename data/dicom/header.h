// The header of one file, read in either of two ways that agree wherever both answer.
#pragma once

#include <filesystem>
#include <optional>

#include "data/dicom/dicom.h"

namespace chiasm::dicom {

// Of a canonical file (data/dicom/fast_header.h), in microseconds; nothing for any other, whatever is wrong or unusual with it.
std::optional<Header> canonical_header(const std::filesystem::path& path);

// Of any file that the library can parse. Throws Refused.
Header library_header(const std::filesystem::path& path);

}  // namespace chiasm::dicom
