// The built-in cohort: patients with a known hidden state, written as a hospital would hand them over, with answer keys beside.
#pragma once

#include <cstdint>
#include <filesystem>

namespace chiasm::synthetic {

struct CohortOptions {
  std::filesystem::path out;  // must not exist
  int64_t patients = 200;
  uint64_t seed = 1;
  int threads = 2;
};

struct CohortSummary {
  int64_t patients = 0, studies = 0, files = 0;  // files: DICOM
  double seconds = 0;
};

// Writes the folder whole or not at all. The content depends on `patients` and `seed` only; the first patients of a larger cohort with the
// same seed are those of a smaller one. Throws UsageError when `out` exists, Error on a full disk.
CohortSummary write_cohort(const CohortOptions& options);

}  // namespace chiasm::synthetic
