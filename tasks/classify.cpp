#include "tasks/classify.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nn/linear.h"
#include "core/nn/pooling.h"
#include "tasks/evidence.h"
#include "tasks/leakage.h"
#include "tasks/losses.h"
#include "tasks/token_pool.h"

namespace chiasm {
namespace {

class Classify : public Task {
 public:
  Classify(const ClassifyConfig& config, std::vector<std::string> inputs, const TaskContext& context)
      : inputs_(std::move(inputs)), direct_(config.direct) {
    pool_ = register_module("pool", std::make_shared<TokenPool>(context.width));
    if (config.detectors > 0) add_evidence(config.detectors, context);
    const int64_t from = 2 * context.width + static_cast<int64_t>(evidence_.size() + direct_.size()) * (context.width + 1);
    for (const std::string& name : config.targets) add_head(name, from, context.targets.at(name));
  }

  std::vector<std::string> reads() const override { return inputs_; }
  std::vector<std::string> needs() const override;
  std::map<std::string, double> counts(const Batch& batch) const override;
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override;
  std::map<std::string, at::Tensor> predict(Pass& pass, const Batch& batch) override;
  Finding find(Pass& pass, const Batch& batch) override;

 private:
  struct Head {
    std::string target;
    std::vector<std::string> classes;
    std::shared_ptr<nn::Linear> linear;
  };
  void add_evidence(int64_t detectors, const TaskContext& context);
  void add_head(const std::string& name, int64_t from, const TargetSpec& spec);
  at::Tensor features(Pass& pass);
  std::vector<std::string> inputs_, direct_;
  std::vector<Head> heads_;
  std::shared_ptr<TokenPool> pool_;
  std::map<std::string, std::shared_ptr<ImageEvidence>> evidence_;
};

void Classify::add_evidence(int64_t detectors, const TaskContext& context) {
  for (const std::string& name : inputs_with_maps(inputs_, context)) {
    const auto evidence = std::make_shared<ImageEvidence>(context.inputs.at(name), context.shapes.at(name), detectors, context.width);
    evidence_[name] = register_module("evidence_" + name, evidence);
  }
}

void Classify::add_head(const std::string& name, int64_t from, const TargetSpec& spec) {
  const int64_t classes = static_cast<int64_t>(spec.classes.size());
  const auto linear =
      register_module("head_" + name, std::make_shared<nn::Linear>(from, classes, /*bias=*/true, nn::Linear::Init::truncated_normal));
  const at::NoGradGuard no_gradient;
  for (int64_t k = 0; k < std::min<int64_t>(classes, static_cast<int64_t>(spec.priors.size())); ++k) {
    const double prior = std::clamp(spec.priors[static_cast<size_t>(k)], 0.01, 0.99);
    linear->bias[k].fill_(std::log(prior / (1.0 - prior)));
  }
  heads_.push_back({name, spec.classes, linear});
}

std::vector<std::string> Classify::needs() const {
  std::vector<std::string> names;
  for (const Head& head : heads_) names.push_back(head.target);
  return names;
}

// Pooled fused tokens; per image its evidence, per direct input its mean token, each with whether it is shown.
at::Tensor Classify::features(Pass& pass) {
  const at::Tensor pooled = pool_->forward(pass.fuse(inputs_));
  std::vector<at::Tensor> parts{pooled};
  for (const auto& [name, evidence] : evidence_) {
    parts.push_back(study_evidence(*evidence, pass, name, inputs_).to(pooled.scalar_type()));
    parts.push_back(pass.shown(name, inputs_).to(pooled.scalar_type()).unsqueeze(1));
  }
  for (const std::string& name : direct_) {
    const Tokens& tokens = pass.tokens(name);
    const at::Tensor shown = pass.shown(name, inputs_).to(pooled.scalar_type()).unsqueeze(1);
    parts.push_back(nn::masked_mean(tokens.values, tokens.valid).to(pooled.scalar_type()) * shown);
    parts.push_back(shown);
  }
  return at::cat(parts, 1);
}

std::map<std::string, double> Classify::counts(const Batch& batch) const {
  std::map<std::string, double> out;
  for (const Head& head : heads_) {
    const auto found = batch.targets.find(head.target);
    out[head.target] = found == batch.targets.end() ? 0.0 : known_weight(found->second.known, found->second.weight);
  }
  return out;
}

std::map<std::string, at::Tensor> Classify::losses(Pass& pass, const Batch& batch) {
  const at::Tensor x = features(pass);
  std::map<std::string, at::Tensor> out;
  for (const Head& head : heads_) {
    const at::Tensor logits = head.linear->forward(x);
    const auto found = batch.targets.find(head.target);
    out[head.target] = found == batch.targets.end()
                           ? (logits * 0.0).sum()
                           : binary_entropy_sum(logits, found->second.values, found->second.known, found->second.weight);
  }
  return out;
}

std::map<std::string, at::Tensor> Classify::predict(Pass& pass, const Batch&) {
  const at::Tensor x = features(pass);
  std::map<std::string, at::Tensor> out;
  for (const Head& head : heads_) {
    const at::Tensor logits = widened(head.linear->forward(x));
    out[head.target + ".logits"] = logits;
    out[head.target + ".probabilities"] = logits.sigmoid();
  }
  return out;
}

Finding Classify::find(Pass& pass, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  const std::map<std::string, at::Tensor> predicted = predict(pass, batch);
  Finding out;
  for (const Head& head : heads_) {
    const at::Tensor logits = predicted.at(head.target + ".logits").cpu().contiguous();
    at::Tensor labels = at::full_like(logits, std::nan(""));
    if (const auto found = batch.targets.find(head.target); found != batch.targets.end())
      labels = found->second.values.cpu().to(at::kFloat).masked_fill(found->second.known.cpu().logical_not(), std::nan(""));
    const auto logit = logits.accessor<float, 2>(), label = labels.accessor<float, 2>();
    for (int64_t b = 0; b < logits.size(0); ++b)
      for (int64_t k = 0; k < logits.size(1); ++k) {
        const double raw = static_cast<double>(logit[b][k]);
        out.scores.push_back(
            {b, head.classes[static_cast<size_t>(k)], raw, 1.0 / (1.0 + std::exp(-raw)), static_cast<double>(label[b][k])});
      }
  }
  return out;
}

}  // namespace

void fields(config::Visitor& v, ClassifyConfig& c) {
  v.field("targets", c.targets, "Label targets that it learns.", {.min_size = 1, .required = true});
  v.field("inputs", c.inputs, "Inputs it reads; all visible ones when empty.");
  v.field("detectors", c.detectors, "Detectors per encoder map whose evidence the head reads beside the fused tokens; 0: none.",
          {.at_least = 0, .at_most = 1024});
  v.field("direct", c.direct, "Inputs, tables above all, whose mean token the head reads beside the fused ones.");
}

std::shared_ptr<Task> build(const ClassifyConfig& config, const TaskContext& context) {
  const std::vector<std::string> inputs = chosen_inputs(config.inputs, context);
  for (const std::string& target : config.targets) {
    find_target(target, TargetKind::labels, context);
    refuse_leakage(inputs, target, Purpose::supervised, context);
  }
  for (const std::string& name : config.direct)
    if (std::find(inputs.begin(), inputs.end(), name) == inputs.end())
      throw UsageError("task '" + context.name + "': 'direct' names '" + name + "', which is not among its inputs" +
                       did_you_mean(name, inputs) + "; inputs: " + join(inputs, ", "));
  return std::make_shared<Classify>(config, inputs, context);
}

}  // namespace chiasm
