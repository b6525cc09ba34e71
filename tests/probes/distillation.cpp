#include "tests/probes/distillation.h"

#include <torch/torch.h>

#include "core/base/random.h"
#include "core/dist/group.h"
#include "core/model.h"
#include "core/nn/pooling.h"
#include "core/rows.h"

namespace chiasm::test {
namespace {

constexpr double sharpness = 0.3, warmth = 0.3, keep = 0.99;

// Half of the last dimension, at a place drawn from the study's key.
Input cropped(const Input& input, const Batch& batch, int64_t number) {
  Input out = input;
  const int64_t length = input.values.size(-1) / 2;
  std::vector<at::Tensor> values, valid;
  for (size_t r = 0; r < input.rows.size(); ++r) {
    const auto study = static_cast<size_t>(input.rows[r]);
    const int64_t start = Random(hash_key({batch.keys[study], static_cast<uint64_t>(number)})).integer(length + 1);
    const auto row = static_cast<int64_t>(r);
    values.push_back(input.values[row].narrow(-1, start, length));
    valid.push_back(input.valid[row].narrow(-1, start, length));
  }
  out.values = at::stack(values);
  out.valid = at::stack(valid);
  return out;
}

at::Tensor present(const Input& input, const Batch& batch) { return any_over_rows(real_rows(input), input.rows, batch.studies()); }

}  // namespace

Distillation::Distillation(std::string input, int64_t width, int64_t prototypes) : input_(std::move(input)) {
  head_ = register_module("head", std::make_shared<nn::Linear>(width, prototypes));
  centre_ = register_buffer("centre", at::zeros({prototypes}));
}

std::map<std::string, double> Distillation::counts(const Batch& batch) const {
  return {{"crops", 2.0 * present(batch.inputs.at(input_), batch).sum().item<double>()}};
}

at::Tensor Distillation::answer(const Tokens& fused) { return head_->forward(nn::masked_mean(fused.values, fused.valid)); }

at::Tensor Distillation::teacher_answer(Pass& pass) {
  const at::NoGradGuard no_gradient;
  Model& teacher = *pass.teacher();
  auto& head = dynamic_cast<Distillation&>(*teacher.tasks().front().task);
  Pass whole(teacher, pass.batch());
  return head.answer(whole.fuse(reads()));
}

std::map<std::string, at::Tensor> Distillation::losses(Pass& pass, const Batch& batch) {
  const at::Tensor wanted = ((teacher_answer(pass) - centre_) / sharpness).softmax(-1);
  const at::Tensor counted = present(batch.inputs.at(input_), batch).to(centre_.scalar_type());
  at::Tensor sum = at::zeros({}, centre_.options());
  for (int64_t i = 0; i < 2; ++i) {
    const Input crop = cropped(batch.inputs.at(input_), batch, i);
    const Tokens seen = pass.tokens(input_, crop, pass.encode(input_, crop));
    const at::Tensor said = (answer(pass.fuse(std::map<std::string, Tokens>{{input_, seen}})) / warmth).log_softmax(-1);
    sum = sum - ((wanted * said).sum(-1) * counted).sum();
  }
  return {{"crops", sum}};
}

void Distillation::after_step(Pass& pass) {
  const at::NoGradGuard no_gradient;
  const at::Tensor answers = teacher_answer(pass), counted = pass.has(input_).to(centre_.scalar_type());
  at::Tensor sums = at::cat({(answers * counted.unsqueeze(1)).sum(0), counted.sum().reshape({1})});
  if (pass.group() != nullptr) pass.group()->all_reduce_sum(sums);
  const at::Tensor mean = sums.narrow(0, 0, centre_.size(0)) / sums[-1].clamp_min(1.0);
  centre_.mul_(keep).add_(mean, 1.0 - keep);
}

}  // namespace chiasm::test
