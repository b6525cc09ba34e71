// What every fusion of the list promises (core/fusion.h), with its default configuration.
#include <gtest/gtest.h>

#include "fusion/fusions.h"
#include "tests/support/parts/onnx_cases.h"
#include "tests/support/parts/small.h"

namespace chiasm {
namespace {

using TokenMap = std::map<std::string, Tokens>;

constexpr int64_t width = 32;
const std::vector<std::string> names{"ct", "labs", "xray"};

std::shared_ptr<Fusion> build(const std::string& kind, const std::vector<std::string>& inputs = names) {
  torch::manual_seed(3);
  auto fusion = test::build_part(fusions(), "kind: " + kind + "\n", FusionContext{width, inputs});
  fusion->eval();
  return fusion;
}

// Input i has 2 + i tokens a study, the last of which is padding in every second study.
TokenMap random_tokens(int64_t studies, uint64_t seed = 1) {
  auto generator = at::detail::createCPUGenerator(seed);
  TokenMap out;
  for (size_t i = 0; i < names.size(); ++i) {
    const int64_t count = 2 + static_cast<int64_t>(i);
    at::Tensor valid = at::ones({studies, count}, at::kBool);
    for (int64_t b = 1; b < studies; b += 2) valid[b][count - 1] = false;
    out[names[i]] = {at::randn({studies, count, width}, generator), valid};
  }
  return out;
}

TokenMap chosen(const TokenMap& tokens, const std::vector<std::string>& which) {
  TokenMap out;
  for (const std::string& name : which) out[name] = tokens.at(name);
  return out;
}

// The input is there, but no study has it.
TokenMap lacking(TokenMap tokens, const std::string& name) {
  tokens[name].valid = at::zeros_like(tokens[name].valid);
  return tokens;
}

// What heads read of it: the mean of the fused tokens.
at::Tensor embedding(Fusion& fusion, const TokenMap& tokens) {
  const Tokens fused = fusion.fuse(tokens);
  const at::Tensor weight = fused.valid.to(at::kFloat).unsqueeze(-1);
  return (fused.values * weight).sum(1) / weight.sum(1).clamp_min(1.0);
}

void expect_close(const at::Tensor& a, const at::Tensor& b) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_LE((a - b).abs().max().item<double>(), 2e-5);
}

TEST(Fusions, GiveTokensOfTheirWidth) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    const Tokens fused = build(entry.name)->fuse(random_tokens(4));
    EXPECT_EQ(fused.values.dim(), 3);
    EXPECT_EQ(fused.values.size(0), 4);
    EXPECT_EQ(fused.values.size(2), width);
    ASSERT_TRUE(fused.valid.defined());
    EXPECT_EQ(fused.valid.sizes(), fused.values.sizes().slice(0, 2));
    EXPECT_TRUE(fused.valid.any(1).all().item<bool>());
  }
}

TEST(Fusions, AnAbsentInputEqualsOneThatIsNotThere) {
  for (const auto& entry : fusions())
    for (const std::string& gone : names) {
      SCOPED_TRACE(entry.name + " without " + gone);
      auto fusion = build(entry.name);
      const TokenMap tokens = random_tokens(4);
      std::vector<std::string> others;
      for (const std::string& name : names)
        if (name != gone) others.push_back(name);
      expect_close(embedding(*fusion, lacking(tokens, gone)), embedding(*fusion, chosen(tokens, others)));
      EXPECT_FALSE(at::allclose(embedding(*fusion, tokens), embedding(*fusion, chosen(tokens, others)), 1e-3, 1e-3))
          << "the input is never read";
    }
}

TEST(Fusions, InvalidTokensAreNotReadAndGetNoGradient) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    auto fusion = build(entry.name);
    const TokenMap tokens = random_tokens(4);
    TokenMap garbage;
    for (const auto& [name, item] : tokens) {
      const at::Tensor values = at::where(item.valid.unsqueeze(-1), item.values, at::full({}, 1e4f)).detach().requires_grad_(true);
      garbage[name] = {values, item.valid};
    }
    const at::Tensor out = embedding(*fusion, garbage);
    expect_close(out, embedding(*fusion, tokens));
    out.square().sum().backward();
    for (const auto& [name, item] : garbage) {
      const at::Tensor gradient = item.values.grad();
      EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << name;
      EXPECT_EQ(gradient.masked_fill(item.valid.unsqueeze(-1), 0.0).abs().max().item<double>(), 0.0) << name;
      EXPECT_GT(gradient.abs().max().item<double>(), 0.0) << name;
    }
  }
}

