// 2-D vision transformer.
#pragma once

#include "encoders/vit.h"

namespace chiasm {

struct ImageVitConfig {
  std::array<int64_t, 2> patch{16, 16};  // H, W; must divide the view's size
  VitSettings vit;                       // width 128, depth 4, heads 4, no stem
};
void fields(config::Visitor& v, ImageVitConfig& c);
std::shared_ptr<Encoder> build(const ImageVitConfig& c, const InputSpec& input);

}  // namespace chiasm
