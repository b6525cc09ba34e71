#include "tasks/leakage.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.first);
  return names;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const char* kind_name(TargetKind kind) {
  switch (kind) {
    case TargetKind::labels:
      return "labels";
    case TargetKind::mask:
      return "mask";
    case TargetKind::text:
      return "text";
  }
  return "";
}

std::string without(std::vector<std::string> names, const std::string& name) {
  names.erase(std::remove(names.begin(), names.end(), name), names.end());
  return names.empty() ? "other inputs" : "inputs: [" + join(names, ", ") + "]";
}

}  // namespace

std::vector<std::string> chosen_inputs(const std::vector<std::string>& named, const TaskContext& context) {
  const std::vector<std::string> known = names_of(context.inputs);
  for (const std::string& name : named)
    if (!context.inputs.count(name))
      throw UsageError("task '" + context.name + "' reads input '" + name + "', which the run does not have" + did_you_mean(name, known) +
                       "; list it under 'inputs:' and give it an encoder");
  const std::vector<std::string>& inputs = named.empty() ? context.visible : named;
  if (inputs.empty()) throw UsageError("task '" + context.name + "' has no input to read; list some under 'inputs:'");
  return inputs;
}

const TargetSpec& find_target(const std::string& name, TargetKind kind, const TaskContext& context) {
  const auto found = context.targets.find(name);
  if (found == context.targets.end())
    throw UsageError("task '" + context.name + "' needs target '" + name + "', which the store does not have" +
                     did_you_mean(name, names_of(context.targets)) + "; its targets are " + join(names_of(context.targets), ", "));
  if (found->second.kind != kind)
    throw UsageError("task '" + context.name + "' needs a target of kind " + kind_name(kind) + ", but '" + name + "' is of kind " +
                     kind_name(found->second.kind) + "; name another target");
  return found->second;
}

void refuse_leakage(const std::vector<std::string>& inputs, const std::string& target, Purpose purpose, const TaskContext& context) {
  for (const std::string& input : inputs) {
    const std::string who = "task '" + context.name + "' may not read input '" + input + "': ";
    if (input == target)
      throw UsageError(who + "it is the very text that the task learns to write; give the task " + without(inputs, input));
    if (context.upper_bound) continue;
    if (!target.empty() && holds(context.targets.at(target).derived_from, input))
      throw UsageError(who + "target '" + target + "' is derived from it, so it would leak the answer; give the task " +
                       without(inputs, input));
    if (purpose == Purpose::supervised && context.inputs.at(input).after_reading)
      throw UsageError(who + "it is written after the images are read, so it is not there when the model is used; give the task " +
                       without(inputs, input) + " (only pretraining tasks may name it)");
  }
}

}  // namespace chiasm
