// The page of a check: what was found, pictures of what is suspicious, figures of classes and images.
#pragma once

#include <string>

#include "data/check.h"

namespace chiasm {

// One HTML file. It shows images of the store.
std::string check_page(const CheckReport& report, const StoreReader& store);

}  // namespace chiasm
