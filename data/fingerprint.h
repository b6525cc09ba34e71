// What the images of a data set are like: sizes, spacings, intensities of each input. For people, and for whoever plans views of a model.
#pragma once

#include "core/base/json.h"
#include "data/survey.h"

namespace chiasm {

// Least, median and greatest over the images.
template <class T>
struct Spread {
  T least{}, median{}, greatest{};
};

struct InputFingerprint {
  int64_t images = 0, constant = 0;
  Spread<Size3> size;                   // D, H, W, each axis for itself
  Spread<Spacing3> spacing_mm;          // D, H, W as stored
  double low = 0, high = 0;             // over all voxels, in the modality's unit
  double mean = 0, deviation = 0;       // over all voxels
  std::array<double, 5> percentiles{};  // kPercentiles: medians over the images of those of each
};
using Fingerprint = std::map<std::string, InputFingerprint>;  // by image input

// Of the chosen studies (indices in the store, as `studies` is ordered); empty: of all. Fingerprints that a model uses are of its train
// part: a figure of a test image would leak.
Fingerprint fingerprint(const std::vector<StudySurvey>& studies, const std::vector<int64_t>& chosen = {});

// {"format":"chiasm.fingerprint","format_version":1,"data_sha256","part","inputs":{NAME:{...}}}
Json to_json(const Fingerprint& fingerprint, const std::string& data_sha256, const std::string& part);

}  // namespace chiasm
