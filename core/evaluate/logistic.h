// Ridge logistic regression by iteratively reweighted least squares: the baseline beside every classifier.
#pragma once

#include <vector>

namespace chiasm::evaluate {

struct Logistic {
  std::vector<double> weights;          // one a feature, then the intercept
  std::vector<double> mean, deviation;  // features are standardised
};

// `features[i]`: one sample; NaN counts as the mean. `ridge` penalises standardised weights, not the intercept.
Logistic fit_logistic(const std::vector<std::vector<double>>& features, const std::vector<int>& labels, double ridge);
double logit(const Logistic& model, const std::vector<double>& features);

}  // namespace chiasm::evaluate
