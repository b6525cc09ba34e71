#include "data/file_bytes.h"

#include <cstdint>

#include "core/base/error.h"
#include "core/base/file.h"

namespace chiasm {

std::string file_bytes(const fs::path& path) {
  constexpr uint64_t largest = uint64_t{2} << 30;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Refused("UNREADABLE", "not a regular file");
  if (const uint64_t size = fs::file_size(path, error); !error && size > largest)
    throw Refused("TOO_LARGE", "the file is beyond the limit");
  try {
    return read_file(path);
  } catch (const InputError&) {
    throw Refused("UNREADABLE", "the file cannot be opened");
  }
}

}  // namespace chiasm
