// c10d's process group and what must outlive it. Only core/dist and core/cuda include this.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <memory>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "core/dist/group.h"

namespace chiasm::dist {

struct ProcessGroupHandle {
  c10::intrusive_ptr<c10d::Store> store;  // destroyed after the group
  c10::intrusive_ptr<c10d::ProcessGroup> group;
  at::Device device = at::kCPU;  // where the rank computes, and where collectives of small host values run
};

std::shared_ptr<Group> make_group(ProcessGroupHandle handle);

}  // namespace chiasm::dist
