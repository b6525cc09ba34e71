// Segmentations on the grid of the source image: figures and files.
#pragma once

#include <filesystem>
#include <string>

#include "core/task.h"
#include "data/store/store.h"
#include "scripts/findings.h"
#include "scripts/trained.h"

namespace chiasm {

// Restores a predicted mask to the grid of its stored image. `store_index`: of the study.
Volume native_mask(const Finding::Mask& mask, const Trained& trained, const StoreReader& store, int64_t store_index);

// Rows with Dice on the native grid; a NIfTI file per study and target below `folder` when it is not empty.
void add_native_masks(Findings& findings, const Finding& finding, const std::string& task, const Batch& batch, const Trained& trained,
                      const StoreReader& store, const std::map<std::string, int64_t>& index_of, const RowContext& context,
                      const std::filesystem::path& folder);

}  // namespace chiasm
