#include "data/loader.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "data/collate.h"
#include "data/dataset.h"
#include "data/loader_pipeline.h"
#include "data/loader_specs.h"
#include "data/sampler.h"

namespace chiasm {
namespace {

bool any_known(const StudyEntry& entry, const std::string& target) {
  if (const auto labels = entry.labels.find(target); labels != entry.labels.end())
    return std::any_of(labels->second.begin(), labels->second.end(), [](double value) { return !std::isnan(value); });
  return entry.inputs.count(target) || std::find(entry.masks.begin(), entry.masks.end(), target) != entry.masks.end();
}

bool eligible(const StudyEntry& entry, const LoaderOptions& options) {
  for (const std::string& input : options.require)
    if (!entry.inputs.count(input)) return false;
  const std::vector<std::string>& targets = options.require_targets;
  return targets.empty() || std::any_of(targets.begin(), targets.end(), [&](const std::string& name) { return any_known(entry, name); });
}

std::vector<int64_t> eligible_studies(const StoreReader& store, const std::vector<std::string>& studies, const LoaderOptions& options) {
  std::vector<int64_t> out;
  for (const int64_t index : store_indices(store, studies))
    if (eligible(store.entry(index), options)) out.push_back(index);
  if (options.training && out.empty()) throw UsageError("no study has all required inputs and any of the targets; nothing can be trained");
  return out;
}

SamplerOptions sampler_options(const LoaderOptions& options) {
  return {options.training, options.batch, options.rank, options.ranks, options.seed, !options.sampling.length_of.empty()};
}

std::vector<SamplerGroup> groups_of(const StoreReader& store, const std::vector<int64_t>& studies, const LoaderOptions& options) {
  if (!options.training) return {};
  return sampler_groups(store, studies, options.balance, options.sampling);
}

// What became of one draw, and of one batch. Nothing when no study could be read. `unreadable`: store indices met on the way.
struct Made {
  std::optional<Sample> sample;
  std::set<int64_t> unreadable;
};
struct Joined {
  std::optional<Batch> batch;
  std::set<int64_t> unreadable;
};

}  // namespace

struct Loader::State {
  State(std::shared_ptr<const StoreReader> store, const std::vector<std::string>& names, std::shared_ptr<const Tokenizer> tokenizer,
        LoaderOptions given)
      : options(given),
        dataset(std::move(store), std::move(tokenizer), std::move(given)),
        studies(eligible_studies(dataset.store(), names, options)),
        sampler(static_cast<int64_t>(studies.size()), sampler_options(options), groups_of(dataset.store(), studies, options)),
        layout{input_specs(dataset.store().schema(), options, dataset.tokenizer()),
               target_shapes(dataset.store().schema(), options, dataset.tokenizer()), options.table_scales,
               options.training && !options.sampling.length_of.empty()},
        pipeline({[this] { return plan(); }, [this](const Draw& draw) { return make(draw); },
                  [this](std::vector<Made> parts) { return join(std::move(parts)); },
                  [](const Joined& joined) { return joined.batch ? bytes_of(*joined.batch) : int64_t{0}; }},
                 std::max(options.threads, 1), options.budget_bytes) {}

  std::optional<std::vector<Draw>> plan() {
    const int64_t batches = sampler.batches_per_epoch();
    if (next_batch == batches) {
      if (!options.training) return std::nullopt;
      next_batch = 0;
      ++next_epoch;
    }
    return sampler.draws(next_epoch, next_batch++);
  }

  // The study drawn; in training the next one that can be read.
  Made make(const Draw& draw) const {
    Made out;
    const size_t attempts = options.training ? studies.size() : 1;
    for (size_t n = 0; n < attempts && !out.sample; ++n) {
      const int64_t index = studies[(static_cast<size_t>(draw.study) + n) % studies.size()];
      try {
        out.sample = dataset.sample(index, draw.key);
      } catch (const InputError&) {
        out.unreadable.insert(index);
      } catch (const Refused&) {
        out.unreadable.insert(index);
      }
    }
    return out;
  }

  Joined join(std::vector<Made> parts) const {
    Joined out;
    std::vector<Sample> samples;
    for (Made& part : parts) {
      out.unreadable.merge(part.unreadable);
      if (part.sample) samples.push_back(std::move(*part.sample));
    }
    if (samples.empty()) return out;
    out.batch = collate(samples, layout);
    if (options.pin) out.batch = pinned(std::move(*out.batch));
    return out;
  }

  void note_unreadable(const std::set<int64_t>& indices) {
    for (const int64_t index : indices)
      if (quarantine.insert(index).second) log::warn("study " + dataset.store().entry(index).study + " cannot be read; it is left out");
    if (static_cast<double>(quarantine.size()) <= options.most_unreadable * static_cast<double>(studies.size())) return;
    throw InputError(std::to_string(quarantine.size()) + " of " + std::to_string(studies.size()) + " studies cannot be read, more than " +
                     format_number(100 * options.most_unreadable) + " %; 'chiasm check' names what is damaged");
  }

  std::optional<Batch> next() {
    while (std::optional<Joined> joined = pipeline.next()) {
      note_unreadable(joined->unreadable);
      if (joined->batch) return std::move(joined->batch);
    }
    return std::nullopt;
  }

  void seek(int64_t epoch, int64_t batch) {
    check(epoch >= 0 && batch >= 0 && batch <= sampler.batches_per_epoch(), "a loader's position lies within its epochs");
    pipeline.restart([&] {
      next_epoch = epoch;
      next_batch = batch;
    });
  }

  const LoaderOptions options;
  const Dataset dataset;
  const std::vector<int64_t> studies;  // store indices
  Sampler sampler;
  const Layout layout;
  int64_t next_epoch = 0, next_batch = 0;  // to be planned
  std::set<int64_t> quarantine;            // of what was delivered
  Pipeline<Draw, Made, Joined> pipeline;   // last: its threads use all of the above
};

Loader::Loader(std::shared_ptr<const StoreReader> store, std::vector<std::string> studies, std::shared_ptr<const Tokenizer> tokenizer,
               LoaderOptions options)
    : state_(std::make_unique<State>(std::move(store), studies, std::move(tokenizer), std::move(options))) {}

Loader::~Loader() = default;
int64_t Loader::studies() const { return static_cast<int64_t>(state_->studies.size()); }
int64_t Loader::batches_per_epoch() const { return state_->sampler.batches_per_epoch(); }
void Loader::seek(int64_t epoch, int64_t batch) { state_->seek(epoch, batch); }
std::optional<Batch> Loader::next() { return state_->next(); }
double Loader::wait_seconds() const { return state_->pipeline.wait_seconds(); }
int64_t Loader::quarantined() const { return static_cast<int64_t>(state_->quarantine.size()); }

}  // namespace chiasm
