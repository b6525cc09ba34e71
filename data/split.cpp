#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"

namespace chiasm {

namespace {

struct Patient {
  std::string id;
  std::vector<std::string> studies;
  std::string pattern;  // of positive and known classes over all studies
};

// Sorted by pseudonym.
std::vector<Patient> patients_of(const StoreReader& store, const std::string& stratify) {
  std::map<std::string, Patient> patients;
  std::map<std::string, std::vector<double>> highest;
  const size_t classes = stratify.empty() ? 0 : store.schema().targets.at(stratify).classes.size();
  for (int64_t i = 0; i < store.size(); ++i) {
    const StudyEntry& entry = store.entry(i);
    patients[entry.patient].id = entry.patient;
    patients[entry.patient].studies.push_back(entry.study);
    auto& values = highest.try_emplace(entry.patient, classes, -1.0).first->second;
    const auto labels = entry.labels.find(stratify);
    if (labels == entry.labels.end()) continue;
    for (size_t k = 0; k < classes; ++k)
      if (!std::isnan(labels->second[k])) values[k] = std::max(values[k], labels->second[k]);
  }
  std::vector<Patient> list;
  for (auto& [id, patient] : patients) {
    for (const double value : highest[id]) patient.pattern += value < 0 ? '?' : value > 0.5 ? '1' : '0';
    list.push_back(std::move(patient));
  }
  return list;
}

// Names of the parts ("" for folds) and their shares.
std::vector<std::pair<std::string, double>> shares_of(const SplitOptions& options) {
  if (options.folds == 1 || options.folds < 0) throw UsageError("split: folds must be 2 or more");
  if (options.folds > 1)
    return std::vector<std::pair<std::string, double>>(static_cast<size_t>(options.folds), {"", 1.0 / static_cast<double>(options.folds)});
  for (const double share : {options.train, options.val, options.test})
    if (!(share >= 0 && share <= 1)) throw UsageError("split: shares must be between 0 and 1");
  const double sum = options.train + options.val + options.test;
  if (std::abs(sum - 1) > 1e-6) throw UsageError("split: train, val and test must add up to 1; they add up to " + format_number(sum));
  return {{"train", options.train}, {"val", options.val}, {"test", options.test}};
}

// Patients in an order where equal patterns stand together; inside a pattern by chance.
std::vector<Patient> in_order(const StoreReader& store, const SplitOptions& options) {
  std::map<std::string, std::vector<Patient>> strata;
  for (Patient& patient : patients_of(store, options.stratify)) strata[patient.pattern].push_back(std::move(patient));
  std::vector<Patient> order;
  for (auto& [pattern, stratum] : strata) {
    Random(hash_key(static_cast<uint64_t>(options.seed), "split " + pattern)).shuffle(stratum);
    std::move(stratum.begin(), stratum.end(), std::back_inserter(order));
  }
  return order;
}

void check_options(const StoreReader& store, const SplitOptions& options) {
  if (options.name.empty() || options.name.find_first_of("/\\") != std::string::npos)
    throw UsageError("split: the name must be a file name");
  if (options.stratify.empty()) return;
  std::vector<std::string> known;
  for (const auto& [name, target] : store.schema().targets)
    if (target.kind == TargetKind::labels) known.push_back(name);
  if (std::find(known.begin(), known.end(), options.stratify) == known.end())
    throw UsageError("split: --stratify needs a labels target; '" + options.stratify + "' is none" + did_you_mean(options.stratify, known));
}

Json to_json(const Split& split) {
  Json json{{"name", split.name}, {"seed", split.seed}, {"by", split.by}, {"data_sha256", split.data_sha256}};
  if (split.folds.empty()) json["parts"] = split.parts;
  if (!split.folds.empty()) json["folds"] = split.folds;
  return json;
}

// Parts or folds with a name for messages.
std::vector<std::pair<std::string, std::vector<std::string>>> groups_of(const Split& split) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups(split.parts.begin(), split.parts.end());
  for (size_t k = 0; k < split.folds.size(); ++k) groups.emplace_back("fold " + std::to_string(k), split.folds[k]);
  return groups;
}

std::map<std::string, std::string> patient_by_study(const StoreReader& store) {
  std::map<std::string, std::string> patients;
  for (int64_t i = 0; i < store.size(); ++i) patients[store.entry(i).study] = store.entry(i).patient;
  return patients;
}

Split parse(const Json& json) {
  Split split;
  split.name = json.at("name").get<std::string>();
  split.seed = json.at("seed").get<int64_t>();
  split.by = json.at("by").get<std::string>();
  split.data_sha256 = json.at("data_sha256").get<std::string>();
  split.sha256 = json.at("sha256").get<std::string>();
  if (json.contains("folds"))
    split.folds = json["folds"].get<decltype(split.folds)>();
  else
    split.parts = json.at("parts").get<decltype(split.parts)>();
  return split;
}

}  // namespace

