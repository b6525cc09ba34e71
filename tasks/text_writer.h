// What tasks that write a text share: what they read of a study, the decoder, and its loss.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/pass.h"
#include "core/task.h"
#include "tasks/evidence.h"
#include "tasks/text_decoder.h"

namespace chiasm {

struct TextWriterConfig {
  int64_t layers = 3, heads = 4, width = 128;
  double dropout = 0.1, smoothing = 0.0;
  int64_t detectors = 32;
};

void fields(config::Visitor& v, TextWriterConfig& c);

class TextWriter : public torch::nn::Module {
 public:
  TextWriter(const TextWriterConfig& config, const std::string& target, std::vector<std::string> inputs, const TaskContext& context);

  // Fused tokens, and one token of evidence per image input, which counts where the study shows that image.
  Tokens memory(Pass& pass);
  // Known ids but the first: what the loss sums over.
  double count(const Batch& batch) const;
  at::Tensor loss(Pass& pass, const Batch& batch);
  // Ids that the decoder, given the true ids before, finds most probable: {right, counted}.
  std::pair<double, double> accuracy(Pass& pass, const Batch& batch);

  TextDecoder& decoder() { return *decoder_; }
  const std::string& target() const { return target_; }
  const std::vector<std::string>& inputs() const { return inputs_; }

 private:
  struct Lesson {
    at::Tensor given, wanted, counts;  // BT: ids read, ids to write, whether they count
  };
  Lesson lesson(const Batch& batch) const;
  double smoothing_;
  std::string target_;
  std::vector<std::string> inputs_;
  std::shared_ptr<TextDecoder> decoder_;
  std::map<std::string, std::shared_ptr<ImageEvidence>> evidence_;
};

}  // namespace chiasm
