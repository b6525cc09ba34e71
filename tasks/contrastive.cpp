#include "tasks/contrastive.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "core/base/text.h"
#include "core/dist/group.h"
#include "core/nn/linear.h"
#include "tasks/leakage.h"
#include "tasks/losses.h"
#include "tasks/sides.h"
#include "tasks/token_pool.h"

namespace chiasm {
namespace {

// One side's tokens as a unit vector.
struct Embedder : torch::nn::Module {
  Embedder(int64_t from, int64_t width) {
    pool = register_module("pool", std::make_shared<TokenPool>(from));
    project = register_module("project", std::make_shared<nn::Linear>(2 * from, width));
  }
  at::Tensor forward(const Tokens& tokens) {
    const at::Tensor x = widened(project->forward(pool->forward(tokens)));
    return x * (x.square().sum(-1, /*keepdim=*/true) + 1e-12).rsqrt();
  }
  std::shared_ptr<TokenPool> pool;
  std::shared_ptr<nn::Linear> project;
};

class Contrastive : public Task {
 public:
  Contrastive(const ContrastiveConfig& config, std::array<Side, 2> pair, const TaskContext& context) : pair_(std::move(pair)) {
    first_ = register_module("first", std::make_shared<Embedder>(context.width, config.width));
    second_ = register_module("second", std::make_shared<Embedder>(context.width, config.width));
    log_temperature_ = register_parameter("log_temperature", at::full({}, std::log(config.temperature)));
    bias_ = register_parameter("bias", at::full({}, config.bias));
  }

  std::vector<std::string> reads() const override { return inputs_of(pair_); }
  std::vector<std::string> needs() const override { return {}; }
  std::map<std::string, double> counts(const Batch& batch) const override { return {{"pairs", count_pairs(pair_, batch)}}; }
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override;
  std::map<std::string, std::pair<double, double>> measure(Pass& pass, const Batch& batch) override;
  Finding find(Pass& pass, const Batch& batch) override;

 private:
  at::Tensor complete(Pass& pass) const { return pair_[0].has(pass).logical_and(pair_[1].has(pass)); }
  std::array<Side, 2> pair_;
  std::shared_ptr<Embedder> first_, second_;
  at::Tensor log_temperature_, bias_;
};

// Each rank compares its first sides with everybody's second sides; the ranks' sums add up to the loss of the whole batch.
std::map<std::string, at::Tensor> Contrastive::losses(Pass& pass, const Batch&) {
  const at::Tensor mine = first_->forward(pair_[0].tokens(pass)), counts = complete(pass);
  at::Tensor all = second_->forward(pair_[1].tokens(pass)), all_counts = counts;
  int64_t offset = 0;
  if (dist::Group* group = pass.group(); group != nullptr && group->size() > 1) {
    offset = group->rank() * mine.size(0);
    all = dist::all_gather_with_gradient(*group, all);
    all_counts = group->all_gather(counts.to(at::kFloat)) > 0.5;
  }
  return {{"pairs", siglip_sum(mine, all, counts, all_counts, offset, log_temperature_.exp(), bias_)}};
}

// How often a study's partner is among the k most similar of this batch, from the first side to the second. Ties count as misses.
std::map<std::string, std::pair<double, double>> Contrastive::measure(Pass& pass, const Batch&) {
  const at::Tensor chosen = complete(pass).nonzero().squeeze(1);
  const double count = static_cast<double>(chosen.size(0));
  if (chosen.size(0) == 0) return {{"r1", {0.0, 0.0}}, {"r10", {0.0, 0.0}}};
  const at::Tensor u = first_->forward(pair_[0].tokens(pass)).index_select(0, chosen);
  const at::Tensor v = second_->forward(pair_[1].tokens(pass)).index_select(0, chosen);
  const at::Tensor similarity = (u.unsqueeze(1) * v.unsqueeze(0)).sum(-1);
  const at::Tensor better = (similarity >= similarity.diagonal().unsqueeze(1)).sum(1) - 1;
  return {{"r1", {(better < 1).sum().item<double>(), count}}, {"r10", {(better < 10).sum().item<double>(), count}}};
}

// Both sides of every complete study, so that whoever judges them chooses the pool.
Finding Contrastive::find(Pass& pass, const Batch&) {
  Finding out;
  const at::Tensor chosen = complete(pass).nonzero().squeeze(1).to(at::kCPU);
  if (chosen.size(0) == 0) return out;
  const std::array<std::shared_ptr<Embedder>, 2> embedders{first_, second_};
  for (size_t s = 0; s < 2; ++s) {
    const at::Tensor all = embedders[s]->forward(pair_[s].tokens(pass)).to(at::kCPU, at::kFloat).contiguous();
    for (int64_t i = 0; i < chosen.size(0); ++i) {
      const int64_t study = chosen[i].item<int64_t>();
      const float* values = all[study].data_ptr<float>();
      out.embeddings.push_back({study, join(pair_[s].inputs, "+"), {values, values + all.size(1)}});
    }
  }
  return out;
}

}  // namespace

void fields(config::Visitor& v, ContrastiveConfig& c) {
  v.field("pair", c.pair, "The two sides: an input each, or several joined by '+', which are fused.",
          {.min_size = 2, .max_size = 2, .required = true});
  v.field("width", c.width, "Width of the embeddings that are compared.", {.at_least = 1, .at_most = 8192});
  v.field("temperature", c.temperature, "Where the learned factor of the similarities starts.", {.above = 0, .at_most = 1000});
  v.field("bias", c.bias,
          "Where the learned bias starts: about minus the logarithm of the global batch; the paper's -10 suits tens of thousands.");
}

std::shared_ptr<Task> build(const ContrastiveConfig& config, const TaskContext& context) {
  std::array<Side, 2> pair = read_pair(config.pair, context);
  refuse_leakage(inputs_of(pair), "", Purpose::pretraining, context);
  return std::make_shared<Contrastive>(config, std::move(pair), context);
}

}  // namespace chiasm
