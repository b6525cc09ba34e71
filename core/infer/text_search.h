// Text generation over any step function: greedy, beam search, nucleus sampling (Holtzman et al., arXiv 1904.09751).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace chiasm::infer {

// One decoding step for R hypotheses: their last ids (R int64), the place of these ids (0 = begin) and the decoder's state, whose tensors
// all have hypotheses along dim 0 and may be replaced. Returns logits RV of the next id.
using StepFunction = std::function<at::Tensor(const at::Tensor& ids, int64_t position, std::vector<at::Tensor>& state)>;

struct SearchRules {
  int64_t begin = 0, end = 0;
  int64_t max_tokens = 128;    // generated ids at most, `end` included
  int64_t no_repeat = 0;       // no run of so many ids appears twice in a text; 0: any may
  std::vector<int64_t> never;  // ids that are never generated: pad, begin, mask
};

struct BeamOptions {
  int64_t beams = 4;
  double length_penalty = 1.0;  // texts are ranked by log probability / (ids, end included) ^ length_penalty
};

struct NucleusOptions {
  double probability = 0.9;  // the smallest set of ids with at least this mass is drawn from
  double temperature = 1.0;
};

struct Generated {
  std::vector<int64_t> ids;    // without begin and end
  double log_probability = 0;  // of the ids and, if reached, the end
  bool ended = false;          // false: cut at max_tokens
};

// One text per row of the state at the start (`texts` rows).
std::vector<Generated> greedy_search(const StepFunction& step, std::vector<at::Tensor> state, int64_t texts, const SearchRules& rules,
                                     const at::Device& device = at::kCPU);
std::vector<Generated> beam_search(const StepFunction& step, std::vector<at::Tensor> state, int64_t texts, const SearchRules& rules,
                                   const BeamOptions& options, const at::Device& device = at::kCPU);
// One key per text; the same key draws the same text.
std::vector<Generated> nucleus_search(const StepFunction& step, std::vector<at::Tensor> state, const std::vector<uint64_t>& keys,
                                      const SearchRules& rules, const NucleusOptions& options, const at::Device& device = at::kCPU);

}  // namespace chiasm::infer
