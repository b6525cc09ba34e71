#include "core/evaluate/summary.h"

#include <cmath>
#include <functional>
#include <set>

#include "core/evaluate/metrics.h"

namespace chiasm::evaluate {
namespace {

using Metric = std::function<double(const std::vector<double>&, const std::vector<int>&)>;

const std::vector<std::pair<std::string, Metric>>& score_metrics() {
  static const std::vector<std::pair<std::string, Metric>> list{
      {"auroc", auroc},
      {"average_precision", average_precision},
      {"brier", brier},
      {"calibration_error", [](const auto& scores, const auto& labels) { return calibration_error(scores, labels); }},
      {"prevalence", [](const auto&, const auto& labels) {
         double sum = 0;
         for (const int label : labels) sum += label;
         return labels.empty() ? std::nan("") : sum / static_cast<double>(labels.size());
       }}};
  return list;
}

// Rows by target; rows with unknown label are left out.
std::map<std::string, std::vector<Row>> by_target(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<Row>> out;
  for (const Row& row : rows)
    if (!std::isnan(row.label)) out[row.target].push_back(row);
  return out;
}

std::vector<std::string> patients(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const Row& row : rows) out.push_back(row.patient);
  return out;
}

double score_metric(const std::vector<Row>& rows, const std::vector<size_t>& chosen, const Metric& metric) {
  std::vector<double> scores;
  std::vector<int> labels;
  for (const size_t i : chosen) {
    scores.push_back(rows[i].score);
    labels.push_back(rows[i].label > 0.5);
  }
  return metric(scores, labels);
}

Json summarise_scores(const std::vector<Row>& rows, const BootstrapOptions& options) {
  Json out = Json::object();
  std::vector<Row> known;
  for (const auto& [target, list] : by_target(rows)) {
    known.insert(known.end(), list.begin(), list.end());
    for (const auto& [name, metric] : score_metrics()) {
      Figure figure = bootstrap(
          patients(list), [&](const auto& chosen) { return score_metric(list, chosen, metric); }, options);
      for (const Row& row : list) figure.positives += row.label > 0.5;
      out[target][name] = to_json(figure);
    }
  }
  Figure macro = bootstrap(
      patients(known), [&](const auto& chosen) { return macro_auroc(known, chosen); }, options);
  for (const Row& row : known) macro.positives += row.label > 0.5;
  out["macro"]["auroc"] = to_json(macro);
  return out;
}

double mean_dice(const std::vector<Row>& rows, const std::vector<size_t>& chosen) {
  double sum = 0, count = 0;
  for (const size_t i : chosen)
    if (rows[i].label > 0) {
      sum += rows[i].score;
      count += 1;
    }
  return count == 0 ? std::nan("") : sum / count;
}

double false_positive_rate(const std::vector<Row>& rows, const std::vector<size_t>& chosen) {
  double wrong = 0, empty = 0;
  for (const size_t i : chosen)
    if (rows[i].label == 0) {
      empty += 1;
      wrong += rows[i].raw > 0;
    }
  return empty == 0 ? std::nan("") : wrong / empty;
}

Json summarise_masks(const std::vector<Row>& rows, const BootstrapOptions& options) {
  Json out = Json::object();
  double sum = 0, classes = 0;
  for (const auto& [target, list] : by_target(rows)) {
    int64_t positives = 0;
    for (const Row& row : list) positives += row.label > 0;
    const auto put = [&](const char* name, double (*statistic)(const std::vector<Row>&, const std::vector<size_t>&)) {
      Figure figure = bootstrap(
          patients(list), [&](const auto& chosen) { return statistic(list, chosen); }, options);
      figure.positives = positives;
      out[target][name] = to_json(figure);
      return figure.value;
    };
    const double dice = put("dice", mean_dice);
    put("false_positive_rate", false_positive_rate);
    if (!std::isnan(dice)) {
      sum += dice;
      classes += 1;
    }
  }
  if (classes > 0)
    out["macro"]["dice"] = {{"value", sum / classes}, {"n", static_cast<int64_t>(rows.size())}, {"method", "mean over classes"}};
  return out;
}

}  // namespace

double macro_auroc(const std::vector<Row>& rows, const std::vector<size_t>& chosen) {
  std::map<std::string, std::pair<std::vector<double>, std::vector<int>>> targets;
  for (const size_t i : chosen) {
    auto& [scores, labels] = targets[rows[i].target];
    scores.push_back(rows[i].score);
    labels.push_back(rows[i].label > 0.5);
  }
  double sum = 0, count = 0;
  for (const auto& [target, value] : targets) {
    const double area = auroc(value.first, value.second);
    if (std::isnan(area)) continue;
    sum += area;
    count += 1;
  }
  return count == 0 ? std::nan("") : sum / count;
}

Json summarise(const std::vector<Row>& rows, Reading reading, const BootstrapOptions& options) {
  return reading == Reading::scores ? summarise_scores(rows, options) : summarise_masks(rows, options);
}

Figure paired_macro_auroc(const std::vector<Row>& model, const std::vector<Row>& other, const BootstrapOptions& options) {
  std::map<std::pair<std::string, std::string>, const Row*> others;
  for (const Row& row : other) others[{row.study, row.target}] = &row;
  std::vector<Row> mine, theirs;
  for (const Row& row : model) {
    const auto found = others.find({row.study, row.target});
    if (found == others.end() || std::isnan(row.label)) continue;
    mine.push_back(row);
    theirs.push_back(*found->second);
  }
  return bootstrap(
      patients(mine), [&](const auto& chosen) { return macro_auroc(mine, chosen) - macro_auroc(theirs, chosen); }, options);
}

}  // namespace chiasm::evaluate
