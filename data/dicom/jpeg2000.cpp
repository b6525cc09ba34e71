#include "data/dicom/jpeg2000.h"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/base/error.h"

namespace chiasm::dicom {
namespace {

struct Input {
  const std::string* bytes;
  size_t position = 0;
};

OPJ_SIZE_T take(void* target, OPJ_SIZE_T count, void* user) {
  auto* input = static_cast<Input*>(user);
  const size_t left = input->bytes->size() - input->position;
  if (left == 0) return static_cast<OPJ_SIZE_T>(-1);
  const size_t taken = std::min<size_t>(count, left);
  std::memcpy(target, input->bytes->data() + input->position, taken);
  input->position += taken;
  return taken;
}

OPJ_OFF_T skip(OPJ_OFF_T count, void* user) {
  auto* input = static_cast<Input*>(user);
  if (count < 0 || static_cast<size_t>(count) > input->bytes->size() - input->position) return -1;
  input->position += static_cast<size_t>(count);
  return count;
}

OPJ_BOOL seek(OPJ_OFF_T position, void* user) {
  auto* input = static_cast<Input*>(user);
  if (position < 0 || static_cast<size_t>(position) > input->bytes->size()) return OPJ_FALSE;
  input->position = static_cast<size_t>(position);
  return OPJ_TRUE;
}

struct Free {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};
struct FreeStream {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};
using Codec = std::unique_ptr<opj_codec_t, Free>;
using Image = std::unique_ptr<opj_image_t, Free>;
using Stream = std::unique_ptr<opj_stream_t, FreeStream>;

Stream open_stream(Input& input) {
  Stream stream(opj_stream_create(1 << 16, OPJ_TRUE));
  opj_stream_set_user_data(stream.get(), &input, nullptr);
  opj_stream_set_user_data_length(stream.get(), input.bytes->size());
  opj_stream_set_read_function(stream.get(), take);
  opj_stream_set_skip_function(stream.get(), skip);
  opj_stream_set_seek_function(stream.get(), seek);
  return stream;
}

// Before decoding: the code stream decides how much memory is taken.
void check_size(const opj_image_t& image, const PixelFormat& format) {
  bool same = image.numcomps == static_cast<uint32_t>(format.samples);
  for (uint32_t n = 0; same && n < image.numcomps; ++n) {
    const opj_image_comp_t& component = image.comps[n];
    same = component.w == static_cast<uint32_t>(format.columns) && component.h == static_cast<uint32_t>(format.rows) &&
           component.prec <= static_cast<uint32_t>(format.bits_allocated);
  }
  if (!same) throw Refused("INCONSISTENT_PIXELS", "the encoded pixels have another size than the header says");
}

Image decode(const std::string& code_stream, const PixelFormat& format) {
  Input input{&code_stream};
  const Stream stream = open_stream(input);
  const bool boxed = code_stream.compare(0, 4, std::string("\0\0\0\x0C", 4)) == 0;  // a JP2 file although DICOM wants the bare code stream
  const Codec codec(opj_create_decompress(boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K));
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* header = nullptr;
  const bool opened = opj_setup_decoder(codec.get(), &parameters) && opj_read_header(stream.get(), codec.get(), &header);
  Image image(header);
  if (!opened || !image) throw Refused("DAMAGED", "the pixels cannot be decoded");
  check_size(*image, format);
  if (!opj_decode(codec.get(), stream.get(), image.get())) throw Refused("DAMAGED", "the pixels cannot be decoded");
  check_size(*image, format);
  for (uint32_t n = 0; n < image->numcomps; ++n)
    if (image->comps[n].data == nullptr) throw Refused("DAMAGED", "the pixels cannot be decoded");
  return image;
}

}  // namespace

void decode_jpeg2000(const std::string& code_stream, const PixelFormat& format, uint8_t* bytes) {
  decode_code_stream(code_stream, format, Excess::masked, bytes);
}

void decode_code_stream(const std::string& code_stream, const PixelFormat& format, Excess excess, uint8_t* bytes) {
  const Image image = decode(code_stream, format);
  const auto pixels = static_cast<size_t>(format.rows * format.columns), width = static_cast<size_t>(format.bits_allocated / 8);
  size_t at = 0;
  for (size_t pixel = 0; pixel < pixels; ++pixel) {
    for (uint32_t sample = 0; sample < image->numcomps; ++sample) {
      const opj_image_comp_t& component = image->comps[sample];
      int64_t value = component.data[pixel];
      if (format.is_signed && component.sgnd == 0 && value >= int64_t{1} << (component.prec - 1)) value -= int64_t{1} << component.prec;
      if (excess == Excess::refused && (value < format.least() || value > format.greatest()))
        throw Refused("INCONSISTENT_PIXELS", "an encoded value lies beyond the stored bits");
      std::memcpy(bytes + at, &value, width);  // the low bytes
      at += width;
    }
  }
}

}  // namespace chiasm::dicom
