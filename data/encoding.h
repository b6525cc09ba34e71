// Texts of other encodings to UTF-8 (iconv).
#pragma once

#include <string>

namespace chiasm {

// Throws InputError naming `what`: an unknown encoding, or bytes that it does not allow.
std::string to_utf8(const std::string& bytes, const std::string& encoding, const std::string& what);

}  // namespace chiasm
