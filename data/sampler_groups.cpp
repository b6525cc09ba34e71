#include "data/sampler_groups.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {

void fields(config::Visitor& v, SamplingConfig& c) {
  v.field("mix", c.mix, "A fact of the studies, such as site: studies of one value form a group.");
  v.field("ratios", c.ratios, "By value of `mix`: share of the draws; values that are not named are not drawn. Empty: by `power`.");
  v.field("power", c.power, "Share of a group: its studies to this power. 1: as they are; 0: every group alike.",
          {.at_least = 0, .at_most = 1});
  v.field("length_of", c.length_of, "A text input: the studies of a batch have texts of like length.");
}

namespace {

constexpr size_t kLengthBuckets = 8;

// 1: any class positive; 0: any known, none positive; -1: nothing known.
int side_of(const StudyEntry& entry, const std::string& target) {
  int side = -1;
  if (const auto labels = entry.labels.find(target); labels != entry.labels.end())
    for (const double value : labels->second)
      if (!std::isnan(value)) side = std::max(side, value >= 0.5 ? 1 : 0);
  return side;
}

std::vector<SamplerGroup> balanced(const StoreReader& store, const std::vector<int64_t>& studies, const std::string& balance) {
  const auto target = store.schema().targets.find(balance);
  if (target == store.schema().targets.end() || target->second.kind != TargetKind::labels)
    throw UsageError("data.balance: the store has no labels '" + balance + "'");
  std::vector<SamplerGroup> groups(2);
  for (size_t n = 0; n < studies.size(); ++n)
    if (const int side = side_of(store.entry(studies[n]), balance); side >= 0)
      groups[static_cast<size_t>(side)].studies.push_back(static_cast<int64_t>(n));
  if (groups[0].studies.empty() || groups[1].studies.empty())
    throw UsageError("data.balance needs positive and negative studies, but " + std::to_string(groups[1].studies.size()) +
                     " are positive and " + std::to_string(groups[0].studies.size()) + " negative; choose another target or leave it out");
  return groups;
}

std::vector<SamplerGroup> mixed(const StoreReader& store, const std::vector<int64_t>& studies, const SamplingConfig& sampling) {
  std::map<std::string, SamplerGroup> by_value;
  for (size_t n = 0; n < studies.size(); ++n) {
    const auto& facts = store.entry(studies[n]).facts;
    const auto fact = facts.find(sampling.mix);
    by_value[fact == facts.end() ? "" : fact->second].studies.push_back(static_cast<int64_t>(n));
  }
  if (by_value.size() == 1 && by_value.count("")) throw UsageError("data.sampling.mix: no study has the fact '" + sampling.mix + "'");
  std::vector<std::string> known;
  for (const auto& [value, group] : by_value) known.push_back(value);
  for (const auto& [value, ratio] : sampling.ratios) {
    if (!by_value.count(value))
      throw UsageError("data.sampling.ratios: no study has " + sampling.mix + " '" + value + "'" + did_you_mean(value, known));
    if (!(ratio > 0) || !std::isfinite(ratio)) throw UsageError("data.sampling.ratios: the ratio of '" + value + "' must be above 0");
  }
  std::vector<SamplerGroup> groups;
  for (auto& [value, group] : by_value) {
    const auto ratio = sampling.ratios.find(value);
    if (!sampling.ratios.empty() && ratio == sampling.ratios.end()) continue;
    group.ratio = sampling.ratios.empty() ? std::pow(static_cast<double>(group.studies.size()), sampling.power) : ratio->second;
    groups.push_back(std::move(group));
  }
  return groups;
}

// Equal parts of the studies, ordered by the length of the text; studies without it come first.
std::vector<SamplerGroup> of_like_length(const StoreReader& store, const std::vector<int64_t>& studies, const std::string& input) {
  const auto found = store.schema().inputs.find(input);
  if (found == store.schema().inputs.end() || found->second.form != Form::text)
    throw UsageError("data.sampling.length_of: the store has no text '" + input + "'");
  std::vector<int64_t> lengths;
  for (const int64_t index : studies) {
    const auto& known = store.entry(index).lengths;
    const auto length = known.find(input);
    lengths.push_back(length == known.end() ? 0 : length->second);
  }
  if (std::all_of(lengths.begin(), lengths.end(), [](int64_t length) { return length == 0; }))
    throw UsageError("data.sampling.length_of: the index knows no length of '" + input +
                     "'; stores of format version 1 do not say it: ingest again");
  std::vector<int64_t> order(studies.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return lengths[static_cast<size_t>(a)] < lengths[static_cast<size_t>(b)]; });
  const size_t buckets = std::min(kLengthBuckets, order.size());
  std::vector<SamplerGroup> groups(buckets);
  for (size_t n = 0; n < order.size(); ++n) groups[n * buckets / order.size()].studies.push_back(order[n]);
  for (SamplerGroup& group : groups) {
    group.ratio = static_cast<double>(group.studies.size());
    std::sort(group.studies.begin(), group.studies.end());
  }
  return groups;
}

}  // namespace

std::vector<SamplerGroup> sampler_groups(const StoreReader& store, const std::vector<int64_t>& studies, const std::string& balance,
                                         const SamplingConfig& sampling) {
  const int ways = !balance.empty() + !sampling.mix.empty() + !sampling.length_of.empty();
  if (ways > 1) throw UsageError("data.balance, data.sampling.mix and data.sampling.length_of exclude each other; choose one");
  if (sampling.mix.empty() && !sampling.ratios.empty())
    throw UsageError("data.sampling.ratios needs data.sampling.mix: the fact they speak of");
  if (!balance.empty()) return balanced(store, studies, balance);
  if (!sampling.mix.empty()) return mixed(store, studies, sampling);
  if (!sampling.length_of.empty()) return of_like_length(store, studies, sampling.length_of);
  return {};
}

}  // namespace chiasm
