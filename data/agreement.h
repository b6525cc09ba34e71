// How far several readers of one label agree: Cohen's kappa of each pair (Cohen, Educ Psychol Meas 20:37, 1960) over the studies that both
// judged positive or negative.
#pragma once

#include <string>
#include <vector>

#include "data/scan.h"
#include "data/table.h"

namespace chiasm {

struct Agreement {
  std::string target, first, second;  // columns of the readers
  int64_t studies = 0;                // judged by both
  double observed = 0, kappa = 0;     // share of equal judgements; kappa is NaN where one value is all that both gave
};

// Of one pair: judgements of the same studies in the same order. Names stay empty.
Agreement agreement_of(const std::vector<LabelCell>& first, const std::vector<LabelCell>& second);

// Of every pair of readers of every target of a data set file.
std::vector<Agreement> reader_agreement(const DatasetFile& dataset, const ScanResult& scan);

}  // namespace chiasm
