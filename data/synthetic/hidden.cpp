#include "data/synthetic/hidden.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/base/text.h"
#include "data/synthetic/anatomy.h"

namespace chiasm::synthetic {

const std::array<FindingInfo, finding_count>& finding_list() {
  static const std::array<FindingInfo, finding_count> list{{
      {"nodule", 0.33, {true, false, false, false, false}},
      {"effusion", 0.33, {true, false, true, false, false}},
      {"marrow_lesion", 0.33, {false, true, false, false, false}},
      {"device", 0.33, {false, false, true, false, false}},
      {"inflammation", 0.35, {false, false, false, true, false}},
      {"prior_cancer", 0.30, {false, false, false, false, true}},
  }};
  return list;
}

const FindingInfo& info(Finding finding) { return finding_list()[static_cast<size_t>(finding)]; }

const std::array<std::string, source_count>& source_names() {
  static const std::array<std::string, source_count> names{"ct", "mr", "xray", "labs", "indication"};
  return names;
}

std::string side_name(Side side) { return side == Side::none ? "" : side == Side::left ? "left" : "right"; }

const Shares& shares() {
  static const Shares values;
  return values;
}

std::string visible_in(const Visit& visit, Finding finding) {
  std::vector<std::string> names;
  for (size_t s = 0; s < source_count; ++s)
    if (info(finding).shown_by[s] && visit.has[s]) names.push_back(source_names()[s]);
  return join(names, ";");
}

namespace {

Anatomy draw_anatomy(Random& random) {
  Anatomy anatomy;
  anatomy.half_width = random.uniform(160, 182);
  anatomy.half_depth = random.uniform(108, 122);
  anatomy.fat = random.uniform(9, 18);
  anatomy.dome = random.uniform(38, 55);
  anatomy.heart = random.uniform(0.9, 1.12);
  anatomy.heart_turn = random.uniform(-0.55, -0.25);
  anatomy.spine_z = random.uniform(-8, 8);
  anatomy.marrow = random.uniform(0.88, 1.12);
  return anatomy;
}

Side draw_side(Random& random) { return random.chance(0.5) ? Side::left : Side::right; }

// A place well inside the aerated lung, clear of the heart and of where fluid may lie.
std::array<double, 3> draw_lung_place(const Anatomy& anatomy, Side side, double radius, Random& random) {
  const Scene scene(anatomy, Visit{}, Posture::supine);
  const double sign = side == Side::right ? 1 : -1;
  std::array<double, 3> best{sign * 85, 20, 30};
  for (int attempt = 0; attempt < 400; ++attempt) {
    const std::array<double, 3> place{sign * random.uniform(45, 130), random.uniform(-65, 80), random.uniform(-75, 85)};
    const Point point{static_cast<float>(place[0]), static_cast<float>(place[1]), static_cast<float>(place[2])};
    if (place[1] < -15 && place[2] < 60) continue;
    if (scene.lung_depth(point) > 0.85 * radius && scene.heart_depth(point) < -radius - 6) return place;
  }
  return best;
}

FindingState draw_finding(Finding finding, const Anatomy& anatomy, Random& random) {
  FindingState state;
  state.present = random.chance(info(finding).prevalence);
  if (!state.present) return state;
  if (finding == Finding::nodule) {
    state.side = draw_side(random);
    state.size_mm = std::round(random.uniform(16, 40));
    state.place = draw_lung_place(anatomy, state.side, state.size_mm / 2, random);
  } else if (finding == Finding::effusion) {
    state.side = draw_side(random);
    state.size_mm = std::round(random.uniform(28, 55));
  } else if (finding == Finding::marrow_lesion) {
    state.level = static_cast<int>(random.integer(5)) - 2;
    state.size_mm = std::round(2 * vertebra_radius_mm);
    state.place = {0, 0, anatomy.spine_z + state.level * vertebra_pitch_mm};
  } else if (finding == Finding::device) {
    state.side = draw_side(random);
    state.size_mm = std::round(random.uniform(34, 44));
  }
  return state;
}

// The next visit: each finding keeps its state or is drawn anew from its prevalence, so that the prevalence stays the same.
FindingState next_finding(Finding finding, const FindingState& before, const Anatomy& anatomy, Random& random) {
  if (!random.chance(shares().kept)) return draw_finding(finding, anatomy, random);
  FindingState state = before;
  if (finding == Finding::nodule && state.present)
    state.size_mm = std::clamp(std::round(state.size_mm * random.uniform(0.9, 1.25)), 16.0, 40.0);
  return state;
}

Label draw_label(bool present, Random& random) {
  const double draw = random.uniform();
  if (draw < shares().label_missing) return Label::missing;
  if (draw < shares().label_missing + shares().label_uncertain) return Label::uncertain;
  return present ? Label::positive : Label::negative;
}

void draw_sources(Visit& visit, Random& random) {
  for (size_t s = 0; s < source_count; ++s) visit.has[s] = !random.chance(shares().missing[s]);
  const bool any_image = visit.has_source(Source::ct) || visit.has_source(Source::mr) || visit.has_source(Source::xray);
  if (!any_image) visit.has[static_cast<size_t>(Source::ct)] = true;
  visit.lateral_view = random.chance(shares().lateral);
}

void draw_labs(Visit& visit, Random& random) {
  const double shift = visit.of(Finding::inflammation).present ? shares().crp_shift : 0;
  visit.crp = std::max(0.1, 4.0 * std::exp(0.8 * (random.normal() + shift)));
  visit.wbc = 7.0 * std::exp(0.25 * random.normal());
  visit.crp_known = !random.chance(shares().crp_missing);
  visit.wbc_known = !random.chance(shares().wbc_missing);
}

}  // namespace

Patient draw_patient(uint64_t seed, int64_t index) {
  Patient patient;
  patient.index = index;
  patient.key = hash_key({seed, static_cast<uint64_t>(index)});
  Random random(hash_key(patient.key, "hidden state"));
  patient.female = random.chance(0.5);
  patient.anatomy = draw_anatomy(random);
  int64_t day = 17532 + random.integer(900);  // 2018-01-01 and two and a half years on
  patient.birth_day = day - static_cast<int64_t>(random.uniform(24, 93) * 365.25);
  const double draw = random.uniform();
  const int visits = draw < 0.45 ? 1 : draw < 0.80 ? 2 : 3;
  for (int v = 0; v < visits; ++v) {
    Visit visit;
    visit.day = day;
    for (size_t f = 0; f < finding_count; ++f) {
      const auto finding = static_cast<Finding>(f);
      visit.findings[f] = v == 0 ? draw_finding(finding, patient.anatomy, random)
                                 : next_finding(finding, patient.visits.back().findings[f], patient.anatomy, random);
      visit.findings[f].label = draw_label(visit.findings[f].present, random);
    }
    draw_sources(visit, random);
    draw_labs(visit, random);
    patient.visits.push_back(visit);
    day += 60 + random.integer(640);
  }
  return patient;
}

}  // namespace chiasm::synthetic
