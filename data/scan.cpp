#include "data/scan.h"

#include <algorithm>
#include <filesystem>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "data/deidentify_key.h"
#include "data/scan_items.h"
#include "data/table.h"

namespace chiasm {

std::string patient_key(const std::string& issuer, const std::string& patient) { return issuer + '\0' + deid::normal_id(patient); }

namespace {

using scanning::Sources;
using scanning::Studies;

// All studies of a person share what is known of the person.
void keep_studies(Studies& studies, ScanResult& result) {
  for (size_t i = 0; i < studies.list.size(); ++i) {
    FoundStudy& study = studies.list[i];
    if (study.patient.empty()) study.patient = study.key;  // nobody says whose it is: its own patient
    result.funnel.count("studies", "found");
    if (studies.two_patients.count(static_cast<int64_t>(i))) {
      result.refusals.push_back({study.key, "", "study:" + study.key, "TWO_PATIENTS", "sources give the study two patient numbers"});
      continue;
    }
    result.identities[patient_key(study)].merge(studies.identities[i]);
    result.studies.push_back(std::move(study));
  }
  std::sort(result.studies.begin(), result.studies.end(), [](const FoundStudy& a, const FoundStudy& b) { return a.key < b.key; });
}

// What each class was read as, over all studies.
void count_labels(const DatasetFile& dataset, ScanResult& result) {
  for (const FoundStudy& study : result.studies)
    for (const auto& [name, target] : dataset.targets) {
      const auto items = study.items.find(name);
      if (target.kind != "labels" || items == study.items.end() || !items->second.front().text) continue;
      const std::vector<std::string> classes = classes_of(name, target);
      const LabelValues labels = read_labels(target, parse_cells(*items->second.front().text));
      for (size_t i = 0; i < classes.size(); ++i) result.funnel.count(name + "." + classes[i], "found", name_of(labels.meanings[i]));
    }
}

}  // namespace

ScanResult scan(const DatasetFile& dataset, int threads) {
  ScanResult result;
  Sources sources = scanning::read_sources(dataset, threads, result);
  Studies studies = scanning::join_sources(sources, result);
  scanning::find_items(dataset, sources, studies, result);
  keep_studies(studies, result);
  count_labels(dataset, result);
  return result;
}

std::vector<ManifestRow> manifest_rows(const ScanResult& result) {
  std::vector<ManifestRow> rows;
  for (const FoundStudy& study : result.studies)
    for (const auto& [input, items] : study.items)
      for (const FoundItem& item : items) {
        const std::string time = study.day ? iso_date(*study.day + item.days) : "";
        rows.push_back({study.patient, study.key, time, input, item.text ? "text:" + *item.text : item.ref, item.reader, study.site});
      }
  return rows;
}

std::filesystem::path default_scan_folder(const DatasetFile& dataset) {
  return dataset.path.parent_path() / (dataset.path.stem().string() + ".scan");
}

void write_scan(const ScanResult& result, const std::filesystem::path& folder) {
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  std::string refused = csv_line({"study", "input", "item", "code", "detail"});
  for (const ScanRefusal& line : result.refusals) refused += csv_line({line.study, line.input, line.item, line.code, line.detail});
  write_file_atomic(folder / "refused.csv", refused);
  Funnel funnel = result.funnel;
  for (const ScanRefusal& line : result.refusals) funnel.refuse(line.input.empty() ? "studies" : line.input, line.code);
  write_file_atomic(folder / "funnel.csv", funnel.csv());
  write_file_atomic(folder / "manifest.csv", manifest_csv(manifest_rows(result)));
}

}  // namespace chiasm
