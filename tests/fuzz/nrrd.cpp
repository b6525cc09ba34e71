// NRRD files: the same voxels mean the same raw and packed.
#include "data/nrrd.h"

#include <cstring>
#include <optional>
#include <span>
#include <sstream>
#include <string>

#include "core/base/error.h"
#include "data/gzip.h"
#include "tests/fuzz/truth.h"

using namespace chiasm;
using fuzz::truth;

namespace {

std::optional<Volume> read(const std::string& bytes) {
  try {
    return parse_nrrd(bytes);
  } catch (const Refused&) {
    return std::nullopt;
  }
}

std::string packed(const std::string& bytes) {
  std::ostringstream out;
  append_gzip(out, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 1);
  return out.str();
}

bool same_bits(const Volume& a, const Volume& b) {
  if (a.size != b.size || a.affine != b.affine || a.voxels.index() != b.voxels.index()) return false;
  return std::visit(
      [&](const auto& left) {
        const auto& right = std::get<std::decay_t<decltype(left)>>(b.voxels);
        return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size() * sizeof left[0]) == 0;
      },
      a.voxels);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::optional<Volume> volume = read(bytes);
  if (!volume) return 0;
  fuzz::check_volume(*volume);
  const std::string wanted = "\nencoding: raw\n";
  const size_t encoding = bytes.find(wanted), end = bytes.find("\n\n");
  if (encoding == std::string::npos || end == std::string::npos || encoding > end) return 0;
  std::string header = bytes.substr(0, end + 2);
  header.replace(encoding, wanted.size(), "\nencoding: gzip\n");
  const std::optional<Volume> other = read(header + packed(bytes.substr(end + 2)));
  // An empty line that ends with "\r\n" may stand before the one found here.
  truth(bytes.find("\n\r\n") < end || (other && same_bits(*volume, *other)), "voxels mean the same raw and packed");
  return 0;
}
