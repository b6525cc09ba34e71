#include "data/dicom/guard.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "data/dicom/bytes.h"

namespace chiasm::dicom {
namespace {

constexpr size_t deepest = 64;
constexpr uint64_t largest_file = 8ULL << 30;
constexpr uint64_t least_inflation_limit = 64ULL << 20, inflation_ratio = 50;
constexpr uint32_t undefined_length = 0xFFFFFFFF;

enum class Coding { implicit_little, explicit_little, explicit_big };

// A data element or item as its first bytes declare it.
struct Element {
  uint16_t group = 0, number = 0;
  std::array<char, 2> vr{};  // zero when implicit
  uint32_t length = 0;
  uint64_t value = 0;  // position of the value
  bool is(uint16_t g, uint16_t n) const { return group == g && number == n; }
  bool has_vr(const char* name) const { return vr[0] == name[0] && vr[1] == name[1]; }
};

// An open sequence or item. Inside `fragments` items hold raw bytes.
struct Open {
  enum class Kind { sequence, item, fragments } kind;
  uint64_t end;
  Coding coding;
};

bool is_long_form(const Element& element) {
  static constexpr const char* short_forms[] = {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO",
                                                "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US", "??"};
  return std::none_of(std::begin(short_forms), std::end(short_forms), [&](const char* name) { return element.has_vr(name); });
}

// Walks the elements without recursion.
class Walker {
 public:
  Walker(Bytes& bytes, uint64_t position, Coding coding) : bytes_(bytes), position_(position), coding_(coding) {}

  void walk() {
    while (true) {
      close_ended();
      if (position_ + 8 > bytes_.size()) return;
      step(read(coding()));
      if (open_.size() > 2 * deepest) throw Refused("DAMAGED", "sequences are nested deeper than " + std::to_string(deepest));
    }
  }

  // Reads the elements of group 2 from here; the value of (0002,0010). Stops at the first other group.
  std::string walk_meta() {
    std::string syntax;
    while (position_ + 8 <= bytes_.size()) {
      const Element element = read(Coding::explicit_little);
      if (element.group != 2) break;
      if (element.length > 4096 && !has_room(element)) throw Refused("TRUNCATED", "the file ends before its data does");
      const uint8_t* value = element.is(2, 0x0010) ? bytes_.at(element.value, element.length) : nullptr;
      if (value != nullptr) syntax.assign(reinterpret_cast<const char*>(value), element.length);
      position_ = element.value + element.length;
    }
    while (!syntax.empty() && (syntax.back() == '\0' || syntax.back() == ' ')) syntax.pop_back();
    return syntax;
  }

  uint64_t position() const { return position_; }

 private:
  Coding coding() const { return open_.empty() ? coding_ : open_.back().coding; }
  uint64_t end() const { return open_.empty() ? bytes_.size() : open_.back().end; }
  bool has_room(const Element& element) const { return element.length <= bytes_.size() - std::min(bytes_.size(), element.value); }

  uint32_t number(uint64_t position, size_t width, bool big) {
    const uint8_t* bytes = bytes_.at(position, width);
    if (bytes == nullptr) throw Refused("TRUNCATED", "the file ends inside an element");
    uint32_t value = 0;
    for (size_t n = 0; n < width; ++n) value |= static_cast<uint32_t>(bytes[n]) << (8 * (big ? width - 1 - n : n));
    return value;
  }

  Element read(Coding coding) {
    const bool big = coding == Coding::explicit_big;
    Element element;
    element.group = static_cast<uint16_t>(number(position_, 2, big));
    element.number = static_cast<uint16_t>(number(position_ + 2, 2, big));
    if (element.group == 0xFFFE || coding == Coding::implicit_little) {
      element.length = number(position_ + 4, 4, big);
      element.value = position_ + 8;
      return element;
    }
    std::memcpy(element.vr.data(), bytes_.at(position_, 8) + 4, 2);
    if (is_long_form(element)) {
      element.length = number(position_ + 8, 4, big);
      element.value = position_ + 12;
    } else {
      element.length = number(position_ + 6, 2, big);
      element.value = position_ + 8;
    }
    return element;
  }

