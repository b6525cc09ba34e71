// Which studies a batch holds: a pure function of seed, epoch and position, so that any rank can start anywhere, in the same time whatever
// the number of studies.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/permutation.h"

namespace chiasm {

struct SamplerOptions {
  bool training = true;
  int64_t batch = 1;  // studies a rank and batch
  int rank = 0, ranks = 1;
  uint64_t seed = 0;
  bool whole_batches = false;  // all studies of a global batch come from one group
};

struct Draw {
  int64_t study;  // 0 ... studies - 1
  uint64_t key;   // hash(seed, epoch, place in the epoch)
};

// Studies that are drawn alike, and their share of all draws.
struct SamplerGroup {
  std::vector<int64_t> studies;
  double ratio = 1;
};

// Global batch g takes `ranks * batch` consecutive places of the epoch's order, rank r the r-th part of them. Training: a new order each
// epoch, the last short global batch is dropped; fewer studies than one global batch are gone through again. Else: in order, all of them.
// With groups, draws take turns in a fixed mixture (in cycles of at most 1,000, in a new order each); each group is gone through in a new
// order again and again, over epochs, so that its studies are drawn equally often. Studies in no group are not drawn.
class Sampler {
 public:
  // No groups: all studies alike. Throws UsageError for a group without studies and for a ratio that is not above 0.
  Sampler(int64_t studies, const SamplerOptions& options, std::vector<SamplerGroup> groups = {});

  int64_t batches_per_epoch() const;  // of this rank
  std::vector<Draw> draws(int64_t epoch, int64_t batch);

 private:
  struct Slot {
    size_t group;
    int64_t nth;  // of the group's slots of a cycle
  };
  // An order in use, kept while the same one is asked for.
  struct Order {
    uint64_t key;
    Permutation permutation;
  };
  void plan_cycle();
  int64_t study_at(int64_t epoch, int64_t place);
  int64_t grouped_study_at(int64_t number, int64_t within);
  static int64_t ordered(std::optional<Order>& order, int64_t count, uint64_t key, int64_t place);

  SamplerOptions options_;
  int64_t studies_;  // that are drawn
  std::vector<SamplerGroup> groups_;
  std::vector<Slot> cycle_;
  std::vector<int64_t> slots_of_;  // by group, in a cycle
  std::optional<Order> epoch_order_, cycle_order_;
  std::vector<std::optional<Order>> group_orders_;
};

}  // namespace chiasm
