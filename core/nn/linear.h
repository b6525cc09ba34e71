// Linear layers. Every linear map of Chiasm is one of these, so that low-rank adapters (LoRA, Hu et al., 2021) can be laid over any of them
// without a change of weight names.
#pragma once

#include <torch/nn/module.h>

namespace chiasm::nn {

class Linear : public torch::nn::Module {
 public:
  enum class Init { xavier, truncated_normal, zero };  // of the weight; the bias starts at zero

  Linear(int64_t in, int64_t out, bool bias = true, Init init = Init::xavier);

  // ...in -> ...out
  at::Tensor forward(const at::Tensor& x);

  // Freezes weight and bias and adds alpha / rank * lora_b (lora_a dropout(x)). lora_b starts at zero, so nothing changes at first.
  // Throws UsageError for a rank below 1, Error when the layer is adapted already.
  void adapt(int64_t rank, double alpha, double dropout = 0.0);
  bool adapted() const { return lora_a.defined(); }
  // The one weight that does what weight and adapters do together; detached.
  at::Tensor merged_weight() const;
  // Puts merged_weight() into `weight` and removes the adapters.
  void merge();

  at::Tensor weight;          // out x in
  at::Tensor bias;            // out; undefined without bias
  at::Tensor lora_a, lora_b;  // rank x in, out x rank; undefined without adapters

 private:
  double scale_ = 0.0, dropout_ = 0.0;
};

}  // namespace chiasm::nn
