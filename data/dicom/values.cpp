#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/values.h"

#include <algorithm>
#include <type_traits>

#include "core/base/error.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

double rescale_number(const Attributes& from, const DcmTagKey& key, double absent) {
  if (!from.has_value(key)) return absent;
  const std::vector<double> value = from.numbers(key, 1);
  if (value.empty()) throw Refused("BAD_RESCALE", "the rescale slope or intercept is no finite number");
  return value[0];
}

// v -> low + high - v
Voxels mirrored(Voxels voxels, int64_t low, int64_t high) {
  std::visit(
      [&](auto& items) {
        using Item = typename std::decay_t<decltype(items)>::value_type;
        for (Item& item : items) item = static_cast<Item>(static_cast<double>(low + high) - static_cast<double>(item));
      },
      voxels);
  return voxels;
}

Voxels looked_up(const Voxels& stored, const LookupTable& table) {
  return std::visit(
      [&](const auto& items) {
        std::vector<uint16_t> result(items.size());
        for (size_t n = 0; n < items.size(); ++n) result[n] = table.at(static_cast<int64_t>(items[n]));
        return Voxels(std::move(result));
      },
      stored);
}

std::vector<uint8_t> outside(const Voxels& stored, const Padding& padding) {
  return std::visit(
      [&](const auto& items) {
        std::vector<uint8_t> valid(items.size());
        bool any = false;
        for (size_t n = 0; n < items.size(); ++n) {
          const auto value = static_cast<int64_t>(items[n]);
          valid[n] = value < padding.low || value > padding.high;
          any |= valid[n] == 0;
        }
        return any ? valid : std::vector<uint8_t>();
      },
      stored);
}

template <class Item>
std::vector<Item> joined_as(std::vector<SliceValues>& slices, bool rescaled) {
  std::vector<Item> all;
  size_t count = 0;
  for (const SliceValues& slice : slices) count += std::visit([](const auto& items) { return items.size(); }, slice.voxels);
  all.reserve(count);
  for (SliceValues& slice : slices) {
    std::visit(
        [&](auto& items) {
          for (const auto item : items) all.push_back(static_cast<Item>(rescaled ? item * slice.slope + slice.intercept : item));
          items = {};
        },
        slice.voxels);
  }
  return all;
}

Voxels joined(std::vector<SliceValues>& slices) {
  const size_t type = slices.front().voxels.index();
  const bool one_type = std::all_of(slices.begin(), slices.end(), [&](const SliceValues& slice) { return slice.voxels.index() == type; });
  if (!one_type) return joined_as<int32_t>(slices, false);
  return std::visit([&](const auto& items) { return Voxels(joined_as<typename std::decay_t<decltype(items)>::value_type>(slices, false)); },
                    Voxels(slices.front().voxels));
}

std::vector<uint8_t> joined_valid(const std::vector<SliceValues>& slices, size_t slice_size) {
  if (std::all_of(slices.begin(), slices.end(), [](const SliceValues& slice) { return slice.valid.empty(); })) return {};
  std::vector<uint8_t> all;
  for (const SliceValues& slice : slices) {
    if (slice.valid.empty()) {
      all.insert(all.end(), slice_size, 1);
    } else {
      all.insert(all.end(), slice.valid.begin(), slice.valid.end());
    }
  }
  return all;
}

}  // namespace

Rescale read_rescale(DcmItem& dataset, const FunctionalGroups* groups) {
  Rescale rescale;
  DcmItem* source = &dataset;
  if (groups != nullptr) {
    source = groups->macro(DCM_PixelValueTransformationSequence);
    if (source == nullptr) return rescale;
  } else if (DcmItem* table = first_item(dataset, DCM_ModalityLUTSequence)) {
    rescale.table = read_lookup_table(*table, integer(dataset, DCM_PixelRepresentation) == 1);
    return rescale;
  }
  return read_slope(LibraryAttributes(*source));
}

Rescale read_slope(const Attributes& from) {
  Rescale rescale;
  rescale.slope = rescale_number(from, DCM_RescaleSlope, 1);
  rescale.intercept = rescale_number(from, DCM_RescaleIntercept, 0);
  if (rescale.slope == 0) throw Refused("BAD_RESCALE", "the rescale slope is zero");
  return rescale;
}

std::optional<Padding> read_padding(const Attributes& from, const PixelFormat& format) {
  const std::optional<int64_t> value = from.integer(DCM_PixelPaddingValue);
  if (!value) return std::nullopt;
  const auto pixel = [&](int64_t raw) { return as_pixel_value(raw, format.is_signed, std::min<int64_t>(format.bits_allocated, 16)); };
  const int64_t one = pixel(*value), other = pixel(from.integer(DCM_PixelPaddingRangeLimit).value_or(*value));
  return Padding{std::min(one, other), std::max(one, other)};
}

SliceValues slice_values(const StoredFrames& stored, int64_t frame, const Rescale& rescale, const std::optional<Padding>& padding,
                         bool complement) {
  SliceValues slice;
  slice.voxels = frame_voxels(stored, frame);
  if (padding) slice.valid = outside(slice.voxels, *padding);
  slice.slope = rescale.slope;
  slice.intercept = rescale.intercept;
  if (rescale.table) {
    slice.voxels = looked_up(slice.voxels, *rescale.table);
    if (complement) slice.voxels = mirrored(std::move(slice.voxels), 0, rescale.table->greatest());
  } else if (complement) {
    slice.voxels = mirrored(std::move(slice.voxels), stored.format.least(), stored.format.greatest());
  }
  return slice;
}

void join_slices(std::vector<SliceValues> slices, Volume& volume) {
  const SliceValues& first = slices.front();
  volume.valid = joined_valid(slices, static_cast<size_t>(volume.size[1] * volume.size[2]));
  const bool one_scale = std::all_of(slices.begin(), slices.end(),
                                     [&](const SliceValues& s) { return s.slope == first.slope && s.intercept == first.intercept; });
  if (!one_scale) {
    volume.voxels = joined_as<float>(slices, true);
    return;
  }
  volume.slope = first.slope;
  volume.intercept = first.intercept;
  volume.voxels = joined(slices);
}

}  // namespace chiasm::dicom
