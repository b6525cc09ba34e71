// Groups of studies for the sampler, from the `data` section of a run: balanced by class, mixed by a fact, or batched by the length of a
// text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config/fields.h"
#include "data/sampler.h"
#include "data/store/store.h"

namespace chiasm {

struct SamplingConfig {
  std::string mix;  // a fact of the studies, such as site: studies of one value are one group
  std::map<std::string, double>
      ratios;             // by value of `mix`: share of the draws; values that are not named are not drawn. Empty: by `power`
  double power = 1;       // share of a group: (its studies) ^ power. 1: as they are; 0: every group alike
  std::string length_of;  // a text input: studies of a batch have texts of like length
};
void fields(config::Visitor& v, SamplingConfig& c);

// `balance`: a labels target whose positive and negative studies are drawn evenly; "" = none. No groups: all studies are drawn alike.
// Positions in `studies` (store indices). Throws UsageError: two ways at once, an unknown target, fact, value or text, an empty group.
std::vector<SamplerGroup> sampler_groups(const StoreReader& store, const std::vector<int64_t>& studies, const std::string& balance,
                                         const SamplingConfig& sampling);

}  // namespace chiasm
