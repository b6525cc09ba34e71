// Parts of a store: whole patients, so that nobody is on both sides; patients that may be one person or share images or reports stay
// together, and so do sites or scanners when asked.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/relations.h"

namespace chiasm {

struct SplitOptions {
  std::string name = "main";
  int64_t seed = 1;
  double train = 0.7, val = 0.15, test = 0.15;  // shares of patients; must add up to 1
  int64_t folds = 0;                            // above 1: so many folds of equal size instead of parts
  std::string stratify;                         // a labels target: every part gets its share of each pattern of positive classes
  std::string by = "patient";  // patient, or a fact of the studies (site, scanner): then none of its values is on two sides
};

// Study pseudonyms, sorted, in parts (train, val, test) or in folds (with a part `test` when the test set is one of time).
struct Split {
  std::string name, by = "patient", data_sha256, sha256;
  int64_t seed = 0;
  std::map<std::string, std::vector<std::string>> parts;
  std::vector<std::vector<std::string>> folds;
  bool temporal = false;                         // the part `test` is what the data set's `test_from` put there
  std::vector<std::string> left_out;             // temporal: earlier studies of patients in `test`, and undated ones; in no part
  std::vector<std::vector<std::string>> joined;  // patients that were kept together, two or more a group
};

// Deterministic in store, options and relations. Where studies have the fact `period` (test_from in the data set file), the later ones
// are the part `test`, whatever its share, and the other shares divide the rest.
Split make_split(const StoreReader& store, const SplitOptions& options, const std::vector<Relation>& relations = {});

// {"format":"chiasm.split","format_version":2,"name","seed","by","data_sha256","parts":{"train":[...],...} and/or "folds":[[...],...],
//  "temporal":true,"left_out":[...],"joined":[[...],...],"sha256"}; the last three but one are left out when empty or false. sha256 is of
// the compact JSON without that field. Files of version 1 have no "format", no "format_version" and none of these three.
void save_split(const std::filesystem::path& path, Split& split);
// InputError: a wrong digest, another store or another state of it, unknown or repeated studies, a patient in two parts, or
// joined patients, or a value of `by`.
Split load_split(const std::filesystem::path& path, const StoreReader& store);
// The same rules for a split in memory.
void check_split(const Split& split, const StoreReader& store);
// How many patients are in more than one part or fold.
int64_t shared_patients(const Split& split, const StoreReader& store);
// STORE.splits/NAME.json
std::filesystem::path default_split_path(const std::filesystem::path& store, const std::string& name);

}  // namespace chiasm
