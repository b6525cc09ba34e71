// How much arithmetic a piece of work takes.
#pragma once

#include <ATen/record_function.h>

#include <cstdint>

namespace chiasm {

// Counts the floating-point operations of matrix products, convolutions and attention while it lives, backward too, in all threads; a
// multiply-add is two. Everything else (norms, activations, the optimiser) is left out: it is little, and bound by memory. One at a time.
class FlopCounter {
 public:
  FlopCounter();
  ~FlopCounter();
  FlopCounter(const FlopCounter&) = delete;
  FlopCounter& operator=(const FlopCounter&) = delete;
  int64_t count() const;

 private:
  at::CallbackHandle handle_;
};

}  // namespace chiasm