TEST(Fusions, TakeAnySubsetIncludingNone) {
  for (const auto& entry : fusions())
    for (int mask = 0; mask < 8; ++mask) {
      SCOPED_TRACE(entry.name + " subset " + std::to_string(mask));
      auto fusion = build(entry.name);
      TokenMap tokens = random_tokens(4);
      for (size_t i = 0; i < names.size(); ++i)
        if ((mask >> i & 1) == 0) tokens = lacking(tokens, names[i]);
      const Tokens fused = fusion->fuse(tokens);
      EXPECT_TRUE(fused.values.isfinite().all().item<bool>());
      fused.values.sum().backward();
      for (const auto& item : fusion->named_parameters()) {
        ASSERT_TRUE(item.value().grad().defined()) << item.key();
        EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
      }
    }
}

TEST(Fusions, EveryParameterTakesPartWhenAnInputIsNotGiven) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    auto fusion = build(entry.name);
    fusion->fuse(chosen(random_tokens(4), {"ct"})).values.sum().backward();
    for (const auto& item : fusion->named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST(Fusions, EachStudyIsFusedByItself) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    auto fusion = build(entry.name);
    TokenMap tokens = random_tokens(4);
    tokens["labs"].valid[2].fill_(false);
    const at::Tensor together = embedding(*fusion, tokens);
    for (int64_t b = 0; b < 4; ++b) {
      TokenMap alone;
      for (const auto& [name, item] : tokens) alone[name] = {item.values.narrow(0, b, 1), item.valid.narrow(0, b, 1)};
      expect_close(embedding(*fusion, alone)[0], together[b]);
    }
  }
}

TEST(Fusions, TheOrderOfTokensDoesNotMatter) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    auto fusion = build(entry.name);
    TokenMap tokens = random_tokens(4);
    const at::Tensor before = embedding(*fusion, tokens);
    for (auto& item : tokens) item.second = {item.second.values.flip(1), item.second.valid.flip(1)};
    expect_close(embedding(*fusion, tokens), before);
  }
}

// The same weights by name give the same result, so that a run may list its inputs in another order than the run it starts from.
TEST(Fusions, TheOrderOfInputsDoesNotMatter) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    auto one = build(entry.name), other = build(entry.name, {names[2], names[0], names[1]});
    const at::NoGradGuard no_gradient;
    const auto parameters = one->named_parameters();
    for (auto& item : other->named_parameters()) {
      const auto* same = parameters.find(item.key());
      ASSERT_NE(same, nullptr) << item.key();
      item.value().copy_(*same);
    }
    expect_close(embedding(*other, random_tokens(4)), embedding(*one, random_tokens(4)));
  }
}

// Weights keep their shape when a run has further inputs; those start fresh.
TEST(Fusions, WeightsFitAModelWithOtherInputs) {
  for (const auto& entry : fusions()) {
    SCOPED_TRACE(entry.name);
    auto two = build(entry.name, {"ct", "labs"}), three = build(entry.name);
    const auto parameters = three->named_parameters();
    for (const auto& item : two->named_parameters()) {
      const auto* same = parameters.find(item.key());
      ASSERT_NE(same, nullptr) << item.key();
      EXPECT_EQ(same->sizes(), item.value().sizes()) << item.key();
    }
  }
}

Program fusion_program(const std::shared_ptr<Fusion>& fusion) {
  Program program;
  program.name = "fusion";
  for (const auto& [name, tokens] : random_tokens(2)) {
    program.inputs.insert(program.inputs.end(), {name, name + "_valid"});
    program.example.insert(program.example.end(), {tokens.values, tokens.valid});
  }
  program.input_axes.assign(program.inputs.size(), {{0, "studies"}});
  program.outputs = {"fused", "fused_valid"};
  program.output_axes.assign(2, {{0, "studies"}});
  program.run = [fusion](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    TokenMap tokens;
    for (size_t i = 0; i < names.size(); ++i) tokens[names[i]] = {in[2 * i], in[2 * i + 1]};
    const Tokens fused = fusion->fuse(tokens);
    return {fused.values, fused.valid};
  };
  return program;
}

TEST(Fusions, AreTheSameInTorchScriptAndOnnx) {
  test::OnnxCases cases;
  const auto flat = [](const TokenMap& tokens) {
    std::vector<at::Tensor> out;
    for (const auto& entry : tokens) out.insert(out.end(), {entry.second.values, entry.second.valid});
    return out;
  };
  for (const auto& entry : fusions()) {
    auto fusion = build(entry.name);
    std::map<std::string, std::vector<at::Tensor>> inputs{{"three", flat(random_tokens(3, 7))}};
    TokenMap none = random_tokens(3, 7);
    for (const std::string& name : names) {
      inputs["without_" + name] = flat(lacking(random_tokens(3, 7), name));
      none = lacking(none, name);
    }
    inputs["nothing"] = flat(none);
    cases.add(entry.name, *fusion, fusion_program(fusion), inputs);
  }
  if (!test::OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

}  // namespace
}  // namespace chiasm
