#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "data/dicom/decoded.h"
#include "data/dicom/dicom.h"
#include "data/dicom/isolated.h"
#include "data/dicom/load.h"
#include "data/dicom/mosaic.h"
#include "data/dicom/plain.h"
#include "data/dicom/stack.h"
#include "data/dicom/suv.h"
#include "data/dicom/values.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr double notable_tilt_deg = 0.05;

const std::map<std::string, std::string>& modalities() {
  static const std::map<std::string, std::string> names{{"CT", "ct"},   {"MR", "mr"},   {"PT", "pet"}, {"CR", "xray"},
                                                        {"DX", "xray"}, {"MG", "xray"}, {"RG", "xray"}};
  return names;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

class Reader {
 public:
  Reader(ReadResult& result, const ReadOptions& options)
      : result_(result), group_(result.group), options_(options), decoder_(options.threads) {}

  void read() {
    for (const Header& header : group_.headers)
      if (header.truncated) throw Refused("TRUNCATED", "a file ends before its data does");
    drop_copies();
    check_kind();
    Volume volume;
    volume.modality = modalities().at(group_.modality);
    if (volume.modality == "xray") {
      place_projection(volume);
    } else {
      place_stack(volume);
    }
    if (!load_plain(volume)) load_values(volume);
    fill_facts(volume);
    result_.volume = std::move(volume);
  }

  // The digest helps to identify an image that was refused for its kind or place.
  void digest_refused() {
    int64_t bytes = 0;
    for (const Slice& slice : group_.slices) bytes += group_.headers[slice.header].rows * group_.headers[slice.header].columns * 2;
    if (bytes <= 0 || bytes > (int64_t{64} << 20)) return;
    Sha256 digest;
    for (const Slice& slice : group_.slices) digest.add(frame_bytes(decoder_.open(header(slice)).stored, slice.frame));
    result_.stored_sha256 = hex(digest.finish());
  }

 private:
  const Header& header(const Slice& slice) const { return group_.headers[slice.header]; }
  const Frame& frame(const Slice& slice) const { return header(slice).frames[slice.frame]; }
  const Header& first() const { return group_.headers.front(); }

  std::vector<Frame> frames() const {
    std::vector<Frame> result;
    for (const Slice& slice : group_.slices) result.push_back(frame(slice));
    return result;
  }

  // Keeps the listed slices and the headers that they need, in this order.
  void keep(const std::vector<Slice>& slices) {
    std::vector<Header> headers;
    std::map<size_t, size_t> place;
    group_.slices.clear();
    std::vector<Header> old = std::move(group_.headers);
    for (const Slice& slice : slices) {
      const auto [at, added] = place.emplace(slice.header, headers.size());
      if (added) headers.push_back(std::move(old[slice.header]));
      group_.slices.push_back({at->second, slice.frame});
    }
    group_.headers = std::move(headers);
  }

  void note_dropped(size_t count) {
    if (count > 0) result_.notes.push_back(std::to_string(count) + (count == 1 ? " exact duplicate dropped" : " exact duplicates dropped"));
  }

  // One object twice is read once; one UID for two contents is a conflict that no reader may decide.
  void drop_copies() {
    std::map<std::string, size_t> first_of_uid;
    std::vector<bool> copy(group_.headers.size(), false);
    for (size_t n = 0; n < group_.headers.size(); ++n) {
      const std::string& uid = group_.headers[n].sop_uid;
      const auto [at, added] = first_of_uid.emplace(uid, n);
      if (added || uid.empty()) continue;
      if (sha256_file(group_.headers[n].path) != sha256_file(group_.headers[at->second].path))
        throw Refused("UID_CONFLICT", "one SOP instance UID stands for two different files");
      copy[n] = true;
    }
    std::vector<Slice> kept;
    for (const Slice& slice : group_.slices)
      if (!copy[slice.header]) kept.push_back(slice);
    const auto dropped = static_cast<size_t>(std::count(copy.begin(), copy.end(), true));
    if (dropped > 0) keep(kept);
    note_dropped(dropped);
  }

  void check_kind() {
    if (!modalities().contains(group_.modality))
      throw Refused("UNSUPPORTED_OBJECT", "only CT, MR, PET and projection X-ray images are read");
    if (contains(first().image_type, "LOCALIZER")) throw Refused("LOCALIZER", "a scout image");
    if (first().samples != 1 || !starts_with(first().photometric, "MONOCHROME"))
      throw Refused("COLOUR", "a colour image where grey values are needed");
    if (is_mosaic(first())) return check_mosaic();
    if (!first().enhanced && first().frames.size() > 1)
      throw Refused("UNSUPPORTED_OBJECT", "several frames in an object that states one position");
  }

  // The scan has placed the tiles, or this says why they cannot be.
  void check_mosaic() {
    const Mosaic mosaic = read_mosaic(decoder_.open(first()).dataset());
    if (first().tiles != mosaic.tiles) throw Refused("INCONSISTENT_PIXELS", "the file changed after it was scanned");
    if (!mosaic.normal_stated) result_.notes.push_back("mosaic without a stated slice normal: tiles follow row x column direction");
  }

  // Two objects at one position with the same pixels are one slice.
  void drop_twins() {
    std::vector<Slice> kept;
    size_t dropped = 0;
    for (const Slice& slice : group_.slices) {
      bool twin = false;
      if (!kept.empty() && same_place(kept.back(), slice)) {
        const std::string before(frame_bytes(decoder_.open(header(kept.back())).stored, kept.back().frame));
        twin = before == frame_bytes(decoder_.open(header(slice)).stored, slice.frame);
      }
      if (twin) {
        ++dropped;
      } else {
        kept.push_back(slice);
      }
    }
    if (dropped > 0) keep(kept);
    note_dropped(dropped);
  }

  bool same_place(const Slice& a, const Slice& b) const {
    double distance = 0;
    for (size_t axis = 0; axis < 3; ++axis) distance = std::max(distance, std::abs(frame(a).position[axis] - frame(b).position[axis]));
    return distance < same_position_mm;
  }

  void reorder(const std::vector<size_t>& order) {
    std::vector<Slice> ordered;
    for (const size_t n : order) ordered.push_back(group_.slices[n]);
    keep(ordered);
  }

  void place_stack(Volume& volume) {
    reorder(slice_order(frames()));
    drop_twins();
    if (group_.slices.size() == 1 && !first().enhanced) throw Refused("SINGLE_SLICE", "a volume of one slice");
    const std::vector<Frame> ordered = frames();
    Stack stack = judge_stack(ordered);
    if (ordered.size() == 1) stack.step = single_step(ordered.front());
    volume.size = {static_cast<int64_t>(ordered.size()), first().rows, first().columns};
    volume.affine = ras_affine(ordered.front(), stack.step);
    if (stack.tilt_deg > notable_tilt_deg) {
      volume.facts["tilt_deg"] = fixed(stack.tilt_deg, 2);
      result_.notes.push_back("gantry tilt of " + fixed(stack.tilt_deg, 2) + " degrees kept as shear");
    }
    volume.facts["spacing"] = "calibrated";
  }

  // One frame has no neighbour to measure the distance to: the stated thickness, else 1 mm.
  std::array<double, 3> single_step(const Frame& frame) {
    const std::vector<double>& o = frame.orientation;
    DcmItem* measures = decoder_.open(first()).groups[group_.slices.front().frame].macro(DCM_PixelMeasuresSequence);
    const std::vector<double> stated = measures == nullptr ? std::vector<double>() : numbers(*measures, DCM_SliceThickness, 1);
    const double thickness = !stated.empty() && stated[0] > 0 ? stated[0] : 1;
    result_.notes.push_back("one slice: the slice distance is its stated thickness");
    return {thickness * (o[1] * o[5] - o[2] * o[4]), thickness * (o[2] * o[3] - o[0] * o[5]), thickness * (o[0] * o[4] - o[1] * o[3])};
  }

  // Rows and columns only: a projection has no place in the patient.
  void place_projection(Volume& volume) {
    if (group_.slices.size() != 1) throw Refused("UNSUPPORTED_OBJECT", "several frames in an object that states one position");
    DcmDataset& dataset = decoder_.open(first()).dataset();
    std::vector<double> spacing = numbers(dataset, DCM_PixelSpacing, 2);
    const bool calibrated = !spacing.empty();
    if (!calibrated) spacing = numbers(dataset, DCM_ImagerPixelSpacing, 2);
    if (spacing.empty()) {
      spacing = numbers(dataset, DCM_PixelAspectRatio, 2);
      if (spacing.empty()) spacing = {1, 1};
      result_.notes.push_back("no pixel spacing stated: pixels count as 1 mm");
    }
    if (!(spacing[0] > 0) || !(spacing[1] > 0)) throw Refused("BAD_GEOMETRY", "the pixel spacing is absent or not positive");
    volume.size = {1, first().rows, first().columns};
    volume.affine = {spacing[1], 0, 0, 0, 0, spacing[0], 0, 0, 0, 0, 1, 0};
    volume.facts["spacing"] = calibrated ? "calibrated" : "uncalibrated";
    const std::string intent = lower(text(dataset, DCM_PresentationIntentType));
    if (!intent.empty()) volume.facts["intent"] = intent;
  }

  // SUV, projections and tables are the library's.
  bool load_plain(Volume& volume) {
    if (!options_.plain_pixels || (volume.modality != "ct" && volume.modality != "mr")) return false;
    std::vector<const Header*> headers;
    for (const Slice& slice : group_.slices) headers.push_back(&header(slice));
    std::optional<PlainStack> stack = read_plain_stack(headers, options_.threads);
    if (!stack) return false;
    if (options_.digest) result_.stored_sha256 = digest_of(stack->stored);
    const size_t middle = headers.size() / 2;
    DcmFileFormat file;
    load(file, headers[middle]->path);
    result_.voi = read_voi(*file.getDataset(), nullptr, stack->slices[middle].rescale, stack->slices[middle].format, false);
    join_plain(std::move(*stack), options_.threads, volume);
    return true;
  }

  static std::string digest_of(const Voxels& voxels) {
    Sha256 digest;
    std::visit([&](const auto& items) { digest.add(items.data(), items.size() * sizeof items[0]); }, voxels);
    return hex(digest.finish());
  }

  void load_values(Volume& volume) {
    const bool complement = volume.modality == "xray" && first().photometric == "MONOCHROME1";
    DecodedSlices slices = decode_slices(group_, complement, volume.modality == "pet", decoder_, options_);
    result_.voi = std::move(slices.voi);
    result_.stored_sha256 = std::move(slices.sha256);
    if (volume.modality == "pet") scale_to_suv(slices.scales, slices.values, volume);
    join_slices(std::move(slices.values), volume);
  }

  // One unit for the volume: where a slice has none of its own, no slice is scaled.
  void scale_to_suv(const std::vector<SuvScale>& scales, std::vector<SliceValues>& slices, Volume& volume) {
    const auto unlike = std::find_if(scales.begin(), scales.end(), [&](const SuvScale& s) { return s.units != scales.front().units; });
    std::string units = scales.front().units;
    if (unlike == scales.end()) {
      for (size_t n = 0; n < slices.size(); ++n) {
        slices[n].slope *= scales[n].factor;
        slices[n].intercept *= scales[n].factor;
      }
      if (result_.voi) result_.voi->scale = scales[slices.size() / 2].factor;
    } else {
      units = text(decoder_.open(header(group_.slices.back())).dataset(), DCM_Units);
      result_.notes.push_back("no SUV: it can be computed for some slices only");
    }
    if (!units.empty()) volume.facts["units"] = units;
    const auto noted = std::find_if(scales.begin(), scales.end(), [](const SuvScale& s) { return !s.note.empty(); });
    if (noted != scales.end()) result_.notes.push_back(noted->note);
  }

  void fill_facts(Volume& volume) const {
    const auto set = [&](const char* name, const std::string& value) {
      if (!value.empty()) volume.facts[name] = value;
    };
    set("view", upper(first().view_position));
    set("laterality", first().laterality);
    set("kernel", first().kernel);
    set("sequence", first().sequence);
    set("manufacturer", first().manufacturer);
    set("scanner", first().scanner);
    set("body_part", upper(first().body_part));
    set("contrast", first().contrast.empty() ? "" : "yes");
  }

  ReadResult& result_;
  Group& group_;
  const ReadOptions& options_;
  Decoder decoder_;
};

// Files whose structure is proved, with pixels that need no decoder.
bool is_harmless(const Group& group) {
  return std::all_of(group.headers.begin(), group.headers.end(), [](const Header& header) {
    return header.canonical && (header.transfer_syntax == UID_LittleEndianImplicitTransferSyntax ||
                                header.transfer_syntax == UID_LittleEndianExplicitTransferSyntax);
  });
}

}  // namespace

ReadResult read_group(const Group& group, const ReadOptions& options) {
  return options.isolate && !is_harmless(group) ? read_isolated(group, options) : read_in_process(group, options);
}

ReadResult read_in_process(const Group& group, const ReadOptions& options) {
  ReadResult result;
  result.group = group;
  Reader reader(result, options);
  try {
    reader.read();
  } catch (const Refused& refused) {
    result.code = refused.code;
    result.detail = refused.detail;
    result.volume.reset();
    try {
      if (options.digest && result.stored_sha256.empty()) reader.digest_refused();
    } catch (const Refused&) {
      // The pixels cannot be decoded either: the first reason stands.
    }
  }
  return result;
}

}  // namespace chiasm::dicom
