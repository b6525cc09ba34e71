// Model = encoders by name + embeddings of inputs + fusion + tasks. Built by scripts/assemble from the lists; knows no part by kind.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/encoder.h"
#include "core/fusion.h"
#include "core/task.h"

namespace chiasm {

struct ModelParts {
  std::map<std::string, std::shared_ptr<Encoder>> encoders;  // by encoder name
  std::map<std::string, std::string> encoder_of;             // input name -> encoder name; several inputs may share one
  InputSpecs inputs;
  int64_t width = 128;            // E of fused tokens
  double modality_dropout = 0.0;  // probability that a present input is hidden in a study while training; never all
  bool absent_tokens = true;      // a learned token stands for an input that a study lacks
  std::shared_ptr<Fusion> fusion;
};

// True when no weight of the module trains.
bool is_frozen(const torch::nn::Module& module);

struct TaskSlot {
  std::string name;
  double weight = 1.0;
  std::shared_ptr<Task> task;
};

class Model : public torch::nn::Module {
 public:
  explicit Model(ModelParts parts);
  // Registered as "tasks.NAME".
  void add_task(TaskSlot slot);
  // Encoders and a fusion of which no weight trains stay as in use: without dropout.
  void train(bool on = true) override;

  const std::vector<TaskSlot>& tasks() const { return tasks_; }
  const InputSpecs& inputs() const { return parts_.inputs; }
  int64_t width() const { return parts_.width; }
  Encoder& encoder(const std::string& input);
  Fusion& fusion() { return *parts_.fusion; }
  double modality_dropout() const { return parts_.modality_dropout; }
  bool shares_encoder(const std::string& a, const std::string& b) const { return parts_.encoder_of.at(a) == parts_.encoder_of.at(b); }

  // Rows of encoder tokens -> tokens per study BNE: projection, input embedding, view and time embeddings, absent token last.
  // `hide` (B bool, may be undefined) removes the input from some studies, as modality dropout does.
  Tokens place(const std::string& input, const Input& rows, const Features& features, int64_t studies, const at::Tensor& hide);

 private:
  struct Embedding;
  ModelParts parts_;
  std::map<std::string, std::shared_ptr<Embedding>> embeddings_;
  std::vector<TaskSlot> tasks_;
};

}  // namespace chiasm
