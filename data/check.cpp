#include "data/check.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/check_study.h"
#include "data/relations.h"

namespace chiasm {

namespace {

// Study -> part.
using Parts = std::map<std::string, std::string>;

std::string place_text(const StoreReader& store, const Relation::End& end) {
  return store.entry(end.study).study + (end.input.empty() ? "" : " " + end.input);
}

CheckFinding finding_of(const StoreReader& store, const Relation& relation, const Parts& part_of, bool split) {
  const auto part = [&](const Relation::End& end) {
    const auto found = part_of.find(store.entry(end.study).study);
    return found == part_of.end() ? std::string() : found->second;
  };
  const std::string here = part(relation.second), there = part(relation.first);
  const bool leaks = split && !here.empty() && !there.empty() && here != there;
  std::string message = to_string(relation.kind) + " as " + (relation.kind == Relation::Kind::same_person ? "of" : "in") + " study " +
                        store.entry(relation.first.study).study + ", of another patient";
  if (relation.kind == Relation::Kind::near_image) message += " (" + fixed(100 * relation.distance, 1) + " % of the hash differ)";
  if (leaks) message += "; one is in '" + there + "', the other in '" + here + "'";
  CheckFinding out{leaks || (!split && relation.kind == Relation::Kind::same_image), "duplicate", place_text(store, relation.second),
                   message};
  if (relation.kind == Relation::Kind::same_image || relation.kind == Relation::Kind::near_image)
    out.images = {{relation.first.study, relation.first.input, relation.first.row},
                  {relation.second.study, relation.second.input, relation.second.row}};
  return out;
}

// One image twice under one patient: no leak, but often a mistake.
void find_repeats(const StoreReader& store, const std::vector<StudySurvey>& studies, CheckReport& report) {
  std::map<std::pair<std::string, std::string>, CheckImage> first;  // patient, digest
  for (size_t i = 0; i < studies.size(); ++i) {
    const StudyEntry& entry = store.entry(static_cast<int64_t>(i));
    for (const ImageSurvey& image : studies[i].images) {
      if (image.constant) continue;
      const CheckImage here{static_cast<int64_t>(i), image.input, image.row};
      const auto [seen, fresh] = first.try_emplace({entry.patient, image.digest}, here);
      if (fresh) continue;
      report.findings.push_back({false,
                                 "duplicate",
                                 entry.study + " " + image.input,
                                 "the same image as in study " + store.entry(seen->second.study).study + ", of the same patient",
                                 {seen->second, here}});
    }
  }
}

void count_classes(const StoreReader& store, const Parts& part_of, CheckReport& report) {
  for (int64_t i = 0; i < store.size(); ++i) {
    const StudyEntry& entry = store.entry(i);
    const auto part = part_of.find(entry.study);
    if (part == part_of.end()) continue;
    for (const auto& [name, target] : store.schema().targets) {
      const auto labels = entry.labels.find(name);
      for (size_t k = 0; k < target.classes.size() && target.kind == TargetKind::labels; ++k) {
        ClassCount& count = report.classes[part->second][name + "/" + target.classes[k]];
        const double value = labels == entry.labels.end() ? std::nan("") : labels->second[k];
        ++(std::isnan(value) ? count.unknown : value == 0 ? count.negative : value == 1 ? count.positive : count.uncertain);
      }
    }
  }
  for (const auto& [part, classes] : report.classes)
    for (const auto& [name, count] : classes)
      if (count.positive == 0 || count.negative == 0)
        report.findings.push_back({false, "class", part + " " + name, count.positive == 0 ? "no positive study" : "no negative study"});
}

// Empty without a readable split.
Parts parts_of(const StoreReader& store, const std::filesystem::path& split_path, CheckReport& report) {
  Parts part_of;
  try {
    const Split split = load_split(split_path, store);
    for (const auto& [name, studies] : split.parts)
      for (const std::string& study : studies) part_of[study] = name;
    for (size_t k = 0; k < split.folds.size(); ++k)
      for (const std::string& study : split.folds[k]) part_of[study] = "fold " + std::to_string(k);
    const size_t outside = static_cast<size_t>(store.size()) - part_of.size();
    if (outside > split.left_out.size())
      report.findings.push_back({false, "split", split.name, std::to_string(outside - split.left_out.size()) + " studies are in no part"});
  } catch (const InputError& error) {
    report.findings.push_back({true, "split", split_path.filename().string(), error.what()});
  }
  return part_of;
}

Parts all_in_one(const StoreReader& store) {
  Parts part_of;
  for (int64_t i = 0; i < store.size(); ++i) part_of[store.entry(i).study] = "all";
  return part_of;
}

void add_fingerprints(const StoreReader& store, const std::vector<StudySurvey>& studies, const Parts& part_of, CheckReport& report) {
  report.intensities = fingerprint(studies);
  std::vector<int64_t> train;
  for (int64_t i = 0; i < store.size(); ++i)
    if (const auto part = part_of.find(store.entry(i).study); part != part_of.end() && part->second == "train") train.push_back(i);
  if (!train.empty()) report.train = fingerprint(studies, train);
}

}  // namespace

bool CheckReport::passed() const {
  return std::none_of(findings.begin(), findings.end(), [](const CheckFinding& finding) { return finding.error; });
}

CheckReport check_store(const StoreReader& store, const std::filesystem::path& split_path, int threads) {
  CheckReport report;
  report.data_sha256 = store.data_sha256();
  report.studies = store.size();
  std::set<std::string> patients;
  for (int64_t i = 0; i < store.size(); ++i) patients.insert(store.entry(i).patient);
  report.patients = static_cast<int64_t>(patients.size());
  for (const std::string& file : store.verify())
    report.findings.push_back({true, "digest", file, "is damaged or missing: its SHA-256 is not the recorded one"});
  std::vector<CheckedStudy> checked(static_cast<size_t>(store.size()));
  Progress progress("check", store.size());
  parallel_for(store.size(), threads, [&](int64_t i) {
    checked[static_cast<size_t>(i)] = check_study(store, i);
    progress.add();
  });
  progress.finish();
  std::vector<StudySurvey> studies;
  for (CheckedStudy& study : checked) {
    report.findings.insert(report.findings.end(), study.findings.begin(), study.findings.end());
    studies.push_back(std::move(study.survey));
  }
  const Parts split = split_path.empty() ? Parts() : parts_of(store, split_path, report);
  for (const Relation& relation : find_relations(store, studies, threads))
    report.findings.push_back(finding_of(store, relation, split, !split.empty()));
  find_repeats(store, studies, report);
  for (const StudySurvey& study : studies)
    for (const ImageSurvey& image : study.images)
      if (!image.faces.empty()) ++report.faces[image.faces];
  add_fingerprints(store, studies, split, report);
  count_classes(store, split.empty() ? all_in_one(store) : split, report);
  return report;
}

}  // namespace chiasm