  void step(const Element& element) {
    if (element.group == 0xFFFE) return step_item(element);
    const bool sequence = element.has_vr("SQ"), unknown = element.has_vr("UN") || element.vr[0] == 0;
    if (element.length == undefined_length) {
      const bool pixels = element.is(0x7FE0, 0x0010) && !sequence;
      const Coding inside = element.has_vr("UN") ? Coding::implicit_little : coding();
      if (!pixels && !sequence && !unknown) throw Refused("DAMAGED", "an element of undefined length that is no sequence");
      return push(pixels ? Open::Kind::fragments : Open::Kind::sequence, element, end(), inside);
    }
    if (!has_room(element)) throw Refused("TRUNCATED", "the file ends before its data does");
    if (sequence || (unknown && element.length >= 8 && starts_with_item(element.value)))
      return push(Open::Kind::sequence, element, element.value + element.length, sequence ? coding() : Coding::implicit_little);
    position_ = element.value + element.length;
  }

  void step_item(const Element& element) {
    position_ = element.value;
    const bool in_fragments = !open_.empty() && open_.back().kind == Open::Kind::fragments;
    if (element.number == 0xE00D || element.number == 0xE0DD) {
      const bool item = element.number == 0xE00D;
      if (!open_.empty() && (open_.back().kind == Open::Kind::item) == item) open_.pop_back();
      return;
    }
    if (element.length != undefined_length && !has_room(element)) throw Refused("TRUNCATED", "the file ends before its data does");
    if (in_fragments) {
      if (element.length == undefined_length) throw Refused("DAMAGED", "a pixel data fragment of undefined length");
      position_ += element.length;
      return;
    }
    push(Open::Kind::item, element, element.length == undefined_length ? end() : element.value + element.length, coding());
  }

  bool starts_with_item(uint64_t position) { return number(position, 2, false) == 0xFFFE && number(position + 2, 2, false) == 0xE000; }

  void push(Open::Kind kind, const Element& element, uint64_t end, Coding coding) {
    open_.push_back({kind, end, coding});
    position_ = element.value;
  }

  void close_ended() {
    while (!open_.empty() && position_ >= open_.back().end) open_.pop_back();
  }

  Bytes& bytes_;
  uint64_t position_;
  Coding coding_;
  std::vector<Open> open_;
};

bool is_text(const uint8_t* bytes, const char* expected) { return std::memcmp(bytes, expected, std::strlen(expected)) == 0; }

// By the first element, where no transfer syntax is stated.
Coding guess_coding(Bytes& bytes, uint64_t position) {
  const uint8_t* head = bytes.at(position, 8);
  const bool letters = head != nullptr && head[4] >= 'A' && head[4] <= 'Z' && head[5] >= 'A' && head[5] <= 'Z';
  return letters ? Coding::explicit_little : Coding::implicit_little;
}

// Without a preamble a data set of group 2 or 8 can still be told from other files.
void check_bare(Bytes& bytes) {
  const uint8_t* head = bytes.at(0, 8);
  const bool plausible = head != nullptr && (head[0] == 0x02 || head[0] == 0x08) && head[1] == 0 && head[3] == 0;
  if (!plausible) throw Refused("NOT_DICOM", "the file is not DICOM");
}

void check_preamble(const uint8_t* head) {
  if (is_text(head, "MZ") ||
      is_text(head,
              "\x7F"
              "ELF") ||
      is_text(head, "#!"))
    throw Refused("EXECUTABLE_PREAMBLE", "the preamble starts an executable program");
}

}  // namespace

void guard(const std::filesystem::path& path) {
  FileBytes bytes(path);
  if (bytes.size() > largest_file) throw Refused("TOO_LARGE", "the file is larger than 8 GiB");
  const uint8_t* head = bytes.at(0, 132);
  const bool preamble = head != nullptr && is_text(head + 128, "DICM");
  if (preamble) {
    check_preamble(head);
  } else {
    check_bare(bytes);
  }
  Walker meta(bytes, preamble ? 132 : 0, Coding::explicit_little);
  const bool has_meta = guess_coding(bytes, meta.position()) == Coding::explicit_little;
  const std::string syntax = has_meta ? meta.walk_meta() : std::string();
  if (syntax == "1.2.840.10008.1.2.1.99") {
    MemoryBytes inflated(inflate_bytes(bytes, meta.position(), std::max(least_inflation_limit, inflation_ratio * bytes.size())));
    return Walker(inflated, 0, Coding::explicit_little).walk();
  }
  const Coding coding = syntax == "1.2.840.10008.1.2"     ? Coding::implicit_little
                        : syntax == "1.2.840.10008.1.2.2" ? Coding::explicit_big
                        : syntax.empty()                  ? guess_coding(bytes, meta.position())
                                                          : Coding::explicit_little;
  Walker(bytes, meta.position(), coding).walk();
}

}  // namespace chiasm::dicom
