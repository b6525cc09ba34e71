#include "core/model.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/TracerMode.h>
#include <torch/nn/init.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/nn/linear.h"
#include "core/rows.h"

namespace chiasm {
namespace {

constexpr int64_t view_codes = 8;  // Input::where column 4
constexpr int64_t time_waves = 8;  // sine and cosine of the days, periods from a day to about thirty years

// R -> R(2*waves): sines and cosines of log-scaled days, sign kept.
at::Tensor time_features(const at::Tensor& days) {
  std::vector<double> rates;
  for (int64_t i = 0; i < time_waves; ++i) rates.push_back(std::pow(2.0, static_cast<double>(i)) * M_PI / 16.0);
  at::Tensor rate;
  {
    const at::tracer::impl::NoTracerDispatchMode constant;  // a traced graph would keep its memory, not its values
    rate = at::tensor(rates, days.options());
  }
  const at::Tensor scaled = days.sign() * (days.abs() + 1.0).log();
  const at::Tensor angle = scaled.unsqueeze(-1) * rate;
  return at::cat({angle.sin(), angle.cos() - 1.0}, -1);
}

}  // namespace

// What the model adds to the tokens of one input.
struct Model::Embedding : torch::nn::Module {
  Embedding(int64_t from, int64_t width) {
    project = register_module("project", std::make_shared<nn::Linear>(from, width));
    time = register_module("time", std::make_shared<nn::Linear>(2 * time_waves, width, /*bias=*/false));
    input = register_parameter("input", at::randn({width}) * 0.02);
    views = register_parameter("views", at::randn({view_codes, width}) * 0.02);
    absent = register_parameter("absent", at::randn({width}) * 0.02);
  }
  std::shared_ptr<nn::Linear> project, time;
  at::Tensor input, views, absent;
};

bool is_frozen(const torch::nn::Module& module) {
  for (const at::Tensor& weight : module.parameters())
    if (weight.requires_grad()) return false;
  return true;
}

Model::Model(ModelParts parts) : parts_(std::move(parts)) {
  for (auto& [name, encoder] : parts_.encoders) register_module("encoder_" + name, encoder);
  for (const auto& [input, encoder] : parts_.encoder_of) {
    if (!parts_.encoders.count(encoder)) throw UsageError("input '" + input + "' names encoder '" + encoder + "', which is not configured");
    embeddings_[input] =
        register_module("input_" + input, std::make_shared<Embedding>(parts_.encoders.at(encoder)->shape().width, parts_.width));
  }
  register_module("fusion", parts_.fusion);
}

void Model::add_task(TaskSlot slot) {
  register_module("task_" + slot.name, slot.task);
  tasks_.push_back(std::move(slot));
}

void Model::train(bool on) {
  torch::nn::Module::train(on);
  if (is_frozen(*parts_.fusion)) parts_.fusion->eval();
  for (auto& [name, encoder] : parts_.encoders)
    if (is_frozen(*encoder)) encoder->eval();
}

Encoder& Model::encoder(const std::string& input) {
  const auto found = parts_.encoder_of.find(input);
  if (found == parts_.encoder_of.end()) {
    std::vector<std::string> known;
    for (const auto& entry : parts_.encoder_of) known.push_back(entry.first);
    throw UsageError("no encoder reads input '" + input + "'" + did_you_mean(input, known));
  }
  return *parts_.encoders.at(found->second);
}

Tokens Model::place(const std::string& input, const Input& rows, const Features& features, int64_t studies, const at::Tensor& hide) {
  Embedding& embedding = *embeddings_.at(input);
  at::Tensor values = embedding.project->forward(features.tokens.values) + embedding.input;
  if (rows.where.defined()) {
    const at::Tensor view = rows.where.select(1, 4).to(at::kLong);
    const at::Tensor extra = embedding.views.index_select(0, view) + embedding.time->forward(time_features(rows.where.select(1, 3)));
    values = values + extra.unsqueeze(1);
  } else {
    values = values + (embedding.views.sum() + embedding.time->weight.sum()) * 0.0;  // keeps every parameter in the graph
  }
  at::Tensor valid = rows_to_studies(features.tokens.valid, rows.rows, studies);
  values = rows_to_studies(values, rows.rows, studies);
  if (hide.defined()) valid = valid.logical_and(hide.logical_not().unsqueeze(1));
  values = values.masked_fill(valid.logical_not().unsqueeze(-1), 0.0);
  if (!parts_.absent_tokens) return {values, valid};
  const at::Tensor missing = valid.to(at::kFloat).amax(1, /*keepdim=*/true) < 0.5;
  const at::Tensor absent = embedding.absent * missing.to(values.scalar_type()).unsqueeze(-1);
  return {at::cat({values, absent}, 1), at::cat({valid, missing}, 1)};
}

}  // namespace chiasm
