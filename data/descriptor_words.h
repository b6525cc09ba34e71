// Descriptions of studies, series and protocols with only the words of imaging left in them: what no rule knows cannot stay.
#pragma once

#include <string>

namespace chiasm {

// The words of `text` that name body parts, planes, sequences, phases, kernels and the like (English, German, French, Spanish stems common
// on scanners), and numbers of up to three digits with or without a unit, separated by blanks; "" when there are none.
std::string imaging_words(const std::string& text);

}  // namespace chiasm
