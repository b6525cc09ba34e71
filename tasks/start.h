// How a task starts like an earlier one whose weights are at hand.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace chiasm {

using InnerWeights = std::map<std::string, at::Tensor>;  // by the name within the task

// Copies what fits from `earlier` into `mine` and returns the names of `mine` that took something: weights of the same name and shape; and
// the heads of deep supervision (tasks/map_supervision.h), which become the first detectors of the same input's evidence
// (tasks/evidence.h): each answers, and attends, where its class is.
std::vector<std::string> start_like(const InnerWeights& mine, const InnerWeights& earlier);

}  // namespace chiasm
