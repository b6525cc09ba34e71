// 3-D vision transformer.
#pragma once

#include "encoders/vit.h"

namespace chiasm {

struct VolumeVitConfig {
  std::array<int64_t, 3> patch{8, 8, 8};  // D, H, W; must divide the view's size
  VitSettings vit;                        // width 128, depth 4, heads 4, no stem
};
void fields(config::Visitor& v, VolumeVitConfig& c);
std::shared_ptr<Encoder> build(const VolumeVitConfig& c, const InputSpec& input);

}  // namespace chiasm
