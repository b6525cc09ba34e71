#include "scripts/train_run.h"

#include <torch/torch.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <limits>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "core/dist/cuda_library.h"
#include "core/train/checkpoint.h"
#include "core/train/ema.h"
#include "core/train/precision.h"
#include "scripts/assemble.h"
#include "scripts/data_setup.h"
#include "scripts/run_folder.h"
#include "scripts/train_parts.h"
#include "scripts/validation.h"

namespace chiasm {
namespace {

volatile std::sig_atomic_t stop_asked = 0;
void ask_stop(int) { stop_asked = 1; }

// Where a run picks the weights it keeps: the best of a watched figure, or the last.
class Best {
 public:
  explicit Best(std::string figure) : figure_(std::move(figure)) {}
  bool improves(const std::map<std::string, double>& figures) {
    if (figure_.empty()) return true;
    const auto found = figures.find(figure_);
    if (found == figures.end()) {
      log::warn("validate.best: '" + figure_ + "' is undefined in these studies; this validation chooses no weights");
      return false;
    }
    const bool smaller_is_better = ends_with(figure_, "loss");
    const double value = smaller_is_better ? -found->second : found->second;
    if (!(value > best_)) return false;
    best_ = value;
    return true;
  }
  // A wrong name must not be found out after the training.
  void check(const std::vector<std::string>& known) const {
    if (!figure_.empty() && std::find(known.begin(), known.end(), figure_) == known.end())
      throw UsageError("validate.best: no figure '" + figure_ + "'" + did_you_mean(figure_, known) + "; figures: " + join(known, ", "));
  }
  double value() const { return best_; }
  void restore(double value) { best_ = value; }

 private:
  std::string figure_;
  double best_ = -std::numeric_limits<double>::infinity();
};

// With the folder of the run named. Ranks beside the first never write to it.
TrainOptions named(TrainOptions options) {
  if (options.resume && options.out.empty()) throw UsageError("--resume needs --out, the folder of the run to go on with");
  if (options.out.empty()) options.out = default_run_path(fs::path(options.config).stem().string());
  return options;
}

// All parts of one run, built in order.
class Run {
 public:
  Run(const TrainOptions& options, const std::string& verb)
      : options_(named(options)),
        verb_(verb),
        config_(read_run_config(options.config, options.set)),
        group_(dist::from_environment(config_.train.device)),
        device_(group_->device()),
        best_(config_.validate.best) {
    if (group_->size() > 1) log::set_rank(group_->rank());
    if (!group_->first()) Progress::set_quiet(true);
    set_threads(config_.train);
    if (device_.is_cuda()) dist::open_cuda_library()->set_deterministic(config_.train.deterministic);
    precision_ = resolve_precision(config_.train.precision, device_);
    data_ = open_data(config_);
    refuse_seen();
    assemble(config_, sketch_preprocess(config_, data_.store->schema(), data_.tokenizer.get()), 0);  // refuses before an image is read
    preprocess_ = make_preprocess(config_, data_);
    build();
  }

  int go() {
    check_best();
    if (options_.dry_run) return describe();
    if (group_->first()) {
      folder_ = std::make_unique<RunFolder>(options_.out, options_.resume, config_);
      folder_->write_facts(config_, data_, preprocess_, {precision_, group_->size(), at::get_num_threads(), weight_facts()});
    }
    group_->barrier();
    Trainer trainer(*model_, average_.get(), *source_, *group_, config_.train, plan_.steps, plan_.micro, precision_, device_);
    trainer.keep_features(std::make_unique<FeatureMemory>(steady_inputs(config_, preprocess_, *model_),
                                                          static_cast<int64_t>(config_.train.feature_gib * (1 << 30))));
    resume(trainer);
    announce(trainer);
    const bool finished = loop(trainer);
    if (finished) finish(trainer);
    group_->barrier();
    return static_cast<int>(Exit::ok);
  }

