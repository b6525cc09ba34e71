// The files of one predicted study: result.json, NIfTI, DICOM SEG and overlay pictures of masks.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/task.h"
#include "data/store/store.h"
#include "scripts/gather_study.h"

namespace chiasm {

struct StudyResult {
  const Trained& bundle;
  const StoreReader& store;
  const Json& contract;
  std::string path;  // as given on the command line
  const GatheredStudy& gathered;
  int64_t index;                                   // of the study in the batch
  const std::map<std::string, Finding>& findings;  // by task
};

// Writes the folder and returns what result.json says. Generated text stands in result.json only, as a draft; it enters no DICOM.
Json write_study(const StudyResult& result, const std::filesystem::path& folder);

}  // namespace chiasm
