#include "encoders/image_vit.h"

namespace chiasm {

void fields(config::Visitor& v, ImageVitConfig& c) {
  v.field("patch", c.patch, "Pixels of a patch (height, width); they divide the view's size.", {.at_least = 1});
  vit_fields(v, c.vit);
}

std::shared_ptr<Encoder> build(const ImageVitConfig& c, const InputSpec& input) {
  VitSettings settings = c.vit;
  settings.patch = {1, c.patch[0], c.patch[1]};
  settings.flat = true;
  return std::make_shared<Vit>(settings, input, "image_vit");
}

}  // namespace chiasm
