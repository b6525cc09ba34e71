#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/pixels.h"

#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "data/dicom/attributes.h"
#include "data/dicom/htj2k.h"
#include "data/dicom/jpeg2000.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr int64_t most_bytes = int64_t{2} << 30, modest_bytes = int64_t{64} << 20;
constexpr int64_t most_expansion = 1000;  // decoded to encoded bytes of one object; an empty slice compresses far
constexpr int64_t longest_side = 65535;

int64_t required(const Attributes& from, const DcmTagKey& key) {
  const std::optional<int64_t> value = from.integer(key);
  if (!value) throw Refused("INCONSISTENT_PIXELS", "rows, columns or bits of the pixels are not stated");
  return *value;
}

void check_format(const PixelFormat& format) {
  if (format.rows < 1 || format.columns < 1 || format.rows > longest_side || format.columns > longest_side || format.frames < 1)
    throw Refused("INCONSISTENT_PIXELS", "rows, columns and frames must be positive");
  if (format.samples != 1 && format.samples != 3) throw Refused("UNSUPPORTED_OBJECT", "pixels have neither one nor three samples");
  if (format.bits_allocated != 8 && format.bits_allocated != 16 && format.bits_allocated != 32)
    throw Refused("UNSUPPORTED_OBJECT", "pixels are not 8, 16 or 32 bits wide");
  if (format.bits_stored < 1 || format.bits_stored > format.bits_allocated || format.high_bit >= format.bits_allocated ||
      format.high_bit + 1 < format.bits_stored)
    throw Refused("INCONSISTENT_PIXELS", "stored bits do not fit into allocated bits");
  if (format.frames > most_bytes / format.frame_bytes()) throw Refused("TOO_LARGE", "the decoded pixels take more than 2 GiB");
}

PixelFormat library_format(DcmDataset& dataset) { return read_format(LibraryAttributes(dataset)); }

DcmPixelData& pixel_element(DcmDataset& dataset) {
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad()) throw Refused("UNSUPPORTED_OBJECT", "pixels are not integers");
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  if (pixels == nullptr) throw Refused("DAMAGED", "the pixel data are no pixel data element");
  return *pixels;
}

// Fragments of encapsulated pixel data, without the offset table.
std::vector<DcmPixelItem*> fragments_of(DcmPixelData& pixels) {
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  DcmPixelSequence* sequence = nullptr;
  pixels.getOriginalRepresentationKey(syntax, parameter);
  if (pixels.getEncapsulatedRepresentation(syntax, parameter, sequence).bad() || sequence == nullptr)
    throw Refused("DAMAGED", "the pixel data hold no fragments");
  std::vector<DcmPixelItem*> fragments;
  for (DcmObject* item = sequence->nextInContainer(nullptr); item != nullptr; item = sequence->nextInContainer(item))
    fragments.push_back(dynamic_cast<DcmPixelItem*>(item));
  if (!fragments.empty()) fragments.erase(fragments.begin());
  std::erase(fragments, nullptr);
  return fragments;
}

// A lying header must not make the decoder take memory.
void check_encapsulated(DcmPixelData& pixels, const PixelFormat& format) {
  const std::vector<DcmPixelItem*> fragments = fragments_of(pixels);
  int64_t bytes = 0;
  for (DcmPixelItem* fragment : fragments) bytes += fragment->getLength();
  if (static_cast<int64_t>(fragments.size()) < format.frames)
    throw Refused("INCONSISTENT_PIXELS", "fewer pixel data fragments than frames");
  const int64_t decoded = format.frames * format.frame_bytes();
  if (decoded > modest_bytes && decoded / most_expansion > bytes)
    throw Refused("TOO_LARGE", "the declared size is far beyond the encoded pixels");
}

// Runs the codec; afterwards the data set describes the decoded pixels.
void decompress(DcmDataset& dataset, DcmPixelData& pixels, const PixelFormat& format) {
  if (!DcmXfer(dataset.getOriginalXfer()).isEncapsulated()) return;
  if (!dataset.canWriteXfer(EXS_LittleEndianExplicit) && !pixels.canChooseRepresentation(EXS_LittleEndianExplicit, nullptr))
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", std::string("pixels are coded as ") + DcmXfer(dataset.getOriginalXfer()).getXferName());
  check_encapsulated(pixels, format);
  const OFCondition status = dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr);
  if (status == EC_RepresentationNotFound || status == EC_CannotChangeRepresentation)
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", std::string("pixels are coded as ") + DcmXfer(dataset.getOriginalXfer()).getXferName());
  if (status.bad()) throw Refused("DAMAGED", "the pixels cannot be decoded");
}

