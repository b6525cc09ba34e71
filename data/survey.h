// What each image and text of a store is, in a few figures: check, split and fingerprint are made of them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "data/perceptual_hash.h"
#include "data/store/store.h"

namespace chiasm {

// Of the intensities of an image: 0.5, 1, 50, 99 and 99.5 %.
inline constexpr std::array<double, 5> kPercentiles{0.005, 0.01, 0.5, 0.99, 0.995};

struct ImageSurvey {
  std::string input;
  size_t row = 0;
  Size3 size{};
  Spacing3 spacing{};
  std::string digest;  // of size and stored voxels
  PerceptualHash hash;
  bool constant = false;
  double count = 0, sum = 0, squares = 0, low = 0, high = 0;  // of the valid voxels, in the modality's unit
  std::array<double, 5> percentiles{};                        // kPercentiles; of up to 8192 voxels, evenly spread
  std::string faces = {};                                     // the fact: "possible", "removed", "absent"; "": not a head by its header
};

struct TextSurvey {
  std::string input, digest;  // of the words in lower case; numbers count as one word, because dates move by patient
  int64_t words = 0;
};

struct StudySurvey {
  std::vector<ImageSurvey> images;
  std::vector<TextSurvey> texts;
};

StudySurvey survey(const StudyRecord& record);
// Count, sums, range and percentiles alone, and whether all voxels are alike.
void survey_intensities(const Volume& volume, ImageSurvey& out);
// Every study of a store on `threads` threads; one that cannot be read is empty ('chiasm check' names it).
std::vector<StudySurvey> survey(const StoreReader& store, int threads);

// The value that a share of the others lies below (nearest rank). `values` must hold any.
double quantile(std::vector<double> values, double share);

}  // namespace chiasm
