// What a training run and the plan of one have in common.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/train/trainer.h"
#include "data/loader.h"
#include "scripts/assemble.h"
#include "scripts/data_setup.h"

namespace chiasm {

// The loader as the trainer's source of micro-batches.
class LoaderSource final : public BatchSource {
 public:
  explicit LoaderSource(std::unique_ptr<Loader> loader) : loader_(std::move(loader)) {}
  Batch next() override;
  void seek(int64_t position) override { loader_->seek(position / batches_per_epoch(), position % batches_per_epoch()); }
  int64_t batches_per_epoch() const override { return loader_->batches_per_epoch(); }
  double wait_seconds() const override { return loader_->wait_seconds(); }

 private:
  std::unique_ptr<Loader> loader_;
};

// Micro-batches a step and length of the run. Throws UsageError when the batch cannot be dealt out so.
struct StepPlan {
  int64_t micro = 1, micro_batch = 1, steps = 1;
};
StepPlan plan_steps(const RunConfig& config, int ranks, int64_t studies);

// Compute threads of this rank.
void set_threads(const TrainConfig& config);

// The model that a run starts from, on the group's device, and its averaged twin where the run keeps one.
struct StartedModel {
  std::shared_ptr<Model> model, average;
  LoadReport report;
  std::vector<std::string> targets;  // that its tasks need
};
StartedModel start_model(const RunConfig& config, const Preprocess& preprocess, const at::Device& device);

// What trains: `studies` of the train part have what the run needs.
struct TrainingSource {
  StepPlan plan;
  int64_t studies = 0;
  std::unique_ptr<LoaderSource> source;
};
TrainingSource open_source(const RunConfig& config, const RunData& data, const Preprocess& preprocess,
                           const std::vector<std::string>& targets, const dist::Group& group);

// Inputs whose studies give the same features at every visit: the encoder does not train, images are neither cropped nor augmented, and
// texts are not changed.
std::set<std::string> steady_inputs(const RunConfig& config, const Preprocess& preprocess, Model& model);

}  // namespace chiasm
