// Segmentation of one input: a decoder on the maps of its encoder, conditioned on the fused tokens of the study. Dice plus cross-entropy.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/task.h"

namespace chiasm {

struct SegmentConfig {
  std::string target;
  std::vector<std::string> inputs;
  int64_t width = 64;
  double balance = 0.0;
  double deep = 0.0;
  std::map<std::string, double> least_ml;  // class -> volume in millilitres below which it counts as not found
  bool batch_dice = false;
};

void fields(config::Visitor& v, SegmentConfig& c);
std::shared_ptr<Task> build(const SegmentConfig& config, const TaskContext& context);

}  // namespace chiasm
