#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "data/split_units.h"

namespace chiasm {

namespace {

constexpr int64_t kSplitVersion = 2;

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

// Units in an order where equal patterns stand together; inside a pattern by chance.
std::vector<SplitUnit> in_order(std::vector<SplitUnit> units, int64_t seed) {
  std::map<std::string, std::vector<SplitUnit>> strata;
  for (SplitUnit& unit : units) strata[unit.pattern].push_back(std::move(unit));
  std::vector<SplitUnit> order;
  for (auto& [pattern, stratum] : strata) {
    Random(hash_key(static_cast<uint64_t>(seed), "split " + pattern)).shuffle(stratum);
    std::move(stratum.begin(), stratum.end(), std::back_inserter(order));
  }
  return order;
}

// Each unit goes to the part that is furthest behind its share, so every run of the order, and with it every pattern, is divided in
// proportion.
std::vector<std::vector<std::string>> divide(const std::vector<SplitUnit>& order,
                                             const std::vector<std::pair<std::string, double>>& shares) {
  std::vector<double> behind(shares.size(), 0.0);
  std::vector<std::vector<std::string>> groups(shares.size());
  for (const SplitUnit& unit : order) {
    const auto patients = static_cast<double>(unit.patients.size());
    for (size_t k = 0; k < shares.size(); ++k) behind[k] += shares[k].second * patients;
    const auto most = static_cast<size_t>(std::max_element(behind.begin(), behind.end()) - behind.begin());
    behind[most] -= patients;
    groups[most].insert(groups[most].end(), unit.studies.begin(), unit.studies.end());
  }
  for (size_t k = 0; k < shares.size(); ++k) {
    if (groups[k].empty() && shares[k].second > 0)
      throw InputError("split: too few patients: a part would be empty; use fewer parts or folds");
    std::sort(groups[k].begin(), groups[k].end());
  }
  return groups;
}

// Later studies to the test part; what else their patients have is left out. Returns what train, val and folds are made of.
std::vector<SplitUnit> take_later(std::vector<SplitUnit> units, Split& split) {
  std::vector<SplitUnit> earlier;
  std::vector<std::string>& test = split.parts["test"];
  for (SplitUnit& unit : units) {
    test.insert(test.end(), unit.later.begin(), unit.later.end());
    split.left_out.insert(split.left_out.end(), unit.undated.begin(), unit.undated.end());
    if (unit.later.empty() && !unit.studies.empty())
      earlier.push_back(std::move(unit));
    else
      split.left_out.insert(split.left_out.end(), unit.studies.begin(), unit.studies.end());
  }
  if (test.empty()) throw InputError("split: no study is from the data set's test_from or later; choose an earlier date and ingest again");
  std::sort(test.begin(), test.end());
  std::sort(split.left_out.begin(), split.left_out.end());
  return earlier;
}

// Without the test part, which time has chosen.
std::vector<std::pair<std::string, double>> before_test(const SplitOptions& options) {
  const double sum = options.train + options.val;
  if (!(sum > 0)) throw UsageError("split: the data set has a test set of time; train and val need a share of the rest");
  return {{"train", options.train / sum}, {"val", options.val / sum}};
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
  Json json{{"format", "chiasm.split"}, {"format_version", kSplitVersion}, {"name", split.name}, {"seed", split.seed},
            {"by", split.by},           {"data_sha256", split.data_sha256}};
  if (!split.parts.empty()) json["parts"] = split.parts;
  if (!split.folds.empty()) json["folds"] = split.folds;
  if (split.temporal) json["temporal"] = true;
  if (!split.left_out.empty()) json["left_out"] = split.left_out;
  if (!split.joined.empty()) json["joined"] = split.joined;
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

// The parts that each patient, or other owner of studies, is in.
std::map<std::string, std::set<std::string>> parts_by(const Split& split, const std::map<std::string, std::string>& owner_of) {
  std::map<std::string, std::set<std::string>> parts;
  for (const auto& [name, studies] : groups_of(split))
    for (const std::string& study : studies)
      if (const auto owner = owner_of.find(study); owner != owner_of.end()) parts[owner->second].insert(name);
  return parts;
}

// What the split promises beyond patients: no joined patients and no value of its fact on two sides.
void check_joined(const Split& split, const StoreReader& store, const std::string& who) {
  const auto patients = patient_by_study(store);
  std::map<std::string, std::string> group_of, value_of;  // by patient; by study
  for (size_t k = 0; k < split.joined.size(); ++k)
    for (const std::string& patient : split.joined[k]) group_of[patient] = std::to_string(k);
  std::map<std::string, std::string> joined;
  for (const auto& [study, patient] : patients)
    if (const auto group = group_of.find(patient); group != group_of.end()) joined[study] = group->second;
  for (const auto& [group, parts] : parts_by(split, joined))
    if (parts.size() > 1)
      throw InputError(who + ": patients that share images, reports or a name are in more than one part; make it again");
  if (split.by == "patient") return;
  for (int64_t i = 0; i < store.size(); ++i)
    if (const auto fact = store.entry(i).facts.find(split.by); fact != store.entry(i).facts.end())
      value_of[store.entry(i).study] = fact->second;
  if (value_of.empty()) throw InputError(who + " is by '" + split.by + "', which is no fact of the store's studies");
  for (const auto& [value, parts] : parts_by(split, value_of))
    if (parts.size() > 1) throw InputError(who + ": a " + split.by + " is in more than one part; make it again");
}

Split parse(const Json& json) {
  const int64_t version = json.value("format_version", int64_t{1});
  if (version < 1 || version > kSplitVersion)
    throw InputError("a split of format version " + std::to_string(version) + "; this program reads 1 to " + std::to_string(kSplitVersion));
  Split split;
  split.name = json.at("name").get<std::string>();
  split.seed = json.at("seed").get<int64_t>();
  split.by = json.at("by").get<std::string>();
  split.data_sha256 = json.at("data_sha256").get<std::string>();
  split.sha256 = json.at("sha256").get<std::string>();
  if (json.contains("folds")) split.folds = json["folds"].get<decltype(split.folds)>();
  if (json.contains("parts") || split.folds.empty()) split.parts = json.at("parts").get<decltype(split.parts)>();
  split.temporal = json.value("temporal", false);
  split.left_out = json.value("left_out", split.left_out);
  split.joined = json.value("joined", split.joined);
  return split;
}

}  // namespace

Split make_split(const StoreReader& store, const SplitOptions& options, const std::vector<Relation>& relations) {
  check_options(store, options);
  auto shares = shares_of(options);
  Split split;
  split.name = options.name;
  split.seed = options.seed;
  split.by = options.by;
  split.data_sha256 = store.data_sha256();
  split.temporal = has_periods(store);
  std::vector<SplitUnit> units = split_units(store, {options.by, options.stratify, split.temporal}, relations);
  for (const SplitUnit& unit : units) split.joined.insert(split.joined.end(), unit.related.begin(), unit.related.end());
  if (split.temporal) units = take_later(std::move(units), split);
  if (split.temporal && options.folds == 0) shares = before_test(options);
  std::vector<std::vector<std::string>> groups = divide(in_order(std::move(units), options.seed), shares);
  for (size_t k = 0; k < shares.size() && options.folds == 0; ++k) split.parts[shares[k].first] = std::move(groups[k]);
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
  const auto parts_of = parts_by(split, patient_by_study(store));
  return std::count_if(parts_of.begin(), parts_of.end(), [](const auto& item) { return item.second.size() > 1; });
}

void check_split(const Split& split, const StoreReader& store) {
  const std::string who = "split '" + split.name + "'";
  if (split.data_sha256 != store.data_sha256())
    throw InputError(who + " was made for other data (data_sha256 differs); make it again with 'chiasm split'");
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
  check_joined(split, store, who);
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
