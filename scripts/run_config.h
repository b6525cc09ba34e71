// The run file: what to train, on what, how. One struct per section; every component owns the fields of its own kind.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/encoder.h"
#include "core/fusion.h"
#include "core/task.h"
#include "core/train/train_config.h"
#include "data/sampler_groups.h"
#include "data/view.h"

namespace chiasm {

struct DataSection {
  std::string store, split;  // paths; relative ones start at the working folder
  std::string part = "train";
  int64_t fold = -1;      // of a split with folds: validate on this one, train on the others
  std::string tokenizer;  // model file of `chiasm tokenizer`; needed when text is read or written
  std::string balance;    // a labels target whose positive and negative studies are drawn evenly
  SamplingConfig sampling;
  double most_unreadable = 0.05;
  int64_t budget_mib = 64;
};

struct InputsSection {
  std::vector<std::string> required, optional;
};

struct EncoderSection {
  Component<Encoder, InputSpec> encoder;
  std::vector<std::string> inputs;
};

struct FusionSection {
  Component<Fusion, FusionContext> fusion;
  int64_t width = 128;
  double modality_dropout = 0.3;
  bool absent_tokens = true;
};

struct TaskSection {
  Component<Task, TaskContext> task;
  std::string name;  // default: the kind
  double weight = 1.0;
  std::vector<std::string> start;  // tasks of the earlier run whose parts this one starts with
};

// What trains when weights of an earlier run are loaded.
struct ModeSection {
  std::string kind = "full";        // full, frozen (heads only), lora (heads and low-rank adapters)
  std::vector<std::string> freeze;  // full: encoders that keep their weights
  int64_t rank = 8;
  double alpha = 16.0;
};

struct ValidateSection {
  int64_t every = 0;     // steps; 0: at the end only
  std::string best;      // a figure such as classify.auroc: its best averaged weights are kept as the model; empty: the last
  int64_t studies = 64;  // validated at most while training
};

struct EvaluateSection {
  std::string subsets = "each";        // each: all inputs, every single one, every one left out; all: every subset; none
  std::vector<std::string> also;       // further subsets, names joined by "+"
  std::vector<std::string> subgroups;  // facts of the store: sex, age_band, site, scanner
  int64_t bootstrap = 1000;            // draws
  std::vector<std::string> baselines;  // prevalence, table, probe, fact:NAME, column:INPUT.COLUMN
  std::string pool = "study";          // what retrieval chooses from: every study, or one study a patient
  std::map<std::string, std::vector<std::string>> lexicon;  // finding -> phrases, for figures of generated reports
  std::map<std::string, std::vector<std::string>> visible;  // finding -> inputs that show it
};

struct TextSection {
  int64_t length = 128;  // tokens a text at most, begin and end included
};

struct RunConfig {
  std::string from;  // an earlier run: its encoders, fusion, views, tokenizer and weights
  bool upper_bound = false;
  DataSection data;
  InputsSection inputs;
  std::map<std::string, EncoderSection> encoders;
  FusionSection fusion;
  std::map<std::string, ViewConfig> views;
  AugmentConfig augment;
  TextSection text;
  std::vector<TaskSection> tasks;
  ModeSection mode;
  TrainConfig train;
  ValidateSection validate;
  EvaluateSection evaluate;
};

void fields(config::Visitor& v, RunConfig& c);

// Reads, resolves `from:` and checks. Throws UsageError with every mistake of the file.
RunConfig read_run_config(const std::string& path, const std::vector<std::string>& overrides);
// The resolved file of an existing run folder.
RunConfig read_resolved(const std::string& run_folder);

// All inputs of the run, required first.
std::vector<std::string> run_inputs(const RunConfig& config);

}  // namespace chiasm
