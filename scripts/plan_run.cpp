#include "scripts/plan_run.h"

#include <sys/resource.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "core/train/flops.h"
#include "core/train/precision.h"
#include "scripts/train_parts.h"

namespace chiasm {
namespace {

PlannedInput planned(const ViewConfig& view, const InputFingerprint& images, bool steady) {
  PlannedInput out{view, images, {1, 1, 1}, {1, 1, 1}, steady};
  if (view.size[0] == 1) return out;
  // Stored axes are in the order of the file: the longest field of view of the view is held against the image's, sorted alike.
  std::array<double, 3> field{}, wanted{}, spacing{}, asked = view.spacing_mm;
  for (size_t d = 0; d < 3; ++d) {
    field[d] = static_cast<double>(images.size.median[d]) * images.spacing_mm.median[d];
    spacing[d] = images.spacing_mm.median[d];
    wanted[d] = static_cast<double>(view.size[d]) * view.spacing_mm[d];
  }
  for (auto* list : {&field, &wanted, &spacing, &asked}) std::sort(list->begin(), list->end());
  for (size_t d = 0; d < 3; ++d) {
    out.seen[d] = std::min(1.0, wanted[d] / std::max(field[d], 1e-9));
    out.coarser[d] = asked[d] / std::max(spacing[d], 1e-9);
  }
  return out;
}

void add_weights(const torch::nn::Module& module, const std::string& name, RunPlan& plan) {
  std::array<int64_t, 2>& sums = plan.weights[name];
  for (const at::Tensor& p : module.parameters()) sums[0] += p.numel(), sums[1] += p.requires_grad() ? p.numel() : 0;
}

// Float32: weights, their average and the two moments of AdamW in each checkpoint, and the model beside them.
int64_t disk_of(const Model& model, const TrainConfig& config) {
  int64_t all = 0, trained = 0;
  for (const at::Tensor& p : model.parameters()) all += p.numel(), trained += p.requires_grad() ? p.numel() : 0;
  for (const at::Tensor& b : model.buffers()) all += b.numel();
  const int64_t checkpoint = 4 * (all * (config.ema > 0 ? 2 : 1) + 2 * trained);
  return config.keep * checkpoint + 4 * all;
}

void measure(Trainer& trainer, const LoaderSource& source, int64_t steps, RunPlan& plan) {
  {
    FlopCounter counter;
    trainer.step().loss.item<double>();  // the first one is also the one that takes memory and fills caches: not timed
    plan.flops = counter.count();
  }
  const double waited = source.wait_seconds();
  double all = 0;
  for (int64_t n = 0; n < steps; ++n) {
    const auto start = std::chrono::steady_clock::now();
    trainer.step().loss.item<double>();
    plan.seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    all += plan.seconds.back();
  }
  plan.wait = (source.wait_seconds() - waited) / std::max(all, 1e-9);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  plan.memory_bytes = int64_t{usage.ru_maxrss} << 10;
}

void describe_inputs(const RunData& data, const Preprocess& preprocess, const std::set<std::string>& steady, RunPlan& plan) {
  for (const auto& [name, preparation] : preprocess.preparations)
    if (const InputFingerprint images = fit_fingerprint(*data.store, data.train, name); images.images > 0)
      plan.inputs[name] = planned(preparation.view, images, steady.count(name) > 0);
}

}  // namespace

RunPlan plan_run(const RunConfig& config, int64_t measured) {
  const auto group = dist::from_environment(config.train.device);
  if (group->size() > 1) throw UsageError("a plan is made by one rank; start it without 'launch'");
  set_threads(config.train);
  const RunData data = open_data(config);
  assemble(config, sketch_preprocess(config, data.store->schema(), data.tokenizer.get()), 0);  // refuses before an image is read
  const Preprocess preprocess = make_preprocess(config, data);
  const StartedModel started = start_model(config, preprocess, group->device());
  Model& model = *started.model;
  const TrainingSource training = open_source(config, data, preprocess, started.targets, *group);
  const StepPlan& steps = training.plan;

  RunPlan plan;
  plan.train = training.studies, plan.val = static_cast<int64_t>(data.val.size());
  plan.steps = steps.steps, plan.batch = config.train.batch, plan.micro = steps.micro;
  plan.passes = static_cast<double>(steps.steps * config.train.batch) / static_cast<double>(std::max<int64_t>(training.studies, 1));
  plan.precision = resolve_precision(config.train.precision, group->device());
  plan.device = config.train.device, plan.threads = at::get_num_threads();
  for (const auto& child : model.named_children()) add_weights(*child.value(), child.key(), plan);
  plan.disk_bytes = disk_of(model, config.train);
  const std::set<std::string> steady = steady_inputs(config, preprocess, model);
  Trainer trainer(model, started.average.get(), *training.source, *group, config.train, steps.steps, steps.micro, plan.precision,
                  group->device());
  trainer.keep_features(std::make_unique<FeatureMemory>(steady, static_cast<int64_t>(config.train.feature_gib * (1 << 30))));
  measure(trainer, *training.source, measured, plan);
  describe_inputs(data, preprocess, steady, plan);
  return plan;
}

}  // namespace chiasm
