// Text as rules see it: one character a letter, so that names match with and without diacritics, composed or decomposed (Unicode NFC and
// NFD), and full-width digits are digits. Own tables: the search for leftovers folds by a library (utf8proc) and so checks them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm::deid {

struct Folded {
  std::string letters;          // ASCII, case kept; a letter of another script is '~'
  std::u32string points;        // lower case; tells letters of other scripts apart (katakana as hiragana)
  std::vector<size_t> offsets;  // byte of the source for each character; one more entry for the end

  // Characters [start, end) as they are compared, UTF-8.
  std::string key(size_t start, size_t end) const;
};

Folded fold(std::string_view utf8);

// The whole of fold() as it is compared.
std::string folded_key(std::string_view utf8);

bool is_letter(char c);
bool is_digit(char c);
bool is_word(char c);  // letter or digit

// Written without spaces between words (Chinese, Japanese, Korean, Thai): names are found inside words.
bool is_unspaced(char32_t point);

// German umlauts written out (Mueller for Müller); the text itself when there is none.
std::string spelled_out(std::string_view utf8);

}  // namespace chiasm::deid
