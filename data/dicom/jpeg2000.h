// JPEG 2000 frames (ISO/IEC 15444-1) by OpenJPEG: DCMTK decodes all other common codings, not this one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dicom/pixels.h"

namespace chiasm::dicom {

// One decoded frame into the frame_bytes() of `bytes`: little-endian, bits_allocated wide, colour by pixel. The code stream must have the
// rows, columns and samples of `format`. Where it is unsigned and the object signed, the sign bit is that of the code stream's precision.
// Throws Refused: DAMAGED, INCONSISTENT_PIXELS.
void decode_jpeg2000(const std::string& code_stream, const PixelFormat& format, uint8_t* bytes);

// What becomes of a value that needs more than the stored bits, or a sign that the object does not have.
enum class Excess { masked, refused };
// Of any code stream that OpenJPEG knows, high-throughput ones included.
void decode_code_stream(const std::string& code_stream, const PixelFormat& format, Excess excess, uint8_t* bytes);

}  // namespace chiasm::dicom
