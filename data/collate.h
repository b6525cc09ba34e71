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
  bool short_texts = false;                                                // pad texts to the longest of the batch instead
};

// Text rows and text targets are padded to their full length (InputSpec::length), so that shapes never depend on the batch; with
// short_texts to the longest of the batch, rounded up to 16 tokens.
Batch collate(const std::vector<Sample>& samples, const Layout& layout);

int64_t bytes_of(const Batch& batch);  // of its tensors
// The same with every tensor in page-locked memory, from which a GPU copies while the CPU works on. Needs a CUDA device.
Batch pinned(Batch batch);

}  // namespace chiasm
