// Is a store fit to train on? Damage, geometry, masks, labels, duplicates, leaks between parts; figures of classes and intensities.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "data/split.h"
#include "data/store/store.h"

namespace chiasm {

// Errors close the gate (exit code 1); warnings are for the eye.
struct CheckFinding {
  bool error = false;
  std::string check, where, message;  // check: digest, read, geometry, label, mask, duplicate, split, class, intensity
};

// Over all images of an input, in the modality's unit. p1 and p99: medians over images of the percentiles of each.
struct IntensityFacts {
  int64_t images = 0, constant = 0;
  double low = 0, p1 = 0, mean = 0, deviation = 0, p99 = 0, high = 0;
};

struct ClassCount {
  int64_t negative = 0, positive = 0, uncertain = 0, unknown = 0;  // uncertain: strictly between 0 and 1
};

struct CheckReport {
  std::string data_sha256;
  int64_t studies = 0, patients = 0;
  std::vector<CheckFinding> findings;
  std::map<std::string, IntensityFacts> intensities;                 // by image input
  std::map<std::string, std::map<std::string, ClassCount>> classes;  // part ("all" without a split) -> "target/class"
  bool passed() const;
};

// `split_path` empty: no split is checked. Reads every study on `threads` threads.
CheckReport check_store(const StoreReader& store, const std::filesystem::path& split_path, int threads);

Json to_json(const CheckReport& report);
// For people: a line for each finding (the first five of a kind), then the figures.
std::string to_text(const CheckReport& report);

}  // namespace chiasm
