#include "data/synthetic/cohort.h"

#include <chrono>
#include <fstream>
#include <string>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/synthetic/ceilings.h"
#include "data/synthetic/dicom_writer.h"
#include "data/synthetic/visit_files.h"

namespace chiasm::synthetic {

namespace {

constexpr const char* dataset_yaml = R"(name: cohort
sources:
  pacs:  {dicom: dicom}
  ris:   {csv: reports.csv, key: accession, text: report}
  sheet: {csv: table.csv, key: accession}
  masks: {csv: masks.csv, key: accession}
inputs:
  ct:         {modality: ct, source: pacs}
  t1:         {modality: mr, source: pacs, select: ["description~T1"]}
  t2:         {modality: mr, source: pacs, select: ["description~T2"]}
  xray:       {modality: xray, source: pacs, max_items: 2}
  prior_ct:   {prior_of: ct, within_days: 1095}
  indication: {modality: text, source: ris, section: indication}
  findings:   {modality: text, source: ris, section: findings, available: after_reading}
  impression: {modality: text, source: ris, section: impression, available: after_reading}
  labs:       {modality: table, source: sheet, columns: {crp: {unit: mg/L, missing: ["-999", "n/a"]}, wbc: {unit: 10*9/L, missing: ["-999"]}, age: {unit: a}, sex: {values: {F: 0, M: 1}}}}
targets:
  disease: {kind: labels, source: sheet, columns: [{columns}], values: {"1": positive, "0": negative, "-1": uncertain}, derived_from: [findings, impression]}
  organs:  {kind: mask, source: masks, file: organs, of: ct, classes: [lungs, heart, lesion, effusion], derived_from: []}
  marrow:  {kind: mask, source: masks, file: marrow, of: t2, classes: [marrow_lesion], derived_from: []}
deidentify: {key: site.key, text_language: en}
split: {by: patient}
)";

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error("cannot write " + path.filename().string() + " of the cohort: the disk is full or the folder cannot be written");
}

void write_site_key(const fs::path& path, uint64_t seed) {
  const Digest key = sha256("chiasm cohort site key " + std::to_string(seed));
  write_text(path, std::string(key.begin(), key.end()));
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

Json ceiling_json() {
  Json json = Json::object();
  for (const Ceiling& ceiling : ceilings()) {
    Json entry = Json::object();
    for (size_t f = 0; f < finding_count; ++f) entry[finding_list()[f].name] = ceiling.auroc[f];
    entry["macro"] = ceiling.macro;
    json[ceiling.inputs] = entry;
  }
  return json;
}

void write_tables(const fs::path& root, const std::vector<std::vector<VisitRows>>& patients) {
  std::string reports = report_header(), table = table_header(), masks = mask_header(), findings = findings_header(),
              truth = truth_header();
  Json identities = Json::object();
  for (const auto& visits : patients)
    for (const VisitRows& rows : visits) {
      reports += rows.report;
      table += rows.table;
      masks += rows.mask;
      findings += rows.findings;
      truth += rows.truth;
      identities[rows.accession] = rows.planted;
    }
  write_text(root / "reports.csv", reports);
  write_text(root / "table.csv", table);
  write_text(root / "masks.csv", masks);
  write_text(root / "answer" / "findings.csv", findings);
  write_text(root / "answer" / "truth.csv", truth);
  write_text(root / "answer" / "identities.json", identities.dump(1) + "\n");
  write_text(root / "answer" / "ceilings.json", ceiling_json().dump(2) + "\n");
}

void write_settings(const fs::path& root, uint64_t seed) {
  std::vector<std::string> columns;
  for (const FindingInfo& finding : finding_list()) columns.push_back(finding.name);
  write_text(root / "dataset.yaml", replace_all(dataset_yaml, "{columns}", join(columns, ", ")));
  write_site_key(root / "site.key", seed);
}

}  // namespace

CohortSummary write_cohort(const CohortOptions& options) {
  if (fs::exists(options.out))
    throw UsageError(options.out.string() + " exists; a cohort is not written over another: choose another --out or remove it");
  require_dictionary();
  const auto start = std::chrono::steady_clock::now();
  Staged staged(options.out, Staged::Kind::folder);
  const fs::path root = staged.temporary();
  for (const char* folder : {"dicom", "masks", "answer"}) fs::create_directories(root / folder);
  const std::vector<Site> sites = draw_sites(options.seed);
  std::vector<std::vector<VisitRows>> patients(static_cast<size_t>(options.patients));
  Progress progress("synth", options.patients);
  parallel_for(options.patients, options.threads, [&](int64_t i) {
    const Patient patient = draw_patient(options.seed, i);
    for (size_t v = 0; v < patient.visits.size(); ++v) patients[static_cast<size_t>(i)].push_back(write_visit(root, patient, v, sites));
    progress.add();
  });
  progress.finish();
  write_tables(root, patients);
  write_settings(root, options.seed);
  staged.commit();
  CohortSummary summary{options.patients};
  for (const auto& visits : patients)
    for (const VisitRows& rows : visits) {
      ++summary.studies;
      summary.files += rows.files;
    }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace chiasm::synthetic
