#include "encoders/volume_vit.h"

namespace chiasm {

void fields(config::Visitor& v, VolumeVitConfig& c) {
  v.field("patch", c.patch, "Voxels of a patch (depth, height, width); they divide the view's size.", {.at_least = 1});
  vit_fields(v, c.vit);
}

std::shared_ptr<Encoder> build(const VolumeVitConfig& c, const InputSpec& input) {
  VitSettings settings = c.vit;
  settings.patch = c.patch;
  return std::make_shared<Vit>(settings, input, "volume_vit");
}

}  // namespace chiasm
