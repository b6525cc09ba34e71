// All of one study as it stands in a store: pseudonyms only, no identity.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "data/volume.h"

namespace chiasm {

// A row of an input: an image, a text or a table. Which one is filled follows from the input's form.
struct StudyItem {
  Volume volume;
  std::string text;
  std::vector<double> table;  // one per column of the input; NaN = missing
  double days = 0;            // from the index time; negative = before (priors)
};

struct StudyRecord {
  std::string patient, study;                            // pseudonyms
  std::map<std::string, std::vector<StudyItem>> inputs;  // absent input: no entry
  std::map<std::string, std::vector<double>> labels;     // target -> value per class in [0, 1]; NaN = unknown
  std::map<std::string, Volume> masks;                   // target -> uint8 class indices on the grid of its input; 255 = not annotated
  std::map<std::string, std::string> facts;              // subgroups: "sex", "age_band", "site", "scanner"
};

}  // namespace chiasm
