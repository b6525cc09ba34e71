// Samples to tensors, as core/batch.h lays down.
#pragma once

#include <vector>

#include "core/batch.h"
#include "core/specs.h"
#include "data/dataset.h"

namespace chiasm {

// What collate must know of inputs and targets that no sample of a batch has.
struct Layout {
  InputSpecs inputs;
  TargetSpecs targets;                                                     // priors may be empty
  std::map<std::string, std::vector<std::array<double, 2>>> table_scales;  // mean, deviation per column
};

// Text rows and text targets are padded to their full length (InputSpec::length), so that shapes never depend on the batch.
Batch collate(const std::vector<Sample>& samples, const Layout& layout);

}  // namespace chiasm
