#include "core/dist/data_parallel.h"

#include <torch/torch.h>

#include <algorithm>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <unordered_set>

namespace chiasm::dist {
namespace {

constexpr int64_t first_bucket_bytes = 1 << 20, bucket_bytes = 25 << 20;

}  // namespace

struct DataParallel::State {
  std::unique_ptr<c10d::Reducer> reducer;
};

DataParallel::DataParallel(Group& group, std::vector<std::pair<std::string, at::Tensor>> parameters, const std::vector<at::Tensor>& buffers)
    : state_(std::make_unique<State>()) {
  if (group.size() == 1) return;
  std::vector<at::Tensor> trained, shared;
  std::unordered_map<size_t, std::string> names;
  std::unordered_set<const void*> seen;  // tied weights count once
  for (const auto& [name, tensor] : parameters) {
    if (!seen.insert(tensor.unsafeGetTensorImpl()).second) continue;
    names[trained.size()] = name;
    trained.push_back(tensor);
    shared.push_back(tensor.detach());
  }
  for (const at::Tensor& buffer : buffers) shared.push_back(buffer.detach());
  auto process_group = c10::intrusive_ptr<c10d::ProcessGroup>::unsafe_reclaim_from_nonowning(group.process_group());
  c10d::verify_params_across_processes(process_group, trained, std::nullopt);
  {
    at::NoGradGuard no_gradient;
    c10d::broadcast_coalesced(process_group, shared, 250 << 20, 0);
  }
  const std::vector<bool> dense(trained.size(), false);
  auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(trained, {first_bucket_bytes, bucket_bytes}, dense);
  std::reverse(buckets.begin(), buckets.end());  // gradients of the last layers come first
  state_->reducer =
      std::make_unique<c10d::Reducer>(trained, buckets, process_group, dense, bucket_bytes, /*find_unused_parameters=*/false,
                                      /*gradient_as_bucket_view=*/true, names, first_bucket_bytes,
                                      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false, std::vector<int64_t>{});
}

DataParallel::~DataParallel() = default;

void DataParallel::before_forward() {
  if (!state_->reducer) return;
  state_->reducer->prepare_for_forward();
  state_->reducer->rebuild_buckets();
}

void DataParallel::before_backward() {
  if (state_->reducer) state_->reducer->prepare_for_backward({});
}

}  // namespace chiasm::dist
