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

std::vector<std::string> values_of(Walk& walk, uint32_t items) {
  std::vector<std::string> values;
  for (uint32_t n = 0; n < items; ++n) {
    walk.take(4);
    const uint32_t length = walk.number();
    walk.take(8);
    std::string value = walk.word(length);
    walk.take((4 - length % 4) % 4);
    if (!value.empty()) values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

CsaHeader parse_csa(std::string_view bytes) {
  Walk walk(bytes);
  if (walk.take(4) != "SV10") refuse();
  walk.take(4);
  const uint32_t entries = walk.number();
  walk.take(4);
  if (entries > most_entries) refuse();
  CsaHeader header;
  for (uint32_t n = 0; n < entries; ++n) {
    std::string name = walk.word(name_bytes);
    walk.take(12);  // multiplicity, representation, a second code of it
    const uint32_t items = walk.number();
    walk.take(4);
    if (items > most_entries) refuse();
    header[name] = values_of(walk, items);
  }
  return header;
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
