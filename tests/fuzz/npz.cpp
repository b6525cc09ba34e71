// Arrays of numpy, alone and in archives: an array means the same in every wrapping.
#include "data/npz.h"

#include <cstring>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "tests/data/raw_npz.h"
#include "tests/fuzz/truth.h"

using namespace chiasm;
using fuzz::truth;

namespace {

std::optional<Volume> read(const std::string& bytes) {
  try {
    return parse_npz(bytes);
  } catch (const Refused&) {
    return std::nullopt;
  }
}

bool same_bits(const Volume& a, const Volume& b) {
  if (a.size != b.size || a.voxels.index() != b.voxels.index()) return false;
  return std::visit(
      [&](const auto& left) {
        const auto& right = std::get<std::decay_t<decltype(left)>>(b.voxels);
        return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size() * sizeof left[0]) == 0;
      },
      a.voxels);
}

}  // namespace

// The fuzzer seldom finds a checksum that holds, so its arrays are put into sound archives too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::optional<Volume> alone = read(bytes);
  if (alone) fuzz::check_volume(*alone);
  const std::string spacing = test::raw_npy("<f8", "(3,)", test::raw_bytes(std::vector<double>{1, 2, 3}));
  for (const bool deflated : {false, true}) {
    const std::optional<Volume> packed = read(test::raw_zip({{"image.npy", bytes, deflated}, {"spacing.npy", spacing}}));
    if (packed) fuzz::check_volume(*packed);
    if (alone && bytes[0] != 'P') truth(packed && same_bits(*alone, *packed), "an array means the same in an archive");
    const std::optional<Volume> spaced = read(test::raw_zip({{"image.npy", spacing}, {"spacing.npy", bytes, deflated}}));
    truth(!spaced, "an array of one axis is no image");
  }
  return 0;
}
