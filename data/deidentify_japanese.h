// Rules for Japanese text: dates with 年月日 and of eras, ages, names with honorifics and labels, addresses, institutions, numbers.
#pragma once

#include <cstdint>
#include <string_view>

#include "data/deidentify_fold.h"
#include "data/deidentify_spans.h"

namespace chiasm::deid {

// `text` is what was folded. Dates move by `shift_days` and are written with the western year; without a year they become [DATE].
void find_japanese(std::string_view text, const Folded& folded, int64_t shift_days, Spans& spans);

}  // namespace chiasm::deid
