// change_contrast of intensity.h.
#include "data/transform/intensity.h"

namespace chiasm::transform {

void change_contrast(Picture picture, double gain, double offset) {
  const auto scale = static_cast<float>(gain), shift = static_cast<float>(offset);
  for (float& value : picture.values) value = value * scale + shift;
}

}  // namespace chiasm::transform
