// Siemens CSA image header: a list of named values in (0029,xx10) of the creator SIEMENS CSA HEADER. Two formats: "SV10", and the older one
// without that mark ("CSA1"), whose description was never published and whose lengths its readers take in three ways; a reading counts when
// every check word (77 or 205) stands where it leads, and readings that lead to other values are none.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm::dicom {

// Name to its values, trimmed, empty ones left out.
using CsaHeader = std::map<std::string, std::vector<std::string>>;

// Throws Refused UNSUPPORTED_OBJECT: another format, or lengths that leave the bytes.
CsaHeader parse_csa(std::string_view bytes);

// Exactly `count` finite numbers, or none.
std::vector<double> csa_numbers(const CsaHeader& header, const std::string& name, size_t count);

}  // namespace chiasm::dicom
