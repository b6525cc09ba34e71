#include "tasks/sides.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <set>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/rows.h"
#include "tasks/leakage.h"

namespace chiasm {
namespace {

template <class Has>
at::Tensor any_of(const std::vector<std::string>& inputs, const Has& has) {
  at::Tensor any = has(inputs.front());
  for (size_t i = 1; i < inputs.size(); ++i) any = any.logical_or(has(inputs[i]));
  return any;
}

}  // namespace

Tokens Side::tokens(Pass& pass) const { return inputs.size() == 1 ? pass.tokens(inputs.front()) : pass.fuse(inputs); }

at::Tensor Side::has(Pass& pass) const {
  return any_of(inputs, [&](const std::string& name) { return pass.has(name); });
}

at::Tensor Side::has(const Batch& batch) const {
  return any_of(inputs, [&](const std::string& name) {
    const Input& input = batch.inputs.at(name);
    return any_over_rows(real_rows(input), input.rows, batch.studies());
  });
}

std::array<Side, 2> read_pair(const std::vector<std::string>& pair, const TaskContext& context) {
  if (pair.size() != 2)
    throw UsageError("task '" + context.name + "': 'pair' takes two sides, such as [ct, findings] or [ct+xray, findings]");
  std::array<Side, 2> sides;
  std::set<std::string> seen;
  for (size_t s = 0; s < 2; ++s) {
    sides[s].inputs = chosen_inputs(split(pair[s], '+'), context);
    for (const std::string& name : sides[s].inputs)
      if (!seen.insert(name).second)
        throw UsageError("task '" + context.name + "': input '" + name +
                         "' stands twice in 'pair', so the sides would match trivially; name it once");
  }
  return sides;
}

std::vector<std::string> inputs_of(const std::array<Side, 2>& pair) {
  std::vector<std::string> names = pair[0].inputs;
  names.insert(names.end(), pair[1].inputs.begin(), pair[1].inputs.end());
  return names;
}

double count_pairs(const std::array<Side, 2>& pair, const Batch& batch) {
  return pair[0].has(batch).logical_and(pair[1].has(batch)).sum().item<double>();
}

}  // namespace chiasm
