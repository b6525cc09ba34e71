#include "data/image_file.h"

#include <algorithm>

#include "core/base/text.h"
#include "data/image.h"
#include "data/image_file_apart.h"
#include "data/nifti.h"
#include "data/npz.h"
#include "data/nrrd.h"

namespace chiasm {
namespace {

bool has_ending(const std::filesystem::path& path, const std::string& ending) { return ends_with(lower(path.filename().string()), ending); }

}  // namespace

const std::vector<std::string>& image_endings() {
  static const std::vector<std::string> endings{".nii.gz", ".nii", ".seg.nrrd", ".nrrd", ".nhdr", ".npz",
                                                ".npy",    ".png", ".jpg",      ".jpeg", ".tif",  ".tiff"};
  return endings;
}

bool is_image_file(const std::filesystem::path& path) {
  return std::any_of(image_endings().begin(), image_endings().end(), [&](const std::string& ending) { return has_ending(path, ending); });
}

bool is_picture(const std::filesystem::path& path) {
  const std::vector<std::string> endings{".png", ".jpg", ".jpeg", ".tif", ".tiff"};
  return std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) { return has_ending(path, ending); });
}

Volume read_image_file(const std::filesystem::path& path) { return read_image_apart(path); }

Volume read_image_here(const std::filesystem::path& path) {
  if (has_ending(path, ".nii") || has_ending(path, ".nii.gz")) return read_nifti(path);
  if (has_ending(path, ".nrrd") || has_ending(path, ".nhdr")) return read_nrrd(path);
  if (has_ending(path, ".npz") || has_ending(path, ".npy")) return read_npz(path);
  return read_image(path);
}

}  // namespace chiasm
