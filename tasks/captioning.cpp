#include "tasks/captioning.h"

#include "tasks/leakage.h"

namespace chiasm {
namespace {

class Captioning : public Task {
 public:
  explicit Captioning(std::shared_ptr<TextWriter> writer) : writer_(register_module("writer", std::move(writer))) {}

  std::vector<std::string> reads() const override { return writer_->inputs(); }
  std::vector<std::string> needs() const override { return {writer_->target()}; }
  std::map<std::string, double> counts(const Batch& batch) const override { return {{"tokens", writer_->count(batch)}}; }
  std::map<std::string, at::Tensor> losses(Pass& pass, const Batch& batch) override { return {{"tokens", writer_->loss(pass, batch)}}; }
  std::map<std::string, std::pair<double, double>> measure(Pass& pass, const Batch& batch) override {
    return {{"token_accuracy", writer_->accuracy(pass, batch)}};
  }

 private:
  std::shared_ptr<TextWriter> writer_;
};

}  // namespace

void fields(config::Visitor& v, CaptioningConfig& c) {
  v.field("inputs", c.inputs, "Inputs it reads; all visible ones when empty.");
  v.field("target", c.target, "The text target that it writes.", {.required = true});
  fields(v, c.writer);
}

std::shared_ptr<Task> build(const CaptioningConfig& config, const TaskContext& context) {
  find_target(config.target, TargetKind::text, context);
  const std::vector<std::string> inputs = chosen_inputs(config.inputs, context);
  refuse_leakage(inputs, config.target, Purpose::pretraining, context);
  return std::make_shared<Captioning>(std::make_shared<TextWriter>(config.writer, config.target, inputs, context));
}

}  // namespace chiasm
