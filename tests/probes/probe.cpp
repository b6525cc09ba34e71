#include "tests/probes/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace chiasm::test {
namespace {

// The same batch at every step: this rank's share of it, in one or several micro-batches.
class OneBatch : public BatchSource {
 public:
  OneBatch(const Batch& batch, int64_t parts, int64_t first, int64_t each) {
    const int64_t studies = batch.studies() / parts;
    for (int64_t i = 0; i < each; ++i) micro_.push_back(part_of(batch, (first + i) * studies, studies));
  }
  Batch next() override { return micro_[static_cast<size_t>(position_++) % micro_.size()]; }
  void seek(int64_t position) override { position_ = position; }
  int64_t batches_per_epoch() const override { return static_cast<int64_t>(micro_.size()); }
  double wait_seconds() const override { return 0; }

 private:
  std::vector<Batch> micro_;
  int64_t position_ = 0;
};

Named gradients_of(const std::vector<at::Tensor>& values, const Model& model) {
  Named out;
  size_t i = 0;
  for (const auto& item : model.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    const at::Tensor gradient = values.at(i++).grad();
    out[item.key()] = gradient.defined() ? gradient.detach().clone() : at::zeros_like(item.value());
  }
  return out;
}

}  // namespace

Named parameters_of(const torch::nn::Module& module) {
  Named out;
  for (const auto& item : module.named_parameters()) out[item.key()] = item.value().detach().clone();
  return out;
}

double largest_difference(const Named& a, const Named& b) {
  double difference = a.size() == b.size() ? 0.0 : INFINITY, largest = 0;
  for (const auto& [name, value] : a) {
    if (value.numel() == 0) continue;
    difference = std::max(difference, (value - b.at(name)).abs().max().item<double>());
    largest = std::max(largest, value.abs().max().item<double>());
  }
  return difference / (1.0 + largest);
}

Batch in_type(const Batch& batch, at::ScalarType type) {
  Batch out = batch;
  const auto convert = [type](at::Tensor& values) {
    if (values.defined() && values.is_floating_point()) values = values.to(type);
  };
  for (auto& entry : out.inputs) {
    convert(entry.second.values);
    convert(entry.second.where);
  }
  for (auto& entry : out.targets) convert(entry.second.values);
  return out;
}

Course train(const Probe& probe, dist::Group& group, int64_t steps, at::ScalarType type) {
  Course course;
  course.model = probe.build();
  course.model->to(type);
  if (probe.teacher) {
    course.average = probe.build();
    course.average->to(type);
  }
  TrainConfig config;
  config.lr = probe.lr;
  const bool accumulates = group.size() == 1 && !probe.decomposes;
  const int64_t micro = accumulates ? 2 : 1;
  OneBatch source(in_type(probe.batch, type), accumulates ? 2 : group.size(), group.rank(), micro);
  Trainer trainer(*course.model, course.average.get(), source, group, config, probe.steps, micro, "fp32", at::kCPU);
  trainer.set_gradient_hook(
      [&](const std::vector<at::Tensor>& values) { course.gradients.push_back(gradients_of(values, *course.model)); });
  while (trainer.done() < steps) course.losses.push_back(trainer.step().loss.item<double>());
  return course;
}

namespace {

void expect_equal_courses(const Course& a, const Course& b, double tolerance) {
  ASSERT_EQ(a.losses.size(), b.losses.size());
  for (size_t i = 0; i < a.losses.size(); ++i) {
    EXPECT_NEAR(a.losses[i], b.losses[i], 1e-5 * (1.0 + std::abs(a.losses[i]))) << "step " << i;  // reported in float32
    EXPECT_LE(largest_difference(a.gradients[i], b.gradients[i]), tolerance) << "step " << i;
  }
}

}  // namespace

Course expect_ranks_agree(const Probe& probe) { return expect_ranks_agree(probe, *dist::from_environment("cpu")); }

Course expect_ranks_agree(const Probe& probe, dist::Group& group) {
  torch::set_num_threads(1);
  const auto single = dist::single_process();
  EXPECT_EQ(group.size(), 2);
  {
    SCOPED_TRACE("float32");
    expect_equal_courses(train(probe, group, 1, at::kFloat), train(probe, *single, 1, at::kFloat), 1e-5);
  }
  SCOPED_TRACE("float64");
  Course ranks = train(probe, group, probe.steps, at::kDouble);
  const Course alone = train(probe, *single, probe.steps, at::kDouble);
  expect_equal_courses(ranks, alone, 1e-7);
  EXPECT_LE(largest_difference(parameters_of(*ranks.model), parameters_of(*alone.model)), 1e-7);
  if (probe.teacher) {
    EXPECT_LE(largest_difference(parameters_of(*ranks.average), parameters_of(*alone.average)), 1e-7);
  }
  EXPECT_LT(alone.losses.back(), 0.9 * alone.losses.front());
  return ranks;
}

}  // namespace chiasm::test
