#include "data/sampler.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/random.h"

namespace chiasm {

namespace {

constexpr int64_t kLongestCycle = 1000;

// The shortest cycle that holds every ratio exactly; else the longest, where each is met to 1 / 1000.
int64_t cycle_length(const std::vector<double>& shares) {
  for (int64_t length = 1; length < kLongestCycle; ++length)
    if (std::all_of(shares.begin(), shares.end(), [&](double share) {
          const double slots = share * static_cast<double>(length);
          return slots > 0.5 && std::abs(slots - std::round(slots)) < 1e-9;
        }))
      return length;
  return kLongestCycle;
}

}  // namespace

Sampler::Sampler(int64_t studies, const SamplerOptions& options, std::vector<SamplerGroup> groups)
    : options_(options), studies_(studies), groups_(std::move(groups)) {
  check(options.batch > 0 && options.ranks > 0 && options.rank >= 0 && options.rank < options.ranks, "a sampler needs a batch and a rank");
  if (!options.training) groups_.clear();
  if (groups_.empty()) return;
  studies_ = 0;
  for (const SamplerGroup& group : groups_) {
    if (group.studies.empty()) throw UsageError("a group of studies to draw from is empty");
    if (!(group.ratio > 0) || !std::isfinite(group.ratio)) throw UsageError("the ratio of a group of studies must be above 0");
    studies_ += static_cast<int64_t>(group.studies.size());
  }
  plan_cycle();
  group_orders_.resize(groups_.size());
}

void Sampler::plan_cycle() {
  double sum = 0;
  for (const SamplerGroup& group : groups_) sum += group.ratio;
  std::vector<double> shares;
  for (const SamplerGroup& group : groups_) shares.push_back(group.ratio / sum);
  slots_of_.assign(groups_.size(), 0);
  const int64_t length = cycle_length(shares);
  for (int64_t slot = 1; slot <= length; ++slot) {
    // The group that is furthest behind its share.
    size_t next = 0;
    const auto behind = [&](size_t g) { return shares[g] * static_cast<double>(slot) - static_cast<double>(slots_of_[g]); };
    for (size_t g = 1; g < groups_.size(); ++g)
      if (behind(g) > behind(next)) next = g;
    cycle_.push_back({next, slots_of_[next]++});
  }
  for (const int64_t slots : slots_of_)
    if (slots == 0) throw UsageError("the ratio of a group of studies is below 1/1000 of all; leave the group out or raise it");
}

int64_t Sampler::batches_per_epoch() const {
  const int64_t global = options_.batch * options_.ranks;
  if (options_.training) return studies_ == 0 ? 0 : std::max<int64_t>(1, studies_ / global);
  const int64_t rest = studies_ % global;
  return studies_ / global + (rest > options_.rank * options_.batch ? 1 : 0);
}

int64_t Sampler::ordered(std::optional<Order>& order, int64_t count, uint64_t key, int64_t place) {
  if (!order || order->key != key) order.emplace(Order{key, Permutation(count, key)});
  return order->permutation(place);
}

// `number`: of the draw of a group since the first epoch; `within`: which of the studies that this draw takes.
int64_t Sampler::grouped_study_at(int64_t number, int64_t within) {
  const auto length = static_cast<int64_t>(cycle_.size());
  const int64_t cycle = number / length, global = options_.batch * options_.ranks;
  const uint64_t key = hash_key({options_.seed, static_cast<uint64_t>(cycle)});
  const Slot& slot = cycle_[static_cast<size_t>(ordered(cycle_order_, length, key, number % length))];
  const SamplerGroup& group = groups_[slot.group];
  int64_t nth = cycle * slots_of_[slot.group] + slot.nth;
  if (options_.whole_batches) nth = nth * global + within;
  const auto count = static_cast<int64_t>(group.studies.size());
  const uint64_t pass = hash_key({options_.seed, slot.group + 1, static_cast<uint64_t>(nth / count)});
  return group.studies[static_cast<size_t>(ordered(group_orders_[slot.group], count, pass, nth % count))];
}

int64_t Sampler::study_at(int64_t epoch, int64_t place) {
  if (!options_.training) return place;
  const int64_t global = options_.batch * options_.ranks, batches = batches_per_epoch();
  if (groups_.empty()) return ordered(epoch_order_, studies_, hash_key({options_.seed, static_cast<uint64_t>(epoch)}), place % studies_);
  if (options_.whole_batches) return grouped_study_at(epoch * batches + place / global, place % global);
  return grouped_study_at(epoch * batches * global + place, 0);
}

std::vector<Draw> Sampler::draws(int64_t epoch, int64_t batch) {
  std::vector<Draw> out;
  for (int64_t n = 0; n < options_.batch; ++n) {
    const int64_t place = (batch * options_.ranks + options_.rank) * options_.batch + n;
    if (!options_.training && place >= studies_) break;
    out.push_back({study_at(epoch, place), hash_key({options_.seed, static_cast<uint64_t>(epoch), static_cast<uint64_t>(place)})});
  }
  return out;
}

}  // namespace chiasm
