// An archive with a marker in every place where DICOM files, reports and tables hold identities, and the search for them in what came out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chiasm::prove {

struct Marker {
  std::string place;  // "PatientAddress", "private sequence", "preamble", "report", ...
  std::string value;  // occurs nowhere else
};

struct Archive {
  std::filesystem::path dataset;  // the data set file
  std::vector<Marker> markers;
};

// Writes DICOM files, a table of reports, a key and a data set file into `folder`.
Archive plant_archive(const std::filesystem::path& folder, uint64_t seed);

// The markers that are found in any file below `folder`: in raw bytes and names, in any case, as UTF-8 and UTF-16; and in what the store's
// own reader decodes from `store` (empty: there is none).
std::vector<Marker> find_markers(const std::filesystem::path& folder, const std::filesystem::path& store,
                                 const std::vector<Marker>& markers);

}  // namespace chiasm::prove
