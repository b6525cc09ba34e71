// The `train:` section of a run file.
#pragma once

#include <cstdint>
#include <string>

#include "core/config/fields.h"

namespace chiasm {

struct TrainConfig {
  int64_t steps = 0;           // optimiser steps; 0: from epochs
  int64_t epochs = 10;         // used when steps is 0
  int64_t batch = 8;           // studies a step over all ranks
  int64_t micro_batch = 0;     // studies a rank and forward pass; 0: batch / ranks
  double lr = 1e-3;            // peak
  double backbone_lr = 1.0;    // factor for encoders and fusion, e.g. 0.1 when they start from other weights
  double warmup = 0.05;        // share of the steps
  double final_lr = 0.01;      // of the peak, at the end of the cosine
  double weight_decay = 0.05;  // not on biases, norms, embeddings
  double beta2 = 0.98;
  double clip = 1.0;               // largest norm of the whole gradient; 0: none
  double ema = 0.99;               // decay of the averaged weights, warmed up as (1 + step) / (10 + step); 0: none
  std::string precision = "auto";  // auto, fp32, bf16
  std::string device = "cpu";      // cpu, cuda
  bool deterministic = true;       // repeatable kernels on CUDA; the CPU is always repeatable
  int64_t seed = 1;
  int64_t threads = 0;             // compute threads a rank; 0: cores / local ranks
  int64_t checkpoint_every = 200;  // steps
  int64_t keep = 2;                // checkpoints
  double feature_gib = 4;          // memory of a rank for features of encoders that do not train; 0: computed at every step
  int64_t bad_steps = 5;           // non-finite steps in a row before the run stops
};
void fields(config::Visitor& v, TrainConfig& c);

}  // namespace chiasm
