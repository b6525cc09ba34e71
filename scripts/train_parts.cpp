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
