#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/text.h"
#include "data/dicom/dicom.h"
#include "data/dicom/stack.h"

namespace chiasm::dicom {
namespace {

constexpr double spacing_tolerance = 1e-4;  // relative
constexpr double angle_tolerance_deg = 0.1;

const Frame& frame_of(const Group& group, const Slice& slice) { return group.headers[slice.header].frames[slice.frame]; }

bool is_projection(const Header& header) {
  return header.modality == "CR" || header.modality == "DX" || header.modality == "MG" || header.modality == "RG";
}

bool same_spacing(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (size_t n = 0; n < a.size(); ++n)
    if (std::abs(a[n] - b[n]) > spacing_tolerance * std::abs(a[n])) return false;
  return true;
}

// Both in-plane directions within the tolerance.
bool same_orientation(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  static const double least = std::cos(angle_tolerance_deg * M_PI / 180);
  for (size_t start = 0; start + 3 <= a.size(); start += 3) {
    double dot = 0, aa = 0, bb = 0;
    for (size_t n = start; n < start + 3; ++n) {
      dot += a[n] * b[n];
      aa += a[n] * a[n];
      bb += b[n] * b[n];
    }
    if (dot < least * std::sqrt(aa * bb)) return false;
  }
  return true;
}

// What must be equal character by character.
std::string exact_key(const Header& header, const Frame& frame) {
  const std::string image = is_projection(header) ? header.sop_uid : std::string();
  return join(
      {header.study_uid, header.series_uid, header.frame_uid, header.modality, std::to_string(header.rows), std::to_string(header.columns),
       std::to_string(header.samples), header.photometric, header.enhanced ? "enhanced" : "classic", frame.kind, image},
      "\n");
}

// Groups under construction, in order of first appearance.
class Grouping {
 public:
  void add(Header header) {
    const auto twin = group_of_uid_.find(header.sop_uid);
    if (twin != group_of_uid_.end() && !header.sop_uid.empty())  // a copy or a conflict: judged when the volume is read
      return add_all(groups_[twin->second], std::move(header));
    if (header.frames.size() == 1) {  // nearly all: never copied, as millions may be scanned at once
      const size_t index = find(header, header.frames.front());
      group_of_uid_.emplace(header.sop_uid, index);
      return add_all(groups_[index], std::move(header));
    }
    for (size_t n = 0; n < header.frames.size(); ++n) {
      const size_t index = find(header, header.frames[n]);
      Group& group = groups_[index];
      if (group.slices.empty() || group.headers.back().path != header.path) group.headers.push_back(header);
      group.slices.push_back({group.headers.size() - 1, n});
      group_of_uid_.emplace(header.sop_uid, index);
    }
  }
  std::vector<Group> take() { return std::move(groups_); }

 private:
  static void add_all(Group& group, Header header) {
    for (size_t n = 0; n < header.frames.size(); ++n) group.slices.push_back({group.headers.size(), n});
    group.headers.push_back(std::move(header));
  }

  size_t find(const Header& header, const Frame& frame) {
    std::vector<size_t>& candidates = by_key_[exact_key(header, frame)];
    for (const size_t index : candidates) {
      const Frame& first = frame_of(groups_[index], groups_[index].slices.front());
      if (same_spacing(first.spacing, frame.spacing) && same_orientation(first.orientation, frame.orientation)) return index;
    }
    candidates.push_back(groups_.size());
    groups_.push_back({{}, {}, header.series_uid, header.modality});
    return groups_.size() - 1;
  }

  std::vector<Group> groups_;
  std::map<std::string, std::vector<size_t>> by_key_;
  std::map<std::string, size_t> group_of_uid_;
};

// Positions along the normal; nothing when one is missing.
std::vector<double> offsets(const Group& group, const std::vector<Slice>& slices) {
  std::vector<double> result;
  for (const Slice& slice : slices) {
    const Frame& frame = frame_of(group, slice);
    if (frame.position.empty() || frame.orientation.empty()) return {};
    result.push_back(along_normal(frame.position, frame_of(group, slices.front()).orientation));
    if (!std::isfinite(result.back())) return {};  // an orientation of zeros
  }
  std::sort(result.begin(), result.end());
  return result;
}

// How many slices share the most crowded position.
size_t most_at_one_position(const std::vector<double>& sorted) {
  size_t most = 0, run = 0;
  for (size_t n = 0; n < sorted.size(); ++n) {
    run = n > 0 && sorted[n] - sorted[n - 1] < same_position_mm ? run + 1 : 1;
    most = std::max(most, run);
  }
  return most;
}

using Parts = std::map<std::string, std::vector<Slice>>;

Parts part_by(const Group& group, const std::vector<Slice>& slices, size_t phases) {
  Parts parts;
  for (const Slice& slice : slices) {
    const std::vector<std::string>& all = frame_of(group, slice).phases;
    std::vector<std::string> key(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(phases, all.size())));
    parts[join(key, "|")].push_back(slice);
  }
  return parts;
}

Parts part_by_one(const Group& group, const std::vector<Slice>& slices, size_t phase) {
  Parts parts;
  for (const Slice& slice : slices) {
    const std::vector<std::string>& all = frame_of(group, slice).phases;
    parts[phase < all.size() ? all[phase] : std::string()].push_back(slice);
  }
  return parts;
}

// As many parts as slices at the most crowded position, and no part with two slices at one position.
bool separates(const Group& group, const Parts& parts, size_t copies) {
  return parts.size() == copies &&
         std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return most_at_one_position(offsets(group, part.second)) == 1; });
}

