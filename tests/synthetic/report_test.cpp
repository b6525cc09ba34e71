#include "data/synthetic/report.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/base/text.h"
#include "core/evaluate/text_metrics.h"
#include "data/text_sections.h"

namespace chiasm::synthetic {
namespace {

struct Written {
  Visit visit;
  Patient patient;
  PatientIdentity person;
  Report report;
  std::map<std::string, std::string> parts;
};

const std::vector<Written>& reports() {
  static const std::vector<Written> list = [] {
    std::vector<Written> written;
    const std::vector<Site> sites = draw_sites(9);
    for (int64_t i = 0; i < 400; ++i) {
      const Patient patient = draw_patient(9, i);
      for (size_t v = 0; v < patient.visits.size(); ++v) {
        const PatientIdentity person = draw_patient_identity(patient);
        const Report report = write_report(patient, v, person, draw_visit_identity(patient, v, sites));
        written.push_back({patient.visits[v], patient, person, report, sections(report.text)});
      }
    }
    return written;
  }();
  return list;
}

// Words by which a sentence is known to speak of a finding.
const char* word(Finding finding) {
  switch (finding) {
    case Finding::nodule:
      return "nodule";
    case Finding::effusion:
      return "pleural";
    case Finding::marrow_lesion:
      return "marrow";
    default:
      return "device";
  }
}

std::string sentence_about(const std::string& text, Finding finding) {
  for (const std::string& sentence : split(text, '.')) {
    const std::string low = lower(sentence);
    if (low.find(word(finding)) != std::string::npos) return low;
    if (finding == Finding::device && low.find("pulse generator") != std::string::npos) return low;
  }
  return {};
}

bool is_negative(const std::string& sentence) {
  const std::string text = trim(sentence);
  return starts_with(text, "no ") || starts_with(text, "there is no ") || starts_with(text, "normal ") ||
         text.find(" free of ") != std::string::npos || text.find(" are clear") != std::string::npos;
}

bool is_hedged(const std::string& sentence) {
  return sentence.find("possible") != std::string::npos || sentence.find("cannot be excluded") != std::string::npos;
}

TEST(Report, SpeaksOfEveryFindingThatItsImagesShow) {
  for (const Written& written : reports()) {
    std::set<Finding> told;
    for (const Statement& statement : written.report.statements) told.insert(statement.finding);
    for (const Finding finding : {Finding::nodule, Finding::effusion, Finding::marrow_lesion, Finding::device}) {
      EXPECT_EQ(told.count(finding) == 1, !visible_in(written.visit, finding).empty());
      EXPECT_EQ(sentence_about(written.parts.at("findings"), finding).empty(), told.count(finding) == 0) << written.parts.at("findings");
    }
    EXPECT_EQ(told.count(Finding::inflammation) + told.count(Finding::prior_cancer), 0u);
  }
}

TEST(Report, SentencesAgreeWithTheHiddenStateAndTheAnswer) {
  for (const Written& written : reports())
    for (const Statement& statement : written.report.statements) {
      const FindingState& truth = written.visit.of(statement.finding);
      const std::string sentence = sentence_about(written.parts.at("findings"), statement.finding);
      EXPECT_EQ(statement.polarity == "uncertain", truth.label == Label::uncertain);
      EXPECT_EQ(is_hedged(sentence), statement.polarity == "uncertain") << sentence;
      EXPECT_EQ(is_negative(sentence), statement.polarity == "absent") << sentence;
      if (statement.polarity == "present") {
        EXPECT_TRUE(truth.present);
        EXPECT_NE(sentence.find(fixed(truth.size_mm, 0) + " mm"), std::string::npos) << sentence;
      }
      if (statement.polarity == "absent") {
        EXPECT_FALSE(truth.present);
      }
      EXPECT_EQ(sentence.find("right") != std::string::npos, statement.side == Side::right) << sentence;
      EXPECT_EQ(sentence.find("left") != std::string::npos, statement.side == Side::left) << sentence;
      EXPECT_EQ(statement.side, truth.side);
    }
}

// The labeler with the lexicon of configs/demo/report.yaml reads every findings section as the generator meant it, so that figures of
// generated reports measure findings and sides, not the choice of words.
TEST(Report, TheLabelerReadsWhatTheGeneratorMeant) {
  const evaluate::Lexicon lexicon{{"nodule", {"nodule", "nodules"}},
                                  {"effusion", {"effusion", "fluid in the", "pleural spaces"}},
                                  {"marrow_lesion", {"marrow lesion", "marrow signal"}},
                                  {"device", {"device", "pulse generator"}}};
  for (const Written& written : reports()) {
    std::set<evaluate::Mention> meant;
    for (const Statement& statement : written.report.statements)
      meant.insert({finding_list()[static_cast<size_t>(statement.finding)].name, side_name(statement.side), statement.polarity});
    EXPECT_EQ(evaluate::label_report(written.parts.at("findings"), lexicon), meant) << written.parts.at("findings");
  }
}

TEST(Report, ImpressionNamesWhatIsPresentOnly) {
  for (const Written& written : reports()) {
    const std::string impression = written.parts.at("impression");
    bool any = false;
    for (const Statement& statement : written.report.statements) {
      EXPECT_EQ(!sentence_about(impression, statement.finding).empty(), statement.polarity == "present") << impression;
      any |= statement.polarity == "present";
    }
    EXPECT_EQ(starts_with(impression, "No significant abnormality."), !any);
  }
}

TEST(Report, IndicationAloneTellsOfCancer) {
  double told = 0, cancers = 0, denied = 0, without = 0;
  for (const Written& written : reports()) {
    EXPECT_EQ(written.parts.count("indication") == 1, written.visit.has_source(Source::indication));
    for (const char* section : {"findings", "impression", "technique"}) {
      const std::string text = lower(written.parts.at(section));
      for (const char* name : {"cancer", "carcinoma", "melanoma", "lymphoma", "malignan"})
        EXPECT_EQ(text.find(name), std::string::npos) << text;
    }
    if (!written.visit.has_source(Source::indication)) continue;
    const std::string text = written.parts.at("indication");
    const bool denies = text.find("No ") != std::string::npos;
    bool tells = false;
    for (const char* name : {"cancer", "carcinoma", "melanoma", "lymphoma"}) tells |= text.find(name) != std::string::npos;
    if (written.visit.of(Finding::prior_cancer).present) {
      ++cancers;
      told += tells;
      EXPECT_FALSE(denies);
    } else {
      ++without;
      denied += denies;
      EXPECT_FALSE(tells);
    }
  }
  EXPECT_NEAR(told / cancers, shares().cancer_told, 0.08);
  EXPECT_NEAR(denied / without, shares().cancer_denied, 0.10);
}

TEST(Report, NamesPeopleInTheTextThatTheKeyLists) {
  int relatives = 0, in_findings = 0;
  for (const Written& written : reports()) {
    for (const std::string& planted : written.report.planted) EXPECT_NE(written.report.text.find(planted), std::string::npos) << planted;
    const bool relative = written.report.text.find(written.person.relative.family) != std::string::npos;
    EXPECT_EQ(relative, std::count(written.report.planted.begin(), written.report.planted.end(), written.person.relative.family) > 0);
    relatives += relative;
    in_findings += written.parts.at("findings").find(written.person.person.family) != std::string::npos;
  }
  EXPECT_GT(relatives, 40);
  EXPECT_GT(in_findings, 30);
}

TEST(Report, DatesAndAgesAreTheVisits) {
  for (const Written& written : reports()) {
    if (written.visit.day != written.patient.visits.front().day || !written.visit.has_source(Source::indication)) continue;
    const std::string age = std::to_string(years_between(written.patient.birth_day, written.visit.day)) + "-year-old ";
    EXPECT_TRUE(starts_with(written.parts.at("indication"), age + (written.patient.female ? "woman" : "man")))
        << written.parts.at("indication");
  }
}

TEST(Names, DatesInEveryStyle) {
  constexpr int64_t day = 19430;  // 2023-03-14
  EXPECT_EQ(date_text(day, DateStyle::dicom), "20230314");
  EXPECT_EQ(date_text(day, DateStyle::iso), "2023-03-14");
  EXPECT_EQ(date_text(day, DateStyle::dotted), "14.03.2023");
  EXPECT_EQ(date_text(day, DateStyle::slashed), "03/14/2023");
  EXPECT_EQ(date_text(day, DateStyle::words), "14 March 2023");
  EXPECT_EQ(years_between(day - 365 * 40, day), 39);
  EXPECT_EQ(years_between(day - 14610, day), 40);  // the birthday itself
}

TEST(Names, UidsAreValid) {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const std::string uid = uid_of(draw_uid_stem(random), 7);
    EXPECT_EQ(uid.size(), 44u);
    EXPECT_TRUE(starts_with(uid, "2.25.1") || starts_with(uid, "2.25.2"));
    EXPECT_LT(uid.substr(5), "340282366920938463463374607431768211456");  // 2^128
    EXPECT_TRUE(ends_with(uid, "007"));
  }
}

}  // namespace
}  // namespace chiasm::synthetic
