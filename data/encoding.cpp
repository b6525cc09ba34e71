#include "data/encoding.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <memory>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {

namespace {

struct Converter {
  explicit Converter(const std::string& from) : handle(iconv_open("UTF-8", from.c_str())) {}
  ~Converter() {
    if (open()) iconv_close(handle);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool open() const { return handle != reinterpret_cast<iconv_t>(-1); }
  iconv_t handle;
};

std::string iconv_name(const std::string& encoding) {
  const std::string name = lower(encoding);
  if (name == "latin-1" || name == "latin1") return "ISO-8859-1";
  return name == "utf8" ? "UTF-8" : upper(encoding);
}

}  // namespace

std::string to_utf8(const std::string& bytes, const std::string& encoding, const std::string& what) {
  const Converter converter(iconv_name(encoding));
  if (!converter.open()) throw InputError(what + ": unknown encoding '" + encoding + "'; iconv -l lists those known");
  std::string result, input = bytes;
  char* from = input.data();
  size_t left = input.size();
  while (left > 0) {
    std::array<char, 65536> block;
    char* to = block.data();
    size_t room = block.size();
    const size_t status = iconv(converter.handle, &from, &left, &to, &room);
    result.append(block.data(), block.size() - room);
    if (status == static_cast<size_t>(-1) && errno != E2BIG)
      throw InputError(what + ": byte " + std::to_string(input.size() - left) + " is not " + encoding +
                       "; name the right encoding with 'encoding:'");
  }
  return result;
}

}  // namespace chiasm
