// Receiver operating characteristic: sensitivity over 1 - specificity for every threshold (Fawcett, 2006).
#pragma once

#include <string>
#include <vector>

namespace chiasm::report {

struct RocPoints {
  std::vector<double> false_positive_rate, true_positive_rate;  // from (0, 0) to (1, 1); equal scores are one step
};

// Labels are 0 or 1. Empty when one of the classes is missing.
RocPoints roc_points(const std::vector<double>& scores, const std::vector<int>& labels);

struct RocCurve {
  std::string name;  // for the legend
  std::vector<double> scores;
  std::vector<int> labels;
};

// Undefined curves are left out; a chart without any is empty markup.
std::string roc_chart(const std::vector<RocCurve>& curves, const std::string& title);

}  // namespace chiasm::report
