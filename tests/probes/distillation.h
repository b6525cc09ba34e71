// A task of tests only, after DINO (Caron et al., 2021): the student, on two crops, learns what the teacher says of the whole volume.
#pragma once

#include <memory>

#include "core/nn/linear.h"
#include "core/task.h"

namespace chiasm::test {

class Distillation : public Task {
 public:
  Distillation(std::string input, int64_t width, int64_t prototypes = 6);
  std::vector<std::string> reads() const override { return {input_}; }
  std::vector<std::string> needs() const override { return {}; }
  std::map<std::string, double> counts(const Batch& batch) const override;
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override;
  // The centre follows the mean of the teacher's answers over all ranks.
  void after_step(Pass& pass) override;
  const at::Tensor& centre() const { return centre_; }

 private:
  at::Tensor answer(const Tokens& fused);
  at::Tensor teacher_answer(Pass& pass);
  std::string input_;
  std::shared_ptr<nn::Linear> head_;
  at::Tensor centre_;
};

}  // namespace chiasm::test
