// Features of encoders that do not train. Where a study always looks the same (no augmentation), they are computed once and kept: every
// later epoch costs only what trains. Studies are encoded one by one, so a study's features do not depend on its batch, and a resumed run
// computes the same bits.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/batch.h"
#include "core/encoder.h"

namespace chiasm {

class FeatureMemory {
 public:
  // `inputs`: those whose studies look the same at every visit. `bytes`: most that is kept; what comes later is computed each time.
  FeatureMemory(std::set<std::string> inputs, int64_t bytes) : inputs_(std::move(inputs)), left_(bytes) {}

  bool serves(const std::string& name) const { return inputs_.count(name) > 0; }
  // Features of all rows of the batch's input, without gradients.
  Features features(const std::string& name, Encoder& encoder, const Batch& batch);
  int64_t studies() const { return static_cast<int64_t>(kept_.size()); }  // kept, counted for each input

 private:
  using Key = std::pair<std::string, std::string>;  // input, study
  Features of_study(const Key& key, Encoder& encoder, const Input& rows);

  std::set<std::string> inputs_;
  int64_t left_;
  std::map<Key, Features> kept_;
};

// The input as one study has it: its rows from `first`, `count` of them.
Input rows_of_study(const Input& input, int64_t first, int64_t count);

}  // namespace chiasm
