// Internal to the loader: shapes of targets without their priors.
#pragma once

#include "data/loader.h"

namespace chiasm {

TargetSpecs target_shapes(const StoreSchema& schema, const LoaderOptions& options, const Tokenizer* tokenizer);

}  // namespace chiasm
