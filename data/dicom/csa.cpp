#include "data/dicom/csa.h"

#include <cmath>
#include <cstdint>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm::dicom {
namespace {

constexpr size_t name_bytes = 64, most_entries = 1000;

[[noreturn]] void refuse() { throw Refused("UNSUPPORTED_OBJECT", "a mosaic whose CSA header cannot be read"); }

class Walk {
 public:
  explicit Walk(std::string_view bytes) : left_(bytes) {}

  std::string_view take(size_t count) {
    if (count > left_.size()) refuse();
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }

  // Little-endian in every transfer syntax.
  uint32_t number() {
    uint32_t value = 0;
    const std::string_view bytes = take(4);
    for (size_t n = 0; n < 4; ++n) value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[n])) << (8 * n);
    return value;
  }

  // Up to the first NUL.
  std::string word(size_t count) {
    const std::string_view bytes = take(count);
    return trim(bytes.substr(0, bytes.find('\0')));
  }

 private:
  std::string_view left_;
};

// The words before an item: four, of which the third is a check word.
struct ItemWords {
  uint32_t first = 0, second = 0, third = 0;
  explicit ItemWords(Walk& walk) : first(walk.number()), second(walk.number()), third(walk.number()) { walk.take(4); }
};

bool is_check(uint32_t word) { return word == 77 || word == 205; }

// How one format, or one reader of it, takes an item.
struct Rule {
  // Bytes of an item, by its words and the numbers of items that the first and the second name have.
  int64_t (*length)(const ItemWords& words, int64_t first_items, int64_t second_items);
  uint32_t least_padding = 0;  // to a multiple of 4: from here on
  bool checks = false;         // whether the check words must stand
};

constexpr Rule sv10{[](const ItemWords& words, int64_t, int64_t) { return int64_t{words.second}; }};

// nibabel 5.3 (csareader.py), GDCM 3 (gdcmCSAHeader.cxx), SPM 12 (spm_dicom_headers.m).
constexpr Rule csa1[] = {
    {[](const ItemWords& words, int64_t, int64_t second_items) { return int64_t{words.first} - second_items; }, 0, true},
    {[](const ItemWords& words, int64_t, int64_t) { return int64_t{words.second}; }, 0, true},
    {[](const ItemWords& words, int64_t first_items, int64_t) { return int64_t{words.first} - first_items; }, 1, true},
};

class Parser {
 public:
  Parser(Walk walk, const Rule& rule) : walk_(walk), rule_(rule) {}

  // From the number of names on.
  CsaHeader parse() {
    const uint32_t entries = walk_.number();
    check(walk_.number());
    if (entries > most_entries) refuse();
    CsaHeader header;
    for (uint32_t n = 0; n < entries; ++n) {
      std::string name = walk_.word(name_bytes);
      walk_.take(12);  // multiplicity, representation, a second code of it
      const uint32_t items = walk_.number();
      check(walk_.number());
      if (items > most_entries) refuse();
      if (n < 2) items_[n] = items;
      header[name] = values(items);
    }
    return header;
  }

 private:
  void check(uint32_t word) const {
    if (rule_.checks && !is_check(word)) refuse();
  }

  std::vector<std::string> values(uint32_t items) {
    std::vector<std::string> values;
    for (uint32_t n = 0; n < items; ++n) {
      const ItemWords words(walk_);
      check(words.third);
      const int64_t length = rule_.length(words, items_[0], items_[1]);
      if (length < 0) refuse();
      std::string value = walk_.word(static_cast<size_t>(length));
      const auto least = rule_.least_padding;
      walk_.take(least + static_cast<size_t>(4 - (length + least) % 4) % 4);
      if (!value.empty()) values.push_back(std::move(value));
    }
    return values;
  }

  Walk walk_;
  const Rule& rule_;
  int64_t items_[2] = {0, 0};  // of the first two names, once they are known
};

// By the rules that fit, when they agree.
CsaHeader parse_csa1(const Walk& walk) {
  std::vector<CsaHeader> readings;
  for (const Rule& rule : csa1) {
    try {
      readings.push_back(Parser(walk, rule).parse());
    } catch (const Refused&) {
      continue;
    }
  }
  if (readings.empty() || readings[0].empty()) refuse();
  for (const CsaHeader& reading : readings)
    if (reading != readings[0]) refuse();
  return readings[0];
}

}  // namespace

CsaHeader parse_csa(std::string_view bytes) {
  Walk walk(bytes);
  if (!bytes.starts_with("SV10")) return parse_csa1(walk);
  walk.take(8);
  return Parser(walk, sv10).parse();
}

std::vector<double> csa_numbers(const CsaHeader& header, const std::string& name, size_t count) {
  const auto found = header.find(name);
  if (found == header.end() || found->second.size() != count) return {};
  std::vector<double> numbers;
  for (const std::string& value : found->second) {
    const std::optional<double> number = parse_number(value);
    if (!number || !std::isfinite(*number)) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace chiasm::dicom
