// Metrics of one target over rows. Labels are 0 or 1; unknown labels are left out before. NaN where a metric is undefined.
#pragma once

#include <vector>

namespace chiasm::evaluate {

// Area under the ROC curve by mid-ranks: the probability that a positive scores above a negative, ties counted half (Hanley and McNeil,
// 1982).
double auroc(const std::vector<double>& scores, const std::vector<int>& labels);
// Average precision: the step-wise area under precision over recall, ties taken together.
double average_precision(const std::vector<double>& scores, const std::vector<int>& labels);
// Mean squared difference of probability and label (Brier, 1950).
double brier(const std::vector<double>& scores, const std::vector<int>& labels);
// Expected calibration error over `bins` bins of equal width.
double calibration_error(const std::vector<double>& scores, const std::vector<int>& labels, int bins = 10);

}  // namespace chiasm::evaluate
