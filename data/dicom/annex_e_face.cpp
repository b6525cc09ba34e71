#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/annex_e_face.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/error.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {

namespace {

// Pixel (column, row) to RAS: origin + column * across + row * down.
struct Plane {
  std::array<double, 3> origin{}, across{}, down{};
};

Plane plane_of(DcmDataset& dataset) {
  const std::vector<double> position = numbers(dataset, DCM_ImagePositionPatient, 3), spacing = numbers(dataset, DCM_PixelSpacing, 2),
                            cosines = numbers(dataset, DCM_ImageOrientationPatient, 6);
  if (position.empty() || cosines.empty()) throw Refused("NO_POSITION", "a slice has no position or orientation");
  if (spacing.empty()) throw Refused("BAD_GEOMETRY", "the pixel spacing is absent or not positive");
  Plane plane;
  for (size_t n = 0; n < 3; ++n) {
    const double sign = n < 2 ? -1 : 1;  // DICOM's x and y grow to the left and to the back
    plane.origin[n] = sign * position[n];
    plane.across[n] = sign * cosines[n] * spacing[1];
    plane.down[n] = sign * cosines[n + 3] * spacing[0];
  }
  return plane;
}

struct PixelForm {
  int64_t rows = 0, columns = 0, bits = 0, stored = 0;
  bool is_signed = false;
};

PixelForm form_of(DcmDataset& dataset) {
  const auto one = [&](const DcmTagKey& key, int64_t absent) { return integer(dataset, key).value_or(absent); };
  const PixelForm form{one(DCM_Rows, 0), one(DCM_Columns, 0), one(DCM_BitsAllocated, 0), one(DCM_BitsStored, 0),
                       one(DCM_PixelRepresentation, 0) == 1};
  if (one(DCM_NumberOfFrames, 1) != 1 || one(DCM_SamplesPerPixel, 1) != 1 || (form.bits != 8 && form.bits != 16) || form.stored < 1 ||
      form.stored > form.bits || form.rows < 1 || form.columns < 1)
    throw Refused("UNSUPPORTED_OBJECT", "a face is removed from grey images of one frame and 8 or 16 bits only");
  return form;
}

// Air as the image stores it.
int64_t stored_air(DcmDataset& dataset, const PixelForm& form, double air) {
  const auto number = [&](const DcmTagKey& key, double absent) {
    const std::vector<double> values = numbers(dataset, key, 1);
    return values.empty() ? absent : values[0];
  };
  const double slope = number(DCM_RescaleSlope, 1), value = (air - number(DCM_RescaleIntercept, 0)) / (slope == 0 ? 1 : slope);
  const double low = form.is_signed ? -std::ldexp(1, static_cast<int>(form.stored) - 1) : 0;
  const double high = std::ldexp(1, static_cast<int>(form.stored) - (form.is_signed ? 1 : 0)) - 1;
  return std::llround(std::clamp(value, low, high));
}

template <class T>
void blank(std::vector<T>& pixels, const PixelForm& form, const Plane& plane, int64_t air, const FaceRemoval& face) {
  for (int64_t row = 0; row < form.rows; ++row)
    for (int64_t column = 0; column < form.columns; ++column) {
      std::array<double, 3> at{};
      for (size_t n = 0; n < 3; ++n)
        at[n] = plane.origin[n] + static_cast<double>(column) * plane.across[n] + static_cast<double>(row) * plane.down[n];
      if (face.holds(at)) pixels[static_cast<size_t>(row * form.columns + column)] = static_cast<T>(air);
    }
}

[[noreturn]] void refuse_pixels() { throw Refused("INCONSISTENT_PIXELS", "the pixel data is shorter than rows and columns say"); }

}  // namespace

void remove_face(DcmDataset& dataset, const FaceRemoval& face) {
  if (DcmXfer(dataset.getOriginalXfer()).isEncapsulated())
    throw Refused("UNSUPPORTED_TRANSFER_SYNTAX", "a face is removed from uncompressed pixels only");
  const PixelForm form = form_of(dataset);
  const Plane plane = plane_of(dataset);
  const int64_t air = stored_air(dataset, form, face.air);
  const auto size = static_cast<size_t>(form.rows * form.columns);
  unsigned long count = 0;
  OFCondition status;
  if (form.bits == 16) {
    const Uint16* data = nullptr;
    if (dataset.findAndGetUint16Array(DCM_PixelData, data, &count).bad() || data == nullptr || count < size) refuse_pixels();
    std::vector<Uint16> pixels(data, data + count);
    blank(pixels, form, plane, air, face);
    status = dataset.putAndInsertUint16Array(DCM_PixelData, pixels.data(), count);
  } else {
    const Uint8* data = nullptr;
    if (dataset.findAndGetUint8Array(DCM_PixelData, data, &count).bad() || data == nullptr || count < size) refuse_pixels();
    std::vector<Uint8> pixels(data, data + count);
    blank(pixels, form, plane, air, face);
    status = dataset.putAndInsertUint8Array(DCM_PixelData, pixels.data(), count);
  }
  if (status.bad()) throw Error("no memory for the pixels of an image");
  for (const DcmTagKey& key : {DCM_SmallestImagePixelValue, DCM_LargestImagePixelValue})
    static_cast<void>(dataset.findAndDeleteElement(key));
  static_cast<void>(dataset.putAndInsertString(DCM_RecognizableVisualFeatures, "NO"));
  add_method_code(dataset, "113102", "Clean Recognizable Visual Features Option");
}

}  // namespace chiasm::dicom
