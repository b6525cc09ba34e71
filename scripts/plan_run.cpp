#include "scripts/plan_run.h"

#include <sys/resource.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>

#include "core/base/error.h"
#include "core/train/flops.h"
#include "core/train/precision.h"
#include "data/dataset.h"
#include "scripts/assemble.h"
#include "scripts/data_setup.h"
#include "scripts/train_parts.h"

namespace chiasm {
namespace {

constexpr size_t kSurveyed = 64;  // studies

// Images of some studies of the train part, spread evenly; a damaged study is left to the loader.
Fingerprint surveyed(const RunData& data, const std::vector<std::string>& inputs) {
  std::vector<StudySurvey> surveys;
  const std::vector<int64_t> indices = store_indices(*data.store, data.train);
  const size_t used = std::min(indices.size(), kSurveyed);
  for (size_t n = 0; n < used && !inputs.empty(); ++n) {
    try {
      const StudyRecord record = data.store->read(indices[n * indices.size() / used], inputs);
      StudySurvey images;
      for (const auto& [input, items] : record.inputs)
        for (size_t row = 0; row < items.size(); ++row) {
          ImageSurvey& image = images.images.emplace_back();
          image.input = input;
          image.size = items[row].volume.size;
          image.spacing = spacing_mm(items[row].volume);
          survey_intensities(items[row].volume, image);
        }
      surveys.push_back(std::move(images));
    } catch (const InputError&) {
    }
  }
  return fingerprint(surveys);
}

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
  std::vector<std::string> names;
  for (const auto& entry : preprocess.preparations) names.push_back(entry.first);
  for (const auto& [name, images] : surveyed(data, names))
    plan.inputs[name] = planned(preprocess.preparations.at(name).view, images, steady.count(name) > 0);
}

}  // namespace

RunPlan plan_run(const RunConfig& config, int64_t measured) {
  const auto group = dist::from_environment(config.train.device);
  if (group->size() > 1) throw UsageError("a plan is made by one rank; start it without 'launch'");
  set_threads(config.train);
  const RunData data = open_data(config);
  assemble(config, sketch_preprocess(config, data.store->schema(), data.tokenizer.get()), 0);  // refuses before an image is read
  const Preprocess preprocess = make_preprocess(config, data);
  const auto seed = static_cast<uint64_t>(config.train.seed);
  const std::shared_ptr<Model> model = assemble(config, preprocess, seed),
                               average = config.train.ema > 0 ? assemble(config, preprocess, seed) : nullptr;
  if (!config.from.empty()) start_from(*model, config.from);
  for (Model* each : {model.get(), average.get()}) {
    if (each == nullptr) continue;
    apply_mode(*each, config.mode);
    each->to(group->device());
  }
  std::vector<std::string> targets;
  for (const TaskSlot& slot : model->tasks())
    for (const std::string& need : slot.task->needs()) targets.push_back(need);
  StepPlan steps = plan_steps(config, 1, static_cast<int64_t>(data.train.size()));
  auto loader = std::make_unique<Loader>(data.store, data.train, data.tokenizer,
                                         loader_options(config, preprocess, targets, *group, /*training=*/true, steps.micro_batch));
  const int64_t studies = loader->studies();
  steps = plan_steps(config, 1, studies);
  LoaderSource source(std::move(loader));

  RunPlan plan;
  plan.train = studies, plan.val = static_cast<int64_t>(data.val.size());
  plan.steps = steps.steps, plan.batch = config.train.batch, plan.micro = steps.micro;
  plan.passes = static_cast<double>(steps.steps * config.train.batch) / static_cast<double>(std::max<int64_t>(studies, 1));
  plan.precision = resolve_precision(config.train.precision, group->device());
  plan.device = config.train.device, plan.threads = at::get_num_threads();
  for (const auto& child : model->named_children()) add_weights(*child.value(), child.key(), plan);
  plan.disk_bytes = disk_of(*model, config.train);
  const std::set<std::string> steady = steady_inputs(config, preprocess, *model);
  Trainer trainer(*model, average.get(), source, *group, config.train, steps.steps, steps.micro, plan.precision, group->device());
  trainer.keep_features(std::make_unique<FeatureMemory>(steady, static_cast<int64_t>(config.train.feature_gib * (1 << 30))));
  measure(trainer, source, measured, plan);
  describe_inputs(data, preprocess, steady, plan);
  return plan;
}

}  // namespace chiasm
