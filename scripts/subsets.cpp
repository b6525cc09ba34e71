#include "scripts/subsets.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

Subset subset_of(const std::vector<std::string>& inputs, uint64_t bits) {
  Subset out;
  for (size_t i = 0; i < inputs.size(); ++i) ((bits >> i) & 1 ? out.shown : out.hidden).push_back(inputs[i]);
  out.name = out.hidden.empty() ? "all" : join(out.shown, "+");
  return out;
}

uint64_t bits_of(const std::string& names, const std::vector<std::string>& inputs) {
  uint64_t bits = 0;
  for (const std::string& name : split(names, '+')) {
    const auto found = std::find(inputs.begin(), inputs.end(), name);
    if (found == inputs.end())
      throw UsageError("evaluate.also: '" + name + "' in '" + names + "' is no input of this model" + did_you_mean(name, inputs));
    bits |= uint64_t{1} << (found - inputs.begin());
  }
  return bits;
}

}  // namespace

std::vector<Subset> make_subsets(const std::vector<std::string>& inputs, const std::string& which, const std::vector<std::string>& also) {
  const uint64_t every = (uint64_t{1} << inputs.size()) - 1;
  if (which == "all" && inputs.size() > 8)
    throw UsageError("evaluate.subsets: all would mean " + std::to_string(every) + " subsets; use each with more than 8 inputs");
  std::vector<uint64_t> wanted{every};
  if (which == "each")
    for (size_t i = 0; i < inputs.size(); ++i) {
      wanted.push_back(uint64_t{1} << i);
      wanted.push_back(every & ~(uint64_t{1} << i));
    }
  if (which == "all")
    for (uint64_t bits = 1; bits < every; ++bits) wanted.push_back(bits);
  for (const std::string& names : also) wanted.push_back(bits_of(names, inputs));
  std::vector<Subset> out;
  std::set<uint64_t> seen;
  for (const uint64_t bits : wanted)
    if (bits != 0 && seen.insert(bits).second) out.push_back(subset_of(inputs, bits));
  return out;
}

}  // namespace chiasm
