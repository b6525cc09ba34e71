// The parameters of one block as flat tensors of which every rank keeps its share; they are whole only while the block runs
// (as stage 3 of ZeRO: Rajbhandari et al., 2020).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/dist/group.h"
#include "core/nn/recompute.h"

namespace chiasm::nn {

class ShardedParameters final : public ParameterHome {
 public:
  // Takes the present values, which must be equal on all ranks; afterwards the block's parameters are empty between its calls.
  // Which of them train is decided here and must not change later.
  ShardedParameters(const Block& block, std::shared_ptr<dist::Group> group);

  // This rank's shares: of the trained parameters, then of the frozen ones; undefined where there are none of a kind.
  at::Tensor trained() const { return trained_.share; }
  at::Tensor frozen() const { return frozen_.share; }
  // All parameters with their names in the block, whole. Every rank must call.
  std::vector<std::pair<std::string, at::Tensor>> whole() const;

  std::vector<at::Tensor> leaves() const override;
  std::vector<at::Tensor> parameters() const override { return trained_.members; }
  void bring() override;
  void leave() override;
  // The mean over the ranks, as data parallel has it for every other parameter.
  std::vector<at::Tensor> to_leaves(const std::vector<at::Tensor>& gradients) const override;

 private:
  struct Part {
    std::vector<std::string> names;
    std::vector<at::Tensor> members;
    std::vector<std::vector<int64_t>> shapes;
    at::Tensor share;
  };
  at::Tensor flatten(const Part& part, const std::vector<at::Tensor>& values) const;
  at::Tensor own_share(const at::Tensor& flat) const;
  std::vector<at::Tensor> gather(const Part& part) const;

  std::shared_ptr<dist::Group> group_;
  Part trained_, frozen_;
};

}  // namespace chiasm::nn
