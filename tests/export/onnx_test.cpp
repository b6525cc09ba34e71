// The ONNX writer by itself: operators one by one, refusals, metadata.
#include "core/export/onnx.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/export/trace.h"
#include "core/weights/safetensors.h"
#include "tests/support/parts/onnx_cases.h"

namespace chiasm {
namespace {

using test::OnnxCases;
using Step = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

struct Nothing : torch::nn::Module {};

Program program_of(const std::string& name, const std::vector<at::Tensor>& example, const Step& run) {
  Program program;
  program.name = name;
  program.run = run;
  program.example = example;
  for (size_t i = 0; i < example.size(); ++i) {
    program.inputs.push_back("in" + std::to_string(i));
    program.input_axes.push_back({{0, "rows"}});
  }
  for (size_t i = 0; i < run(example).size(); ++i) {
    program.outputs.push_back("out" + std::to_string(i));
    program.output_axes.push_back({{0, "rows"}});
  }
  return program;
}

std::string refusal(const Step& run, const std::vector<at::Tensor>& example) {
  const Scratch folder;
  Nothing owner;
  const Program program = program_of("refused", example, run);
  try {
    const torch::jit::Module traced = trace(owner, program);
    write_onnx(folder / "refused.onnx", traced, program);
  } catch (const Error& error) {
    EXPECT_FALSE(std::filesystem::exists(folder / "refused.onnx"));
    return error.what();
  }
  return "";
}

TEST(Onnx, AnUnknownOperatorFailsWithItsName) {
  const std::string message =
      refusal([](const std::vector<at::Tensor>& in) { return std::vector<at::Tensor>{at::erfinv(in[0])}; }, {at::rand({2, 3})});
  EXPECT_NE(message.find("operator aten::erfinv has no translation"), std::string::npos) << message;
}

TEST(Onnx, ATypeThatIsNotWrittenFailsWithItsName) {
  const std::string message =
      refusal([](const std::vector<at::Tensor>& in) { return std::vector<at::Tensor>{in[0].to(at::kShort)}; }, {at::rand({2, 3})});
  EXPECT_NE(message.find("Short"), std::string::npos) << message;
}

TEST(Onnx, MetadataAndWeightsStandInTheFile) {
  const Scratch folder;
  struct Owner : torch::nn::Module {
    Owner() { weight = register_parameter("weight", at::full({3}, 1.25f)); }
    at::Tensor weight;
  } owner;
  const Program program =
      program_of("scaled", {at::rand({2, 3})}, [&](const auto& in) { return std::vector<at::Tensor>{in[0] * owner.weight}; });
  write_onnx(folder / "scaled.onnx", trace(owner, program), program, {{"format", "chiasm.bundle"}});
  const std::string bytes = read_file(folder / "scaled.onnx");
  EXPECT_NE(bytes.find("chiasm.bundle"), std::string::npos);
  const float value = 1.25f;
  std::string three;
  for (int i = 0; i < 3; ++i) three.append(reinterpret_cast<const char*>(&value), sizeof value);
  EXPECT_NE(bytes.find(three), std::string::npos);
}

// One program a family; each output is one operator, so that a wrong one is named. Constants stand outside of the functions: inside, making
// them would be part of the program.
std::map<std::string, Step> arithmetic() {
  using Tensors = std::vector<at::Tensor>;
  const Step elementwise = [](const Tensors& in) -> Tensors {
    const at::Tensor x = in[0], p = x.abs() + 0.5;
    return {x.exp(),
            p.log(),
            p.sqrt(),
            p.rsqrt(),
            x.sign(),
            x.sin(),
            x.cos(),
            -x,
            x.tanh(),
            x.sigmoid(),
            x.relu(),
            x.floor(),
            x.ceil(),
            (x * 3).round(),
            x.erf(),
            p.pow(1.5),
            x.square(),
            p.reciprocal(),
            at::gelu(x),
            at::silu(x),
            at::leaky_relu(x, 0.01),
            at::softplus(x),
            at::log_sigmoid(x),
            x.clamp(-0.5, 0.5),
            x.clamp_min(0.1),
            x.clamp_max(0.1),
            2.0 - x,
            x - 2.0 * p,
            at::add(x, p, 0.5),
            x / p,
            at::maximum(x, p),
            at::minimum(x, p)};
  };
  const Step comparisons = [](const Tensors& in) -> Tensors {
    const at::Tensor x = in[0], yes = x > 0.1, no = x.le(-0.3);
    return {yes,
            no,
            x < 0,
            x >= 0.2,
            x.ne(0.0),
            yes.logical_and(no.logical_not()),
            yes.logical_or(no),
            yes.logical_xor(no),
            yes.eq(no),
            at::where(yes, x, -x),
            x.masked_fill(yes, 7.0),
            yes.to(at::kFloat) * x,
            yes.to(at::kLong) + 2};
  };
  const Step reductions = [](const Tensors& in) -> Tensors {
    const at::Tensor x = in[0], yes = x > 0.1;
    return {x.sum(-1),   x.sum(1, true), x.mean(-1),  x.mean({1, 2}), x.amax(1),        x.amin(-1, true),    yes.any(1),
            yes.sum(-1), yes.all(1),     x.argmax(1), x.softmax(-1),  x.log_softmax(1), at::logsumexp(x, 1), x.cumsum(1)};
  };
  return {{"elementwise", elementwise}, {"comparisons", comparisons}, {"reductions", reductions}};
}

Step shapes() {
  const at::Tensor chosen = at::tensor({2, 0}, at::kLong);
  return [chosen](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    const at::Tensor x = in[0];  // rows 4 6
    return {x.flatten(1),
            x.unflatten(2, {2, 3}),
            x.transpose(1, 2),
            x.permute({0, 2, 1}),
            x.unsqueeze(1),
            x.select(1, -1),
            x.narrow(2, 1, 3),
            x.slice(1, 0, 4, 2),
            x.flip({1, 2}),
            at::cat({x, x}, 1),
            at::stack({x, x}, 1),
            x.chunk(2, 1)[1],
            x.chunk(4, 2)[2],
            x.split(4, 2)[1],
            x.split_with_sizes({1, 3}, 1)[1],
            at::constant_pad_nd(x, {1, 2}, 0.5),
            x.index_select(1, chosen),
            x.unsqueeze(1).expand({-1, 3, -1, -1}),
            x.repeat({1, 2, 1}),
            x.reshape({-1, 24}),
            at::zeros_like(x),
            at::full_like(x, 2.5),
            x.unsqueeze(1).squeeze(1),
            x.select(1, 0).unsqueeze(1).expand_as(x),
            x.gather(1, x.argmax(1, true))};
  };
}

Step layers() {
  const at::Tensor depth = at::linspace(0.5, 1.5, 4).reshape({1, 1, 4, 1, 1}), w = at::linspace(-1, 1, 3 * 4 * 27).reshape({3, 4, 3, 3, 3}),
                   up = at::linspace(-1, 1, 4 * 2 * 8).reshape({4, 2, 2, 2, 2}), gain = at::arange(4, at::kFloat), shift = at::ones({4}),
                   matrix = at::linspace(-1, 1, 12).reshape({2, 6}), two = at::ones({2}), five = at::ones({5}),
                   wide = at::linspace(-1, 1, 120).reshape({24, 5});
  return [=](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    const at::Tensor x = in[0].unsqueeze(2).unsqueeze(3).expand({-1, -1, 4, 5, 6}) * depth, flat = x.select(2, 0);
    return {at::conv3d(x, w, {}, at::IntArrayRef{2, 1, 1}, at::IntArrayRef{1, 1, 1}),
            at::conv_transpose3d(x, up, two, at::IntArrayRef{2, 2, 2}),
            at::group_norm(x, 2, gain, shift),
            at::group_norm(x, 4),
            at::instance_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false),
            at::layer_norm(x, {6}),
            at::max_pool3d(x, {2, 1, 2}),
            at::max_pool3d(x, {2, 2, 2}, {2, 2, 2}, 0, 1, /*ceil_mode=*/true),
            at::avg_pool3d(x, {2, 2, 2}),
            at::avg_pool3d(x, {2, 2, 2}, {2, 2, 2}, 0, /*ceil_mode=*/true, /*count_include_pad=*/false),
            at::adaptive_avg_pool3d(x, {2, 1, 3}),
            at::upsample_trilinear3d(x, {8, 5, 9}, false),
            at::upsample_trilinear3d(x, {8, 7, 9}, true),
            at::upsample_nearest3d(x, {8, 10, 6}),
            at::upsample_bilinear2d(flat, {10, 3}, false),
            at::linear(x, matrix, two),
            at::matmul(x, x.transpose(-1, -2)),
            at::addmm(five, in[0].flatten(1), wide)};
  };
}

TEST(Onnx, EveryOperatorEqualsLibTorch) {
  OnnxCases cases;
  Nothing owner;
  torch::manual_seed(1);
  std::map<std::string, Step> families = arithmetic();
  families["shapes"] = shapes();
  families["layers"] = layers();
  for (const auto& [name, run] : families) {
    const auto random = [](int64_t rows) { return std::vector<at::Tensor>{at::randn({rows, 4, 6})}; };
    cases.add(name, owner, program_of(name, random(2), run), {{"two", random(2)}, {"three", random(3)}, {"one", random(1)}});
  }
  if (!OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

TEST(Onnx, TheComparisonSeesAWrongOutput) {
  if (!OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime";
  OnnxCases cases;
  Nothing owner;
  const Program program = program_of("double", {at::rand({2, 3})}, [](const auto& in) { return std::vector<at::Tensor>{in[0] * 2.0}; });
  cases.add("double", owner, program, {{"two", program.example}});
  EXPECT_EQ(cases.run(), 0);
  const auto file = cases.folder() / "double.two.safetensors";
  weights::Tensors tensors = weights::read_safetensors(file).tensors;
  tensors.at("output.out0")[1][2] += 2e-4;
  weights::write_safetensors(file, tensors);
  EXPECT_NE(cases.run(), 0);
}

}  // namespace
}  // namespace chiasm
