#include "core/evaluate/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/random.h"

namespace chiasm::evaluate {
namespace {

// Linear interpolation between order statistics (Hyndman and Fan, type 7).
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

Figure bootstrap(const std::vector<std::string>& unit_of, const std::function<double(const std::vector<size_t>&)>& statistic,
                 const BootstrapOptions& options) {
  std::map<std::string, std::vector<size_t>> members;
  for (size_t i = 0; i < unit_of.size(); ++i) members[unit_of[i]].push_back(i);
  std::vector<const std::vector<size_t>*> units;
  for (const auto& entry : members) units.push_back(&entry.second);

  std::vector<size_t> all(unit_of.size());
  std::iota(all.begin(), all.end(), size_t{0});
  Figure figure{statistic(all),
                std::nan(""),
                std::nan(""),
                static_cast<int64_t>(all.size()),
                static_cast<int64_t>(units.size()),
                0,
                "percentile bootstrap over patients, " + std::to_string(options.draws) + " draws"};
  std::vector<double> values;
  std::vector<size_t> drawn;
  for (int64_t draw = 0; draw < options.draws && !units.empty(); ++draw) {
    Random random(hash_key({options.seed, static_cast<uint64_t>(draw)}));
    drawn.clear();
    for (size_t u = 0; u < units.size(); ++u) {
      const auto& unit = *units[static_cast<size_t>(random.integer(static_cast<int64_t>(units.size())))];
      drawn.insert(drawn.end(), unit.begin(), unit.end());
    }
    const double value = statistic(drawn);
    if (!std::isnan(value)) values.push_back(value);
  }
  if (values.empty() || 2 * static_cast<int64_t>(values.size()) < options.draws) return figure;
  std::sort(values.begin(), values.end());
  const double tail = (1.0 - options.level) / 2.0;
  figure.low = quantile(values, tail);
  figure.high = quantile(values, 1.0 - tail);
  return figure;
}

}  // namespace chiasm::evaluate
