#include "data/deidentify_fold.h"

#include <array>
#include <cstdint>

#include "core/base/text.h"

namespace chiasm::deid {

namespace {

// U+00C0..U+024F and U+1E00..U+1EFF without diacritics.
constexpr std::string_view kLatin =
    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuytyAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGg"
    "HhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzsbBBb~~~C"
    "c~DDd~~~~FfG~~~IKkl~~NnOOo~~Pp~~~~~tTtTUu~VYyZz~~~~~~~~~~~~~DDdLLlNNnAaIiOoUuUuUuUuUu~AaAa~~GgGgKkOo"
    "Oo~~jDDdGg~~NnAa~~OoAaAaEeEeIiIiOoOoRrRrUuUuSsTt~~HhNd~~ZzAaEeOoOoOoOoYylnt~~~ACcLTsz~~BU~EeJj~qRrYy";
constexpr std::string_view kLatinAdditional =
    "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSs"
    "SsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwyas~~~~AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEe"
    "IiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy~~~~Yy";
static_assert(kLatin.size() == 0x250 - 0xC0 && kLatinAdditional.size() == 0x1F00 - 0x1E00);

// U+FF66..U+FF9D, half-width katakana, as hiragana.
constexpr std::u32string_view kHalfWidthKana =
    U"をぁぃぅぇぉゃゅょっーあいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん";
static_assert(kHalfWidthKana.size() == 0xFF9E - 0xFF66);

bool within(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

// Diacritics that follow their letter, and characters without width: they separate nothing.
bool is_mark(char32_t point) {
  return within(point, 0x300, 0x36F) || within(point, 0x1AB0, 0x1AFF) || within(point, 0x1DC0, 0x1DFF) || within(point, 0x20D0, 0x20FF) ||
         within(point, 0x200B, 0x200F) || within(point, 0xFE00, 0xFE0F) || point == 0xAD || point == 0x2060 || point == 0xFEFF ||
         within(point, 0x3099, 0x309A) || within(point, 0xFF9E, 0xFF9F);
}

char fold_point(char32_t point) {
  if (point < 0x80) return static_cast<char>(point);
  if (within(point, 0xC0, 0x24F)) return kLatin[point - 0xC0];
  if (within(point, 0x1E00, 0x1EFF)) return kLatinAdditional[point - 0x1E00];
  if (within(point, 0xFF01, 0xFF5E)) return static_cast<char>(point - 0xFF01 + '!');
  if (point == 0x2018 || point == 0x2019 || point == 0x02BC) return '\'';
  if (within(point, 0x2010, 0x2015) || point == 0x2212) return '-';
  if (point == 0xA0 || point == 0x3000 || within(point, 0x2000, 0x200A)) return ' ';
  if (point == 0x3001 || point == 0xFF64) return ',';
  if (point == 0x3002 || point == 0xFF61) return '.';
  if (within(point, 0x2016, 0x206F) || within(point, 0x3003, 0x3004) || within(point, 0x3008, 0x3020) || within(point, 0x30FB, 0x30FB))
    return '"';
  return '~';
}

// Kana without their voicing marks, which half-width and decomposed text writes as characters of their own.
char32_t unvoiced(char32_t kana) {
  if (within(kana, 0x304C, 0x3062) && kana % 2 == 0) return kana - 1;
  if (kana == 0x3065 || kana == 0x3067 || kana == 0x3069) return kana - 1;
  if (within(kana, 0x306F, 0x307D)) return kana - (kana - 0x306F) % 3;
  return kana == 0x3094 ? 0x3046 : kana;
}

// A letter of another script in lower case, katakana as hiragana.
char32_t plain_point(char32_t point) {
  if (within(point, 0x0410, 0x042F) || within(point, 0x0391, 0x03A9)) return point + 0x20;
  if (within(point, 0x0400, 0x040F)) return point + 0x50;
  if (point == 0x03C2) return 0x03C3;  // final sigma
  if (within(point, 0x3041, 0x3096)) return unvoiced(point);
  if (within(point, 0x30A1, 0x30F6)) return unvoiced(point - 0x60);
  if (within(point, 0xFF66, 0xFF9D)) return kHalfWidthKana[point - 0xFF66];
  return point;
}

// Length of the UTF-8 sequence that a byte starts; 1 for a broken one.
size_t sequence_length(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  return first >= 0xC0 ? 2 : 1;
}

char32_t code_point(std::string_view text, size_t at, size_t length) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (length == 1) return first < 0x80 ? first : 0xFFFD;
  constexpr std::array<uint32_t, 5> kept{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t point = first & kept[length];
  for (size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  return point;
}

void append_utf8(std::string& text, char32_t point) {
  if (point < 0x80) {
    text += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : (point < 0x10000 ? 2 : 3);
  constexpr std::array<unsigned, 4> heads{0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(heads[static_cast<size_t>(more)] | point >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (point >> (6 * i) & 0x3F));
}

}  // namespace

std::string Folded::key(size_t start, size_t end) const {
  std::string text;
  for (size_t i = start; i < end; ++i) append_utf8(text, points[i]);
  return text;
}

Folded fold(std::string_view utf8) {
  Folded result;
  result.letters.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size();) {
    size_t length = sequence_length(static_cast<unsigned char>(utf8[at]));
    if (at + length > utf8.size()) length = 1;
    const char32_t point = code_point(utf8, at, length);
    if (!is_mark(point)) {
      const char letter = fold_point(point);
      result.letters += letter;
      result.points += letter == '~' && point >= 0x80 ? plain_point(point) : static_cast<char32_t>(lower(std::string(1, letter))[0]);
      result.offsets.push_back(at);
    }
    at += length;
  }
  result.offsets.push_back(utf8.size());
  return result;
}

std::string folded_key(std::string_view utf8) {
  const Folded folded = fold(utf8);
  return folded.key(0, folded.points.size());
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '~'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

bool is_unspaced(char32_t point) {
  return within(point, 0x2E80, 0x9FFF) || within(point, 0xAC00, 0xD7AF) || within(point, 0xF900, 0xFAFF) || within(point, 0x0E00, 0x0E7F) ||
         within(point, 0x20000, 0x2FA1F);
}

std::string spelled_out(std::string_view utf8) {
  std::string text(utf8);
  constexpr std::array<std::array<const char*, 2>, 7> pairs{
      {{"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"Ä", "Ae"}, {"Ö", "Oe"}, {"Ü", "Ue"}, {"ß", "ss"}}};
  for (const auto& [letter, spelling] : pairs) text = replace_all(std::move(text), letter, spelling);
  return text;
}

}  // namespace chiasm::deid
