// Parts of a store: whole patients, so that nobody is on both sides.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/store/store.h"

namespace chiasm {

struct SplitOptions {
  std::string name = "main";
  int64_t seed = 1;
  double train = 0.7, val = 0.15, test = 0.15;  // shares of patients; must add up to 1
  int64_t folds = 0;                            // above 1: so many folds of equal size instead of parts
  std::string stratify;                         // a labels target: every part gets its share of each pattern of positive classes
};

// Study pseudonyms, sorted, in parts (train, val, test) or in folds.
struct Split {
  std::string name, by = "patient", data_sha256, sha256;
  int64_t seed = 0;
  std::map<std::string, std::vector<std::string>> parts;
  std::vector<std::vector<std::string>> folds;
};

// Deterministic in store and options. Two pseudonyms of one person cannot be known here: the data set's patient key must join them.
Split make_split(const StoreReader& store, const SplitOptions& options);

// {"name","seed","by","data_sha256","parts":{"train":[...],...} or "folds":[[...],...],"sha256"}; sha256 is of the compact JSON without
// that field.
void save_split(const std::filesystem::path& path, Split& split);
// InputError: a wrong digest, another store or another state of it, unknown or repeated studies, a patient in two parts.
Split load_split(const std::filesystem::path& path, const StoreReader& store);
// The same rules for a split in memory.
void check_split(const Split& split, const StoreReader& store);
// How many patients are in more than one part or fold.
int64_t shared_patients(const Split& split, const StoreReader& store);
// STORE.splits/NAME.json
std::filesystem::path default_split_path(const std::filesystem::path& store, const std::string& name);

}  // namespace chiasm
