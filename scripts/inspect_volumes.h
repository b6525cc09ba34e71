// Volumes of a file or folder - DICOM, NIfTI, PNG, JPEG - and what was refused: shared by `inspect` and `convert`.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "data/dicom/voi.h"
#include "data/volume.h"

namespace chiasm {

// One volume or one refused group of files.
struct FoundVolume {
  std::filesystem::path path;  // its first file
  std::string series_uid, modality;
  int64_t files = 1;
  std::optional<Volume> volume;
  std::string code, detail;       // when refused
  std::optional<dicom::Voi> voi;  // how a DICOM image asks to be shown
  std::string stored_sha256;
  std::vector<std::string> notes;
};

// Calls `visit` once for each, one volume in memory at a time, in the order of the paths. Files of a folder that are no image at all are
// counted in a log line; a single such file is a refusal.
void for_each_volume(const std::filesystem::path& root, const std::function<void(const FoundVolume&)>& visit);

// The stable description: path, series_uid, modality, status, reason, detail, files, shape [W, H, D], spacing [mm], affine_ras, channels,
// min, max, mean (of all voxels, rescaled), stored_sha256, notes. What does not apply is null.
Json describe(const FoundVolume& found);

// 0 when nothing was refused, 3 when a part was, 20 when nothing could be read.
int exit_code(int64_t read, int64_t refused);

// A table for the eye, of descriptions.
std::string table_of(const Json& descriptions);

}  // namespace chiasm
