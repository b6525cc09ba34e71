#include "core/train/trainer.h"

#include <torch/torch.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/dist/data_parallel.h"
#include "core/train/ema.h"
#include "core/train/optimizer.h"
#include "core/train/precision.h"
#include "core/train/schedule.h"

namespace chiasm {
namespace {

std::vector<NamedParameter> trained(const Model& model) {
  std::vector<NamedParameter> out;
  for (const auto& item : model.named_parameters())
    if (item.value().requires_grad()) out.push_back({item.key(), item.value()});
  return out;
}

std::vector<std::pair<std::string, at::Tensor>> as_pairs(const std::vector<NamedParameter>& parameters) {
  std::vector<std::pair<std::string, at::Tensor>> out;
  for (const NamedParameter& parameter : parameters) out.emplace_back(parameter.name, parameter.value);
  return out;
}

// Zero, but connected to every trained parameter: no rank ever waits for a gradient that another rank does not produce.
at::Tensor connected_zero(const std::vector<NamedParameter>& parameters) {
  std::vector<at::Tensor> sums;
  for (const NamedParameter& parameter : parameters) sums.push_back(parameter.value.flatten().slice(0, 0, 1).sum().to(at::kFloat));
  return at::stack(sums).sum() * 0.0;
}

}  // namespace

struct Trainer::State {
  Model& model;
  Model* average;
  BatchSource& source;
  dist::Group& group;
  TrainConfig config;
  int64_t steps, micro;
  std::string precision;
  at::Device device;
  AdamW optimizer;
  dist::DataParallel parallel;
  Schedule schedule;
  std::function<void(const std::vector<at::Tensor>&)> hook;
  std::unique_ptr<FeatureMemory> memory = nullptr;
  int64_t done = 0, position = 0, samples = 0, bad = 0;
};

std::map<std::string, double> global_counts(const Model& model, const std::vector<Batch>& micro_batches, dist::Group& group) {
  std::map<std::string, double> counts;
  for (const TaskSlot& slot : model.tasks())
    for (const Batch& batch : micro_batches)
      for (const auto& [name, count] : slot.task->counts(batch)) counts[slot.name + "." + name] += count;
  if (group.size() == 1 || counts.empty()) return counts;
  std::vector<double> values;
  for (const auto& entry : counts) values.push_back(entry.second);
  at::Tensor sums = at::tensor(values, at::kDouble);
  group.all_reduce_sum(sums);
  int64_t i = 0;
  for (auto& entry : counts) entry.second = sums[i++].item<double>();
  return counts;
}

Trainer::Trainer(Model& model, Model* average, BatchSource& source, dist::Group& group, const TrainConfig& config, int64_t steps,
                 int64_t micro, const std::string& precision, const at::Device& device)
    : state_(new State{model,
                       average,
                       source,
                       group,
                       config,
                       steps,
                       micro,
                       precision,
                       device,
                       AdamW(trained(model), config),
                       dist::DataParallel(group, as_pairs(trained(model)), model.buffers()),
                       {config.lr, config.warmup, config.final_lr, steps},
                       {}}) {
  if (state_->optimizer.parameters().empty()) throw UsageError("nothing is left to train: every parameter is frozen; change 'mode:'");
  if (average != nullptr) copy_weights(*average, model);
}

Trainer::~Trainer() = default;
int64_t Trainer::done() const { return state_->done; }
int64_t Trainer::steps() const { return state_->steps; }
void Trainer::keep_features(std::unique_ptr<FeatureMemory> memory) { state_->memory = std::move(memory); }
void Trainer::set_gradient_hook(std::function<void(const std::vector<at::Tensor>&)> hook) { state_->hook = std::move(hook); }

namespace {

// Weighted losses of one micro-batch; adds the parts to the report.
at::Tensor micro_loss(Pass& pass, const Batch& batch, Model& model, const std::map<std::string, double>& counts, int world,
                      StepReport& report) {
  at::Tensor total;
  for (const TaskSlot& slot : model.tasks()) {
    for (const auto& [name, sum] : slot.task->losses(pass, batch)) {
      const std::string key = slot.name + "." + name;
      const double count = std::max(1.0, counts.at(key));
      const at::Tensor mean = sum.to(at::kFloat) / count;
      const at::Tensor weighted = mean * (slot.weight * world);
      total = total.defined() ? total + weighted : weighted;
      const at::Tensor shown = mean.detach();
      report.parts[key] = report.parts.count(key) ? report.parts[key] + shown : shown;
    }
  }
  return total;
}

// The parts of all ranks together; one collective.
void reduce_parts(StepReport& report, const Model& model, dist::Group& group) {
  std::vector<at::Tensor> values;
  for (const auto& entry : report.parts) values.push_back(entry.second.reshape({}));
  at::Tensor sums = at::stack(values);
  group.all_reduce_sum(sums);
  int64_t i = 0;
  for (auto& entry : report.parts) entry.second = sums[i++];
  report.loss = at::zeros({}, sums.options());
  for (const TaskSlot& slot : model.tasks())
    for (const auto& [name, value] : report.parts)
      if (starts_with(name, slot.name + ".")) report.loss = report.loss + value * slot.weight;
}

}  // namespace

StepReport Trainer::step() {
  State& s = *state_;
  StepReport report;
  s.model.train();
  if (s.average != nullptr) s.average->eval();
  std::vector<Batch> batches;
  for (int64_t i = 0; i < s.micro; ++i) batches.push_back(to_device(s.source.next(), s.device));
  const auto counts = global_counts(s.model, batches, s.group);
  // Dropout inside the network draws from the default generator: its seed is a function of step and rank, so a resumed run repeats it.
  torch::manual_seed(
      hash_key({static_cast<uint64_t>(s.config.seed), static_cast<uint64_t>(s.done), static_cast<uint64_t>(s.group.rank())}));
  s.optimizer.zero_grad();
  for (int64_t i = 0; i < s.micro; ++i) {
    const bool last = i + 1 == s.micro;
    if (last) s.parallel.before_forward();
    Pass pass(s.model, batches[static_cast<size_t>(i)], {s.done, &s.group, s.average, {}, s.memory.get()});
    at::Tensor loss;
    {
      Autocast autocast(s.precision, s.device);
      loss = micro_loss(pass, batches[static_cast<size_t>(i)], s.model, counts, s.group.size(), report);
    }
    loss = loss + connected_zero(s.optimizer.parameters());
    if (last) s.parallel.before_backward();
    loss.backward();
    s.samples += batches[static_cast<size_t>(i)].studies() * s.group.size();
  }
  s.position += s.micro;
  report.lr = s.schedule.at(s.done);
  update(report);
  reduce_parts(report, s.model, s.group);
  s.done += 1;
  report.step = s.done;
  report.samples = s.samples;
  report.epoch = static_cast<double>(s.position) / static_cast<double>(s.source.batches_per_epoch());
  Pass after(s.model, batches.back(), {s.done, &s.group, s.average, {}});
  for (const TaskSlot& slot : s.model.tasks()) slot.task->after_step(after);
  return report;
}

// Clip, guard, optimise, average. Gradients are equal on all ranks here, so all ranks decide alike.
void Trainer::update(StepReport& report) {
  State& s = *state_;
  at::NoGradGuard no_gradient;
  if (s.hook) {
    std::vector<at::Tensor> values;
    for (const NamedParameter& parameter : s.optimizer.parameters()) values.push_back(parameter.value);
    s.hook(values);
  }
  report.gradient_norm = s.optimizer.gradient_norm();
  const double norm = report.gradient_norm.item<double>();
  if (!std::isfinite(norm)) {
    report.skipped = true;
    s.bad += 1;
    log::warn("step " + std::to_string(s.done + 1) + ": the gradient is not finite; the step is skipped");
    if (s.bad >= s.config.bad_steps)
      throw Error("training stopped: " + std::to_string(s.bad) +
                  " steps in a row had a non-finite gradient; lower train.lr or set train.precision: fp32");
    return;
  }
  s.bad = 0;
  if (s.config.clip > 0 && norm > s.config.clip)
    s.optimizer.scale_gradients(at::scalar_tensor(s.config.clip / norm, report.gradient_norm.options()));
  s.optimizer.step(report.lr);
  if (s.average != nullptr) update_average(*s.average, s.model, s.config.ema, s.done);
}

TrainState Trainer::state() const {
  const State& s = *state_;
  TrainState out;
  const auto put = [&](const std::string& prefix, const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters()) out.tensors[prefix + item.key()] = item.value().detach();
    for (const auto& item : module.named_buffers()) out.tensors[prefix + item.key()] = item.value().detach();
  };
  put("model.", s.model);
  if (s.average != nullptr) put("average.", *s.average);
  for (const auto& [name, value] : s.optimizer.state()) out.tensors["optimizer." + name] = value;
  out.facts = {{"step", s.done},   {"position", s.position},  {"samples", s.samples},     {"bad_steps", s.bad},
               {"steps", s.steps}, {"ranks", s.group.size()}, {"precision", s.precision}, {"micro_batches", s.micro}};
  return out;
}

