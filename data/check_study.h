// The checks that need one study alone.
#pragma once

#include "data/check.h"
#include "data/survey.h"

namespace chiasm {

struct CheckedStudy {
  std::vector<CheckFinding> findings;
  StudySurvey survey;
};

// Never throws for a damaged study: that is a finding.
CheckedStudy check_study(const StoreReader& store, int64_t index);

}  // namespace chiasm
