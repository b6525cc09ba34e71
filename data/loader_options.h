// What a loader delivers and how. Without tensors, so that all but collate can be built without LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/sampler_groups.h"
#include "data/view.h"

namespace chiasm {

struct LoaderOptions {
  std::vector<std::string> inputs, targets;                                // names to deliver
  std::map<std::string, Preparation> preparations;                         // by image input
  std::map<std::string, std::vector<std::array<double, 2>>> table_scales;  // by table input: mean, deviation per column
  std::map<std::string, int64_t> text_lengths;  // by text input and text target: tokens a row at most, begin and end included
  AugmentConfig augment;
  bool training = true;                      // shuffle and augment; else in index order, no augmentation, the last batch may be short
  int64_t batch = 4;                         // studies a rank and batch
  std::vector<std::string> require;          // only studies that have all of these inputs
  std::vector<std::string> require_targets;  // only studies that have any known value of one of these
  std::string balance;                       // training, as `sampling`: see sampler_groups.h
  SamplingConfig sampling;
  double most_unreadable = 0.05;  // share of the studies that may be left out because they cannot be read
  uint64_t seed = 0;
  int rank = 0, ranks = 1, threads = 2;
  int64_t budget_bytes = int64_t{64} << 20;  // of batches ready or in work; two may be, however large
  bool pin = false;                          // page-locked batches, for a CUDA device
  int64_t cache_bytes = int64_t{1} << 30;    // decoded studies kept in memory, so that later epochs skip the store
};

}  // namespace chiasm
