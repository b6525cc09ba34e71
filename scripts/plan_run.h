// What a run will take, before it is started: measured on a few of its own steps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "data/fingerprint.h"
#include "scripts/run_config.h"

namespace chiasm {

struct PlannedInput {
  ViewConfig view;                  // as fitted
  InputFingerprint images;          // of up to 64 studies of the train part
  std::array<double, 3> seen{};     // share of the median image that the view holds, along D, H, W; pictures: 1
  std::array<double, 3> coarser{};  // spacing over the median spacing
  bool steady = false;              // its features are kept after the first pass
};

struct RunPlan {
  int64_t train = 0, val = 0;                             // studies
  int64_t steps = 0, batch = 0, micro = 0;                // micro: forward passes a step
  double passes = 0;                                      // how often a study is seen
  std::map<std::string, std::array<int64_t, 2>> weights;  // by part: all, trained
  std::string precision, device;
  int threads = 0;
  int64_t flops = 0;            // a step, forward and backward (core/train/flops.h)
  std::vector<double> seconds;  // of the measured steps, after a first one
  double wait = 0;              // share of them that waited for data
  int64_t memory_bytes = 0;     // greatest resident set so far
  int64_t disk_bytes = 0;       // checkpoints and model
  std::map<std::string, PlannedInput> inputs;
};

// Builds the run and takes one step and `measured` more of them; nothing is written. One rank. Throws as the run would.
RunPlan plan_run(const RunConfig& config, int64_t measured);

Json to_json(const RunPlan& plan);
// For people, with what to think about.
std::string to_text(const RunPlan& plan);

}  // namespace chiasm
