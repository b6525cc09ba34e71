#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/object_pixels.h"

#include <memory>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/attributes.h"
#include "data/dicom/load.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

// Words of an attribute, or its bytes for entries of 8 bits (two a word, the first in the low byte).
std::vector<uint16_t> units_of(DcmItem& dataset, const DcmTagKey& key, bool wide) {
  const Uint16* words = nullptr;
  unsigned long count = 0;
  if (dataset.findAndGetUint16Array(key, words, &count).bad() || words == nullptr) return {};
  std::vector<uint16_t> units;
  for (unsigned long n = 0; n < count; ++n) {
    units.push_back(wide ? words[n] : words[n] & 0xFF);
    if (!wide) units.push_back(words[n] >> 8);
  }
  return units;
}

// Segments of a palette to its entries (PS3.3 C.7.9.2): values one by one, a straight line to a value, or earlier segments again. Empty for
// what are no segments.
class Segments {
 public:
  Segments(const std::vector<uint16_t>& units, bool wide, size_t entries) : units_(units), wide_(wide), entries_(entries) {}

  std::vector<float> expand() {
    size_t at = 0;
    while (at < units_.size() && values_.size() < entries_)
      if (!one(at, /*again=*/false)) return {};
    return values_;
  }

 private:
  bool one(size_t& at, bool again) {
    if (at + 3 > units_.size()) return false;
    const uint16_t kind = units_[at], count = units_[at + 1];
    at += 2;
    if (kind == 0) {
      if (at + count > units_.size()) return false;
      for (size_t n = 0; n < count; ++n) values_.push_back(units_[at++]);
      return true;
    }
    if (kind == 1 && !values_.empty()) {
      const float from = values_.back(), to = units_[at++];
      for (int n = 1; n <= count; ++n) values_.push_back(from + (to - from) * static_cast<float>(n) / static_cast<float>(count));
      return true;
    }
    return kind == 2 && !again && repeat(at, count);
  }

  // The offset is in bytes, least significant part first.
  bool repeat(size_t& at, int count) {
    const size_t parts = wide_ ? 2 : 4;
    if (at + parts > units_.size()) return false;
    size_t offset = 0;
    for (size_t n = 0; n < parts; ++n) offset |= static_cast<size_t>(units_[at++]) << (n * (wide_ ? 16 : 8));
    size_t earlier = wide_ ? offset / 2 : offset;
    for (int n = 0; n < count; ++n)
      if (values_.size() > entries_ || !one(earlier, /*again=*/true)) return false;
    return true;
  }

  const std::vector<uint16_t>& units_;
  bool wide_;
  size_t entries_;
  std::vector<float> values_;
};

// One colour of a palette (PS3.3 C.7.6.3.1.5), whole or in segments. Empty when it is not stated so.
std::vector<float> palette_entries(DcmItem& dataset, const DcmTagKey& descriptor, const DcmTagKey& data, const DcmTagKey& segments) {
  Uint16 stated = 0, bits = 16;
  if (dataset.findAndGetUint16(descriptor, stated).bad()) return {};
  static_cast<void>(dataset.findAndGetUint16(descriptor, bits, 2));
  const size_t entries = stated == 0 ? 65536 : stated;
  std::vector<uint16_t> units = units_of(dataset, data, /*wide=*/true);
  if (units.empty()) return Segments(units_of(dataset, segments, bits > 8), bits > 8, entries).expand();
  if (units.size() < entries) units = units_of(dataset, data, /*wide=*/false);
  if (units.size() < entries) return {};
  return {units.begin(), units.begin() + static_cast<int64_t>(entries)};
}

