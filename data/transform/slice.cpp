#include "data/transform/slice.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "core/base/error.h"
#include "data/transform/clones.h"

namespace chiasm::transform {
namespace {

constexpr float luminance[3] = {0.299F, 0.587F, 0.114F};

template <class T>
inline float number(T voxel) {
  const auto value = static_cast<float>(voxel);
  if constexpr (std::is_floating_point_v<T>) return std::abs(value) <= std::numeric_limits<float>::max() ? value : 0.0F;
  return value;
}

// The first channel; the commonest kinds of voxel are compiled for several CPUs.
template <class T>
void set_row(const T* in, int64_t count, float scale, float intercept, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = intercept + number(in[i]) * scale;
}

CHIASM_CLONES void set_row(const int16_t* __restrict in, int64_t count, float scale, float intercept, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = intercept + number(in[i]) * scale;
}

CHIASM_CLONES void set_row(const float* __restrict in, int64_t count, float scale, float intercept, float* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = intercept + number(in[i]) * scale;
}

template <class T>
void add_row(const T* in, int64_t count, float scale, float* out) {
  for (int64_t i = 0; i < count; ++i) out[i] += number(in[i]) * scale;
}

}  // namespace

void read_slice(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, float* out) {
  if (source.channels != 1 && source.channels != 3)
    throw InputError("an image has " + std::to_string(source.channels) + " channels; views take one (grey) or three (red, green, blue)");
  const int64_t width = columns.last - columns.first + 1;
  const auto [depth, height, stride] = source.size;
  std::visit(
      [&](const auto& voxels) {
        for (int64_t c = 0; c < source.channels; ++c) {
          const float share = source.channels == 1 ? 1.0F : luminance[c];
          const float scale = static_cast<float>(source.slope) * share;
          for (int64_t row = rows.first; row <= rows.last; ++row) {
            const auto* in = voxels.data() + ((c * depth + k) * height + row) * stride + columns.first;
            float* to = out + (row - rows.first) * width;
            if (c == 0)
              set_row(in, width, scale, static_cast<float>(source.intercept), to);
            else
              add_row(in, width, scale, to);
          }
        }
      },
      source.voxels);
}

void read_slice(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, std::vector<float>& out) {
  out.resize(static_cast<size_t>((rows.last - rows.first + 1) * (columns.last - columns.first + 1)));
  read_slice(source, k, rows, columns, out.data());
}

void read_valid(const Volume& source, int64_t k, IndexRange rows, IndexRange columns, std::vector<float>& out) {
  const int64_t width = columns.last - columns.first + 1;
  out.resize(static_cast<size_t>((rows.last - rows.first + 1) * width));
  for (int64_t row = rows.first; row <= rows.last; ++row)
    set_row(source.valid.data() + (k * source.size[1] + row) * source.size[2] + columns.first, width, 1.0F, 0.0F,
            out.data() + (row - rows.first) * width);
}

}  // namespace chiasm::transform
