// High-throughput JPEG 2000 frames (ISO/IEC 15444-15). OpenJPEG decodes them too; OpenJPH 0.9, the library made for them, aborts the
// process on damaged code streams and so serves the tests only, as an encoder of another hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dicom/pixels.h"

namespace chiasm::dicom {

// One of the three transfer syntaxes: lossless, lossless RPCL, lossy.
bool is_htj2k(std::string_view transfer_syntax);

// As decode_jpeg2000(), and INCONSISTENT_PIXELS for a value beyond the stored bits.
void decode_htj2k(const std::string& code_stream, const PixelFormat& format, uint8_t* bytes);

}  // namespace chiasm::dicom
