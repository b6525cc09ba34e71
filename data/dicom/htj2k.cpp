#include "data/dicom/htj2k.h"

#include "core/base/error.h"
#include "data/dicom/jpeg2000.h"

namespace chiasm::dicom {
namespace {

// A cut code stream may still decode, with a part of the image empty. One byte of padding may follow the end marker.
void check_end(std::string_view code_stream) {
  if (!code_stream.empty() && code_stream.back() == '\0') code_stream.remove_suffix(1);
  if (!code_stream.ends_with("\xFF\xD9")) throw Refused("DAMAGED", "the pixels cannot be decoded");
}

}  // namespace

bool is_htj2k(std::string_view transfer_syntax) {
  return transfer_syntax == "1.2.840.10008.1.2.4.201" || transfer_syntax == "1.2.840.10008.1.2.4.202" ||
         transfer_syntax == "1.2.840.10008.1.2.4.203";
}

void decode_htj2k(const std::string& code_stream, const PixelFormat& format, uint8_t* bytes) {
  check_end(code_stream);
  decode_code_stream(code_stream, format, Excess::refused, bytes);
}

}  // namespace chiasm::dicom
