// 2-D residual CNN.
#pragma once

#include "encoders/cnn.h"

namespace chiasm {

struct ImageCnnConfig {
  CnnSettings cnn{.channels = {16, 32, 64, 128, 128}, .flat = true};  // maps at stride 1, 2, 4, 8, 16
};
void fields(config::Visitor& v, ImageCnnConfig& c);
std::shared_ptr<Encoder> build(const ImageCnnConfig& c, const InputSpec& input);

}  // namespace chiasm
