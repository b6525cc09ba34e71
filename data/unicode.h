// Unicode by utf8proc: normal forms, case, categories. Broken UTF-8 is read as Latin-1, so nothing throws.
#pragma once

#include <string>

namespace chiasm::unicode {

std::u32string points(const std::string& utf8);

std::string composed(const std::string& utf8);   // NFC
std::string separated(const std::string& utf8);  // NFD: diacritics stand behind their letters
std::string upper(const std::string& utf8);

// NFKD without diacritics and without characters of no width.
std::u32string decomposed(const std::string& utf8);

char32_t lower(char32_t point);
bool is_letter_or_digit(char32_t point);

}  // namespace chiasm::unicode
