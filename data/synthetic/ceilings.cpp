#include "data/synthetic/ceilings.h"

#include <cmath>
#include <sstream>

#include "core/base/text.h"

namespace chiasm::synthetic {

namespace {

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// Two normal distributions `shift` deviations apart; a share `missing` of either class has no value and stands at likelihood ratio 1, which
// is the middle between the two means.
double shifted_auroc(double shift, double missing) {
  const double seen = normal_cdf(shift / std::sqrt(2.0)), half_seen = normal_cdf(shift / 2);
  return (1 - missing) * (1 - missing) * seen + 2 * missing * (1 - missing) * half_seen + missing * missing * 0.5;
}

// Named in a share `told` of the positives, denied in a share `denied` of the negatives, not mentioned otherwise. `missing` studies have no
// indication; their likelihood ratio of 1 ranks above "not mentioned".
double told_auroc(double told, double denied, double missing) {
  const double here = 1 - missing;
  const double silent_positive = here * (1 - told), silent_negative = here * (1 - denied), denied_negative = here * denied;
  return here * told + missing * (denied_negative + silent_negative + 0.5 * missing) +
         silent_positive * (denied_negative + 0.5 * silent_negative);
}

// A finding that is seen surely, unless every source that shows it is missing.
double seen_auroc(double missing) { return 1 - 0.5 * missing * missing; }

// Share of studies in which no source that shows the finding is there. A study without any image gets a CT (hidden.cpp).
double missing_share(Finding finding) {
  const auto& missing = shares().missing;
  const double mr = missing[1], xray = missing[2], ct = missing[0] * (1 - mr * xray);
  switch (finding) {
    case Finding::nodule:
      return ct;
    case Finding::effusion:
      return missing[0] * xray * (1 - mr);
    case Finding::marrow_lesion:
      return mr;
    case Finding::device:
      return xray;
    case Finding::inflammation:
      return missing[3];
    case Finding::prior_cancer:
      return missing[4];
  }
  return 1;
}

double auroc(Finding finding, double missing) {
  if (finding == Finding::inflammation) return shifted_auroc(shares().crp_shift, 1 - (1 - missing) * (1 - shares().crp_missing));
  if (finding == Finding::prior_cancer) return told_auroc(shares().cancer_told, shares().cancer_denied, missing);
  return seen_auroc(missing);
}

void finish(Ceiling& ceiling) {
  ceiling.macro = 0;
  for (const double value : ceiling.auroc) ceiling.macro += value / static_cast<double>(finding_count);
}

}  // namespace

std::vector<Ceiling> ceilings() {
  std::vector<Ceiling> list;
  for (size_t s = 0; s < source_count; ++s) {
    Ceiling alone{source_names()[s]};
    for (size_t f = 0; f < finding_count; ++f) alone.auroc[f] = finding_list()[f].shown_by[s] ? auroc(static_cast<Finding>(f), 0) : 0.5;
    list.push_back(alone);
  }
  Ceiling complete{"all"}, real{"all, real missingness"};
  for (size_t f = 0; f < finding_count; ++f) {
    complete.auroc[f] = auroc(static_cast<Finding>(f), 0);
    real.auroc[f] = auroc(static_cast<Finding>(f), missing_share(static_cast<Finding>(f)));
  }
  list.push_back(complete);
  list.push_back(real);
  for (Ceiling& ceiling : list) finish(ceiling);
  return list;
}

std::string ceiling_table() {
  std::ostringstream text;
  const auto cell = [&](const std::string& content, size_t width) {
    text << content << std::string(content.size() < width ? width - content.size() : 1, ' ');
  };
  cell("best possible AUROC", 23);
  for (const FindingInfo& finding : finding_list()) cell(finding.name, 15);
  text << "macro\n";
  for (const Ceiling& ceiling : ceilings()) {
    cell(ceiling.inputs, 23);
    for (const double value : ceiling.auroc) cell(fixed(value, 3), 15);
    text << fixed(ceiling.macro, 3) << "\n";
  }
  return text.str();
}

}  // namespace chiasm::synthetic
