// The items of each study: series by rule, files, texts, table rows, masks, priors.
#pragma once

#include "data/scan_studies.h"

namespace chiasm::scanning {

// Fills FoundStudy::items of all studies; what is left over or cannot be told apart goes to `result`.
void find_items(const DatasetFile& dataset, const Sources& sources, Studies& studies, ScanResult& result);

}  // namespace chiasm::scanning
