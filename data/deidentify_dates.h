// Dates in free text: found in many forms, moved by the patient's shift, written back in the same form
// (years always with four digits).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/deidentify_spans.h"

namespace chiasm::deid {

// Adds a span for each date of `letters` (folded text): numeric, with month names, without day, years after "in" or "since". A date
// without a year becomes [DATE].
void find_dates(const std::string& letters, int64_t shift_days, bool day_first, Spans& spans);

}  // namespace chiasm::deid
