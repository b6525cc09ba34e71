// The header: a magic string, a version, a length, and a Python dictionary of three keys as text.
#include <charconv>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "data/npy.h"

namespace chiasm {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr uint64_t most_elements = uint64_t{1} << 29;
constexpr size_t most_axes = 32;  // of numpy

[[noreturn]] void damaged() { throw Refused("DAMAGED", "the header of the array cannot be parsed"); }
[[noreturn]] void unsupported() {
  throw Refused("UNSUPPORTED_OBJECT", "an array of elements that are neither integers nor real numbers of up to 64 bits");
}

// Reads the literals that numpy writes and no other Python.
class Dictionary {
 public:
  explicit Dictionary(std::string_view text) : text_(text) {}

  void read(NpyHeader& header) {
    expect('{');
    bool element = false, order = false, shape = false;
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !element) {
        element = true;
        read_element(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran = boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        header.shape = tuple();
      } else {
        damaged();
      }
      if (!accept(',') && peek() != '}') damaged();
    }
    if (!element || !order || !shape || peek() != '\0') damaged();
  }

 private:
  // The next character that is not blank; '\0' at the end.
  char peek() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_[0];
  }
  bool accept(char wanted) {
    if (peek() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) damaged();
  }

  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') damaged();
    const size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) damaged();
    const std::string_view value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return value;
  }

  bool boolean() {
    peek();
    for (const std::string_view word : {"False", "True"})
      if (text_.starts_with(word)) {
        text_.remove_prefix(word.size());
        return word == "True";
      }
    damaged();
  }

  std::vector<int64_t> tuple() {
    std::vector<int64_t> numbers;
    expect('(');
    while (!accept(')')) {
      int64_t number = -1;
      peek();
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
      if (error != std::errc() || number < 0 || numbers.size() == most_axes) damaged();
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      numbers.push_back(number);
      if (!accept(',') && peek() != ')') damaged();
    }
    return numbers;
  }

  // "<i2": byte order, kind, bytes. A list stands for a structure.
  void read_element(NpyHeader& header) {
    if (peek() == '[') unsupported();
    const std::string_view type = string();
    if (type.size() >= 2 && type[1] == 'O') throw Refused("UNSUPPORTED_OBJECT", "an array of Python objects");
    if (type.size() != 3) unsupported();
    const char order = type[0];
    header.kind = type[1];
    header.item_bytes = static_cast<size_t>(type[2] - '0');
    header.big_endian = order == '>';
    const std::string_view sizes = header.kind == 'b' ? "1" : header.kind == 'f' ? "248" : "1248";
    if (std::string_view("biuf").find(header.kind) == std::string_view::npos || sizes.find(type[2]) == std::string_view::npos)
      unsupported();
    if (order != '<' && order != '>' && (order != '|' || header.item_bytes != 1)) damaged();
  }

  std::string_view text_;
};

uint64_t bytes_of(const NpyHeader& header) {
  uint64_t count = 1;
  for (const int64_t side : header.shape) {
    if (side > 0 && count > most_elements / static_cast<uint64_t>(side))
      throw Refused("TOO_LARGE", "the declared size is beyond the limit");
    count *= static_cast<uint64_t>(side);
  }
  return count * header.item_bytes;
}

}  // namespace

NpyHeader read_npy_header(std::string_view beginning) {
  if (!beginning.starts_with(magic)) throw Refused("DAMAGED", "no array of numpy");
  if (beginning.size() < 12) throw Refused("TRUNCATED", "the array ends inside its header");
  const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(beginning[at])); };
  const size_t major = byte(6), fixed = major == 1 ? 10 : 12;
  if (major < 1 || major > 3 || byte(7) != 0) throw Refused("UNSUPPORTED_OBJECT", "a version of the npy format that is not known");
  const size_t length = byte(8) | byte(9) << 8 | (major == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
  if (length > longest_npy_header - fixed) throw Refused("TOO_LARGE", "the header of the array is beyond the limit");
  if (length > beginning.size() - fixed) throw Refused("TRUNCATED", "the array ends inside its header");
  NpyHeader header;
  Dictionary(beginning.substr(fixed, length)).read(header);
  header.start = fixed + length;
  header.data_bytes = bytes_of(header);
  return header;
}

}  // namespace chiasm
