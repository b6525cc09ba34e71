// Schedule, averaging, AdamW and event files against closed forms; the choice of precision against what the kernel tells of the CPU.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "core/train/ema.h"
#include "core/train/optimizer.h"
#include "core/train/precision.h"
#include "core/train/schedule.h"
#include "core/train/tensorboard.h"
#include "tests/support/tiny.h"

namespace chiasm {
namespace {

TEST(Schedule, RisesLinearlyThenFallsAsHalfACosine) {
  const Schedule schedule{1.0, 0.1, 0.05, 100};
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(9), 1.0);
  EXPECT_NEAR(schedule.at(54), 0.05 + 0.95 * 0.5, 1e-12);  // half of the cosine
  EXPECT_NEAR(schedule.at(99), 0.05, 1e-12);
  for (int64_t step = 10; step < 99; ++step) EXPECT_GT(schedule.at(step), schedule.at(step + 1));
}

TEST(Average, FollowsItsRecursion) {
  auto model = test::tiny_model(1), average = test::tiny_model(2);
  copy_weights(*average, *model);
  torch::NoGradGuard no_gradient;
  double expected = model->parameters()[0].flatten()[0].item<double>();
  for (int64_t step = 0; step < 30; ++step) {
    for (auto& p : model->parameters()) p.add_(0.1);
    update_average(*average, *model, 0.8, step);
    const double d = std::min(0.8, (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step)));
    expected = d * expected + (1 - d) * model->parameters()[0].flatten()[0].item<double>();
  }
  EXPECT_NEAR(average->parameters()[0].flatten()[0].item<double>(), expected, 1e-5);
}

// Algorithm 2 of Loshchilov and Hutter (2019), written out in doubles.
struct PlainAdamW {
  double value, m = 0, v = 0;
  int64_t t = 0;
  void step(double gradient, double lr, double beta2, double decay) {
    ++t;
    value -= lr * decay * value;
    m = 0.9 * m + 0.1 * gradient;
    v = beta2 * v + (1 - beta2) * gradient * gradient;
    const double m_hat = m / (1 - std::pow(0.9, t)), v_hat = v / (1 - std::pow(beta2, t));
    value -= lr * m_hat / (std::sqrt(v_hat) + 1e-8);
  }
};

TEST(AdamW, MatchesTheAlgorithmAndGroupsItsParameters) {
  const auto parameter = [](double value, at::IntArrayRef shape) { return at::full(shape, value).requires_grad_(true); };
  const std::vector<NamedParameter> parameters{
      {"task_x.weight", parameter(1.0, {2, 2})}, {"task_x.bias", parameter(1.0, {2})}, {"encoder_a.weight", parameter(1.0, {2, 2})}};
  TrainConfig config;
  config.weight_decay = 0.1;
  config.backbone_lr = 0.25;
  AdamW optimizer(parameters, config);
  PlainAdamW weight{1.0}, bias{1.0}, backbone{1.0};
  for (int i = 0; i < 10; ++i) {
    const double gradient = std::cos(i);
    for (const auto& p : parameters) p.value.mutable_grad() = at::full_like(p.value, gradient);
    EXPECT_NEAR(optimizer.gradient_norm().item<double>(), std::abs(gradient) * std::sqrt(10.0), 1e-5);
    optimizer.step(0.01);
    weight.step(gradient, 0.01, config.beta2, 0.1);
    bias.step(gradient, 0.01, config.beta2, 0.0);
    backbone.step(gradient, 0.0025, config.beta2, 0.1);
  }
  EXPECT_NEAR(parameters[0].value[0][0].item<double>(), weight.value, 1e-5);
  EXPECT_NEAR(parameters[1].value[0].item<double>(), bias.value, 1e-5);
  EXPECT_NEAR(parameters[2].value[0][0].item<double>(), backbone.value, 1e-5);
}

TEST(Precision, AutoTakesBf16OnGpusAndOnCpusThatHaveIt) {
  std::ostringstream info;
  info << std::ifstream("/proc/cpuinfo").rdbuf();
  const bool has_bf16 = info.str().find("avx512_bf16") != std::string::npos || info.str().find("amx_bf16") != std::string::npos;
  EXPECT_EQ(resolve_precision("auto", at::kCPU), has_bf16 ? "bf16" : "fp32");
  EXPECT_EQ(resolve_precision("auto", at::kCUDA), "bf16");
  for (const std::string wanted : {"fp32", "bf16"}) EXPECT_EQ(resolve_precision(wanted, at::kCPU), wanted);
}

TEST(TensorBoard, ChecksumIsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);            // the check value of CRC-32C
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
}

}  // namespace
}  // namespace chiasm
