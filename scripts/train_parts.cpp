#include "scripts/train_parts.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/base/threads.h"

namespace chiasm {

Batch LoaderSource::next() {
  auto batch = loader_->next();
  if (!batch) throw Error("the training loader ran dry");
  return std::move(*batch);
}

StepPlan plan_steps(const RunConfig& config, int ranks, int64_t studies) {
  const TrainConfig& train = config.train;
  if (train.batch % ranks != 0)
    throw UsageError("train.batch is " + std::to_string(train.batch) + "; it must be a multiple of the " + std::to_string(ranks) +
                     " ranks");
  StepPlan plan;
  plan.micro_batch = train.micro_batch > 0 ? train.micro_batch : train.batch / ranks;
  if (train.batch % (plan.micro_batch * ranks) != 0)
    throw UsageError("train.batch must be a multiple of train.micro_batch x ranks = " + std::to_string(plan.micro_batch * ranks));
  plan.micro = train.batch / (plan.micro_batch * ranks);
  const int64_t per_epoch = std::max<int64_t>(1, studies / train.batch);
  plan.steps = train.steps > 0 ? train.steps : train.epochs * per_epoch;
  return plan;
}

void set_threads(const TrainConfig& config) {
  const char* local = std::getenv("LOCAL_WORLD_SIZE");
  const int ranks = local == nullptr ? 1 : static_cast<int>(parse_integer(local).value_or(1));
  const int threads = config.threads > 0 ? static_cast<int>(config.threads) : std::max(1, available_cores() / ranks);
  at::set_num_threads(threads);
}

namespace {

// New weights: those of the model that no earlier run gave, adapters included.
void note_fresh(const Model& model, LoadReport& report) {
  const std::set<std::string> loaded(report.loaded.begin(), report.loaded.end());
  report.fresh.clear();
  for (const auto& entry : weights_of(model))
    if (!loaded.count(entry.first)) report.fresh.push_back(entry.first);
}

}  // namespace

StartedModel start_model(const RunConfig& config, const Preprocess& preprocess, const at::Device& device) {
  StartedModel out;
  const auto seed = static_cast<uint64_t>(config.train.seed);
  out.model = assemble(config, preprocess, seed);
  out.average = config.train.ema > 0 ? assemble(config, preprocess, seed) : nullptr;
  if (!config.from.empty()) {
    out.report = start_from(*out.model, config.from);
    start_tasks(*out.model, config, out.report);
  }
  apply_mode(*out.model, config.mode);
  note_fresh(*out.model, out.report);
  if (out.average) apply_mode(*out.average, config.mode);
  out.model->to(device);
  if (out.average) out.average->to(device);
  for (const TaskSlot& slot : out.model->tasks())
    for (const std::string& need : slot.task->needs()) out.targets.push_back(need);
  return out;
}

TrainingSource open_source(const RunConfig& config, const RunData& data, const Preprocess& preprocess,
                           const std::vector<std::string>& targets, const dist::Group& group) {
  TrainingSource out;
  out.plan = plan_steps(config, group.size(), static_cast<int64_t>(data.train.size()));
  LoaderOptions options = loader_options(config, preprocess, targets, group, /*training=*/true, out.plan.micro_batch);
  options.pin = group.device().is_cuda();
  auto loader = std::make_unique<Loader>(data.store, data.train, data.tokenizer, options);
  out.studies = loader->studies();
  out.plan = plan_steps(config, group.size(), out.studies);
  out.source = std::make_unique<LoaderSource>(std::move(loader));
  return out;
}

std::set<std::string> steady_inputs(const RunConfig& config, const Preprocess& preprocess, Model& model) {
  const AugmentConfig& augment = config.augment;
  const bool augmented = augment.flip_lr || augment.intensity != "none" || augment.geometry != "none";
  const bool rewritten = augment.text.keep_sections < 1 || augment.text.shuffle > 0 || augment.text.mask > 0;
  std::set<std::string> out;
  for (const auto& [name, spec] : model.inputs()) {
    const bool varies = (spec.form == Form::image && (augmented || preprocess.preparations.at(name).view.sample == "crop")) ||
                        (spec.form == Form::text && rewritten);
    if (!varies && is_frozen(model.encoder(name))) out.insert(name);
  }
  return out;
}

}  // namespace chiasm
