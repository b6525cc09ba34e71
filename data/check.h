// Is a store fit to train on? Damage, geometry, masks, labels, duplicates, identities left in texts, leaks between parts; figures of
// classes and intensities.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/fingerprint.h"
#include "data/split.h"
#include "data/store/store.h"

namespace chiasm {

// An image to look at.
struct CheckImage {
  int64_t study = 0;  // index in the store
  std::string input;
  size_t row = 0;
};

// Errors close the gate (exit code 1); warnings are for the eye.
struct CheckFinding {
  bool error = false;
  // check: digest, read, geometry, label, mask, duplicate (images, texts or persons of two patients), identity, split, class, intensity
  std::string check, where, message;
  std::vector<CheckImage> images = {};  // what shows it, or two images that are too alike
};

struct ClassCount {
  int64_t negative = 0, positive = 0, uncertain = 0, unknown = 0;  // uncertain: strictly between 0 and 1
};

struct CheckReport {
  std::string data_sha256;
  int64_t studies = 0, patients = 0;
  std::vector<CheckFinding> findings;
  Fingerprint intensities;                                           // of all images
  Fingerprint train;                                                 // of the split's train part; empty without one
  std::map<std::string, std::map<std::string, ClassCount>> classes;  // part ("all" without a split) -> "target/class"
  std::map<std::string, int64_t> faces;                              // images by what is known of the face: possible, removed, absent
  bool passed() const;
};

// `split_path` empty: no split is checked. Reads every study on `threads` threads. What two patients share (data/relations.h) is an error
// when the split puts them in different parts, and for equal images also without a split; else a warning.
CheckReport check_store(const StoreReader& store, const std::filesystem::path& split_path, int threads);

Json to_json(const CheckReport& report);
// For people: a line for each finding (the first five of a kind), then the figures.
std::string to_text(const CheckReport& report);

}  // namespace chiasm
