// NIfTI files: a volume that was read is written and read again with the same values.
#include "data/nifti.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/fuzz/truth.h"

using namespace chiasm;
using fuzz::truth;

namespace {

// Not bit by bit: zero may lose its sign.
bool same_values(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

// The writer refuses what its format does not hold (Error); what it wrote can be read.
void check_round_trip(const Volume& volume) {
  static const fuzz::ScratchFile file("again.nii");
  try {
    write_nifti(file.path(), volume);
  } catch (const Error&) {
    return;
  }
  const Volume back = read_nifti(file.path());
  truth(back.size == volume.size, "a written volume has its size");
  truth(same_values(values(back), values(volume)), "a written volume has its values");
  for (size_t n = 0; n < 12; ++n) truth(back.affine[n] == static_cast<double>(static_cast<float>(volume.affine[n])), "and its affine");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFile file("x.nii");
  file.put(data, size);
  std::optional<Volume> volume;
  try {
    volume = read_nifti(file.path());
  } catch (const Refused&) {
    return 0;
  }
  fuzz::check_volume(*volume);
  check_round_trip(*volume);
  return 0;
}
