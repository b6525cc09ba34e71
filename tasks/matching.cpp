#include "tasks/matching.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cmath>

#include "core/base/random.h"
#include "core/nn/linear.h"
#include "core/nn/pooling.h"
#include "tasks/leakage.h"
#include "tasks/losses.h"
#include "tasks/sides.h"
#include "tasks/token_pool.h"

namespace chiasm {
namespace {

using TokenMap = std::map<std::string, Tokens>;

constexpr double same_cosine = 0.9999;  // partners this similar are copies, not negatives

// BB cosines of the mean tokens of one side, on the CPU.
at::Tensor likeness(const TokenMap& tokens, const Side& side) {
  const at::NoGradGuard no_gradient;
  const c10::impl::ExcludeDispatchKeyGuard full_precision(c10::autocast_dispatch_keyset);
  std::vector<at::Tensor> means;
  for (const std::string& name : side.inputs)
    means.push_back(nn::masked_mean(tokens.at(name).values.to(at::kFloat), tokens.at(name).valid));
  const at::Tensor all = at::cat(means, 1);
  const at::Tensor unit = all * (all.square().sum(1, /*keepdim=*/true) + 1e-12).rsqrt();
  return unit.matmul(unit.t()).cpu();
}

struct Negatives {
  at::Tensor study;  // B: whose second side stands in; itself where there is none
  at::Tensor found;  // B bool
};

// Drawn in proportion to exp(hardness * likeness of the first sides), from the studies' keys.
Negatives draw(const at::Tensor& first, const at::Tensor& second, const at::Tensor& complete, double hardness, const Batch& batch) {
  const auto alike = first.accessor<float, 2>(), copies = second.accessor<float, 2>();
  const at::Tensor flags = complete.cpu();
  const bool* whole = flags.data_ptr<bool>();
  std::vector<int64_t> study;
  std::vector<uint8_t> found;
  for (int64_t i = 0; i < batch.studies(); ++i) {
    std::vector<double> mass;
    double total = 0;
    for (int64_t j = 0; j < batch.studies(); ++j) {
      const bool other = j != i && whole[i] && whole[j] && static_cast<double>(copies[i][j]) < same_cosine;
      mass.push_back(other ? std::exp(hardness * (static_cast<double>(alike[i][j]) - 1.0)) : 0.0);
      total += mass.back();
    }
    const uint64_t key = batch.keys.empty() ? static_cast<uint64_t>(i) : batch.keys[static_cast<size_t>(i)];
    double left = Random(hash_key(key, "matching")).uniform() * total;
    int64_t choice = i;
    for (int64_t j = 0; j < batch.studies() && left >= 0; ++j) {
      if (mass[static_cast<size_t>(j)] > 0) choice = j;
      left -= mass[static_cast<size_t>(j)];
    }
    study.push_back(choice);
    found.push_back(choice != i);
  }
  const at::Device device = complete.device();
  return {at::tensor(study, at::kLong).to(device), at::tensor(found, at::kByte).to(at::kBool).to(device)};
}

class Matching : public Task {
 public:
  Matching(double hardness, std::array<Side, 2> pair, const TaskContext& context) : hardness_(hardness), pair_(std::move(pair)) {
    pool_ = register_module("pool", std::make_shared<TokenPool>(context.width));
    head_ = register_module("head", std::make_shared<nn::Linear>(2 * context.width, 1));
  }

  std::vector<std::string> reads() const override { return inputs_of(pair_); }
  std::vector<std::string> needs() const override { return {}; }
  std::map<std::string, double> counts(const Batch& batch) const override { return {{"pairs", count_pairs(pair_, batch)}}; }
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override;
  std::map<std::string, std::pair<double, double>> measure(Pass& pass, const Batch& batch) override;

 private:
  struct Judged {
    at::Tensor right, wrong;             // B logits of the true partner and of the negative
    at::Tensor counts, negative_counts;  // B bool
  };
  Judged judge(Pass& pass, const Batch& batch);
  at::Tensor score(const Tokens& fused) { return widened(head_->forward(pool_->forward(fused)).squeeze(1)); }
  double hardness_;
  std::array<Side, 2> pair_;
  std::shared_ptr<TokenPool> pool_;
  std::shared_ptr<nn::Linear> head_;
};

Matching::Judged Matching::judge(Pass& pass, const Batch& batch) {
  TokenMap tokens;
  for (const std::string& name : reads()) tokens[name] = pass.tokens(name);
  const at::Tensor complete = pair_[0].has(pass).logical_and(pair_[1].has(pass));
  const Negatives negatives = draw(likeness(tokens, pair_[0]), likeness(tokens, pair_[1]), complete, hardness_, batch);
  const at::Tensor right = score(pass.fuse(tokens));
  for (const std::string& name : pair_[1].inputs) {
    const Tokens own = tokens.at(name);
    tokens[name] = {own.values.index_select(0, negatives.study), own.valid.index_select(0, negatives.study)};
  }
  return {right, score(pass.fuse(tokens)), complete, complete.logical_and(negatives.found)};
}

std::map<std::string, at::Tensor> Matching::losses(Pass& pass, const Batch& batch) {
  const Judged j = judge(pass, batch);
  const at::Tensor of_right = at::log_sigmoid(j.right) * j.counts.to(at::kFloat);
  const at::Tensor of_wrong = at::log_sigmoid(-j.wrong) * j.negative_counts.to(at::kFloat);
  return {{"pairs", -(of_right + of_wrong).sum()}};
}

std::map<std::string, std::pair<double, double>> Matching::measure(Pass& pass, const Batch& batch) {
  const Judged j = judge(pass, batch);
  const at::Tensor better = (j.right > j.wrong).logical_and(j.negative_counts);
  return {{"preferred", {better.sum().item<double>(), j.negative_counts.sum().item<double>()}}};
}

}  // namespace

void fields(config::Visitor& v, MatchingConfig& c) {
  v.field("pair", c.pair, "The two sides: an input each, or several joined by '+'. The second side is exchanged.",
          {.min_size = 2, .max_size = 2, .required = true});
  v.field("hardness", c.hardness, "How strongly negatives are drawn from studies that look alike; 0: all equally.",
          {.at_least = 0, .at_most = 1000});
}

std::shared_ptr<Task> build(const MatchingConfig& config, const TaskContext& context) {
  std::array<Side, 2> pair = read_pair(config.pair, context);
  refuse_leakage(inputs_of(pair), "", Purpose::pretraining, context);
  return std::make_shared<Matching>(config.hardness, std::move(pair), context);
}

}  // namespace chiasm
