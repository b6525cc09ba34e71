// Image files other than DICOM, told by the endings of their names: one list for scan, ingest, convert, inspect and predict.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/volume.h"

namespace chiasm {

// ".nii.gz", ".png", ...; in lower case; a longer one stands before its own end.
const std::vector<std::string>& image_endings();

bool is_image_file(const std::filesystem::path& path);
// PNG, JPEG or TIFF.
bool is_picture(const std::filesystem::path& path);

// By the reader of its ending; a name of no known ending is read as a picture (data/image.h). Throws Refused as the readers do.
// Read in another process (data/image_file_apart.h).
Volume read_image_file(const std::filesystem::path& path);
// The same in this process.
Volume read_image_here(const std::filesystem::path& path);

}  // namespace chiasm
