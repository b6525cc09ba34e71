// A group of processes (ranks). One process is a group of size 1 whose collectives do nothing.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace c10d {
class ProcessGroup;
}

namespace chiasm::dist {

class Group {
 public:
  virtual ~Group() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool first() const { return rank() == 0; }
  // In place.
  virtual void all_reduce_sum(at::Tensor& values) = 0;
  virtual void all_reduce_max(at::Tensor& values) = 0;
  virtual void broadcast(at::Tensor& values, int from) = 0;
  // Ranks' tensors (equal shapes) concatenated along dim 0, rank order.
  virtual at::Tensor all_gather(const at::Tensor& values) = 0;
  // Ranks' tensors of any first dimension.
  virtual std::vector<std::string> gather_bytes(const std::string& mine) = 0;  // on every rank, rank order
  virtual void barrier() = 0;
  virtual c10d::ProcessGroup* process_group() = 0;  // nullptr for a single process
  virtual at::Device device() const = 0;            // where this rank computes
};

// all_gather whose backward sums the gradients of all ranks and returns this rank's part.
at::Tensor all_gather_with_gradient(Group& group, const at::Tensor& values);

std::shared_ptr<Group> single_process(at::Device device = at::kCPU);
// From RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT, or the variables of Slurm, Open MPI and MPICH; single_process() without
// them. `device`: "cpu" (Gloo) or "cuda" (NCCL, through libchiasm_cuda.so).
std::shared_ptr<Group> from_environment(const std::string& device);

}  // namespace chiasm::dist