bool is_jpeg2000(const DcmDataset& dataset) {
  const E_TransferSyntax syntax = dataset.getOriginalXfer();
  return syntax == EXS_JPEG2000LosslessOnly || syntax == EXS_JPEG2000;
}

// One code stream a frame: a fragment that starts like one (SOC marker or JP2 signature) starts the next frame.
std::vector<std::string> code_streams(DcmPixelData& pixels) {
  std::vector<std::string> streams;
  for (DcmPixelItem* fragment : fragments_of(pixels)) {
    Uint8* bytes = nullptr;
    if (fragment->getUint8Array(bytes).bad() || bytes == nullptr) throw Refused("DAMAGED", "the pixel data cannot be read");
    const std::string part(reinterpret_cast<const char*>(bytes), fragment->getLength());
    if (streams.empty() || part.starts_with("\xFF\x4F\xFF\x51") || part.starts_with(std::string_view("\0\0\0\x0CjP", 6))) {
      streams.push_back(part);
    } else {
      streams.back() += part;
    }
  }
  return streams;
}

using DecodeFrame = void (*)(const std::string& code_stream, const PixelFormat& format, uint8_t* bytes);

std::vector<uint8_t> code_stream_bytes(DcmPixelData& pixels, const PixelFormat& format, DecodeFrame decode, int threads) {
  check_encapsulated(pixels, format);
  const std::vector<std::string> streams = code_streams(pixels);
  if (static_cast<int64_t>(streams.size()) != format.frames)
    throw Refused("INCONSISTENT_PIXELS", "the number of code streams differs from the frames");
  std::vector<uint8_t> bytes(static_cast<size_t>(format.frames * format.frame_bytes()));
  parallel_for(format.frames, threads,
               [&](int64_t frame) { decode(streams[static_cast<size_t>(frame)], format, bytes.data() + frame * format.frame_bytes()); });
  return bytes;
}

std::vector<uint8_t> native_bytes(DcmDataset& dataset, DcmPixelData& pixels, const PixelFormat& format) {
  const int64_t expected = format.frames * format.frame_bytes();
  const int64_t length = pixels.getLength();
  if (length < expected) throw Refused("TRUNCATED", "the pixel data are shorter than rows, columns and frames say");
  if (length > expected + expected % 2) throw Refused("INCONSISTENT_PIXELS", "the pixel data are longer than rows, columns and frames say");
  if (format.bits_allocated == 32 && dataset.getOriginalXfer() == EXS_BigEndianExplicit)
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "32-bit pixels in big-endian order");
  Uint8* bytes = nullptr;
  if (pixels.getTag().getEVR() == EVR_OB || pixels.getTag().getEVR() == EVR_UN) {
    if (pixels.getUint8Array(bytes).bad()) bytes = nullptr;
  } else {
    Uint16* words = nullptr;
    if (pixels.getUint16Array(words).good()) bytes = reinterpret_cast<Uint8*>(words);
  }
  if (bytes == nullptr) throw Refused("DAMAGED", "the pixel data cannot be read");
  return {bytes, bytes + expected};
}

// Unused high bits may hold overlays: only bits_stored bits below high_bit are the value.
template <class Raw>
void mask_stored(uint8_t* bytes, size_t size, const PixelFormat& format) {
  const int shift = static_cast<int>(format.high_bit + 1 - format.bits_stored);
  const Raw all = std::numeric_limits<Raw>::max();
  const Raw mask = static_cast<Raw>(all >> (format.bits_allocated - format.bits_stored));
  const Raw sign = format.is_signed ? static_cast<Raw>(Raw{1} << (format.bits_stored - 1)) : Raw{0};
  for (size_t n = 0; n + sizeof(Raw) <= size; n += sizeof(Raw)) {
    Raw value;
    std::memcpy(&value, bytes + n, sizeof value);
    // Without a branch, so that the loop is vectorised: the sign bit flipped and subtracted fills the bits above it.
    value = static_cast<Raw>((value >> shift) & mask);
    value = static_cast<Raw>((value ^ sign) - sign);
    std::memcpy(bytes + n, &value, sizeof value);
  }
}

void mask_all(StoredFrames& stored) { mask_values(stored.bytes.data(), stored.bytes.size(), stored.format); }

