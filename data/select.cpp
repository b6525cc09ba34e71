#include "data/select.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <regex>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {

namespace {

using Vector = std::array<double, 3>;

// Unit normal of an image plane, from its row and column direction.
Vector normal_of(const std::vector<double>& orientation) {
  const auto& o = orientation;
  Vector normal{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
  const double length = std::hypot(normal[0], normal[1], normal[2]);
  for (double& value : normal) value /= length > 0 ? length : 1;
  return normal;
}

std::string plane_of(const Vector& normal) {
  constexpr double kClose = 0.8;  // within 37 degrees of an axis
  constexpr std::array<const char*, 3> planes{"sagittal", "coronal", "axial"};
  for (size_t axis = 0; axis < 3; ++axis)
    if (std::abs(normal[axis]) >= kClose) return planes[axis];
  return "";
}

const dicom::Frame* frame_of(const dicom::Group& group, const dicom::Slice& slice) {
  if (slice.header >= group.headers.size()) return nullptr;
  const auto& frames = group.headers[slice.header].frames;
  return slice.frame < frames.size() ? &frames[slice.frame] : nullptr;
}

// Median distance between neighbouring slices along the normal.
double slice_spacing(const dicom::Group& group, const Vector& normal) {
  std::vector<double> places;
  for (const dicom::Slice& slice : group.slices)
    if (const dicom::Frame* frame = frame_of(group, slice); frame && frame->position.size() == 3)
      places.push_back(frame->position[0] * normal[0] + frame->position[1] * normal[1] + frame->position[2] * normal[2]);
  if (places.size() < 2) return 0;
  std::sort(places.begin(), places.end());
  std::vector<double> steps;
  for (size_t i = 1; i < places.size(); ++i) steps.push_back(places[i] - places[i - 1]);
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
  return steps[steps.size() / 2];
}

bool holds_type(const std::vector<std::string>& types, const std::string& wanted) {
  return std::any_of(types.begin(), types.end(), [&](const std::string& type) { return upper(type).find(wanted) != std::string::npos; });
}

}  // namespace

SeriesFacts facts_of(const dicom::Group& group) {
  SeriesFacts facts;
  if (group.headers.empty()) return facts;
  const dicom::Header& first = group.headers.front();
  facts.description = first.series_description;
  facts.kernel = first.kernel;
  facts.body_part = first.body_part;
  facts.view = first.view_position;
  facts.sequence = first.sequence;
  facts.image_type = first.image_type;
  facts.files = static_cast<int64_t>(group.headers.size());
  const bool frontal = facts.view == "PA" || facts.view == "AP";
  facts.order = (frontal ? "0" : "1") + group.series_uid;
  const dicom::Frame* frame = group.slices.empty() ? nullptr : frame_of(group, group.slices.front());
  if (!frame || frame->orientation.size() != 6) return facts;
  const Vector normal = normal_of(frame->orientation);
  facts.plane = plane_of(normal);
  facts.spacing_mm = slice_spacing(group, normal);
  return facts;
}

bool is_modality(const std::string& modality, const std::string& code) {
  static const std::map<std::string, std::vector<std::string>> codes{
      {"ct", {"CT"}}, {"mr", {"MR"}}, {"pet", {"PT"}}, {"xray", {"CR", "DX", "RG", "MG"}}};
  const auto found = codes.find(modality);
  return found != codes.end() && std::find(found->second.begin(), found->second.end(), code) != found->second.end();
}

std::string unfit_code(const dicom::Group& group) {
  const std::vector<std::string> types = group.headers.empty() ? std::vector<std::string>{} : group.headers.front().image_type;
  if (holds_type(types, "LOCALIZER")) return "LOCALIZER";
  for (const char* type : {"SECONDARY", "SCREEN SAVE", "DOSE", "PROJECTION IMAGE"})
    if (holds_type(types, type)) return "DERIVED";
  return "";
}

namespace {

using Member = std::string SeriesFacts::*;

const std::map<std::string, Member>& matched_fields() {
  static const std::map<std::string, Member> fields{{"description", &SeriesFacts::description},
                                                    {"kernel", &SeriesFacts::kernel},
                                                    {"body_part", &SeriesFacts::body_part},
                                                    {"view", &SeriesFacts::view},
                                                    {"sequence", &SeriesFacts::sequence}};
  return fields;
}

const std::vector<std::string> kPlainRules{"original", "axial", "sagittal", "coronal", "thinnest"};

std::regex expression_of(const std::string& rule) {
  return std::regex(rule.substr(rule.find('~') + 1), std::regex::ECMAScript | std::regex::icase);
}

std::vector<size_t> thinnest(const std::vector<size_t>& left, const std::vector<SeriesFacts>& candidates) {
  double least = 0;
  for (const size_t i : left)
    if (const double spacing = candidates[i].spacing_mm; spacing > 0 && (least == 0 || spacing < least)) least = spacing;
  if (least == 0) return left;
  constexpr double kSame = 1e-3;
  std::vector<size_t> kept;
  for (const size_t i : left)
    if (candidates[i].spacing_mm > 0 && candidates[i].spacing_mm <= least + kSame) kept.push_back(i);
  return kept;
}

bool keeps(const std::string& rule, const SeriesFacts& facts) {
  if (rule == "original") return !facts.image_type.empty() && upper(facts.image_type.front()) == "ORIGINAL";
  if (rule.find('~') == std::string::npos) return facts.plane == rule;
  return std::regex_search(facts.*matched_fields().at(rule.substr(0, rule.find('~'))), expression_of(rule));
}

}  // namespace

std::string select_rule_mistake(const std::string& rule) {
  const size_t tilde = rule.find('~');
  if (tilde == std::string::npos) {
    if (std::find(kPlainRules.begin(), kPlainRules.end(), rule) != kPlainRules.end()) return "";
    return "unknown rule '" + rule + "'" + did_you_mean(rule, kPlainRules) + "; or FIELD~REGEX";
  }
  std::vector<std::string> known;
  for (const auto& field : matched_fields()) known.push_back(field.first);
  const std::string field = rule.substr(0, tilde);
  if (matched_fields().count(field) == 0) return "unknown field in rule '" + rule + "'" + did_you_mean(field, known);
  if (rule.find(';') != std::string::npos) return "rule '" + rule + "' must not hold ';'";
  try {
    expression_of(rule);
  } catch (const std::regex_error&) {
    return "rule '" + rule + "' is not a regular expression (ECMAScript)";
  }
  return "";
}

std::vector<size_t> apply_select(const std::vector<std::string>& rules, const std::vector<SeriesFacts>& candidates) {
  std::vector<size_t> left(candidates.size());
  for (size_t i = 0; i < left.size(); ++i) left[i] = i;
  for (const std::string& rule : rules) {
    if (rule == "thinnest")
      left = thinnest(left, candidates);
    else
      std::erase_if(left, [&](size_t i) { return !keeps(rule, candidates[i]); });
  }
  std::stable_sort(left.begin(), left.end(), [&](size_t a, size_t b) { return candidates[a].order < candidates[b].order; });
  return left;
}

std::vector<size_t> choose_series(const std::vector<std::string>& rules, const std::vector<SeriesFacts>& candidates, int64_t max_items,
                                  const std::string& ties) {
  std::vector<size_t> left = apply_select(rules, candidates);
  if (static_cast<int64_t>(left.size()) <= max_items) return left;
  if (ties == "refuse")
    throw Refused("AMBIGUOUS",
                  std::to_string(left.size()) + " series are left by the rules; at most " + std::to_string(max_items) + " may be");
  left.resize(static_cast<size_t>(max_items));
  return left;
}

std::string write_select(const std::vector<std::string>& rules) { return join(rules, "; "); }

std::vector<std::string> parse_select(const std::string& text) {
  std::vector<std::string> rules;
  for (const std::string& rule : split(text, ';'))
    if (const std::string plain = trim(rule); !plain.empty()) rules.push_back(plain);
  return rules;
}

}  // namespace chiasm
