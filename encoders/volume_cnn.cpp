#include "encoders/volume_cnn.h"

namespace chiasm {

void fields(config::Visitor& v, VolumeCnnConfig& c) { cnn_fields(v, c.cnn); }

std::shared_ptr<Encoder> build(const VolumeCnnConfig& c, const InputSpec& input) {
  return std::make_shared<Cnn>(c.cnn, input, "volume_cnn");
}

}  // namespace chiasm