 private:
  // Test patients of this split must not have shaped the weights that the run starts from.
  void refuse_seen() {
    const std::set<std::string> seen = earlier_patients(config_);
    if (!config_.from.empty() && seen.empty() && group_->first())
      log::warn("it is unknown which patients shaped '" + config_.from + "': that run came without a list, so none can be refused");
    const auto overlap = std::count_if(data_.test.begin(), data_.test.end(), [&](const std::string& study) {
      return seen.count(patient_digest(data_.patient_of.at(study))) > 0;
    });
    if (overlap > 0 && !options_.allow_seen)
      throw UsageError(std::to_string(overlap) +
                       " test studies belong to patients that shaped the run named by 'from:' or the tokenizer; use one split for all, or "
                       "--allow-seen, which marks every figure as contaminated");
  }

  Json weight_facts() const {
    int64_t trained = 0;
    for (const at::Tensor& p : model_->parameters()) trained += p.requires_grad() ? p.numel() : 0;
    return {{"mode", config_.mode.kind}, {"from", config_.from},       {"loaded", report_.loaded},
            {"new", report_.fresh},      {"left_out", report_.unused}, {"trained_numbers", trained}};
  }

  void build() {
    StartedModel started = start_model(config_, preprocess_, device_);
    model_ = std::move(started.model), average_ = std::move(started.average), report_ = std::move(started.report);
    TrainingSource training = open_source(config_, data_, preprocess_, started.targets, *group_);
    plan_ = training.plan, source_ = std::move(training.source);
    LoaderOptions val = loader_options(config_, preprocess_, started.targets, *group_, /*training=*/false, plan_.micro_batch);
    val.pin = device_.is_cuda();
    validation_ = std::make_unique<Loader>(data_.store, data_.val, data_.tokenizer, val);
  }

  int describe() {
    RunFolder::check(options_.out, options_.resume, config_);
    if (!group_->first()) return static_cast<int>(Exit::ok);
    int64_t all = 0;
    for (const at::Tensor& p : model_->parameters()) all += p.numel();
    const auto trained = weight_facts().at("trained_numbers").get<int64_t>();
    if (options_.json) {
      const Json plan = {{"steps", plan_.steps},    {"batch", config_.train.batch}, {"weights", all},         {"trained_weights", trained},
                         {"precision", precision_}, {"train", data_.train.size()},  {"val", data_.val.size()}};
      std::cout << plan.dump(2) << "\n";
      return static_cast<int>(Exit::ok);
    }
    std::cout << verb_ << ": " << plan_.steps << " steps of " << config_.train.batch << " studies, " << all << " weights (" << trained
              << " trained), precision " << precision_ << ", " << data_.train.size() << " train and " << data_.val.size()
              << " val studies\n";
    return static_cast<int>(Exit::ok);
  }

  void resume(Trainer& trainer) {
    if (!options_.resume) return;
    const auto state = load_latest(options_.out);
    if (state) trainer.restore(*state);
    if (group_->first()) folder_->rewind(trainer.done());
    if (!state) return;
    if (state->facts.contains("best"))
      best_.restore(state->facts["best"].is_null() ? -std::numeric_limits<double>::infinity() : state->facts["best"].get<double>());
  }

  void announce(const Trainer& trainer) {
    if (!group_->first()) return;
    if (!config_.from.empty())
      log::info("loaded " + std::to_string(report_.loaded.size()) + " weights from " + config_.from + ", " +
                std::to_string(report_.fresh.size()) + " are new, " + std::to_string(report_.unused.size()) + " were left out");
    if (trainer.done() > 0) log::info("resuming after step " + std::to_string(trainer.done()));
  }

  // True when all steps are done, false when a signal asked to leave.
  bool loop(Trainer& trainer) {
    std::signal(SIGTERM, ask_stop);
    std::signal(SIGINT, ask_stop);
    Progress progress(verb_, plan_.steps);
    progress.set(trainer.done());
    while (trainer.done() < plan_.steps) {
      const double waited = source_->wait_seconds();
      const auto start = std::chrono::steady_clock::now();
      const StepReport report = trainer.step();
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const double wait = (source_->wait_seconds() - waited) / std::max(seconds, 1e-9);
      if (group_->first()) {
        folder_->log_step(report, static_cast<double>(config_.train.batch) / seconds, wait);
        progress.set(report.step, "loss " + fixed(report.loss.item<double>(), 4) + "  wait " + fixed(100 * wait, 0) + " %");
      }
      if (leave()) {
        save(trainer, /*last=*/true);
        if (group_->first()) log::info("stopped after step " + std::to_string(trainer.done()) + "; go on with --resume");
        return false;
      }
      if (config_.validate.every > 0 && report.step % config_.validate.every == 0 && report.step < plan_.steps) watch(trainer);
      if (report.step % config_.train.checkpoint_every == 0 && report.step < plan_.steps) save(trainer);
    }
    progress.finish();
    return true;
  }