Split make_split(const StoreReader& store, const SplitOptions& options) {
  check_options(store, options);
  const auto shares = shares_of(options);
  // Each patient goes to the part that is furthest behind its share, so every run of the order, and with it every pattern, is divided in
  // proportion.
  std::vector<double> behind(shares.size(), 0.0);
  std::vector<std::vector<std::string>> groups(shares.size());
  for (const Patient& patient : in_order(store, options)) {
    for (size_t k = 0; k < shares.size(); ++k) behind[k] += shares[k].second;
    const auto most = static_cast<size_t>(std::max_element(behind.begin(), behind.end()) - behind.begin());
    behind[most] -= 1;
    groups[most].insert(groups[most].end(), patient.studies.begin(), patient.studies.end());
  }
  Split split;
  split.name = options.name;
  split.seed = options.seed;
  split.data_sha256 = store.data_sha256();
  for (size_t k = 0; k < shares.size(); ++k) {
    if (groups[k].empty() && shares[k].second > 0)
      throw InputError("split: too few patients: a part would be empty; use fewer parts or folds");
    std::sort(groups[k].begin(), groups[k].end());
    if (options.folds == 0) split.parts[shares[k].first] = groups[k];
  }
  if (options.folds > 0) split.folds = std::move(groups);
  split.sha256 = sha256_hex(to_json(split).dump());
  return split;
}

void save_split(const std::filesystem::path& path, Split& split) {
  Json json = to_json(split);
  split.sha256 = sha256_hex(json.dump());
  json["sha256"] = split.sha256;
  write_json(path, json);
}

int64_t shared_patients(const Split& split, const StoreReader& store) {
  const auto patients = patient_by_study(store);
  std::map<std::string, std::set<std::string>> parts_of;
  for (const auto& [name, studies] : groups_of(split))
    for (const std::string& study : studies)
      if (const auto found = patients.find(study); found != patients.end()) parts_of[found->second].insert(name);
  return std::count_if(parts_of.begin(), parts_of.end(), [](const auto& item) { return item.second.size() > 1; });
}

void check_split(const Split& split, const StoreReader& store) {
  const std::string who = "split '" + split.name + "'";
  if (split.data_sha256 != store.data_sha256())
    throw InputError(who + " was made for other data (data_sha256 differs); make it again with 'chiasm split'");
  if (split.by != "patient") throw InputError(who + " is by '" + split.by + "'; only splits by patient are read");
  const auto patients = patient_by_study(store);
  std::set<std::string> seen;
  for (const auto& [name, studies] : groups_of(split))
    for (const std::string& study : studies) {
      if (!patients.count(study)) throw InputError(who + ", part '" + name + "': study " + study + " is not in the store");
      if (!seen.insert(study).second) throw InputError(who + ": study " + study + " stands in it twice");
    }
  if (const int64_t shared = shared_patients(split, store); shared > 0)
    throw InputError(who + ": " + std::to_string(shared) +
                     " patient(s) are in more than one part; a patient belongs to one part, make it again");
}

Split load_split(const std::filesystem::path& path, const StoreReader& store) {
  Json json = read_json(path);
  try {
    const Split split = parse(json);
    json.erase("sha256");
    if (sha256_hex(json.dump()) != split.sha256)
      throw InputError("its sha256 is wrong: the file was changed; make it again with 'chiasm split'");
    check_split(split, store);
    return split;
  } catch (const Json::exception& error) {
    throw InputError(path.string() + ": not a split: " + error.what());
  } catch (const InputError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

std::filesystem::path default_split_path(const std::filesystem::path& store, const std::string& name) {
  std::filesystem::path folder = store.lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  folder += ".splits";
  return folder / (name + ".json");
}

}  // namespace chiasm
