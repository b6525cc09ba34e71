// Unique identifiers without host, process or time in them.
#pragma once

#include <string>
#include <string_view>

namespace chiasm::dicom {

// "2.25." and 128 bits of SHA-256 of `content` as a decimal number (PS3.5 B.2); the bits are marked as a UUID of version 8.
std::string uid_of(std::string_view content);

}  // namespace chiasm::dicom
