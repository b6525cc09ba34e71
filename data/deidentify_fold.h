// Text as rules see it: one ASCII character a code point, so that names match with and without diacritics and full-width digits are digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm::deid {

struct Folded {
  std::string letters;          // ASCII, case kept; a letter of another script is '~'
  std::vector<size_t> offsets;  // byte of the source for each character; one more entry for the end
};

Folded fold(std::string_view utf8);

// fold() in lower case: for comparing.
std::string folded_lower(std::string_view utf8);

bool is_letter(char c);
bool is_digit(char c);
bool is_word(char c);  // letter or digit

// German umlauts written out (Mueller for Müller); the text itself when there is none.
std::string spelled_out(std::string_view utf8);

}  // namespace chiasm::deid
