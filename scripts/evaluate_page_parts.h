// The parts of an evaluation's page as markup. A part without content is empty. No LibTorch.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/evaluate/rows.h"
#include "core/specs.h"
#include "data/store/store.h"
#include "data/view.h"

namespace chiasm::page {

// Where pictures come from.
struct Images {
  const StoreReader& store;
  const std::map<std::string, Preparation>& preparations;  // by image input
  const TargetSpecs& targets;
  std::filesystem::path predictions;        // STUDY_TARGET.nii.gz
  std::map<std::string, int64_t> index_of;  // position in the store, by study
};

using Rows = std::vector<evaluate::Row>;

// Rows of tasks are Dice of masks, or scores of findings.
bool is_mask_task(const Json& metrics, const std::string& task);
// "0.812 [0.750, 0.870]"; empty when undefined.
std::string figure_text(const Json& figure);

// How many items reached the store: funnel.csv of its folder.
std::string funnel(const std::filesystem::path& store_folder);
// Weights taken from an earlier run and new ones: "weights" of run.json.
std::string weights(const std::filesystem::path& run_folder);
// Sixteen inputs of the judged studies after preparation.
std::string inputs(const Images& images, const std::vector<std::string>& studies);
// Figures of every task with their intervals beside the baselines; generated texts beside the best constant text.
std::string figures(const Json& metrics);
// The surest right and the surest wrong finding, and the best and the worst mask of the smallest structure.
std::string cases(const Images& images, const Rows& rows, const Json& metrics);
// Losses and validation figures of log.jsonl.
std::string training(const std::filesystem::path& run_folder);
std::string roc(const Rows& rows, const Json& metrics);
// Contours of truth and prediction over the image, from the best to the worst Dice.
std::string overlays(const Images& images, const Rows& rows, const Json& metrics);
// Figures of every subset of inputs, all studies and complete ones.
std::string subsets(const Json& metrics);
std::string subgroups(const Json& metrics);

}  // namespace chiasm::page
