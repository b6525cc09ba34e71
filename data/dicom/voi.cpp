#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/voi.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/attributes.h"
#include "data/dicom/values.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

double linear(double x, double center, double width) {
  const double middle = center - 0.5, half = (width - 1) / 2;
  if (x <= middle - half) return 0;
  if (x > middle + half) return 1;
  return (x - middle) / (width - 1) + 0.5;
}

double linear_exact(double x, double center, double width) {
  if (x <= center - width / 2) return 0;
  if (x > center + width / 2) return 1;
  return (x - center) / width + 0.5;
}

std::optional<VoiFunction> parse_function(const std::string& name) {
  if (name.empty() || name == "LINEAR") return VoiFunction::linear;
  if (name == "LINEAR_EXACT") return VoiFunction::linear_exact;
  if (name == "SIGMOID") return VoiFunction::sigmoid;
  return std::nullopt;
}

std::optional<Window> sound(const std::string& center, const std::string& width, const std::string& function) {
  const std::optional<double> c = parse_number(trim(center)), w = parse_number(trim(width));
  const std::optional<VoiFunction> f = parse_function(function);
  if (!c || !w || !f) return std::nullopt;
  const Window window{*c, *w, *f};
  return is_sound(window) ? std::optional(window) : std::nullopt;
}

std::optional<Window> first_window(DcmItem& item) {
  const std::vector<std::string> centers = texts(item, DCM_WindowCenter), widths = texts(item, DCM_WindowWidth);
  if (centers.empty() || widths.empty()) return std::nullopt;
  return sound(centers.front(), widths.front(), text(item, DCM_VOILUTFunction));
}

std::optional<LookupTable> first_table(DcmItem& item, bool is_signed) {
  DcmItem* table = first_item(item, DCM_VOILUTSequence);
  if (table == nullptr) return std::nullopt;
  try {
    return read_lookup_table(*table, is_signed);
  } catch (const Refused&) {
    return std::nullopt;  // values can be read without it
  }
}

bool may_be_negative(const Rescale& rescale, const PixelFormat& format) {
  if (rescale.table) return false;
  const auto value = [&](int64_t stored) { return rescale.slope * static_cast<double>(stored) + rescale.intercept; };
  return std::min(value(format.least()), value(format.greatest())) < 0;
}

}  // namespace

bool is_sound(const Window& window) {
  if (!std::isfinite(window.center) || !std::isfinite(window.width)) return false;
  return window.function == VoiFunction::linear ? window.width >= 1 : window.width > 0;
}

double displayed(double value, const Window& window) {
  switch (window.function) {
    case VoiFunction::linear:
      return linear(value, window.center, window.width);
    case VoiFunction::linear_exact:
      return linear_exact(value, window.center, window.width);
    default:
      return 1 / (1 + std::exp(-4 * (value - window.center) / window.width));
  }
}

double displayed(double value, const Voi& voi) {
  const double own = voi.mirror ? *voi.mirror - value : value / voi.scale;
  double shown = own;
  if (voi.table) {
    shown = static_cast<double>(voi.table->at(std::llround(own))) / static_cast<double>(voi.table->greatest());
  } else if (voi.window) {
    shown = displayed(own, *voi.window);
  }
  return voi.mirror ? 1 - shown : shown;
}

std::optional<Voi> read_voi(DcmItem& dataset, const FunctionalGroups* groups, const Rescale& rescale, const PixelFormat& format,
                            bool complement) {
  DcmItem* source = groups == nullptr ? &dataset : groups->macro(DCM_FrameVOILUTSequence);
  if (source == nullptr) return std::nullopt;
  Voi voi;
  voi.table = first_table(*source, may_be_negative(rescale, format));
  voi.window = first_window(*source);
  if (!voi.table && !voi.window) return std::nullopt;
  if (complement)
    voi.mirror = rescale.table ? static_cast<double>(rescale.table->greatest())
                               : rescale.slope * static_cast<double>(format.least() + format.greatest()) + 2 * rescale.intercept;
  return voi;
}

std::optional<Window> parse_window(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  return sound(parts[0], parts[1], parts.size() == 3 ? upper(trim(parts[2])) : "LINEAR");
}

void show(Volume& volume, const Voi& voi) {
  std::vector<float> shown = values(volume);
  for (float& value : shown) value = static_cast<float>(displayed(value, voi));
  volume.voxels = std::move(shown);
  volume.slope = 1;
  volume.intercept = 0;
}

}  // namespace chiasm::dicom
