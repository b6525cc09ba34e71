#include "data/deidentify_fold.h"

#include <array>
#include <cstdint>

#include "core/base/text.h"

namespace chiasm::deid {

namespace {

// U+00C0..U+017F without diacritics.
constexpr std::string_view kLatin =
    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(kLatin.size() == 0x180 - 0xC0);

char fold_point(uint32_t point) {
  if (point < 0x80) return static_cast<char>(point);
  if (point >= 0xC0 && point < 0x180) return kLatin[point - 0xC0];
  if (point >= 0xFF01 && point <= 0xFF5E) return static_cast<char>(point - 0xFF01 + '!');
  if (point == 0x2018 || point == 0x2019 || point == 0x02BC) return '\'';
  if ((point >= 0x2010 && point <= 0x2015) || point == 0x2212) return '-';
  if (point == 0xA0 || point == 0x3000 || (point >= 0x2000 && point <= 0x200A)) return ' ';
  return '~';
}

// Length of the UTF-8 sequence that a byte starts; 1 for a broken one.
size_t sequence_length(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  return first >= 0xC0 ? 2 : 1;
}

uint32_t code_point(std::string_view text, size_t at, size_t length) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (length == 1) return first < 0x80 ? first : 0xFFFD;
  constexpr std::array<uint32_t, 5> kept{0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t point = first & kept[length];
  for (size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  return point;
}

}  // namespace

Folded fold(std::string_view utf8) {
  Folded result;
  result.letters.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size();) {
    size_t length = sequence_length(static_cast<unsigned char>(utf8[at]));
    if (at + length > utf8.size()) length = 1;
    result.letters += fold_point(code_point(utf8, at, length));
    result.offsets.push_back(at);
    at += length;
  }
  result.offsets.push_back(utf8.size());
  return result;
}

std::string folded_lower(std::string_view utf8) { return lower(fold(utf8).letters); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '~'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

std::string spelled_out(std::string_view utf8) {
  std::string text(utf8);
  constexpr std::array<std::array<const char*, 2>, 7> pairs{
      {{"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"Ä", "Ae"}, {"Ö", "Oe"}, {"Ü", "Ue"}, {"ß", "ss"}}};
  for (const auto& [letter, spelling] : pairs) text = replace_all(std::move(text), letter, spelling);
  return text;
}

}  // namespace chiasm::deid