  // Signals reach ranks at different moments; all leave after the same step.
  bool leave() {
    at::Tensor flag = at::tensor({static_cast<float>(stop_asked)});
    if (group_->size() > 1) {
      flag = flag.to(device_);
      group_->all_reduce_max(flag);
    }
    return flag.item<float>() > 0;
  }

  Model& judged() { return average_ ? *average_ : *model_; }

  std::map<std::string, double> validated(int64_t studies) {
    RowContext context;
    context.patient_of = data_.patient_of;
    context.targets = &preprocess_.targets;
    context.tokenizer = data_.tokenizer.get();
    return validate(judged(), *validation_, *group_, precision_, studies, context);
  }

  // Losses and measures are named by one batch; AUROC and Dice may be undefined in it and follow from the kind of target.
  void check_best() {
    if (config_.validate.best.empty() || data_.val.empty()) return;
    std::vector<std::string> known;
    for (const auto& entry : validated(1)) known.push_back(entry.first);
    for (const TaskSlot& slot : model_->tasks())
      for (const std::string& need : slot.task->needs()) {
        const TargetKind kind = preprocess_.targets.at(need).kind;
        if (kind != TargetKind::text) known.push_back(slot.name + (kind == TargetKind::mask ? ".dice" : ".auroc"));
      }
    best_.check(known);
  }

  void watch(const Trainer& trainer) {
    const bool last = trainer.done() >= plan_.steps;
    const int64_t studies = last ? std::numeric_limits<int64_t>::max() : config_.validate.studies;
    figures_ = validated(studies);
    const bool better = best_.improves(figures_);
    if (!group_->first()) return;
    folder_->log_validation(trainer.done(), figures_);
    if (better) folder_->save_model(judged());
  }

  // A checkpoint that cannot be written does not end training, but a run that stops must not claim that it can go on.
  void save(const Trainer& trainer, bool last = false) {
    TrainState state = trainer.state();
    if (group_->first()) {
      state.facts["best"] = std::isfinite(best_.value()) ? Json(best_.value()) : Json();
      try {
        save_checkpoint(options_.out, state, config_.train.keep);
      } catch (const Error& error) {
        if (last) throw Error(std::string("stopped, but the last steps are lost, for no checkpoint was written: ") + error.what());
        log::error(std::string("no checkpoint was written (training goes on): ") + error.what());
      }
    }
    group_->barrier();
  }

  void finish(const Trainer& trainer) {
    if (data_.val.empty()) {
      if (group_->first()) folder_->save_model(judged());
    } else {
      watch(trainer);
    }
    save(trainer);
    if (!group_->first()) return;
    if (!fs::exists(fs::path(options_.out) / "model.safetensors")) folder_->save_model(judged());
    Json line = {{"run", options_.out}, {"steps", trainer.done()}, {"validation", figures_}};
    if (options_.json) {
      std::cout << line.dump(2) << "\n";
    } else {
      std::cout << verb_ << ": " << trainer.done() << " steps, run in " << options_.out << "\n";
      for (const auto& [name, value] : figures_) std::cout << "  val " << name << " " << fixed(value, 4) << "\n";
    }
  }

  TrainOptions options_;
  std::string verb_;
  RunConfig config_;
  std::shared_ptr<dist::Group> group_;
  at::Device device_;
  Best best_;
  std::string precision_;
  RunData data_;
  Preprocess preprocess_;
  std::shared_ptr<Model> model_, average_;
  StepPlan plan_;
  std::unique_ptr<LoaderSource> source_;
  std::unique_ptr<Loader> validation_;
  std::unique_ptr<RunFolder> folder_;
  LoadReport report_;
  std::map<std::string, double> figures_;
};

}  // namespace

int train_run(const TrainOptions& options, const std::string& verb) {
  keep_freed_memory();
  return Run(options, verb).go();
}

}  // namespace chiasm
