#include "data/sampler.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/random.h"

namespace chiasm {

Sampler::Sampler(int64_t studies, const SamplerOptions& options, const std::vector<Side>& sides) : options_(options) {
  check(options.batch > 0 && options.ranks > 0 && options.rank >= 0 && options.rank < options.ranks, "a sampler needs a batch and a rank");
  all_.resize(static_cast<size_t>(studies));
  std::iota(all_.begin(), all_.end(), int64_t{0});
  if (sides.empty()) return;
  check(static_cast<int64_t>(sides.size()) == studies, "a sampler needs one side for each study");
  for (int64_t n = 0; n < studies; ++n) {
    if (sides[static_cast<size_t>(n)] == Side::positive) positive_.push_back(n);
    if (sides[static_cast<size_t>(n)] == Side::negative) negative_.push_back(n);
  }
  if (positive_.empty() || negative_.empty())
    throw UsageError("data.balance needs positive and negative studies, but " + std::to_string(positive_.size()) + " are positive and " +
                     std::to_string(negative_.size()) + " negative; choose another target or leave it out");
  all_.resize(positive_.size() + negative_.size());
}

int64_t Sampler::batches_per_epoch() const {
  const auto studies = static_cast<int64_t>(all_.size());
  const int64_t global = options_.batch * options_.ranks;
  if (options_.training) return studies == 0 ? 0 : std::max<int64_t>(1, studies / global);
  const int64_t rest = studies % global;
  return studies / global + (rest > options_.rank * options_.batch ? 1 : 0);
}

std::vector<int64_t> Sampler::make_order(int64_t epoch) const {
  if (!options_.training) return all_;
  Random random(hash_key({options_.seed, static_cast<uint64_t>(epoch)}));
  std::vector<int64_t> order = all_;
  if (positive_.empty()) {
    random.shuffle(order);
    return order;
  }
  std::vector<int64_t> positive = positive_, negative = negative_;
  random.shuffle(positive);
  random.shuffle(negative);
  for (size_t n = 0; n < order.size(); n += 2) {
    int64_t pair[2] = {positive[n / 2 % positive.size()], negative[n / 2 % negative.size()]};
    if (random.chance(0.5)) std::swap(pair[0], pair[1]);
    order[n] = pair[0];
    if (n + 1 < order.size()) order[n + 1] = pair[1];
  }
  return order;
}

const std::vector<int64_t>& Sampler::order(int64_t epoch) {
  if (epoch != order_epoch_) {
    order_ = make_order(epoch);
    order_epoch_ = epoch;
  }
  return order_;
}

std::vector<Draw> Sampler::draws(int64_t epoch, int64_t batch) {
  const std::vector<int64_t>& studies = order(epoch);
  const auto count = static_cast<int64_t>(studies.size());
  std::vector<Draw> out;
  for (int64_t n = 0; n < options_.batch; ++n) {
    const int64_t place = (batch * options_.ranks + options_.rank) * options_.batch + n;
    if (!options_.training && place >= count) break;
    out.push_back({studies[static_cast<size_t>(place % count)],
                   hash_key({options_.seed, static_cast<uint64_t>(epoch), static_cast<uint64_t>(place)})});
  }
  return out;
}

}  // namespace chiasm
