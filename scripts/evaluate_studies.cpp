#include "scripts/evaluate_studies.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "scripts/run_folder.h"

namespace chiasm {

Judged choose_studies(const EvaluateOptions& options, Trained& trained) {
  Judged out;
  if (!options.data.empty()) {
    out.data.store = std::make_shared<StoreReader>(options.data);
    out.data.tokenizer = trained.tokenizer;
    for (int64_t i = 0; i < out.data.store->size(); ++i) {
      const StudyEntry& entry = out.data.store->entry(i);
      out.studies.push_back(entry.study);
      out.data.patient_of[entry.study] = entry.patient;
    }
    out.split = "external";
    return out;
  }
  out.data = open_data(trained.config);
  out.data.tokenizer = trained.tokenizer;
  out.split = options.split;
  const std::map<std::string, const std::vector<std::string>*> parts{
      {"train", &out.data.train}, {"val", &out.data.val}, {"test", &out.data.test}};
  const auto found = parts.find(options.split);
  if (found == parts.end()) throw UsageError("--split '" + options.split + "': choose train, val or test");
  out.studies = *found->second;
  if (out.studies.empty()) throw UsageError("part '" + options.split + "' of " + trained.config.data.split + " is empty");
  return out;
}

std::string contamination(const EvaluateOptions& options, const Judged& judged) {
  const std::vector<std::string> list = seen_patients(options.model);
  if (list.empty()) return "unknown";
  const std::set<std::string> seen(list.begin(), list.end());
  int64_t overlap = 0;
  for (const std::string& study : judged.studies)
    overlap += static_cast<int64_t>(seen.count(patient_digest(judged.data.patient_of.at(study))));
  if (overlap == 0) return "no";
  if (!options.allow_seen)
    throw UsageError(std::to_string(overlap) + " of " + std::to_string(judged.studies.size()) +
                     " studies belong to patients that shaped this model; evaluate held-back ones, or use --allow-seen, which marks every "
                     "figure as contaminated");
  return "yes";
}

int64_t count_test_use(const std::string& folder) {
  const fs::path file = fs::path(folder) / "test_uses.json";
  const int64_t uses = (fs::exists(file) ? read_json(file).value("uses", int64_t{0}) : 0) + 1;
  write_json(file, {{"uses", uses}});
  return uses;
}

}  // namespace chiasm
