// The hidden state of a patient of the built-in cohort: what is true, before anything is rendered. Millimetres are RAS, as in
// data/volume.h, with the origin in the middle of the thorax.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace chiasm::synthetic {

enum class Finding { nodule, effusion, marrow_lesion, device, inflammation, prior_cancer };
inline constexpr size_t finding_count = 6;

// The sources of a study that may show a finding.
enum class Source { ct, mr, xray, labs, indication };
inline constexpr size_t source_count = 5;

struct FindingInfo {
  std::string name;
  double prevalence;
  std::array<bool, source_count> shown_by;  // by Source
};
const std::array<FindingInfo, finding_count>& finding_list();
const FindingInfo& info(Finding finding);
const std::array<std::string, source_count>& source_names();

enum class Side { none, left, right };
std::string side_name(Side side);  // "", "left", "right"

enum class Label { negative, positive, uncertain, missing };

struct FindingState {
  bool present = false;
  Side side = Side::none;
  double size_mm = 0;                    // largest diameter, or depth of the fluid
  std::array<double, 3> place{0, 0, 0};  // centre, mm
  int level = 0;                         // marrow_lesion: the vertebra
  Label label = Label::missing;          // what the table says
};

// Measures of the body, mm.
struct Anatomy {
  double half_width = 175, half_depth = 118, fat = 14, dome = 45, heart = 1, heart_turn = -0.4, spine_z = 0, marrow = 1;
};

struct Visit {
  int64_t day = 0;  // days since 1970-01-01
  std::array<FindingState, finding_count> findings;
  std::array<bool, source_count> has{};  // by Source
  bool lateral_view = false;
  double crp = 0, wbc = 0;  // mg/L, 10^9/L
  bool crp_known = true, wbc_known = true;
  const FindingState& of(Finding finding) const { return findings[static_cast<size_t>(finding)]; }
  bool has_source(Source source) const { return has[static_cast<size_t>(source)]; }
};

struct Patient {
  int64_t index = 0;
  uint64_t key = 0;  // seeds every stream of this patient
  bool female = false;
  int64_t birth_day = 0;
  Anatomy anatomy;
  std::vector<Visit> visits;  // in order of time
};

Patient draw_patient(uint64_t seed, int64_t index);

// Whether this study's images show (or would show) the finding, and by which: names joined by ';'.
std::string visible_in(const Visit& visit, Finding finding);

// The shares that the generator keeps.
struct Shares {
  std::array<double, source_count> missing{0.05, 0.25, 0.15, 0.10, 0.10};  // by Source
  double crp_missing = 0.04, wbc_missing = 0.08;                           // single values of a present laboratory row
  double label_missing = 0.05, label_uncertain = 0.03;
  double kept = 0.7;  // a finding keeps its state from one visit to the next, else it is drawn anew
  double lateral = 0.25;
  double crp_shift = 1.466;                         // inflamed against healthy, in deviations of log CRP
  double cancer_told = 0.92, cancer_denied = 0.35;  // indication names it when present; denies it when absent
};
const Shares& shares();

}  // namespace chiasm::synthetic