// Colour by plane to colour by pixel.
void interleave(std::vector<uint8_t>& bytes, const PixelFormat& format) {
  const size_t width = static_cast<size_t>(format.bits_allocated / 8), plane = static_cast<size_t>(format.rows * format.columns);
  const size_t frame_bytes = static_cast<size_t>(format.frame_bytes());
  std::vector<uint8_t> frame(frame_bytes);
  for (size_t start = 0; start + frame_bytes <= bytes.size(); start += frame_bytes) {
    for (size_t sample = 0; sample < 3; ++sample)
      for (size_t pixel = 0; pixel < plane; ++pixel)
        std::memcpy(frame.data() + (pixel * 3 + sample) * width, bytes.data() + start + (sample * plane + pixel) * width, width);
    std::memcpy(bytes.data() + start, frame.data(), frame_bytes);
  }
}

template <class From, class To>
std::vector<To> copy_as(const uint8_t* bytes, size_t count) {
  std::vector<To> result(count);
  for (size_t n = 0; n < count; ++n) {
    From value;
    std::memcpy(&value, bytes + n * sizeof value, sizeof value);
    if constexpr (std::is_same_v<From, uint32_t>)
      if (value > static_cast<uint32_t>(std::numeric_limits<int32_t>::max()))
        throw Refused("UNSUPPORTED_OBJECT", "stored values of 2^31 and more");
    result[n] = static_cast<To>(value);
  }
  return result;
}

}  // namespace

PixelFormat read_format(const Attributes& from) {
  PixelFormat format;
  format.rows = required(from, DCM_Rows);
  format.columns = required(from, DCM_Columns);
  format.frames = from.integer(DCM_NumberOfFrames).value_or(1);
  format.samples = from.integer(DCM_SamplesPerPixel).value_or(1);
  format.bits_allocated = required(from, DCM_BitsAllocated);
  format.bits_stored = from.integer(DCM_BitsStored).value_or(format.bits_allocated);
  format.high_bit = from.integer(DCM_HighBit).value_or(format.bits_stored - 1);
  format.is_signed = from.integer(DCM_PixelRepresentation).value_or(0) == 1;
  check_format(format);
  return format;
}

void mask_values(uint8_t* bytes, size_t size, const PixelFormat& format) {
  if (format.bits_stored == format.bits_allocated) return;
  if (format.bits_allocated == 8) mask_stored<uint8_t>(bytes, size, format);
  if (format.bits_allocated == 16) mask_stored<uint16_t>(bytes, size, format);
  if (format.bits_allocated == 32) mask_stored<uint32_t>(bytes, size, format);
}

StoredFrames decode_pixels(DcmFileFormat& file, int threads) {
  DcmDataset& dataset = *file.getDataset();
  const std::string syntax = text(*file.getMetaInfo(), DCM_TransferSyntaxUID);
  const bool htj2k = is_htj2k(syntax);  // DCMTK parses it without knowing it
  if (!syntax.empty() && !htj2k && DcmXfer(syntax.c_str()).getXfer() == EXS_Unknown)
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "pixels are coded as " + syntax);
  StoredFrames stored;
  stored.format = library_format(dataset);
  DcmPixelData& pixels = pixel_element(dataset);
  if (htj2k || is_jpeg2000(dataset)) {
    stored.bytes = code_stream_bytes(pixels, stored.format, htj2k ? decode_htj2k : decode_jpeg2000, threads);
    mask_all(stored);
    return stored;
  }
  decompress(dataset, pixels, stored.format);
  const PixelFormat declared = stored.format;
  stored.format = library_format(dataset);
  if (stored.format.rows != declared.rows || stored.format.columns != declared.columns || stored.format.frames != declared.frames)
    throw Refused("INCONSISTENT_PIXELS", "the encoded pixels have another size than the header says");
  stored.bytes = native_bytes(dataset, pixels, stored.format);
  mask_all(stored);
  if (stored.format.samples == 3 && integer(dataset, DCM_PlanarConfiguration) == 1) interleave(stored.bytes, stored.format);
  return stored;
}

Voxels frame_voxels(const StoredFrames& stored, int64_t frame) {
  const PixelFormat& format = stored.format;
  const uint8_t* bytes = stored.bytes.data() + frame * format.frame_bytes();
  const auto count = static_cast<size_t>(format.rows * format.columns * format.samples);
  switch (format.bits_allocated) {
    case 8:
      return format.is_signed ? Voxels(copy_as<int8_t, int16_t>(bytes, count)) : Voxels(copy_as<uint8_t, uint8_t>(bytes, count));
    case 16:
      return format.is_signed ? Voxels(copy_as<int16_t, int16_t>(bytes, count)) : Voxels(copy_as<uint16_t, uint16_t>(bytes, count));
    default:
      return format.is_signed ? Voxels(copy_as<int32_t, int32_t>(bytes, count)) : Voxels(copy_as<uint32_t, int32_t>(bytes, count));
  }
}

}  // namespace chiasm::dicom
