#include "core/evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chiasm::evaluate {
namespace {

const double undefined = std::nan("");

std::vector<size_t> order_by(const std::vector<double>& scores, bool descending) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return descending ? scores[a] > scores[b] : scores[a] < scores[b]; });
  return order;
}

}  // namespace

double auroc(const std::vector<double>& scores, const std::vector<int>& labels) {
  const std::vector<size_t> order = order_by(scores, /*descending=*/false);
  double positives = 0, rank_sum = 0;
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j < order.size() && scores[order[j]] == scores[order[i]]) ++j;
    const double mid_rank = (static_cast<double>(i) + 1.0 + static_cast<double>(j)) / 2.0;
    for (size_t k = i; k < j; ++k)
      if (labels[order[k]] != 0) {
        positives += 1;
        rank_sum += mid_rank;
      }
    i = j;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return undefined;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double average_precision(const std::vector<double>& scores, const std::vector<int>& labels) {
  const std::vector<size_t> order = order_by(scores, /*descending=*/true);
  const double positives = static_cast<double>(std::count_if(labels.begin(), labels.end(), [](int l) { return l != 0; }));
  if (positives == 0) return undefined;
  double area = 0, found = 0;
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    double here = 0;
    for (; j < order.size() && scores[order[j]] == scores[order[i]]; ++j) here += labels[order[j]] != 0;
    found += here;
    area += here / positives * found / static_cast<double>(j);
    i = j;
  }
  return area;
}

double brier(const std::vector<double>& scores, const std::vector<int>& labels) {
  if (scores.empty()) return undefined;
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) sum += (scores[i] - labels[i]) * (scores[i] - labels[i]);
  return sum / static_cast<double>(scores.size());
}

double calibration_error(const std::vector<double>& scores, const std::vector<int>& labels, int bins) {
  if (scores.empty()) return undefined;
  std::vector<double> predicted(static_cast<size_t>(bins)), real(static_cast<size_t>(bins));
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto bin = static_cast<size_t>(std::clamp(static_cast<int>(scores[i] * bins), 0, bins - 1));
    predicted[bin] += scores[i];
    real[bin] += labels[i];
  }
  double error = 0;
  for (size_t b = 0; b < predicted.size(); ++b) error += std::abs(predicted[b] - real[b]);
  return error / static_cast<double>(scores.size());
}

}  // namespace chiasm::evaluate