void read_palette(DcmItem& dataset, ObjectPixels& pixels) {
  const DcmTagKey keys[3][3] = {
      {DCM_RedPaletteColorLookupTableDescriptor, DCM_RedPaletteColorLookupTableData, DCM_SegmentedRedPaletteColorLookupTableData},
      {DCM_GreenPaletteColorLookupTableDescriptor, DCM_GreenPaletteColorLookupTableData, DCM_SegmentedGreenPaletteColorLookupTableData},
      {DCM_BluePaletteColorLookupTableDescriptor, DCM_BluePaletteColorLookupTableData, DCM_SegmentedBluePaletteColorLookupTableData}};
  for (size_t colour = 0; colour < 3; ++colour)
    pixels.palette[colour] = palette_entries(dataset, keys[colour][0], keys[colour][1], keys[colour][2]);
  if (pixels.palette[1].size() != pixels.palette[0].size() || pixels.palette[2].size() != pixels.palette[0].size())
    for (std::vector<float>& entries : pixels.palette) entries.clear();
  Uint16 first = 0;
  if (dataset.findAndGetUint16(keys[0][0], first, 1).good())
    pixels.palette_first = pixels.stored.format.is_signed ? static_cast<int16_t>(first) : first;
}

void put_bytes(DcmDataset& dataset, const StoredFrames& stored) {
  std::vector<uint8_t> even = stored.bytes;
  if (even.size() % 2 != 0) even.push_back(0);
  OFCondition status;
  if (stored.format.bits_allocated == 8) {
    auto pixels = std::make_unique<DcmPixelData>(DCM_PixelData);
    pixels->setVR(EVR_OB);
    status = pixels->putUint8Array(even.data(), static_cast<unsigned long>(even.size()));
    if (status.good()) status = dataset.insert(pixels.get(), OFTrue);
    if (status.good()) static_cast<void>(pixels.release());
  } else {
    // Little-endian words, as this machine has them: 32 bits are two.
    status = dataset.putAndInsertUint16Array(DCM_PixelData, reinterpret_cast<const Uint16*>(even.data()),
                                             static_cast<unsigned long>(even.size() / 2));
  }
  if (status.bad()) throw Refused("UNSUPPORTED_OBJECT", "cleaned pixels cannot be put into the object");
}

}  // namespace

ObjectPixels object_pixels_in_process(const Header& header) {
  DcmFileFormat file;
  load(file, header.path);
  ObjectPixels pixels;
  pixels.stored = decode_pixels(file);
  DcmDataset& dataset = *file.getDataset();
  pixels.photometric = upper(text(dataset, DCM_PhotometricInterpretation));
  // The code stream of JPEG 2000 is read with its colour transform undone; other decoders say themselves what they gave.
  if (pixels.photometric == "YBR_RCT" || pixels.photometric == "YBR_ICT") pixels.photometric = "RGB";
  if (pixels.photometric == "PALETTE COLOR") read_palette(dataset, pixels);
  return pixels;
}

void replace_pixels(DcmDataset& dataset, const ObjectPixels& pixels) {
  const PixelFormat& format = pixels.stored.format;
  for (const DcmTagKey& key : {DCM_PixelData, DCM_ExtendedOffsetTable, DCM_ExtendedOffsetTableLengths})
    static_cast<void>(dataset.findAndDeleteElement(key));
  put_bytes(dataset, pixels.stored);
  static_cast<void>(dataset.putAndInsertString(DCM_PhotometricInterpretation, pixels.photometric.c_str()));
  const std::pair<DcmTagKey, int64_t> numbers[] = {{DCM_BitsAllocated, format.bits_allocated},
                                                   {DCM_BitsStored, format.bits_stored},
                                                   {DCM_HighBit, format.bits_stored - 1},
                                                   {DCM_SamplesPerPixel, format.samples},
                                                   {DCM_PixelRepresentation, format.is_signed ? 1 : 0}};
  for (const auto& [key, number] : numbers) static_cast<void>(dataset.putAndInsertUint16(key, static_cast<Uint16>(number)));
  if (format.samples > 1) static_cast<void>(dataset.putAndInsertUint16(DCM_PlanarConfiguration, 0));
  static_cast<void>(dataset.putAndInsertString(DCM_BurnedInAnnotation, "NO"));
}

}  // namespace chiasm::dicom
