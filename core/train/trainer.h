// One loop for pretraining and fine-tuning. No file is touched here: run folder, checkpoints, logs and progress are observers around it.
//
// Loss scale: tasks return sums and say what they sum over; the counts of all micro-batches and ranks are added before the first backward,
// and each sum is scaled by weight * world / count (the reducer averages over ranks). So two ranks with b studies equal one rank with 2b
// for every loss that decomposes over samples.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/dist/group.h"
#include "core/feature_memory.h"
#include "core/model.h"
#include "core/train/train_config.h"

namespace chiasm {

// Where micro-batches come from. The position is the number of micro-batches drawn since the start of the run.
struct BatchSource {
  virtual ~BatchSource() = default;
  virtual Batch next() = 0;
  virtual void seek(int64_t position) = 0;
  virtual int64_t batches_per_epoch() const = 0;
  virtual double wait_seconds() const = 0;  // time next() has blocked, in total
};

struct StepReport {
  int64_t step = 0;  // counted from 1
  double epoch = 0;
  int64_t samples = 0;                      // studies over all ranks since the start
  at::Tensor loss;                          // weighted sum of means over the global batch, on the device
  std::map<std::string, at::Tensor> parts;  // "TASK.LOSS": mean over the global batch
  at::Tensor gradient_norm;
  double lr = 0;
  bool skipped = false;  // non-finite gradient: no update was made
};

struct TrainState {
  std::map<std::string, at::Tensor> tensors;  // "model.NAME", "average.NAME", "optimizer.NAME"
  Json facts;                                 // step, position, samples, bad steps
};

class Trainer {
 public:
  // `average` may be null. `steps` is the whole length of the run (for the schedule). `micro` is the number of micro-batches a step.
  Trainer(Model& model, Model* average, BatchSource& source, dist::Group& group, const TrainConfig& config, int64_t steps, int64_t micro,
          const std::string& precision, const at::Device& device);
  ~Trainer();

  StepReport step();
  int64_t done() const;
  int64_t steps() const;
  TrainState state() const;
  void restore(const TrainState& state);
  // Features of encoders that do not train are taken from `memory`.
  void keep_features(std::unique_ptr<FeatureMemory> memory);
  // Between backward and optimiser: sees all trained parameters with their gradients.
  void set_gradient_hook(std::function<void(const std::vector<at::Tensor>&)> hook);

 private:
  struct State;
  void update(StepReport& report);
  std::unique_ptr<State> state_;
};

// Loss counts over all micro-batches and ranks, by "TASK.LOSS".
std::map<std::string, double> global_counts(const Model& model, const std::vector<Batch>& micro_batches, dist::Group& group);

}  // namespace chiasm
