// AdamW (Loshchilov and Hutter, 2019) with parameter groups, on ATen's fused kernel; state is keyed by parameter name.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "core/train/train_config.h"

namespace chiasm {

struct NamedParameter {
  std::string name;
  at::Tensor value;
};

class AdamW {
 public:
  // Parameters whose name starts with "encoder_", "fusion" or "input_" train at `backbone_lr`. One-dimensional ones do not decay.
  AdamW(std::vector<NamedParameter> parameters, const TrainConfig& config);
  void zero_grad();
  // Norm of all gradients together (a device scalar).
  at::Tensor gradient_norm() const;
  void scale_gradients(const at::Tensor& factor);
  void step(double lr);
  // "exp_avg.NAME", "exp_avg_sq.NAME", "step".
  std::map<std::string, at::Tensor> state() const;
  void restore(const std::map<std::string, at::Tensor>& state);
  const std::vector<NamedParameter>& parameters() const { return parameters_; }

 private:
  struct Group {
    double lr_factor, decay;
    std::vector<at::Tensor> values, averages, squares, steps;
    std::vector<size_t> members;  // of parameters_
  };
  std::vector<NamedParameter> parameters_;
  std::vector<Group> groups_;
  TrainConfig config_;
};

}  // namespace chiasm
