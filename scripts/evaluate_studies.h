// Which studies an evaluation judges, and whether they shaped the model.
#pragma once

#include <string>
#include <vector>

#include "scripts/data_setup.h"
#include "scripts/evaluate_run.h"
#include "scripts/trained.h"

namespace chiasm {

// Studies and where they come from.
struct Judged {
  RunData data;
  std::vector<std::string> studies;
  std::string split;
};

// A part of the run's split, or another store as a whole. Throws UsageError for a part that is unknown or empty.
Judged choose_studies(const EvaluateOptions& options, Trained& trained);

// "no", "yes" or "unknown": whether judged patients shaped the model. Throws UsageError at "yes" unless it is accepted.
std::string contamination(const EvaluateOptions& options, const Judged& judged);

// Counts one more use of the test part by the run, and returns the count.
int64_t count_test_use(const std::string& folder);

}  // namespace chiasm