void Trainer::restore(const TrainState& state) {
  State& s = *state_;
  at::NoGradGuard no_gradient;
  const auto take = [&](const std::string& prefix, torch::nn::Module& module) {
    const auto copy = [&](const std::string& name, at::Tensor into) {
      const auto found = state.tensors.find(prefix + name);
      if (found == state.tensors.end() || found->second.sizes() != into.sizes())
        throw InputError("the checkpoint does not fit the model at '" + prefix + name + "'; resume with the configuration of the run");
      into.copy_(found->second);
    };
    for (auto& item : module.named_parameters()) copy(item.key(), item.value());
    for (auto& item : module.named_buffers()) copy(item.key(), item.value());
  };
  take("model.", s.model);
  if (s.average != nullptr) take("average.", *s.average);
  std::map<std::string, at::Tensor> optimizer;
  for (const auto& [name, value] : state.tensors)
    if (starts_with(name, "optimizer.")) optimizer[name.substr(10)] = value;
  s.optimizer.restore(optimizer);
  s.done = state.facts.at("step").get<int64_t>();
  s.position = state.facts.at("position").get<int64_t>();
  s.samples = state.facts.at("samples").get<int64_t>();
  s.bad = state.facts.at("bad_steps").get<int64_t>();
  s.source.seek(s.position);
}

}  // namespace chiasm
