// A task owns its head, losses and predictions. To write one: tasks/README.md.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/pass.h"
#include "core/registry.h"
#include "core/specs.h"

namespace chiasm {

// What a task is built from. `maps` are the shapes of the encoders of all inputs, by input name.
struct TaskContext {
  std::string name;                                     // unique in the run; the key of its metrics
  InputSpecs inputs;                                    // all inputs of the run
  TargetSpecs targets;                                  // all targets of the run
  std::map<std::string, Shape> shapes;                  // by input
  std::map<std::string, std::array<int64_t, 3>> grids;  // by input: the patch grid of its encoder
  int64_t width = 0;                                    // of fused tokens
  bool upper_bound = false;                             // reads what it may not, to compare with; see tasks/leakage.h
  std::vector<std::string> visible;                     // inputs this run lets tasks see unless a task names its own (required + optional)
};

// A traceable tensor function for export: a decoder step, a projection.
struct Program {
  std::string name;                                                 // file name without ending: "decode"
  std::vector<std::string> inputs, outputs;                         // tensor names
  std::vector<at::Tensor> example;                                  // one per input
  std::vector<std::map<int, std::string>> input_axes, output_axes;  // dynamic axes by name, per tensor
  std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)> run;
};

// Findings in plain terms. Verbs and reports handle these four kinds and no task by name.
struct Finding {
  struct Score {
    int64_t study;       // index in the batch
    std::string target;  // class name
    double raw, score;   // logit and probability
    double label;        // NaN when unknown
  };
  struct Mask {
    int64_t row, study;
    std::string target, on;  // target name; input whose grid it shares
    at::Tensor classes;      // DHW uint8 on the model grid, CPU
    at::Tensor truth;        // DHW uint8, 255 = unknown; undefined without target
  };
  struct Text {
    int64_t study;
    std::string target;
    std::vector<int64_t> ids;        // generated, without begin and end
    std::vector<int64_t> reference;  // empty when unknown
  };
  struct Embedding {
    int64_t study;
    std::string side;           // its inputs, joined by "+"
    std::vector<float> values;  // compared by dot product with the other side's
  };
  std::vector<Score> scores;
  std::vector<Mask> masks;
  std::vector<Text> texts;
  std::vector<Embedding> embeddings;  // of a pair of sides: both of a study, or none
};

struct Task : torch::nn::Module {
  // Inputs it reads (for the leakage rule) and targets it needs.
  virtual std::vector<std::string> reads() const = 0;
  virtual std::vector<std::string> needs() const = 0;
  // What each loss sums over in this batch on this rank: known labels, masked patches, tokens, pairs. Same keys as losses().
  virtual std::map<std::string, double> counts(const Batch& batch) const = 0;
  // Sums (not means), on the device. Always all keys, connected to every parameter of the task even when nothing is known.
  virtual std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) = 0;
  // Tensors that leave the exported model; no targets needed; traceable. Empty for pure pretraining objectives.
  virtual std::map<std::string, at::Tensor> predict(Pass& pass, const Batch& batch) {
    (void)pass, (void)batch;
    return {};
  }
  // Whether find() generates text, which is too slow for validation while training.
  virtual bool writes_text() const { return false; }
  // Predictions in plain terms, with the known truth beside them.
  virtual Finding find(Pass& pass, const Batch& batch) {
    (void)pass, (void)batch;
    return {};
  }
  // Scalars worth watching on a validation batch, as (sum, count) so that ranks can add them.
  virtual std::map<std::string, std::pair<double, double>> measure(Pass& pass, const Batch& batch) {
    (void)pass, (void)batch;
    return {};
  }
  virtual std::vector<Program> programs() const { return {}; }
  virtual void after_step(Pass& pass) { (void)pass; }
};

using TaskRegistry = Registry<Task, TaskContext>;

}  // namespace chiasm
