#include "data/transform/slice.h"

#include <cmath>
#include <type_traits>

#include "core/base/error.h"
#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

constexpr float luminance[3] = {0.299F, 0.587F, 0.114F};

// The commonest kind of stored voxel.
CHIASM_CLONES void add_row(const int16_t* __restrict in, int64_t count, float scale, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] += static_cast<float>(in[i]) * scale;
}

template <class T>
void add_row(const T* in, int64_t count, float scale, float* out) {
  for (int64_t i = 0; i < count; ++i) {
    float value = static_cast<float>(in[i]);
    if constexpr (std::is_floating_point_v<T>) value = std::isfinite(value) ? value : 0.0F;
    out[i] += value * scale;
  }
}

}  // namespace

void read_slice(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, std::vector<float>& out) {
  if (source.channels != 1 && source.channels != 3)
    throw InputError("an image has " + std::to_string(source.channels) + " channels; views take one (grey) or three (red, green, blue)");
  const int64_t width = columns.last - columns.first + 1;
  const auto [depth, height, stride] = source.size;
  out.assign(static_cast<size_t>((rows.last - rows.first + 1) * width), static_cast<float>(source.intercept));
  std::visit(
      [&](const auto& voxels) {
        for (int64_t c = 0; c < source.channels; ++c) {
          const float share = source.channels == 1 ? 1.0F : luminance[c];
          const float scale = static_cast<float>(source.slope) * share;
          for (int64_t row = rows.first; row <= rows.last; ++row)
            add_row(voxels.data() + ((c * depth + k) * height + row) * stride + columns.first, width, scale,
                    out.data() + (row - rows.first) * width);
        }
      },
      source.voxels);
}

void read_valid(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, std::vector<float>& out) {
  const int64_t width = columns.last - columns.first + 1;
  out.assign(static_cast<size_t>((rows.last - rows.first + 1) * width), 0.0F);
  for (int64_t row = rows.first; row <= rows.last; ++row)
    add_row(source.valid.data() + (k * source.size[1] + row) * source.size[2] + columns.first, width, 1.0F,
            out.data() + (row - rows.first) * width);
}

}  // namespace chiasm::transform
