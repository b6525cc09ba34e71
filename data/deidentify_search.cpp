#include "data/deidentify_search.h"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/deidentify_dates.h"
#include "data/deidentify_fold.h"

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

std::string digits_and_letters(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (is_word(c)) result += c;
  return result;
}

}  // namespace

LeftoverSearch::LeftoverSearch(const Identity& identity) : scripts_(other_scripts(identity.people)) {
  for (const std::string& name : identity.people)
    for (const std::string& form : whole_names(name)) add(form, true);
  const NameParts parts = name_parts(identity.people);
  for (const std::string& part : parts.distinct) add(part, true);
  for (const std::string& part : parts.common)
    if (part.size() > 2) add(part, true, true);
  for (const std::set<std::string>* numbers : {&identity.numbers, &identity.phones})
    for (const std::string& number : *numbers) {
      add(number, number.size() < 6);
      add(digits_and_letters(number), true);
    }
  for (const std::string& place : identity.places) add(place, true);
  for (const int64_t date : identity.dates)
    for (const std::string& form : date_forms(date)) add(form, true);
}

void LeftoverSearch::add(const std::string& text, bool whole, bool capital) {
  const std::string folded = folded_lower(text);
  if (folded.size() >= 3 && folded.find('~') == std::string::npos) needles_.push_back({folded, whole, capital});
}

bool LeftoverSearch::finds(const std::string& text) const {
  const std::string letters = fold(text).letters, low = lower(letters);
  for (const Needle& needle : needles_)
    for (size_t at = low.find(needle.text); at != std::string::npos; at = low.find(needle.text, at + 1)) {
      const size_t end = at + needle.text.size();
      const bool touched = (at > 0 && is_word(low[at - 1])) || (end < low.size() && is_word(low[end]));
      const bool capital = std::isupper(static_cast<unsigned char>(letters[at])) != 0;
      if ((!needle.whole || !touched) && (!needle.capital || capital)) return true;
    }
  return std::any_of(scripts_.begin(), scripts_.end(), [&](const std::string& name) { return text.find(name) != std::string::npos; });
}

namespace {

constexpr size_t kWindow = 8;

uint8_t plain_case(char c) { return static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

size_t slot(uint64_t window, size_t slots) { return static_cast<size_t>((window * 0x9E3779B97F4A7C15ULL) >> 40) % slots; }

std::string utf16(const std::string& ascii) {
  std::string wide;
  for (const char c : ascii) wide += std::string{c, '\0'};
  return wide;
}

}  // namespace

void RawSearch::add(const Identity& identity) {
  for (const std::string& name : identity.people)
    for (const std::string& form : whole_names(name)) add(form);
  for (const std::string& number : identity.numbers) add(number);
  for (const std::string& phone : identity.phones) add(phone);
  for (const std::string& place : identity.places) add(place);
}

void RawSearch::add(const std::string& text) {
  if (text.size() < kWindow) return;
  add_bytes(text);
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  if (ascii) return add_bytes(utf16(text));
  std::string latin;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) latin += text[i];
    if ((c == 0xC2 || c == 0xC3) && i + 1 < text.size()) latin += static_cast<char>((c & 3) << 6 | (text[i + 1] & 0x3F));
  }
  if (latin.size() >= kWindow) add_bytes(latin);
}

void RawSearch::add_bytes(const std::string& bytes) {
  uint64_t window = 0;
  std::string folded;
  for (const char c : bytes) folded += static_cast<char>(plain_case(c));
  for (size_t i = 0; i < kWindow; ++i) window = window << 8 | static_cast<uint8_t>(folded[i]);
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
    const size_t start = i + 1 - kWindow;
    const auto [begin, end] = needles_.equal_range(window);
    for (auto needle = begin; needle != end; ++needle) {
      const std::string& text = needle->second;
      if (start + text.size() > bytes.size()) continue;
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
