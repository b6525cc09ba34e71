// libchiasm_cuda.so: NCCL process groups and device settings behind core/dist/cuda_library.h.
#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "core/dist/cuda_library.h"

namespace chiasm::cuda {
namespace {

struct Library final : dist::CudaLibrary {
  int device_count() const override { return c10::cuda::device_count(); }
  void set_device(int index) const override { c10::cuda::set_device(static_cast<c10::DeviceIndex>(index)); }

  void add_nccl(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store, int rank, int size, int device) const override {
    auto options = c10d::ProcessGroupNCCL::Options::create(/*is_high_priority_stream=*/true);
    auto nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
    // Before setBackend, which hands the bound device on.
    group.setBoundDeviceId(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)));
    group.setBackend(at::kCUDA, c10d::ProcessGroup::BackendType::NCCL, nccl);
    group.setDefaultBackend(c10d::ProcessGroup::BackendType::NCCL);
  }

  void set_deterministic(bool on) const override {
    at::globalContext().setDeterministicCuDNN(on);
    at::globalContext().setBenchmarkCuDNN(!on);
  }

  int64_t peak_bytes(int device) const override {
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
    return stats.allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)].peak;
  }
};

}  // namespace
}  // namespace chiasm::cuda

extern "C" const chiasm::dist::CudaLibrary* chiasm_cuda_library() {
  static const chiasm::cuda::Library library;
  return &library;
}
