// 3-D residual CNN.
#pragma once

#include "encoders/cnn.h"

namespace chiasm {

struct VolumeCnnConfig {
  CnnSettings cnn;  // channels 16, 32, 64, 128: maps at stride 1, 2, 4, 8
};
void fields(config::Visitor& v, VolumeCnnConfig& c);
std::shared_ptr<Encoder> build(const VolumeCnnConfig& c, const InputSpec& input);

}  // namespace chiasm
