// Large arrays in large memory pages, not set before they are written: a result of 50 MB costs 25 page faults instead of 12,000, each in
// the thread that writes there, and is passed over once.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace chiasm::transform {

// Asks for large pages for untouched memory; a hint that the system may refuse.
void prefer_large_pages(void* data, size_t bytes);

// An allocator whose vectors do not set new elements: who makes one writes every element.
template <class T>
struct LargeMemory {
  using value_type = T;
  LargeMemory() = default;
  template <class U>
  LargeMemory(const LargeMemory<U>&) noexcept {}

  T* allocate(size_t count) {
    T* data = std::allocator<T>().allocate(count);
    prefer_large_pages(data, count * sizeof(T));
    return data;
  }
  void deallocate(T* data, size_t count) noexcept { std::allocator<T>().deallocate(data, count); }
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
  template <class U>
  bool operator==(const LargeMemory<U>&) const noexcept {
    return true;
  }
};

using Floats = std::vector<float, LargeMemory<float>>;

}  // namespace chiasm::transform
