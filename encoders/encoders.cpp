#include "encoders/encoders.h"

#include "encoders/image_cnn.h"
#include "encoders/image_vit.h"
#include "encoders/table.h"
#include "encoders/text.h"
#include "encoders/volume_cnn.h"
#include "encoders/volume_vit.h"

namespace chiasm {

const EncoderRegistry& encoders() {
  static const EncoderRegistry list{
      entry<Encoder, InputSpec, VolumeVitConfig>("volume_vit", "3-D vision transformer, with an optional convolutional stem."),
      entry<Encoder, InputSpec, VolumeCnnConfig>("volume_cnn", "3-D residual CNN; the best choice for small data and fine maps."),
      entry<Encoder, InputSpec, ImageVitConfig>("image_vit", "2-D vision transformer, with an optional convolutional stem."),
      entry<Encoder, InputSpec, ImageCnnConfig>("image_cnn", "2-D residual CNN."),
      entry<Encoder, InputSpec, TextConfig>("text", "Transformer over the pieces of a text."),
      entry<Encoder, InputSpec, TableConfig>("table", "One token for each known column of a clinical table."),
  };
  return list;
}

}  // namespace chiasm
