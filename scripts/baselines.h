// Baselines beside a classifier: what is reached without its fusion. Fitted on the train part only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/evaluate/rows.h"
#include "scripts/baseline_features.h"

namespace chiasm {

struct LabelTable {
  std::vector<std::string> classes;
  std::map<std::string, std::vector<double>> of_study;  // NaN = unknown
};

// Rows with the same studies, targets and labels as `model_rows`, scored by the baseline; task "baseline:NAME".
// "prevalence": the train part's positive rate. Others: ridge logistic regression on the features.
std::vector<evaluate::Row> baseline_rows(const std::string& name, const std::vector<evaluate::Row>& model_rows, const LabelTable& labels,
                                         const StudyFeatures& train, const StudyFeatures& test);

}  // namespace chiasm
