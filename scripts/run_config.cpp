#include "scripts/run_config.h"

#include <algorithm>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/config/config.h"
#include "encoders/encoders.h"
#include "fusion/fusions.h"
#include "scripts/baseline_features.h"
#include "tasks/tasks.h"

namespace chiasm {

void fields(config::Visitor& v, DataSection& c) {
  v.field("store", c.store, "Folder of the store.", {.required = true});
  v.field("split", c.split, "Split file of `chiasm split`.", {.required = true});
  v.field("part", c.part, "Part to train on.");
  v.field("fold", c.fold, "Fold to validate on; -1: the split's val part.", {.at_least = -1});
  v.field("tokenizer", c.tokenizer, "Model file of `chiasm tokenizer`; needed when text is read or written.");
  v.field("balance", c.balance, "A labels target whose positive and negative studies are drawn evenly.");
  v.field("sampling", c.sampling, "Which studies are drawn how often, and together.");
  v.field("most_unreadable", c.most_unreadable, "Share of the studies that may be left out because they cannot be read.",
          {.at_least = 0, .at_most = 1});
  v.field("budget_mib", c.budget_mib, "Batches are made ahead up to so many MiB a rank; two always are.", {.at_least = 0});
}

void fields(config::Visitor& v, InputsSection& c) {
  v.field("required", c.required, "Only studies that have all of these are used.");
  v.field("optional", c.optional, "Used where a study has them.");
}

void fields(config::Visitor& v, EncoderSection& c) {
  c.encoder.visit(v, encoders());
  v.field("inputs", c.inputs, "Inputs that this encoder reads; several share its weights.", {.min_size = 1});
}

void fields(config::Visitor& v, FusionSection& c) {
  c.fusion.visit(v, fusions());
  v.field("width", c.width, "Width of the fused tokens.", {.at_least = 8, .at_most = 8192});
  v.field("modality_dropout", c.modality_dropout, "Probability that a present input is hidden while training.",
          {.at_least = 0, .below = 1});
  v.field("absent_tokens", c.absent_tokens, "A learned token stands for an input that a study lacks.");
}

void fields(config::Visitor& v, TaskSection& c) {
  c.task.visit(v, tasks());
  v.field("name", c.name, "Name of its metrics; the kind when empty.");
  v.field("weight", c.weight, "Weight of its loss.", {.at_least = 0});
  v.field("start", c.start,
          "Tasks of the run named by `from` that this one starts like: parts of the same name and shape are taken, and heads of deep "
          "supervision become detectors.");
}

void fields(config::Visitor& v, ModeSection& c) {
  c.kind = v.kind(c.kind, {{"full", "Every weight trains."},
                           {"frozen", "Encoders and fusion keep the weights of `from`; heads train."},
                           {"lora", "Low-rank adapters and heads train (Hu et al., 2022)."}});
  if (c.kind == "full") v.field("freeze", c.freeze, "Encoders that keep the weights of `from`.");
  if (c.kind != "lora") return;
  v.field("rank", c.rank, "Rank of the adapters.", {.at_least = 1, .at_most = 1024});
  v.field("alpha", c.alpha, "Adapters are scaled by alpha / rank.", {.above = 0});
}

void fields(config::Visitor& v, ValidateSection& c) {
  v.field("every", c.every, "Steps between validations; 0: at the end only.", {.at_least = 0});
  v.field("best", c.best, "Keep the averaged weights where this figure is best, e.g. classify.auroc; empty: the last ones.");
  v.field("studies", c.studies, "Studies validated at most while training.", {.at_least = 1});
}

void fields(config::Visitor& v, EvaluateSection& c) {
  v.field("subsets", c.subsets, "Subsets of inputs to evaluate.", {.choices = {"each", "all", "none"}});
  v.field("also", c.also, "Further subsets to evaluate: input names joined by '+'. A bundle refuses subsets that were never evaluated.");
  v.field("subgroups", c.subgroups, "Facts of the store to tabulate by, e.g. sex.");
  v.field("bootstrap", c.bootstrap, "Draws of the patient bootstrap.", {.at_least = 100, .at_most = 100000});
  v.field("lexicon", c.lexicon, "Finding to phrases that name it, for the figures of generated reports.");
  v.field("visible", c.visible,
          "Finding to the inputs that show it: a figure of its own counts a finding of a report only in studies that have one of them.");
  v.field("baselines", c.baselines,
          "Baselines printed beside the model: prevalence, table, probe, fact:NAME (one fact of the store as the only predictor) or "
          "column:INPUT.COLUMN (one column of a table).");
  v.field("pool", c.pool, "What retrieval chooses from: every study, or one study a patient, the first by name.",
          {.choices = {"study", "patient"}});
  for (const std::string& name : c.baselines) v.require(baseline_mistake(name).empty(), baseline_mistake(name));
}

void fields(config::Visitor& v, TextSection& c) {
  v.field("length", c.length, "Tokens a text at most, begin and end included.", {.at_least = 8, .at_most = 8192});
}

void fields(config::Visitor& v, RunConfig& c) {
  v.field("from", c.from, "An earlier run whose encoders, fusion, views, tokenizer and weights this one takes.");
  v.field("upper_bound", c.upper_bound,
          "Tasks may read what their targets were taken from, such as the report: what perfect reading would reach. The run and its "
          "figures are marked, and it is never exported.");
  v.field("data", c.data, "What to train on.");
  v.field("inputs", c.inputs, "Inputs of the run; empty: all that an encoder reads, as optional ones.");
  v.field("encoders", c.encoders, "Encoders by name.");
  v.field("fusion", c.fusion, "How the inputs' tokens become one set.");
  v.field("views", c.views, "By image input: grid, spacing, window.");
  v.field("augment", c.augment, "Augmentation while training.");
  v.field("text", c.text, "Texts.");
  v.field("tasks", c.tasks, "What is learned.", {.min_size = 1});
  v.field("mode", c.mode, "What trains: full, frozen or lora.");
  v.field("train", c.train, "The training loop.");
  v.field("validate", c.validate, "Validation while training.");
  v.field("evaluate", c.evaluate, "What `chiasm evaluate` computes.");
}

std::vector<std::string> run_inputs(const RunConfig& config) {
  std::vector<std::string> out = config.inputs.required;
  out.insert(out.end(), config.inputs.optional.begin(), config.inputs.optional.end());
  return out;
}

namespace {

// Sections that `from` hands down may be left out or restated equally, never changed.
template <class T>
void inherit(const std::string& section, std::map<std::string, T>& mine, const std::map<std::string, T>& theirs) {
  for (const auto& [name, value] : theirs) {
    const auto [place, fresh] = mine.try_emplace(name, value);
    if (fresh) continue;
    if (config::write_json(place->second).dump() != config::write_json(value).dump())
      throw UsageError(section + "." + name + " differs from the run named by 'from:'; leave it out, or train without 'from:'");
  }
}

void resolve_from(RunConfig& config, const config::Document& document) {
  if (config.from.empty()) return;
  const RunConfig base = read_resolved(config.from);
  inherit("encoders", config.encoders, base.encoders);
  inherit("views", config.views, base.views);
  const double dropout = document.scalar("fusion.modality_dropout").empty() ? base.fusion.modality_dropout : config.fusion.modality_dropout;
  const bool restated = !document.scalar("fusion.kind").empty() || !document.scalar("fusion.width").empty();
  FusionSection handed_down = base.fusion;
  handed_down.modality_dropout = config.fusion.modality_dropout = dropout;  // the one thing that may change
  if (restated && config::write_json(config.fusion).dump() != config::write_json(handed_down).dump())
    throw UsageError("fusion differs from the run named by 'from:'; leave it out, or train without 'from:'");
  config.fusion = handed_down;
  const fs::path tokenizer = fs::path(config.from) / "tokenizer.model";
  if (config.data.tokenizer.empty() && fs::exists(tokenizer)) config.data.tokenizer = tokenizer.string();
  if (fs::exists(tokenizer) && fs::exists(config.data.tokenizer) && sha256_file(config.data.tokenizer) != sha256_file(tokenizer))
    throw UsageError(
        "data.tokenizer is another model than the tokenizer of the run named by 'from:', whose weights know its pieces; leave "
        "it out, or train without 'from:'");
  if (document.scalar("text.length").empty()) config.text = base.text;
}

// Names that must fit together, all mistakes at once.
void check_names(RunConfig& config, const std::string& file) {
  std::vector<std::string> mistakes;
  std::set<std::string> encoded;
  for (const auto& [name, section] : config.encoders)
    for (const std::string& input : section.inputs)
      if (!encoded.insert(input).second) mistakes.push_back("input '" + input + "' is read by two encoders; one encoder reads an input");
  if (config.encoders.empty()) mistakes.push_back("no encoders; name at least one under 'encoders:' or take them by 'from:'");
  if (config.inputs.required.empty() && config.inputs.optional.empty()) config.inputs.optional.assign(encoded.begin(), encoded.end());
  std::set<std::string> seen;
  for (const std::string& input : run_inputs(config)) {
    if (!encoded.count(input)) mistakes.push_back("no encoder reads input '" + input + "'; add it to one under 'encoders:'");
    if (!seen.insert(input).second) mistakes.push_back("input '" + input + "' is listed twice under 'inputs:'");
  }
  seen.clear();
  for (TaskSection& task : config.tasks) {
    if (task.name.empty()) task.name = task.task.kind();
    if (task.name.find('.') != std::string::npos) mistakes.push_back("task name '" + task.name + "' holds a dot");
    if (!seen.insert(task.name).second) mistakes.push_back("two tasks are named '" + task.name + "'; give one a 'name:'");
  }
  if (config.mode.kind != "full" && config.from.empty())
    mistakes.push_back("mode: " + config.mode.kind + " needs 'from:', the run whose weights stay");
  for (const TaskSection& task : config.tasks)
    if (!task.start.empty() && config.from.empty())
      mistakes.push_back("task '" + task.name + "': 'start:' needs 'from:', the run it names a task of");
  if (!config.mode.freeze.empty() && config.from.empty()) mistakes.push_back("mode.freeze needs 'from:', the run whose weights stay");
  std::vector<std::string> names;
  for (const auto& entry : config.encoders) names.push_back(entry.first);
  for (const std::string& name : config.mode.freeze)
    if (!config.encoders.count(name)) mistakes.push_back("mode.freeze: no encoder '" + name + "'" + did_you_mean(name, names));
  if (mistakes.empty()) return;
  for (std::string& line : mistakes) line = file + ": " + line;
  throw UsageError(join(mistakes, "\n"));
}

}  // namespace

RunConfig read_run_config(const std::string& path, const std::vector<std::string>& overrides) {
  const config::Document document = config::Document::load(path, overrides);
  std::vector<std::string> all = overrides;
  // Under `from:` the modality dropout may be changed alone; the keys of a fusion need its kind to be read.
  if (!document.scalar("from").empty() && !document.scalar("fusion.modality_dropout").empty() && document.scalar("fusion.kind").empty())
    all.insert(all.begin(), "fusion.kind=" + read_resolved(document.scalar("from")).fusion.fusion.kind());
  RunConfig config = config::read<RunConfig>(config::Document::load(path, all));
  resolve_from(config, document);
  check_names(config, path);
  return config;
}

RunConfig read_resolved(const std::string& run_folder) {
  const fs::path file = fs::path(run_folder) / "config.yaml";
  if (!fs::exists(file)) throw UsageError("'" + run_folder + "' is not a run: it has no config.yaml");
  return config::read<RunConfig>(config::Document::load(file));
}

}  // namespace chiasm
