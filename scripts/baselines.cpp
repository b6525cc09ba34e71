#include "scripts/baselines.h"

#include <algorithm>
#include <cmath>

#include "core/evaluate/logistic.h"

namespace chiasm {
namespace {

constexpr double ridge = 1.0;

struct Fitted {
  double prior_logit = 0;
  evaluate::Logistic model;
};

Fitted fit(size_t column, const LabelTable& labels, const StudyFeatures& train) {
  std::vector<std::vector<double>> features;
  std::vector<int> known;
  for (size_t i = 0; i < train.studies.size(); ++i) {
    const auto found = labels.of_study.find(train.studies[i]);
    if (found == labels.of_study.end() || std::isnan(found->second[column])) continue;
    features.push_back(train.values[i]);
    known.push_back(found->second[column] > 0.5);
  }
  const double positives = static_cast<double>(std::count(known.begin(), known.end(), 1)) + 0.5;
  const double negatives = static_cast<double>(known.size()) - positives + 1.0;
  Fitted out{std::log(positives / negatives), {}};
  if (!features.empty() && !features.front().empty()) out.model = evaluate::fit_logistic(features, known, ridge);
  return out;
}

}  // namespace

std::vector<evaluate::Row> baseline_rows(const std::string& name, const std::vector<evaluate::Row>& model_rows, const LabelTable& labels,
                                         const StudyFeatures& train, const StudyFeatures& test) {
  std::map<std::string, Fitted> fitted;
  for (size_t c = 0; c < labels.classes.size(); ++c) fitted[labels.classes[c]] = fit(c, labels, train);
  std::map<std::string, size_t> row_of;
  for (size_t i = 0; i < test.studies.size(); ++i) row_of[test.studies[i]] = i;
  std::vector<evaluate::Row> out;
  for (const evaluate::Row& row : model_rows) {
    const auto model = fitted.find(row.target);
    const auto features = row_of.find(row.study);
    if (model == fitted.end() || features == row_of.end()) continue;
    evaluate::Row mine = row;
    mine.task = "baseline:" + name;
    const bool constant = name == "prevalence" || model->second.model.weights.empty();
    mine.raw = constant ? model->second.prior_logit : evaluate::logit(model->second.model, test.values[features->second]);
    mine.score = 1.0 / (1.0 + std::exp(-mine.raw));
    out.push_back(mine);
  }
  return out;
}

}  // namespace chiasm
