// `chiasm predict`: a bundle on raw studies.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace chiasm {

struct PredictOptions {
  std::string bundle, out;
  std::vector<std::string> inputs;  // folders or files of one study of one patient each
  std::vector<std::string> images;  // NAME=PATH: NIfTI, NPZ, PNG, JPEG or TIFF for an input (one study)
  std::vector<std::string> texts;   // NAME=TEXT or NAME=@FILE (one study)
  std::string tables;               // CSV: one row a study; the first column names the INPUT path, the others table columns and texts
  bool json = false;
};

// Exit code: 0 all, 3 some were refused, 10 no model input was found in any, 20 all were refused.
int predict_run(const PredictOptions& options);

}  // namespace chiasm
