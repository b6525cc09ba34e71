#include "data/unicode.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace chiasm::unicode {

namespace {

std::string from_latin1(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xC0 | value >> 6);
      text += static_cast<char>(0x80 | (value & 0x3F));
    }
  }
  return text;
}

std::string mapped(const std::string& utf8, int options, bool again = true) {
  utf8proc_uint8_t* bytes = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()), static_cast<utf8proc_ssize_t>(utf8.size()),
                                   &bytes, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(bytes, std::free);
  if (length < 0) return again ? mapped(from_latin1(utf8), options, false) : "";
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(length)};
}

std::string encoded(const std::u32string& points) {
  std::string text;
  for (const char32_t point : points) {
    utf8proc_uint8_t bytes[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(point), bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
  }
  return text;
}

}  // namespace

std::u32string points(const std::string& utf8) {
  const std::string sound = mapped(utf8, UTF8PROC_STABLE);
  std::u32string result;
  for (utf8proc_ssize_t at = 0, size = static_cast<utf8proc_ssize_t>(sound.size()); at < size;) {
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(sound.data()) + at, size - at, &point);
    if (length <= 0) break;
    result += static_cast<char32_t>(point);
    at += length;
  }
  return result;
}

std::string composed(const std::string& utf8) { return mapped(utf8, UTF8PROC_STABLE | UTF8PROC_COMPOSE); }

std::string separated(const std::string& utf8) { return mapped(utf8, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE); }

std::string upper(const std::string& utf8) {
  std::u32string text = points(utf8);
  for (char32_t& point : text) point = static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(point)));
  return encoded(text);
}

std::u32string decomposed(const std::string& utf8) {
  return points(mapped(utf8, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE));
}

char32_t lower(char32_t point) { return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point))); }

bool is_letter_or_digit(char32_t point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

}  // namespace chiasm::unicode
