#include "core/base/error.h"
#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "fusion/fusions.h"
#include "fusion/joint.h"
#include "fusion/latent.h"
#include "tests/support/gradcheck.h"

namespace chiasm {
namespace {

using test::expect_close;
using Sizes = std::vector<int64_t>;
using Inputs = std::map<std::string, Tokens>;

const FusionContext context{8, {"ct", "labs", "text"}};

std::shared_ptr<Fusion> make(const std::string& kind, bool checkpoint = false) {
  torch::manual_seed(31);
  if (kind == "joint") return build(JointConfig{.layers = 2, .heads = 2, .checkpoint = checkpoint}, context);
  return build(LatentConfig{.queries = 4, .layers = 2, .heads = 2, .checkpoint = checkpoint}, context);
}

// Two studies; the second lacks the laboratory values.
Inputs some_inputs(at::ScalarType type = at::kFloat) {
  torch::manual_seed(32);
  Inputs out;
  for (const auto& [name, count] : std::map<std::string, int64_t>{{"ct", 5}, {"labs", 2}, {"text", 3}}) {
    out[name] = {at::randn({2, count, 8}, type), at::ones({2, count}, at::kBool)};
    out[name].values.requires_grad_(true);
  }
  out["labs"].valid[1].fill_(false);
  return out;
}

class Fusions : public testing::TestWithParam<std::string> {};

TEST_P(Fusions, GiveTokensOfTheirWidth) {
  const Tokens out = make(GetParam())->fuse(some_inputs());
  EXPECT_EQ(out.values.sizes(), (Sizes{2, GetParam() == "latent" ? 4 : 11, 8}));
  EXPECT_EQ(out.valid.sizes(), (Sizes{2, out.values.size(1)}));
  EXPECT_TRUE(out.valid.select(1, 0).all().item<bool>());
}

TEST_P(Fusions, HaveExactGradients) {
  const auto fusion = make(GetParam());
  fusion->to(torch::kDouble);
  const Inputs inputs = some_inputs(at::kDouble);
  std::vector<at::Tensor> leaves;
  for (const auto& item : inputs) leaves.push_back(item.second.values);
  test::expect_gradients(
      *fusion, [&] { return fusion->fuse(inputs).values; }, leaves, 1e-5);
}

at::Tensor valid_sum(const Tokens& tokens) { return test::weighted_sum(tokens.values * tokens.valid.unsqueeze(-1)); }

TEST_P(Fusions, MissingInputsGetExactlyNoGradientAndChangeNothing) {
  const auto fusion = make(GetParam());
  const Inputs inputs = some_inputs();
  valid_sum(fusion->fuse(inputs)).backward();
  EXPECT_EQ(inputs.at("labs").values.grad()[1].abs().max().item<double>(), 0.0);
  EXPECT_GT(inputs.at("labs").values.grad()[0].abs().max().item<double>(), 0.0);
  Inputs changed = inputs;
  changed["labs"].values = inputs.at("labs").values.detach().clone();
  changed["labs"].values[1].fill_(1e3);
  const Tokens a = fusion->fuse(inputs), b = fusion->fuse(changed);
  EXPECT_TRUE(test::same_bits(a.values.masked_fill(a.valid.logical_not().unsqueeze(-1), 0.0),
                              b.values.masked_fill(b.valid.logical_not().unsqueeze(-1), 0.0)));
}

TEST_P(Fusions, AnInputThatIsMissingEqualsOneThatIsNotGiven) {
  const auto fusion = make(GetParam());
  Inputs inputs = some_inputs();
  inputs["labs"].valid.fill_(false);
  const Tokens missing = fusion->fuse(inputs);
  inputs.erase("labs");
  const Tokens absent = fusion->fuse(inputs);
  expect_close(missing.values.select(1, 0), absent.values.select(1, 0), 1e-6);
}

TEST_P(Fusions, InvalidTokensMayBeAppended) {
  const auto fusion = make(GetParam());
  Inputs inputs = some_inputs();
  const Tokens before = fusion->fuse(inputs);
  inputs["text"] = {at::cat({inputs["text"].values, at::randn({2, 4, 8})}, 1),
                    at::cat({inputs["text"].valid, at::zeros({2, 4}, at::kBool)}, 1)};
  const Tokens after = fusion->fuse(inputs);
  expect_close(after.values.narrow(1, 0, before.values.size(1)), before.values, 1e-6);  // text is the last input
}

TEST_P(Fusions, TokensOfAnInputHaveNoOrder) {
  const auto fusion = make(GetParam());
  Inputs inputs = some_inputs();
  const at::Tensor before = fusion->fuse(inputs).values.select(1, 0);
  inputs["ct"].values = inputs["ct"].values.index_select(1, at::tensor({4, 2, 0, 1, 3}));
  expect_close(fusion->fuse(inputs).values.select(1, 0), before, 1e-5);
}

TEST_P(Fusions, StudiesWithoutAnythingStayFinite) {
  const auto fusion = make(GetParam());
  Inputs inputs = some_inputs();
  for (auto& item : inputs) item.second.valid.fill_(false);
  const Tokens out = fusion->fuse(inputs);
  EXPECT_TRUE(out.values.isfinite().all().item<bool>());
  valid_sum(out).backward();
  for (const auto& item : inputs) EXPECT_EQ(item.second.values.grad().abs().max().item<double>(), 0.0);
  for (const auto& parameter : fusion->named_parameters())
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
}

TEST_P(Fusions, EveryParameterIsInTheGraphForAnySubset) {
  const auto fusion = make(GetParam());
  Inputs inputs = some_inputs();
  inputs.erase("ct");
  valid_sum(fusion->fuse(inputs)).backward();
  for (const auto& parameter : fusion->named_parameters()) EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
  EXPECT_EQ(fusion->named_parameters()["summaries.ct.weight"].grad().abs().max().item<double>(), 0.0);
}

TEST_P(Fusions, EveryPresentInputIsHeardFromTheStart) {
  const auto fusion = make(GetParam());
  const Inputs inputs = some_inputs();
  const at::Tensor before = fusion->fuse(inputs).values.detach();
  for (const auto& [name, tokens] : inputs) {
    Inputs changed = inputs;
    changed[name].values = tokens.values.detach().clone();
    changed[name].values[0] += 1.0;
    const at::Tensor moved = (fusion->fuse(changed).values - before).abs();
    EXPECT_GT(moved[0].max().item<double>(), 0.05) << name;
    EXPECT_EQ(moved[1].max().item<double>(), 0.0) << name << " leaked into another study";
  }
}

TEST_P(Fusions, CheckpointingChangesNoGradient) {
  std::vector<std::map<std::string, at::Tensor>> gradients;
  for (const bool checkpoint : {false, true}) {
    const auto fusion = make(GetParam(), checkpoint);
    const Inputs inputs = some_inputs();
    valid_sum(fusion->fuse(inputs)).backward();
    auto& all = gradients.emplace_back();
    for (const auto& parameter : fusion->named_parameters()) all[parameter.key()] = parameter.value().grad();
    for (const auto& [name, tokens] : inputs) all["input." + name] = tokens.values.grad();
  }
  for (const auto& [name, gradient] : gradients[0]) EXPECT_TRUE(test::same_bits(gradient, gradients[1].at(name))) << name;
}

TEST_P(Fusions, TraceForAnyBatchAndAreWrittenAsOnnx) {
  const auto fusion = make(GetParam());
  const auto run = [&](const std::vector<at::Tensor>& in) {
    const Tokens out = fusion->fuse({{"ct", {in[0], in[1]}}, {"text", {in[2], in[3]}}});
    return std::vector<at::Tensor>{out.values, out.valid};
  };
  const std::map<int, std::string> batch{{0, "batch"}};
  const auto example = [](int64_t studies) {
    return std::vector<at::Tensor>{at::randn({studies, 5, 8}), at::rand({studies, 5}) > 0.3, at::randn({studies, 3, 8}),
                                   at::rand({studies, 3}) > 0.6};
  };
  Program program{
      "fuse", {"ct", "ct_valid", "text", "text_valid"}, {"fused", "there"}, example(2), {batch, batch, batch, batch}, {batch, batch}, run};
  torch::jit::Module traced = trace(*fusion, program);
  auto other = example(5);
  other[1][0].fill_(false);
  other[3][0].fill_(false);
  const auto expected = run(other), found = run_traced(traced, other);
  expect_close(found[0], expected[0], 1e-6);
  EXPECT_TRUE(at::equal(found[1], expected[1]));
  write_onnx(testing::TempDir() + GetParam() + ".onnx", traced, program, {});
}

TEST_P(Fusions, UnknownAndNoInputsAreRefused) {
  const auto fusion = make(GetParam());
  Inputs inputs = some_inputs();
  inputs["txt"] = inputs["text"];
  try {
    fusion->fuse(inputs);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'txt'; did you mean 'text'?"), std::string::npos) << error.what();
  }
  EXPECT_THROW(fusion->fuse({}), UsageError);
}

INSTANTIATE_TEST_SUITE_P(All, Fusions, testing::Values("latent", "joint"), [](const auto& info) { return info.param; });

TEST(FusionList, NamesHelpAndDefaultsOfEveryEntry) {
  std::vector<std::string> names;
  for (const auto& item : fusions()) {
    names.push_back(item.name);
    EXPECT_FALSE(item.help.empty()) << item.name;
    EXPECT_EQ(item.make()->build(context)->fuse(some_inputs()).values.size(2), 8) << item.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"latent", "joint"}));
}

}  // namespace
}  // namespace chiasm
