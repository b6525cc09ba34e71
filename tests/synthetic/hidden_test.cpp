// The generator keeps the probabilities that its README and its ceilings state.
#include "data/synthetic/hidden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/synthetic/ceilings.h"

namespace chiasm::synthetic {
namespace {

constexpr int64_t many = 6000;

const std::vector<Patient>& patients() {
  static const std::vector<Patient> list = [] {
    std::vector<Patient> drawn;
    for (int64_t i = 0; i < many; ++i) drawn.push_back(draw_patient(3, i));
    return drawn;
  }();
  return list;
}

// Within 4.5 standard errors of a share among `count` independent draws.
void expect_share(double found, double stated, double count, const std::string& what) {
  EXPECT_NEAR(found, stated, 4.5 * std::sqrt(stated * (1 - stated) / count)) << what;
}

template <class Predicate>
double share_of_first_visits(Predicate predicate) {
  const auto holds = [&](const Patient& patient) { return predicate(patient.visits.front()); };
  return static_cast<double>(std::count_if(patients().begin(), patients().end(), holds)) / static_cast<double>(many);
}

TEST(Hidden, PrevalenceIsAsStated) {
  for (size_t f = 0; f < finding_count; ++f) {
    const double stated = finding_list()[f].prevalence;
    EXPECT_GE(stated, 0.30);
    EXPECT_LE(stated, 0.35);
    expect_share(share_of_first_visits([&](const Visit& visit) { return visit.findings[f].present; }), stated, many,
                 finding_list()[f].name);
  }
}

TEST(Hidden, PrevalenceStaysTheSameOverVisits) {
  for (size_t f = 0; f < finding_count; ++f) {
    double present = 0, all = 0;
    for (const Patient& patient : patients())
      if (patient.visits.size() > 1) {
        present += patient.visits.back().findings[f].present;
        ++all;
      }
    expect_share(present / all, finding_list()[f].prevalence, all, finding_list()[f].name);
  }
}

TEST(Hidden, FindingsAreIndependent) {
  for (size_t a = 0; a < finding_count; ++a)
    for (size_t b = 0; b < a; ++b) {
      const double both = share_of_first_visits([&](const Visit& visit) { return visit.findings[a].present && visit.findings[b].present; });
      expect_share(both, finding_list()[a].prevalence * finding_list()[b].prevalence, many,
                   finding_list()[a].name + " and " + finding_list()[b].name);
    }
}

TEST(Hidden, SourcesAreMissingAsOftenAsStated) {
  const auto& missing = shares().missing;
  for (size_t s = 1; s < source_count; ++s)
    expect_share(share_of_first_visits([&](const Visit& visit) { return !visit.has[s]; }), missing[s], many, source_names()[s]);
  // A study without any image gets a CT.
  const double ct = missing[0] * (1 - missing[1] * missing[2]);
  expect_share(share_of_first_visits([](const Visit& visit) { return !visit.has_source(Source::ct); }), ct, many, "ct");
  for (const Patient& patient : patients())
    for (const Visit& visit : patient.visits)
      ASSERT_TRUE(visit.has_source(Source::ct) || visit.has_source(Source::mr) || visit.has_source(Source::xray));
}

TEST(Hidden, LabelsAreMissingOrUncertainAsOftenAsStated) {
  for (size_t f = 0; f < finding_count; ++f) {
    const auto share = [&](Label label) {
      return share_of_first_visits([&](const Visit& visit) { return visit.findings[f].label == label; });
    };
    expect_share(share(Label::missing), shares().label_missing, many, "missing");
    expect_share(share(Label::uncertain), shares().label_uncertain, many, "uncertain");
  }
  for (const Patient& patient : patients())
    for (const Visit& visit : patient.visits)
      for (const FindingState& state : visit.findings) {
        ASSERT_TRUE(state.label != Label::positive || state.present);
        ASSERT_TRUE(state.label != Label::negative || !state.present);
      }
}

TEST(Hidden, SizesAndSidesAreWithinTheirBounds) {
  for (const Patient& patient : patients())
    for (const Visit& visit : patient.visits) {
      const FindingState &nodule = visit.of(Finding::nodule), &effusion = visit.of(Finding::effusion);
      if (nodule.present) {
        ASSERT_GE(nodule.size_mm, 16);
        ASSERT_LE(nodule.size_mm, 40);
        ASSERT_EQ(nodule.place[0] > 0, nodule.side == Side::right);
      }
      ASSERT_EQ(effusion.present, effusion.side != Side::none);
      ASSERT_EQ(nodule.present, nodule.side != Side::none);
    }
}

TEST(Hidden, AgesAreAdultAndVisitsInOrder) {
  for (const Patient& patient : patients()) {
    ASSERT_GE(patient.visits.size(), 1u);
    ASSERT_LE(patient.visits.size(), 3u);
    ASSERT_GT(patient.visits.front().day - patient.birth_day, 23 * 365);
    for (size_t v = 1; v < patient.visits.size(); ++v) ASSERT_GE(patient.visits[v].day - patient.visits[v - 1].day, 60);
  }
}

// Area under the ROC curve by pairs sorted by score; ties count half.
double auroc(std::vector<std::pair<double, bool>> scored) {
  std::sort(scored.begin(), scored.end());
  double ranks = 0, positives = 0;
  for (size_t begin = 0; begin < scored.size();) {
    size_t end = begin;
    while (end < scored.size() && scored[end].first == scored[begin].first) ++end;
    for (size_t i = begin; i < end; ++i)
      if (scored[i].second) {
        ranks += 0.5 * static_cast<double>(begin + end - 1) + 1;
        ++positives;
      }
    begin = end;
  }
  return (ranks - positives * (positives + 1) / 2) / (positives * (static_cast<double>(scored.size()) - positives));
}

const Ceiling& ceiling(const std::string& inputs) {
  static const std::vector<Ceiling> list = ceilings();
  return *std::find_if(list.begin(), list.end(), [&](const Ceiling& entry) { return entry.inputs == inputs; });
}

TEST(Ceilings, LaboratoryValueReachesItsClosedForm) {
  const double middle = std::log(4.0) + 0.8 * shares().crp_shift / 2;  // where the likelihood ratio is 1
  std::vector<std::pair<double, bool>> complete, real;
  for (const Patient& patient : patients()) {
    const Visit& visit = patient.visits.front();
    const double score = visit.crp_known ? std::log(visit.crp) : middle;
    const bool present = visit.of(Finding::inflammation).present;
    complete.push_back({score, present});
    real.push_back({visit.has_source(Source::labs) ? score : middle, present});
  }
  const auto index = static_cast<size_t>(Finding::inflammation);
  EXPECT_NEAR(auroc(complete), ceiling("labs").auroc[index], 0.022);
  EXPECT_NEAR(auroc(real), ceiling("all, real missingness").auroc[index], 0.022);
  EXPECT_NEAR(ceiling("labs").auroc[index], 0.843, 0.001);
}

TEST(Ceilings, FollowFromWhatEachSourceShows) {
  EXPECT_NEAR(ceiling("ct").macro, (2 + 4 * 0.5) / 6, 1e-12);
  EXPECT_NEAR(ceiling("mr").macro, (1 + 5 * 0.5) / 6, 1e-12);
  EXPECT_NEAR(ceiling("xray").macro, (2 + 4 * 0.5) / 6, 1e-12);
  // Told in 92 % of the positives; 8 % silent against 65 % silent (tie) and 35 % denied (won): 0.92 + 0.08 * (0.35 + 0.325).
  EXPECT_NEAR(ceiling("indication").auroc[static_cast<size_t>(Finding::prior_cancer)], 0.974, 1e-12);
  EXPECT_NEAR(ceiling("all").macro, (4 + 0.974 + ceiling("labs").auroc[static_cast<size_t>(Finding::inflammation)]) / 6, 1e-12);
}

TEST(Ceilings, AnUnseenFindingIsAGuessBetweenSeenOnes) {
  std::vector<std::pair<double, bool>> scored;
  for (const Patient& patient : patients()) {
    const Visit& visit = patient.visits.front();
    const bool present = visit.of(Finding::marrow_lesion).present;
    scored.push_back({visit.has_source(Source::mr) ? (present ? 1.0 : 0.0) : 0.5, present});
  }
  EXPECT_NEAR(auroc(scored), ceiling("all, real missingness").auroc[static_cast<size_t>(Finding::marrow_lesion)], 0.008);
}

}  // namespace
}  // namespace chiasm::synthetic
