#include "core/train/optimizer.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

bool is_backbone(const std::string& name) {
  return starts_with(name, "encoder_") || starts_with(name, "fusion") || starts_with(name, "input_");
}

}  // namespace

AdamW::AdamW(std::vector<NamedParameter> parameters, const TrainConfig& config) : parameters_(std::move(parameters)), config_(config) {
  at::NoGradGuard no_gradient;
  std::map<std::pair<double, double>, size_t> known;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& value = parameters_[i].value;
    const double factor = is_backbone(parameters_[i].name) ? config.backbone_lr : 1.0;
    const double decay = value.dim() > 1 ? config.weight_decay : 0.0;
    const auto [place, fresh] = known.try_emplace({factor, decay}, groups_.size());
    if (fresh) groups_.push_back({factor, decay, {}, {}, {}, {}, {}});
    Group& group = groups_[place->second];
    group.values.push_back(value);
    group.averages.push_back(at::zeros_like(value));
    group.squares.push_back(at::zeros_like(value));
    group.steps.push_back(at::zeros({}, value.options().dtype(at::kFloat)));
    group.members.push_back(i);
  }
}

void AdamW::zero_grad() {
  for (NamedParameter& parameter : parameters_) {
    at::Tensor& gradient = parameter.value.mutable_grad();
    if (gradient.defined()) gradient.zero_();  // kept: the reducer's buckets are views of it
  }
}

at::Tensor AdamW::gradient_norm() const {
  std::vector<at::Tensor> gradients;
  for (const NamedParameter& parameter : parameters_)
    if (parameter.value.grad().defined()) gradients.push_back(parameter.value.grad());
  if (gradients.empty()) return at::zeros({});
  return at::stack(at::_foreach_norm(gradients)).norm();
}

void AdamW::scale_gradients(const at::Tensor& factor) {
  for (NamedParameter& parameter : parameters_)
    if (parameter.value.grad().defined()) parameter.value.mutable_grad().mul_(factor);
}

void AdamW::step(double lr) {
  at::NoGradGuard no_gradient;
  for (Group& group : groups_) {
    std::vector<at::Tensor> values, gradients, averages, squares, steps;
    for (size_t i = 0; i < group.values.size(); ++i) {
      if (!group.values[i].grad().defined()) continue;
      values.push_back(group.values[i]);
      gradients.push_back(group.values[i].grad());
      averages.push_back(group.averages[i]);
      squares.push_back(group.squares[i]);
      group.steps[i].add_(1.0);
      steps.push_back(group.steps[i]);
    }
    if (values.empty()) continue;
    at::_fused_adamw_(values, gradients, averages, squares, {}, steps, lr * group.lr_factor, 0.9, config_.beta2, group.decay, 1e-8,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

std::map<std::string, at::Tensor> AdamW::state() const {
  std::map<std::string, at::Tensor> out;
  for (const Group& group : groups_)
    for (size_t i = 0; i < group.members.size(); ++i) {
      const std::string& name = parameters_[group.members[i]].name;
      out["exp_avg." + name] = group.averages[i];
      out["exp_avg_sq." + name] = group.squares[i];
      out["step." + name] = group.steps[i];
    }
  return out;
}

void AdamW::restore(const std::map<std::string, at::Tensor>& state) {
  at::NoGradGuard no_gradient;
  const auto fetch = [&](const std::string& name, at::Tensor& into) {
    const auto found = state.find(name);
    if (found == state.end()) throw InputError("the checkpoint lacks optimiser state '" + name + "'; it was written for another model");
    if (found->second.sizes() != into.sizes()) throw InputError("the checkpoint's optimiser state '" + name + "' has another shape");
    into.copy_(found->second);
  };
  for (Group& group : groups_)
    for (size_t i = 0; i < group.members.size(); ++i) {
      const std::string& name = parameters_[group.members[i]].name;
      fetch("exp_avg." + name, group.averages[i]);
      fetch("exp_avg_sq." + name, group.squares[i]);
      fetch("step." + name, group.steps[i]);
    }
}

}  // namespace chiasm
