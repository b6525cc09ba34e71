// Free text without identities: known values of the study, patterns and titled names are replaced by surrogates. Dates move by the
// patient's shift; other surrogates are tokens such as [NAME]. Rules only: recall is measured on planted markers, never promised.
#pragma once

#include <string>

#include "data/deidentify_identity.h"

namespace chiasm::deid {

struct TextOptions {
  int64_t shift_days = 0;
  bool day_first = false;  // of 3/4/2021
};

struct CleanText {
  std::string text;
  std::string unreplaced;  // the same without the surrogates: what a search for leftovers must look at
};

CleanText clean_text(const std::string& text, const Identity& identity, const TextOptions& options);

}  // namespace chiasm::deid
