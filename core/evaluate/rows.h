// Predictions as rows, and what is computed from them. Every figure of metrics.json can be recomputed from predictions.csv.
#pragma once

#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace chiasm::evaluate {

// One line of predictions.csv: study,patient,split,fold,subset,task,target,label,score_raw,score
struct Row {
  std::string study, patient, split;
  int fold = 0;
  std::string subset;  // "all" or input names joined by "+"
  std::string task, target;
  double label = std::numeric_limits<double>::quiet_NaN();  // NaN: unknown, written empty
  double raw = 0, score = 0;  // logit, probability; for segmentation: label = truth voxels, raw = predicted voxels, score = Dice
};

std::vector<Row> read_rows(const std::filesystem::path& path);
void write_rows(const std::filesystem::path& path, const std::vector<Row>& rows);

// A figure with its interval.
struct Figure {
  double value, low, high;  // NaN when undefined
  int64_t n, patients, positives;
  std::string method;  // e.g. "percentile bootstrap over patients, 1000 draws"
};
Json to_json(const Figure& figure);

}  // namespace chiasm::evaluate
