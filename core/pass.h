// One step's view of model and batch: what was encoded once is not encoded again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/batch.h"

namespace chiasm {

class FeatureMemory;
class Model;
namespace dist {
class Group;
}

struct PassOptions {
  int64_t step = 0;
  dist::Group* group = nullptr;     // nullptr: a single process
  Model* teacher = nullptr;         // EMA copy, when the run keeps one
  std::vector<std::string> hidden;  // inputs treated as absent in every study (subset evaluation)
  FeatureMemory* memory = nullptr;  // features of encoders that do not train, kept between steps
};

class Pass {
 public:
  Pass(Model& model, const Batch& batch, PassOptions options = {});
  // The same batch with some inputs hidden; features of the others are taken from `full`, so that many subsets cost one encoding.
  Pass(const Pass& full, std::vector<std::string> hidden);

  const Batch& batch() const { return batch_; }
  // Rows as in the batch, memoised. Tokens RNE in the encoder's width.
  const Features& encode(const std::string& input);
  // Changed rows of that input: masked, cropped, another view.
  Features encode(const std::string& input, const Input& changed);
  // What `owner` computes from the features of one input alone: made once for all passes over the batch that share those features.
  at::Tensor once(const std::string& input, const void* owner, const std::function<at::Tensor()>& make);
  // The input's tokens per study: projected to the fusion width, with input, view and time embeddings and the absent token. BNE.
  const Tokens& tokens(const std::string& input);
  // The same for features computed from `changed`.
  Tokens tokens(const std::string& input, const Input& changed, const Features& features);
  // Fused tokens BQE, memoised per set of inputs. Modality dropout applies while the model trains.
  const Tokens& fuse(const std::vector<std::string>& inputs);
  // Any tokens, e.g. hard negatives.
  Tokens fuse(const std::map<std::string, Tokens>& inputs);
  // B bool: studies that have at least one real row of the input.
  at::Tensor has(const std::string& input);
  // B bool: studies in which fuse(inputs) shows the input: present and not hidden by modality dropout. Heads that read maps must honour it.
  at::Tensor shown(const std::string& input, const std::vector<std::string>& inputs);

  Model& model() { return model_; }
  Model* teacher() { return options_.teacher; }
  dist::Group* group() { return options_.group; }
  int64_t step() const { return options_.step; }

 private:
  bool hides(const std::string& name) const;
  const Input& input(const std::string& name);
  Features encoded(const std::string& name);
  // Per input of the set: B bool, hidden by modality dropout in this step; undefined when nothing is dropped.
  const std::map<std::string, at::Tensor>& dropped(const std::vector<std::string>& inputs);
  Model& model_;
  const Batch& batch_;
  PassOptions options_;
  std::map<std::string, Input> hidden_inputs_;
  std::map<std::string, Features> features_;
  // Shared by all passes over one batch: features of hidden inputs; what owners made of an input, hidden or not.
  std::shared_ptr<std::map<std::string, Features>> empty_features_;
  std::shared_ptr<std::map<std::tuple<const void*, std::string, bool>, at::Tensor>> made_;
  std::map<std::string, Tokens> tokens_;
  std::map<std::string, Tokens> fused_;
  std::map<std::string, std::map<std::string, at::Tensor>> dropped_;
};

}  // namespace chiasm
