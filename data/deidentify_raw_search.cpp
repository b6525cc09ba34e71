#include <algorithm>
#include <array>
#include <fstream>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/deidentify_search.h"
#include "data/unicode.h"

namespace chiasm::deid {

namespace {

// The components of a person name, without empty ones.
std::vector<std::string> components(const std::string& name) {
  std::vector<std::string> parts;
  for (const std::string& part : split(replace_all(name, ",", "^"), '^'))
    if (const std::string plain = trim(part); !plain.empty()) parts.push_back(plain);
  return parts;
}

// "Doe^Jane^M" as Doe^Jane, Doe Jane, Doe, Jane, Jane Doe, ...
std::vector<std::string> whole_names(const std::string& name) {
  std::vector<std::string> forms{name};
  const std::vector<std::string> parts = components(name);
  if (parts.size() < 2) return forms;
  for (const char* between : {" ", ", ", "^", ",", ""}) {
    forms.push_back(parts[0] + between + parts[1]);
    forms.push_back(parts[1] + between + parts[0]);
  }
  return forms;
}

constexpr size_t kWindow = 8;

uint8_t plain_case(char c) { return static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

size_t slot(uint64_t window, size_t slots) { return static_cast<size_t>((window * 0x9E3779B97F4A7C15ULL) >> 40) % slots; }

// Latin-1, or "" for text that it cannot hold.
std::string latin1(const std::u32string& points) {
  std::string text;
  for (const char32_t c : points) {
    if (c > 0xFF) return "";
    text += static_cast<char>(c);
  }
  return text;
}

std::string utf16(const std::u32string& points, bool big_endian) {
  std::string bytes;
  const auto unit = [&](char32_t value) {
    const std::array<char, 2> pair{static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)};
    bytes += pair[big_endian ? 1 : 0];
    bytes += pair[big_endian ? 0 : 1];
  };
  for (const char32_t c : points) {
    if (c >= 0x10000) {
      unit(0xD800 + ((c - 0x10000) >> 10));
      unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      unit(c);
    }
  }
  return bytes;
}

}  // namespace

void RawSearch::add(const Identity& identity) {
  for (const std::string& name : identity.people)
    for (const std::string& form : whole_names(name)) add(form);
  for (const std::string& number : identity.numbers) add(number);
  for (const std::string& phone : identity.phones) add(phone);
  for (const std::string& place : identity.places) add(place);
}

// Case is compared by add_bytes for ASCII only: other letters are added in both.
void RawSearch::add(const std::string& text) {
  for (const std::string& form : {unicode::composed(text), unicode::composed(unicode::upper(text)), unicode::separated(text)}) {
    const std::u32string points = unicode::points(form);
    for (const std::string& bytes : {form, latin1(points), utf16(points, false), utf16(points, true)})
      if (bytes.size() >= kWindow) add_bytes(bytes);
  }
}

void RawSearch::add_bytes(const std::string& bytes) {
  uint64_t window = 0;
  std::string folded;
  for (const char c : bytes) folded += static_cast<char>(plain_case(c));
  for (size_t i = folded.size() - kWindow; i < folded.size(); ++i) window = window << 8 | static_cast<uint8_t>(folded[i]);
  const auto same = needles_.equal_range(window);
  if (std::any_of(same.first, same.second, [&](const auto& entry) { return entry.second == folded; })) return;
  hashed_[slot(window, hashed_.size())] = true;
  needles_.emplace(window, folded);
}

int64_t RawSearch::first_hit(std::string_view bytes) const {
  uint64_t window = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    window = window << 8 | plain_case(bytes[i]);
    if (i + 1 < kWindow || !hashed_[slot(window, hashed_.size())]) continue;
    const auto [begin, end] = needles_.equal_range(window);
    for (auto needle = begin; needle != end; ++needle) {
      const std::string& text = needle->second;
      if (text.size() > i + 1) continue;
      const size_t start = i + 1 - text.size();
      if (std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(start),
                     [](char a, char b) { return static_cast<uint8_t>(a) == plain_case(b); }))
        return static_cast<int64_t>(start);
    }
  }
  return -1;
}

int64_t RawSearch::first_hit_in(const std::filesystem::path& file) const {
  if (needles_.empty()) return -1;
  constexpr size_t kBlock = size_t{4} << 20, kOverlap = 1024;  // no identifier is longer than the overlap
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw InputError(file.string() + ": cannot be read");
  std::string block;
  int64_t start = 0;
  while (stream) {
    const size_t kept = std::min(block.size(), kOverlap);
    start += static_cast<int64_t>(block.size() - kept);
    block.erase(0, block.size() - kept);
    block.resize(kept + kBlock);
    stream.read(block.data() + kept, static_cast<std::streamsize>(kBlock));
    block.resize(kept + static_cast<size_t>(stream.gcount()));
    if (const int64_t hit = first_hit(std::string_view(block)); hit >= 0) return start + hit;
  }
  return -1;
}

}  // namespace chiasm::deid
