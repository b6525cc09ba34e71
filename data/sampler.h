// Which studies a batch holds: a pure function of seed, epoch and position, so that any rank can start anywhere.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm {

struct SamplerOptions {
  bool training = true;
  int64_t batch = 1;  // studies a rank and batch
  int rank = 0, ranks = 1;
  uint64_t seed = 0;
};

struct Draw {
  int64_t study;  // 0 ... studies - 1
  uint64_t key;   // hash(seed, epoch, place in the epoch)
};

// Global batch g takes `ranks * batch` consecutive places of the epoch's order, rank r the r-th part of them. Training: a new order each
// epoch, the last short global batch is dropped; fewer studies than one global batch are gone through again. Else: in order, all of them.
class Sampler {
 public:
  enum class Side { neither, negative, positive };
  // `sides`: empty, or one for each study: positive and negative studies are drawn in turn, so each makes half of an epoch; the side with
  // fewer studies repeats them, and studies that are neither are not drawn. Throws UsageError when a side is empty.
  Sampler(int64_t studies, const SamplerOptions& options, const std::vector<Side>& sides = {});

  int64_t batches_per_epoch() const;  // of this rank
  std::vector<Draw> draws(int64_t epoch, int64_t batch);

 private:
  std::vector<int64_t> make_order(int64_t epoch) const;
  const std::vector<int64_t>& order(int64_t epoch);

  SamplerOptions options_;
  std::vector<int64_t> all_, positive_, negative_;
  std::vector<int64_t> order_;
  int64_t order_epoch_ = -1;
};

}  // namespace chiasm
