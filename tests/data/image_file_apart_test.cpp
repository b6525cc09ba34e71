// Image files read in other processes: the same volumes and refusals, and a parser that crashes, hangs or takes memory costs one file.
#include "data/image_file_apart.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/image_file.h"
#include "data/nifti.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

Volume small() {
  Volume volume;
  volume.modality = "image";
  volume.size = {2, 3, 4};
  volume.affine = {1, 0, 0, 5, 0, 2, 0, 6, 0, 0, 3, 7};
  volume.voxels = std::vector<int16_t>(24, -7);
  return volume;
}

// A parser with the faults that a crafted file could trigger, told by the file's name.
std::string faulty(const std::string& path) {
  const std::string name = std::filesystem::path(path).stem().string();
  if (name == "crash") std::abort();
  if (name == "hang")
    for (volatile bool busy = true; busy;) {
    }
  if (name == "memory") {
    std::vector<char> taken(size_t{1} << 31, 1);
    return std::string(taken.begin(), taken.end());
  }
  return answer_image_request(path);
}

std::string outcome(const std::filesystem::path& path) {
  try {
    return read_image_apart(path).voxels == small().voxels ? "read" : "other voxels";
  } catch (const Refused& refused) {
    return refused.code;
  }
}

TEST(ImageFileApart, VolumesAndRefusalsAreThoseOfThisProcess) {
  const Scratch folder;
  write_nifti(folder / "a.nii", small());
  write_file_atomic(folder / "b.png", "no picture");
  const Volume apart = read_image_apart(folder / "a.nii"), here = read_image_here(folder / "a.nii");
  EXPECT_EQ(apart.voxels, here.voxels);
  EXPECT_EQ(apart.affine, here.affine);
  EXPECT_EQ(apart.size, here.size);
  EXPECT_EQ(apart.modality, here.modality);
  EXPECT_EQ(apart.facts, here.facts);
  for (const char* name : {"b.png", "absent.tif"}) {
    std::string code;
    try {
      read_image_here(folder / name);
    } catch (const Refused& refused) {
      code = refused.code;
    }
    try {
      read_image_apart(folder / name);
      ADD_FAILURE() << name;
    } catch (const Refused& refused) {
      EXPECT_EQ(refused.code, code) << name;
    }
  }
}

TEST(ImageFileApart, FaultsCostOneFileEach) {
  const Scratch folder;
  IsolateLimits limits;
  limits.memory = uint64_t{256} << 20;
  limits.cpu_seconds = 1;
  limits.wall_seconds = 20;
  restart_image_readers(faulty, limits);
  std::vector<std::string> names{"a", "crash", "b", "hang", "c", "memory", "d", "crash", "e"}, codes(names.size());
  for (const std::string& name : names) write_nifti(folder / (name + ".nii"), small());
  parallel_for(static_cast<int64_t>(names.size()), 3,
               [&](int64_t n) { codes[static_cast<size_t>(n)] = outcome(folder / (names[static_cast<size_t>(n)] + ".nii")); });
  restart_image_readers();
  for (size_t n = 0; n < names.size(); ++n) EXPECT_EQ(codes[n], names[n].size() == 1 ? "read" : "READER_DIED") << names[n];
}

}  // namespace
}  // namespace chiasm
