// change_contrast and stretch_contrast of intensity.h.
#include <algorithm>

#include "data/transform/clones.h"
#include "data/transform/intensity.h"
#include "data/transform/range.h"

namespace chiasm::transform {
namespace {

CHIASM_CLONES void stretch(float* __restrict values, size_t count, float mean, float factor, float low, float high) {
  for (size_t n = 0; n < count; ++n) {
    const float value = (values[n] - mean) * factor + mean;
    const float raised = value > low ? value : low;
    values[n] = raised < high ? raised : high;
  }
}

CHIASM_CLONES void shift(float* __restrict values, size_t count, float gain, float offset) {
  for (size_t n = 0; n < count; ++n) values[n] = values[n] * gain + offset;
}

}  // namespace

void change_contrast(Picture picture, double gain, double offset) {
  shift(picture.values.data(), picture.values.size(), static_cast<float>(gain), static_cast<float>(offset));
}

void stretch_contrast(Picture picture, double factor) {
  const auto [low, high] = valid_range(picture);
  const auto mean = static_cast<float>(valid_moments(picture).mean);
  stretch(picture.values.data(), picture.values.size(), mean, static_cast<float>(factor), low, high);
}

}  // namespace chiasm::transform
