#include "data/synthetic/report.h"

#include <array>
#include <cmath>

#include "core/base/random.h"
#include "core/base/text.h"

namespace chiasm::synthetic {

namespace {

using Phrases = std::vector<std::string>;

std::string pick(const Phrases& phrases, Random& random) {
  return phrases[static_cast<size_t>(random.integer(static_cast<int64_t>(phrases.size())))];
}

// Sentences with {side}, {Side}, {size} and {part}.
struct Grammar {
  Phrases present, absent, possible, open;  // possible: hedged with side; open: hedged without
  std::string impression;
};

const Grammar& grammar(Finding finding) {
  static const std::array<Grammar, 4> list{{
      {{"There is a nodule of {size} mm in the {part} {side} lung.", "{Side} {part} lung nodule measuring {size} mm.",
        "Solid nodule of {size} mm in the {part} {side} lung."},
       {"No pulmonary nodule.", "No nodule is seen in the lungs.", "The lungs are free of nodules."},
       {"Possible nodule in the {side} lung.", "A nodule of the {side} lung cannot be excluded."},
       {"A small lung nodule cannot be excluded.", "Possible lung nodule."},
       "{Side} lung nodule of {size} mm."},
      {{"{Side} pleural effusion, {size} mm deep.", "There is a {side} pleural effusion of {size} mm.",
        "Fluid in the {side} pleural space, {size} mm."},
       {"No pleural effusion.", "The pleural spaces are clear.", "There is no pleural effusion."},
       {"Possible {side} pleural effusion.", "A {side} pleural effusion cannot be excluded."},
       {"A small pleural effusion cannot be excluded.", "Possible pleural effusion."},
       "{Side} pleural effusion."},
      {{"Signal change of a whole {part} thoracic vertebra, {size} mm: a marrow lesion.",
        "Marrow lesion of one {part} thoracic vertebra, {size} mm.",
        "One {part} thoracic vertebra is replaced by a marrow lesion of {size} mm."},
       {"No marrow lesion.", "Normal marrow signal of the spine.", "No focal marrow lesion is seen."},
       {"Possible marrow lesion of the thoracic spine."},
       {"A marrow lesion cannot be excluded."},
       "Marrow lesion of the thoracic spine."},
      {{"A {size} mm pulse generator projects over the {side} shoulder.", "{Side} shoulder pulse generator, {size} mm.",
        "Implanted device of {size} mm at the {side} shoulder."},
       {"No implanted device.", "No device is seen.", "There is no implanted device."},
       {"Possible implanted device at the {side} shoulder."},
       {"An implanted device cannot be excluded."},
       "{Side} shoulder device."},
  }};
  return list[static_cast<size_t>(finding)];
}

std::string part_of(Finding finding, const FindingState& state) {
  const double z = state.place[2], split = finding == Finding::nodule ? 20 : 13;
  return z > split ? "upper" : z < -split ? "lower" : "middle";
}

std::string filled(std::string sentence, Finding finding, const FindingState& state) {
  const std::string side = side_name(state.side), capital = side.empty() ? "" : upper(side.substr(0, 1)) + side.substr(1);
  sentence = replace_all(sentence, "{side}", side);
  sentence = replace_all(sentence, "{Side}", capital);
  sentence = replace_all(sentence, "{part}", part_of(finding, state));
  return replace_all(sentence, "{size}", fixed(state.size_mm, 0));
}

// One sentence, and what it says.
std::string finding_sentence(Finding finding, const FindingState& state, Random& random, Statement& statement) {
  const Grammar& words = grammar(finding);
  statement = {finding, state.side, "present", state.size_mm};
  if (state.label == Label::uncertain) {
    statement.polarity = "uncertain";
    statement.size_mm = 0;
    return filled(pick(state.present ? words.possible : words.open, random), finding, state);
  }
  if (state.present) return filled(pick(words.present, random), finding, state);
  statement = {finding, Side::none, "absent", 0};
  return pick(words.absent, random);
}

std::string technique(const Visit& visit) {
  Phrases parts;
  if (visit.has_source(Source::ct)) parts.push_back("contrast-enhanced CT of the thorax");
  if (visit.has_source(Source::mr)) parts.push_back("MR of the thoracic spine with T1 and T2 weighting");
  if (visit.has_source(Source::xray)) parts.push_back(visit.lateral_view ? "chest radiograph in two views" : "chest radiograph");
  const std::string text = join(parts, "; ");
  return upper(text.substr(0, 1)) + text.substr(1) + ".";
}

std::string indication(const Patient& patient, const Visit& visit, const VisitIdentity& identity, Random& random, Phrases& planted) {
  static const Phrases complaints{"cough", "shortness of breath", "chest pain", "back pain", "weight loss", "fatigue"};
  static const Phrases cancers{"breast cancer", "colon carcinoma", "melanoma", "lymphoma", "renal carcinoma"};
  static const Phrases told{"History of {cancer}.", "Previous {cancer}.", "Treated {cancer} in the past.", "Known {cancer}."};
  static const Phrases denied{"No history of malignancy.", "No known malignant disease.", "No previous malignancy."};
  std::string text = std::to_string(years_between(patient.birth_day, visit.day)) + "-year-old " + (patient.female ? "woman" : "man") +
                     " with " + pick(complaints, random) + ".";
  const bool cancer = visit.of(Finding::prior_cancer).present;
  if (random.chance(cancer ? shares().cancer_told : shares().cancer_denied))
    text += " " + (cancer ? replace_all(pick(told, random), "{cancer}", pick(cancers, random)) : pick(denied, random));
  if (random.chance(0.4)) {
    text += " Referred by Dr. " + identity.referring.family + ".";
    planted.push_back(identity.referring.family);
  }
  return text;
}

std::string findings_text(const Patient& patient, const Visit& visit, const PatientIdentity& person, Random& random, Report& report) {
  Phrases sentences;
  if (visit.has_source(Source::ct) || visit.has_source(Source::xray))
    sentences.push_back(pick({"Normal heart size.", "The heart is of normal size."}, random));
  for (const Finding finding : {Finding::nodule, Finding::effusion, Finding::marrow_lesion, Finding::device}) {
    if (visible_in(visit, finding).empty()) continue;
    Statement statement;
    sentences.push_back(finding_sentence(finding, visit.of(finding), random, statement));
    report.statements.push_back(statement);
  }
  if (random.chance(0.12)) {
    sentences.push_back(std::string(patient.female ? "Mrs. " : "Mr. ") + person.person.family + " moved during the examination.");
    report.planted.push_back(person.person.family);
  }
  return join(sentences, " ");
}

std::string impression(const Visit& visit, const std::vector<Statement>& statements) {
  Phrases sentences;
  for (const Statement& statement : statements)
    if (statement.polarity == "present")
      sentences.push_back(filled(grammar(statement.finding).impression, statement.finding, visit.of(statement.finding)));
  return sentences.empty() ? "No significant abnormality." : join(sentences, " ");
}

// Sentences after the impression that name people, numbers and days.
std::string closing(const Visit& visit, const PatientIdentity& person, const VisitIdentity& identity, Random& random, Phrases& planted) {
  std::string text;
  if (random.chance(0.3)) {
    const std::string date = date_text(visit.day, identity.site->date_style);
    text += " Discussed with Dr. " + identity.performing.family + " on " + date + " by telephone " + identity.site->ward_phone + ".";
    planted.insert(planted.end(), {identity.performing.family, date, identity.site->ward_phone});
  }
  if (random.chance(0.15)) {
    text += " The patient's " + person.relation + " " + person.relative.given + " " + person.relative.family + " was informed at " +
            person.phone + ".";
    planted.insert(planted.end(), {person.relative.given, person.relative.family, person.phone});
  }
  return text;
}

}  // namespace

Report write_report(const Patient& patient, size_t index, const PatientIdentity& person, const VisitIdentity& identity) {
  const Visit& visit = patient.visits[index];
  Random random(hash_key(hash_key({patient.key, index}), "report"));
  Report report;
  const DateStyle style = identity.site->date_style;
  const std::string born = date_text(patient.birth_day, style), today = date_text(visit.day, style);
  const bool capitals = random.chance(0.2);
  const std::string family = capitals ? upper(person.person.family) : person.person.family;
  report.planted = {family, person.person.given, person.patient_id, born, today, identity.accession};
  report.text = "PATIENT: " + family + ", " + person.person.given + ", born " + born + ", ID " + person.patient_id + "\n";
  report.text += "EXAM OF " + today + ", accession " + identity.accession + "\n";
  if (visit.has_source(Source::indication))
    report.text += "INDICATION: " + indication(patient, visit, identity, random, report.planted) + "\n";
  report.text += "TECHNIQUE: " + technique(visit) + "\n";
  if (index > 0) {
    const std::string before = date_text(patient.visits[index - 1].day, style);
    report.text += "COMPARISON: Examination of " + before + ".\n";
    report.planted.push_back(before);
  }
  report.text += "FINDINGS: " + findings_text(patient, visit, person, random, report) + "\n";
  report.text += "IMPRESSION: " + impression(visit, report.statements) + closing(visit, person, identity, random, report.planted) + "\n";
  return report;
}

}  // namespace chiasm::synthetic
