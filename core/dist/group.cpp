#include "core/dist/group.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/torch.h>

#include <cstring>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "core/dist/process_group.h"

namespace chiasm::dist {
namespace {

struct Single final : Group {
  explicit Single(at::Device device) : device_(device) {}
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce_sum(at::Tensor&) override {}
  void all_reduce_max(at::Tensor&) override {}
  void broadcast(at::Tensor&, int) override {}
  at::Tensor all_gather(const at::Tensor& values) override { return values; }
  std::vector<std::string> gather_bytes(const std::string& mine) override { return {mine}; }
  void barrier() override {}
  c10d::ProcessGroup* process_group() override { return nullptr; }
  at::Device device() const override { return device_; }

 private:
  at::Device device_;
};

struct Several final : Group {
  explicit Several(ProcessGroupHandle handle) : handle_(std::move(handle)) {}
  ~Several() override {
    try {
      handle_.group->barrier()->wait();  // rank 0 hosts the store, so it must not leave first
    } catch (const std::exception&) {
      // A rank is gone already; nothing is left to protect.
    }
  }
  int rank() const override { return handle_.group->getRank(); }
  int size() const override { return handle_.group->getSize(); }

  void all_reduce_sum(at::Tensor& values) override { reduce(values, c10d::ReduceOp::SUM); }
  void all_reduce_max(at::Tensor& values) override { reduce(values, c10d::ReduceOp::MAX); }
  void broadcast(at::Tensor& values, int from) override {
    std::vector<at::Tensor> list{values};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    handle_.group->broadcast(list, options)->wait();
  }
  at::Tensor all_gather(const at::Tensor& values) override {
    const at::Tensor mine = values.contiguous();
    std::vector<std::vector<at::Tensor>> out(1);
    for (int r = 0; r < size(); ++r) out[0].push_back(at::empty_like(mine));
    std::vector<at::Tensor> in{mine};
    handle_.group->allgather(out, in)->wait();
    return at::cat(out[0], 0);
  }
  std::vector<std::string> gather_bytes(const std::string& mine) override {
    const at::Device device = handle_.device;
    const at::Tensor lengths = all_gather(at::tensor({static_cast<int64_t>(mine.size())}, at::kLong).to(device)).cpu();
    const int64_t longest = lengths.max().item<int64_t>();
    at::Tensor padded = at::zeros({1, std::max<int64_t>(1, longest)}, at::kByte);
    std::memcpy(padded.data_ptr(), mine.data(), mine.size());
    const at::Tensor all = all_gather(padded.to(device)).cpu().contiguous();
    std::vector<std::string> parts;
    for (int r = 0; r < size(); ++r) {
      const char* start = static_cast<const char*>(all.data_ptr()) + r * all.size(1);
      parts.emplace_back(start, static_cast<size_t>(lengths[r].item<int64_t>()));
    }
    return parts;
  }
  void barrier() override { handle_.group->barrier()->wait(); }
  c10d::ProcessGroup* process_group() override { return handle_.group.get(); }
  at::Device device() const override { return handle_.device; }

 private:
  void reduce(at::Tensor& values, c10d::ReduceOp operation) {
    std::vector<at::Tensor> list{values};
    c10d::AllreduceOptions options;
    options.reduceOp = operation;
    handle_.group->allreduce(list, options)->wait();
  }
  ProcessGroupHandle handle_;
};

struct GatherWithGradient : torch::autograd::Function<GatherWithGradient> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& values, int64_t group) {
    context->saved_data["group"] = group;
    context->saved_data["rows"] = values.size(0);
    return reinterpret_cast<Group*>(group)->all_gather(values);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    auto* group = reinterpret_cast<Group*>(context->saved_data["group"].toInt());
    at::Tensor sum = gradients[0].contiguous().clone();
    group->all_reduce_sum(sum);
    const int64_t rows = context->saved_data["rows"].toInt();
    return {sum.narrow(0, group->rank() * rows, rows), at::Tensor()};
  }
};

}  // namespace

at::Tensor all_gather_with_gradient(Group& group, const at::Tensor& values) {
  return group.size() == 1 ? values : GatherWithGradient::apply(values, reinterpret_cast<int64_t>(&group));
}

std::shared_ptr<Group> single_process(at::Device device) { return std::make_shared<Single>(device); }

std::shared_ptr<Group> make_group(ProcessGroupHandle handle) { return std::make_shared<Several>(std::move(handle)); }

}  // namespace chiasm::dist
