// The door to libchiasm_cuda.so, the only code that touches CUDA or NCCL. It is opened at run time, so that one binary serves machines
// with and without a GPU. main() calls open_cuda_library() before any ATen call: ATen caches the answer to "is there CUDA" once.
#pragma once

#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <string>

namespace c10d {
class ProcessGroup;
class Store;
}  // namespace c10d

namespace chiasm::dist {

struct CudaLibrary {
  virtual ~CudaLibrary() = default;
  virtual int device_count() const = 0;
  virtual void set_device(int index) const = 0;
  // Makes NCCL the backend of `group` for CUDA tensors and its default.
  virtual void add_nccl(c10d::ProcessGroup& group, const c10::intrusive_ptr<c10d::Store>& store, int rank, int size, int device) const = 0;
  // Settings for repeatable kernels: cuDNN deterministic, benchmark off.
  virtual void set_deterministic(bool on) const = 0;
  virtual int64_t peak_bytes(int device) const = 0;
};

// nullptr without a driver or without the library; `why` then says which.
const CudaLibrary* open_cuda_library(std::string* why = nullptr);

}  // namespace chiasm::dist
