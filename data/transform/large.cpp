#include "data/transform/large.h"

#include <sys/mman.h>

#include <cstdint>

namespace chiasm::transform {

void prefer_large_pages(void* data, size_t bytes) {
  constexpr uintptr_t page = uintptr_t{2} << 20;
  const auto start = reinterpret_cast<uintptr_t>(data);
  const uintptr_t first = (start + page - 1) / page * page, end = (start + bytes) / page * page;
  if (first < end) static_cast<void>(madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE));
}

}  // namespace chiasm::transform
