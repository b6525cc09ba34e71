// Rendered series to DICOM files (explicit VR little endian, PS3.10).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/synthetic/series.h"

namespace chiasm::synthetic {

// Throws Error when DCMTK's data dictionary is missing. Call before the first write.
void require_dictionary();

// One file a slice into `folder`, which is created; the instance UIDs are uid_of(stem, 1...). The n-th slice along the normal gets
// names[n].
void write_series(const std::filesystem::path& folder, const ImageSeries& series, const std::vector<Element>& elements,
                  const std::string& stem, const std::vector<std::string>& names);

}  // namespace chiasm::synthetic
