#include "scripts/assemble.h"

#include <torch/torch.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/nn/linear.h"
#include "core/weights/safetensors.h"
#include "tasks/start.h"

namespace chiasm {
namespace {

ModelParts build_parts(const RunConfig& config, const Preprocess& preprocess) {
  ModelParts parts;
  parts.width = config.fusion.width;
  parts.modality_dropout = config.fusion.modality_dropout;
  parts.absent_tokens = config.fusion.absent_tokens;
  for (const auto& [name, section] : config.encoders) {
    const InputSpec* first = nullptr;
    for (const std::string& input : section.inputs) {
      const auto spec = preprocess.inputs.find(input);
      if (spec == preprocess.inputs.end()) continue;
      parts.encoder_of[input] = name;
      parts.inputs[input] = spec->second;
      if (first == nullptr) first = &spec->second;
    }
    if (first != nullptr) parts.encoders[name] = section.encoder.build(*first);
  }
  std::vector<std::string> names;
  for (const auto& entry : parts.inputs) names.push_back(entry.first);
  parts.fusion = config.fusion.fusion.build({config.fusion.width, names});
  return parts;
}

TaskContext task_context(const RunConfig& config, const Preprocess& preprocess, Model& model) {
  TaskContext context;
  context.inputs = model.inputs();
  context.targets = preprocess.targets;
  context.width = config.fusion.width;
  context.upper_bound = config.upper_bound;
  for (const auto& [name, spec] : model.inputs()) {
    context.shapes[name] = model.encoder(name).shape();
    context.grids[name] = model.encoder(name).grid();
  }
  for (const std::string& name : run_inputs(config))
    if (!model.inputs().at(name).after_reading) context.visible.push_back(name);
  return context;
}

// An input written after reading that no task names would seem to be used and is not.
void refuse_unread(const Model& model) {
  std::set<std::string> read;
  for (const TaskSlot& slot : model.tasks())
    for (const std::string& input : slot.task->reads()) read.insert(input);
  for (const auto& [name, spec] : model.inputs())
    if (spec.after_reading && !read.count(name))
      throw UsageError("input '" + name +
                       "' is written after the images are read, so only a pretraining task that names it may read it, and none does; leave "
                       "it out of 'inputs:'");
}

// Linear layers outside heads: those that adapters are laid over.
std::vector<nn::Linear*> adaptable(Model& model) {
  std::vector<nn::Linear*> out;
  for (auto& item : model.named_modules())
    if (auto* linear = dynamic_cast<nn::Linear*>(item.value().get()); linear != nullptr && !starts_with(item.key(), "task_"))
      out.push_back(linear);
  return out;
}

}  // namespace

std::shared_ptr<Model> assemble(const RunConfig& config, const Preprocess& preprocess, uint64_t seed) {
  torch::manual_seed(seed);
  auto model = std::make_shared<Model>(build_parts(config, preprocess));
  TaskContext context = task_context(config, preprocess, *model);
  for (const TaskSection& section : config.tasks) {
    context.name = section.name;
    model->add_task({section.name, section.weight, section.task.build(context)});
  }
  refuse_unread(*model);
  return model;
}

std::map<std::string, at::Tensor> weights_of(const Model& model) {
  std::map<std::string, at::Tensor> out;
  for (const auto& item : model.named_parameters()) out[item.key()] = item.value().detach();
  for (const auto& item : model.named_buffers()) out[item.key()] = item.value().detach();
  return out;
}

LoadReport load_weights(Model& model, const std::string& file) {
  at::NoGradGuard no_gradient;
  LoadReport report;
  weights::Tensors stored = weights::read_safetensors(file).tensors;
  for (auto& [name, into] : weights_of(model)) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      report.fresh.push_back(name);
      continue;
    }
    if (found->second.sizes() != into.sizes())
      throw InputError(file + ": weight '" + name + "' has another shape than the model; the configuration differs from the run's");
    into.copy_(found->second);
    report.loaded.push_back(name);
    stored.erase(found);
  }
  for (const auto& entry : stored) report.unused.push_back(entry.first);
  return report;
}

void apply_mode(Model& model, const ModeSection& mode) {
  for (auto& item : model.named_parameters())
    for (const std::string& encoder : mode.freeze)
      if (starts_with(item.key(), "encoder_" + encoder + ".")) item.value().requires_grad_(false);
  if (mode.kind == "full") return;
  for (auto& item : model.named_parameters())
    if (!starts_with(item.key(), "task_")) item.value().requires_grad_(false);
  if (mode.kind != "lora") return;
  for (nn::Linear* linear : adaptable(model)) linear->adapt(mode.rank, mode.alpha);
}

namespace {

// The name of a weight within its task; what writes a text is one part of a task.
std::string within(const std::string& name, const std::string& task) {
  const std::string inner = name.substr(task.size());
  return starts_with(inner, "writer.") ? inner.substr(7) : inner;
}

// What the new task takes from task `start` of the stored run.
void start_task(Model& model, const TaskSection& section, const std::string& start, const weights::Tensors& stored, LoadReport& report) {
  const std::string mine = "task_" + section.name + ".", theirs = "task_" + start + ".";
  InnerWeights earlier, now;
  std::map<std::string, std::string> full;  // inner to whole name
  for (const auto& [name, tensor] : stored)
    if (starts_with(name, theirs)) earlier[within(name, theirs)] = tensor;
  for (const auto& [name, tensor] : weights_of(model))
    if (starts_with(name, mine)) {
      now[within(name, mine)] = tensor;
      full[within(name, mine)] = name;
    }
  const std::vector<std::string> taken = start_like(now, earlier);
  if (taken.empty())
    throw UsageError("task '" + section.name + "': start: the run named by 'from:' has no task '" + start +
                     "' with a part that this task could start with");
  for (const std::string& name : taken) {
    report.fresh.erase(std::remove(report.fresh.begin(), report.fresh.end(), full.at(name)), report.fresh.end());
    report.loaded.push_back(full.at(name));
  }
}

}  // namespace

void start_tasks(Model& model, const RunConfig& config, LoadReport& report) {
  const weights::Tensors stored = weights::read_safetensors((fs::path(config.from) / "model.safetensors").string()).tensors;
  for (const TaskSection& section : config.tasks)
    for (const std::string& start : section.start) start_task(model, section, start, stored, report);
}

LoadReport start_from(Model& model, const std::string& run) {
  const fs::path file = fs::path(run) / "model.safetensors";
  if (!fs::exists(file))
    throw UsageError("from: '" + run + "' holds no trained model yet (model.safetensors is missing); let that run finish first");
  const ModeSection before = read_resolved(run).mode;
  if (before.kind != "lora") return load_weights(model, file.string());
  const std::vector<nn::Linear*> layers = adaptable(model);
  for (nn::Linear* layer : layers) layer->adapt(before.rank, before.alpha);
  const LoadReport report = load_weights(model, file.string());
  for (nn::Linear* layer : layers) {
    layer->merge();
    layer->weight.requires_grad_(true);
    if (layer->bias.defined()) layer->bias.requires_grad_(true);
  }
  return report;
}

}  // namespace chiasm
