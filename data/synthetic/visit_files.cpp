#include "data/synthetic/visit_files.h"

#include <algorithm>

#include "core/base/csv.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "data/nifti.h"
#include "data/synthetic/attributes.h"
#include "data/synthetic/dicom_writer.h"
#include "data/synthetic/render.h"
#include "data/synthetic/report.h"

namespace chiasm::synthetic {

namespace fs = std::filesystem;

namespace {

// All that the parts of a visit share while it is written.
struct Context {
  const fs::path& root;
  const Patient& patient;
  size_t index;
  PatientIdentity person;
  VisitIdentity identity;
  uint64_t key;
  Attributes common;
  VisitRows rows = {};
  int series = 0;
  const Visit& visit() const { return patient.visits[index]; }
  uint64_t stream(const std::string& purpose) const { return hash_key(key, purpose); }
};

// File names that do not follow the slices' order.
std::vector<std::string> file_names(int64_t count, Random& random) {
  std::vector<int64_t> numbers = random.sample(90000, count);
  std::vector<std::string> names;
  for (const int64_t number : numbers) names.push_back("IM" + std::to_string(10000 + number) + ".dcm");
  return names;
}

void add_series(Context& context, const ImageSeries& series) {
  const int number = ++context.series;
  Random random(context.stream("files of series " + std::to_string(number)));
  const std::string stem = draw_uid_stem(random);
  Attributes own = series_attributes(context.patient, context.index, context.person, context.identity, series, number, stem);
  std::vector<Element> elements = context.common.elements;
  elements.insert(elements.end(), own.elements.begin(), own.elements.end());
  const fs::path folder =
      context.root / "dicom" / context.person.folder / context.identity.accession / (std::to_string(number) + "_" + series.modality);
  write_series(folder, series, elements, stem, file_names(series.size[0], random));
  context.rows.planted.insert(context.rows.planted.end(), own.planted.begin(), own.planted.end());
  context.rows.files += series.size[0];
}

// Path of the written mask, from the cohort's folder.
std::string add_mask(const Context& context, const std::string& image, const Volume& mask) {
  const std::string path = "masks/" + context.identity.accession + "_" + image + ".nii.gz";
  write_nifti(context.root / path, mask);
  return path;
}

void add_images(Context& context) {
  const Visit& visit = context.visit();
  std::string organs, marrow;
  if (visit.has_source(Source::ct)) {
    const Scan scan = render_ct(context.patient, visit, context.stream("ct"));
    add_series(context, scan.series);
    organs = add_mask(context, "ct", scan.mask);
  }
  if (visit.has_source(Source::mr)) {
    add_series(context, render_mr(context.patient, visit, Weighting::t1, context.stream("mr")).series);
    const Scan scan = render_mr(context.patient, visit, Weighting::t2, context.stream("mr"));
    add_series(context, scan.series);
    marrow = add_mask(context, "t2", scan.mask);
  }
  if (!organs.empty() || !marrow.empty()) context.rows.mask = csv_line({context.identity.accession, organs, marrow});
  if (!visit.has_source(Source::xray)) return;
  add_series(context, render_radiograph(context.patient, visit, View::frontal, context.stream("xray")));
  if (visit.lateral_view) add_series(context, render_radiograph(context.patient, visit, View::lateral, context.stream("xray")));
}

void add_report(Context& context) {
  const Report report = write_report(context.patient, context.index, context.person, context.identity);
  const std::string date = date_text(context.visit().day, DateStyle::iso);
  context.rows.report = csv_line({context.identity.accession, context.person.patient_id, date, report.text});
  context.rows.planted.insert(context.rows.planted.end(), report.planted.begin(), report.planted.end());
  context.rows.planted.push_back(date);
  for (const Statement& statement : report.statements)
    context.rows.findings +=
        csv_line({context.identity.accession, info(statement.finding).name, side_name(statement.side), statement.polarity,
                  statement.size_mm > 0 ? fixed(statement.size_mm, 0) : "", visible_in(context.visit(), statement.finding)});
}

std::string label_text(Label label) {
  switch (label) {
    case Label::negative:
      return "0";
    case Label::positive:
      return "1";
    case Label::uncertain:
      return "-1";
    case Label::missing:
      return "";
  }
  return "";
}

// Without laboratory values the cells are empty; a single value that is missing has a code.
void add_table(Context& context) {
  const Visit& visit = context.visit();
  const bool labs = visit.has_source(Source::labs);
  Random random(context.stream("table"));
  const std::string crp_missing = random.chance(0.5) ? "-999" : "n/a", crp_day = date_text(visit.day - random.integer(3), DateStyle::iso);
  std::vector<std::string> cells{context.identity.accession, context.person.patient_id};
  cells.push_back(!labs ? "" : visit.crp_known ? fixed(visit.crp, 1) : crp_missing);
  cells.push_back(labs ? crp_day : "");
  cells.push_back(!labs ? "" : visit.wbc_known ? fixed(visit.wbc, 1) : "-999");
  cells.push_back(labs ? std::to_string(years_between(context.patient.birth_day, visit.day)) : "");
  cells.push_back(labs ? (context.patient.female ? "F" : "M") : "");
  for (const FindingState& state : visit.findings) cells.push_back(label_text(state.label));
  context.rows.table = csv_line(cells);
  if (labs) context.rows.planted.push_back(crp_day);
}

void add_truth(Context& context) {
  const Visit& visit = context.visit();
  for (size_t f = 0; f < finding_count; ++f) {
    const FindingState& state = visit.findings[f];
    const bool sized = state.present && state.size_mm > 0;
    context.rows.truth +=
        csv_line({context.identity.accession, finding_list()[f].name, state.present ? "1" : "0", side_name(state.side),
                  sized ? fixed(state.size_mm, 0) : "", visible_in(visit, static_cast<Finding>(f)), label_text(state.label)});
  }
}

}  // namespace

VisitRows write_visit(const fs::path& root, const Patient& patient, size_t index, const std::vector<Site>& sites) {
  Context context{
      root, patient, index, draw_patient_identity(patient), draw_visit_identity(patient, index, sites), hash_key({patient.key, index, 7}),
      {}};
  context.common = identity_attributes(patient, index, context.person, context.identity);
  context.rows.accession = context.identity.accession;
  context.rows.planted = context.common.planted;
  add_images(context);
  add_report(context);
  add_table(context);
  add_truth(context);
  std::vector<std::string>& planted = context.rows.planted;
  std::sort(planted.begin(), planted.end());
  planted.erase(std::unique(planted.begin(), planted.end()), planted.end());
  return context.rows;
}

std::string report_header() { return csv_line({"accession", "patient_id", "date", "report"}); }

std::string table_header() {
  std::vector<std::string> cells{"accession", "patient_id", "crp", "crp_time", "wbc", "age", "sex"};
  for (const FindingInfo& finding : finding_list()) cells.push_back(finding.name);
  return csv_line(cells);
}

std::string mask_header() { return csv_line({"accession", "organs", "marrow"}); }

std::string findings_header() { return csv_line({"accession", "finding", "side", "polarity", "size_mm", "visible_in"}); }

std::string truth_header() { return csv_line({"accession", "finding", "present", "side", "size_mm", "visible_in", "label"}); }

}  // namespace chiasm::synthetic
