#include "encoders/image_cnn.h"

namespace chiasm {

void fields(config::Visitor& v, ImageCnnConfig& c) { cnn_fields(v, c.cnn); }

std::shared_ptr<Encoder> build(const ImageCnnConfig& c, const InputSpec& input) { return std::make_shared<Cnn>(c.cnn, input, "image_cnn"); }

}  // namespace chiasm
