// The attributes of a file's header without the DICOM library: one read, one walk over the elements. It accepts only what it proves
// canonical (PS3.5 chapter 7, PS3.10): preamble and complete group 2, little-endian syntaxes, known value representations, even lengths
// that fit exactly, tags strictly ascending at every depth, no functional groups, ASCII, Latin-1 or UTF-8. Everything else is
// left to the library, so that both ways never read one file differently (tests/dicom/fast_header_test.cpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chiasm::dicom {

// A value that the library may read in its own way; the file is left to it.
struct NotCanonical {};

class FastHeader {
 public:
  // Nothing when the file is not canonical, cannot be read or ends early.
  static std::optional<FastHeader> read(const std::filesystem::path& path);

  const std::string& transfer_syntax() const { return syntax_; }
  // Of the top level, as text() of attributes.h gives it: all values joined by a backslash, without blanks at both ends; empty when absent.
  // In UTF-8. Throws NotCanonical: bytes that the character set leaves open, blanks beside a backslash, a binary value other than US and
  // SS.
  std::string text(uint32_t tag) const;
  bool exists(uint32_t tag) const { return find(tag) != nullptr; }
  bool has_value(uint32_t tag) const;
  // Where the pixels stand in the file: the walk has proved that they end where the file does. Nothing when they are encapsulated or
  // absent.
  struct Span {
    uint64_t offset, length;
  };
  std::optional<Span> plain_pixels() const;

 private:
  friend class FastWalk;
  struct Value {
    uint32_t tag;
    char vr[2];  // zero in implicit syntaxes
    uint32_t offset, length;
  };
  const Value* find(uint32_t tag) const;
  std::string string_text(std::string_view bytes, uint32_t vr) const;
  std::string beyond_ascii(const std::string& value, uint32_t vr) const;
  std::string head_, syntax_, characters_;
  std::vector<Value> values_;  // ascending
};

}  // namespace chiasm::dicom