// Where only the number of temporal positions is stated: the first instance at each position is the first time, and so on.
Parts part_by_rank(const Group& group, const std::vector<Slice>& slices, size_t copies) {
  std::vector<Slice> ordered = slices;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const Slice& a, const Slice& b) { return frame_of(group, a).instance < frame_of(group, b).instance; });
  std::map<int64_t, size_t> seen;  // position, in units of the smallest distance that counts -> slices so far
  Parts parts;
  for (const Slice& slice : ordered) {
    const Frame& frame = frame_of(group, slice);
    if (frame.times != static_cast<int64_t>(copies)) return {};
    const double along = along_normal(frame.position, frame_of(group, slices.front()).orientation);
    const std::string rank = std::to_string(1'000'000 + seen[std::llround(along / same_position_mm)]++);  // equal width: sorts as a number
    parts[rank].push_back(slice);
  }
  return parts;
}

// The slices without copies of one object: those are dropped or refused when the volume is read.
std::vector<Slice> without_copies(const Group& group) {
  std::set<std::pair<std::string, size_t>> seen;
  std::vector<Slice> result;
  for (const Slice& slice : group.slices)
    if (seen.emplace(group.headers[slice.header].sop_uid, slice.frame).second) result.push_back(slice);
  return result;
}

Group part_of(const Group& group, const std::vector<Slice>& slices) {
  Group part{{}, {}, group.series_uid, group.modality};
  std::map<size_t, size_t> place;
  for (const Slice& slice : slices) {
    const auto [at, added] = place.emplace(slice.header, part.headers.size());
    if (added) part.headers.push_back(group.headers[slice.header]);
    part.slices.push_back({at->second, slice.frame});
  }
  return part;
}

// Copies follow their original.
std::vector<Group> divide(const Group& group, const Parts& parts) {
  std::vector<Group> result;
  for (const auto& [key, slices] : parts) {
    std::set<std::pair<std::string, size_t>> members;
    for (const Slice& slice : slices) members.emplace(group.headers[slice.header].sop_uid, slice.frame);
    std::vector<Slice> all;
    for (const Slice& slice : group.slices)
      if (members.contains({group.headers[slice.header].sop_uid, slice.frame})) all.push_back(slice);
    result.push_back(part_of(group, all));
  }
  return result;
}

std::vector<Group> alone(Group group) {
  std::vector<Group> result;
  result.push_back(std::move(group));
  return result;
}

// One volume per temporal position, trigger, direction or acquisition where slices share positions; per acquisition where only so the
// spacing is even. A series that cannot be told apart stays whole and is refused when it is read.
std::vector<Group> split_phases(Group group) {
  const std::vector<Slice> slices = without_copies(group);
  const std::vector<double> all = offsets(group, slices);
  if (all.size() < 2) return alone(std::move(group));
  const size_t copies = most_at_one_position(all), phases = frame_of(group, slices.front()).phases.size();
  if (copies == 1) {
    const Parts parts = part_by_one(group, slices, acquisition_phase);
    const auto even = [&](const auto& part) { return is_even(offsets(group, part.second)); };
    const bool apart = parts.size() > 1 && !is_even(all) && std::all_of(parts.begin(), parts.end(), even);
    return apart ? divide(group, parts) : alone(std::move(group));
  }
  for (size_t phase = 0; phase < phases; ++phase)
    if (const Parts parts = part_by_one(group, slices, phase); separates(group, parts, copies)) return divide(group, parts);
  for (size_t count = 2; count <= phases; ++count)
    if (const Parts parts = part_by(group, slices, count); separates(group, parts, copies)) return divide(group, parts);
  if (const Parts parts = part_by_rank(group, slices, copies); separates(group, parts, copies)) return divide(group, parts);
  return alone(std::move(group));
}

}  // namespace

std::vector<Group> group_files(std::vector<ScannedFile> files) {
  Grouping grouping;
  for (ScannedFile& file : files)
    if (file.header && file.header->image) grouping.add(std::move(*file.header));
  std::vector<ScannedFile>().swap(files);
  std::vector<Group> result;
  for (Group& group : grouping.take()) {
    std::vector<Group> parts = is_projection(group.headers.front()) ? alone(std::move(group)) : split_phases(std::move(group));
    std::move(parts.begin(), parts.end(), std::back_inserter(result));
  }
  return result;
}

}  // namespace chiasm::dicom
