// What every encoder of the list promises (core/encoder.h), with its default configuration on every form of input that it takes.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/nn/patch_embed.h"
#include "encoders/encoders.h"
#include "tests/support/parts/onnx_cases.h"
#include "tests/support/parts/small.h"

namespace chiasm {
namespace {

struct Part {
  std::string name, yaml;
  InputSpec spec;
};

std::shared_ptr<Encoder> build(const Part& part) {
  torch::manual_seed(5);
  auto encoder = test::build_part(encoders(), part.yaml, part.spec);
  encoder->eval();
  return encoder;
}

// Every kind with every form that it does not refuse, and variations that change what is computed.
const std::vector<Part>& parts() {
  static const std::vector<Part> all = [] {
    std::vector<Part> out;
    for (const auto& entry : encoders())
      for (const auto& [input, spec] : test::small_inputs()) {
        const Part part{entry.name + " of " + input, "kind: " + entry.name + "\n", spec};
        try {
          build(part);
          out.push_back(part);
        } catch (const UsageError&) {
          continue;
        }
      }
    const InputSpecs specs = test::small_inputs();
    out.push_back({"volume_vit with stem", "kind: volume_vit\nstem: [4, 8]\ncheckpoint: true\n", specs.at("ct")});
    out.push_back({"text as its mean", "kind: text\ntokens: mean\n", specs.at("findings")});
    return out;
  }();
  return all;
}

// The end of every row is padding: half of the last dimension.
Input half_padded(Input input, Form form) {
  input.valid = input.valid.clone();
  const int64_t length = input.valid.size(-1), kept = length / 2;
  input.valid.narrow(-1, kept, length - kept).fill_(false);
  if (form == Form::text) input.values = input.values.masked_fill(input.valid.logical_not(), TextIds::pad);
  return input;
}

Input with_other_padding(Input input, Form form) {
  const at::Tensor padding = input.valid.logical_not();
  if (form == Form::text) {
    input.values = input.values.masked_fill(padding, 7);
    return input;
  }
  const at::Tensor mask = form == Form::image ? padding.unsqueeze(1).expand_as(input.values) : padding;
  input.values = at::where(mask, at::randn_like(input.values) * 50.0, input.values);
  return input;
}

Input absent(const InputSpec& spec) {
  Input input = test::random_rows(spec, 1, 1);
  input.values = at::zeros_like(input.values);
  input.valid = at::zeros_like(input.valid);
  return input;
}

at::Tensor real_tokens(const Features& features) {
  return features.tokens.values.masked_fill(features.tokens.valid.logical_not().unsqueeze(-1), 0.0);
}

bool close(const at::Tensor& a, const at::Tensor& b) { return a.sizes() == b.sizes() && at::allclose(a, b, 1e-4, 1e-5); }

TEST(Encoders, EveryKindTakesAFormAndRefusesTheOthers) {
  for (const auto& entry : encoders()) {
    int taken = 0, refused = 0;
    for (const auto& item : test::small_inputs()) {
      try {
        test::build_part(encoders(), "kind: " + entry.name + "\n", item.second);
        ++taken;
      } catch (const UsageError& error) {
        ++refused;
        EXPECT_NE(std::string(error.what()).find("'" + entry.name + "'"), std::string::npos) << error.what();
      }
    }
    EXPECT_GT(taken, 0) << entry.name;
    EXPECT_GT(refused, 0) << entry.name;
  }
}

TEST(Encoders, ShapesAreAsDeclared) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    const Shape shape = encoder->shape();
    const Features out = encoder->encode(test::random_rows(part.spec, 2, 1));
    EXPECT_EQ(out.tokens.values.sizes(), (std::vector<int64_t>{2, shape.tokens, shape.width}));
    EXPECT_EQ(out.tokens.valid.sizes(), (std::vector<int64_t>{2, shape.tokens}));
    EXPECT_EQ(out.tokens.valid.scalar_type(), at::kBool);
    EXPECT_TRUE(out.tokens.valid.all().item<bool>());
    ASSERT_EQ(out.maps.size(), shape.maps.size());
    for (size_t m = 0; m < shape.maps.size(); ++m) {
      std::vector<int64_t> sizes{2, shape.maps[m].channels};
      for (size_t d = 0; d < 3; ++d) sizes.push_back(part.spec.size[d] / shape.maps[m].stride[d]);
      EXPECT_EQ(out.maps[m].sizes(), sizes) << "map " << m;
    }
  }
}

TEST(Encoders, EveryParameterTakesPartInEveryStep) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    encoder->train();
    const Features out = encoder->encode(test::random_rows(part.spec, 2, 1));
    at::Tensor sum = out.tokens.values.square().sum();
    for (const at::Tensor& map : out.maps) sum = sum + map.square().sum();
    sum.backward();
    for (const auto& item : encoder->named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST(Encoders, AnAbsentRowGivesNothingAndLearnsNothing) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    encoder->train();
    const Features out = encoder->encode(absent(part.spec));
    EXPECT_TRUE(out.tokens.values.isfinite().all().item<bool>());
    EXPECT_FALSE(out.tokens.valid.any().item<bool>());
    for (const at::Tensor& map : out.maps) EXPECT_TRUE(map.isfinite().all().item<bool>());
    real_tokens(out).sum().backward();
    for (const auto& item : encoder->named_parameters())
      if (item.value().grad().defined()) {
        EXPECT_TRUE(at::equal(item.value().grad(), at::zeros_like(item.value()))) << item.key();
      }
  }
}

TEST(Encoders, PaddingIsNotRead) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    const Input input = half_padded(test::random_rows(part.spec, 2, 1), part.spec.form);
    const Features one = encoder->encode(input), other = encoder->encode(with_other_padding(input, part.spec.form));
    EXPECT_TRUE(at::equal(one.tokens.valid, other.tokens.valid));
    EXPECT_TRUE(one.tokens.valid.any().item<bool>());
    if (encoder->shape().tokens > 1 && encoder->grid()[2] != 1) {  // a patch as wide as the image is half real
      EXPECT_FALSE(one.tokens.valid.all().item<bool>());
    }
    EXPECT_TRUE(at::equal(real_tokens(one), real_tokens(other)));
    for (size_t m = 0; m < one.maps.size(); ++m) EXPECT_TRUE(at::equal(one.maps[m], other.maps[m])) << "map " << m;
  }
}

TEST(Encoders, ALongerTextIsPaddedWithoutConsequence) {
  for (const Part& part : parts()) {
    if (part.spec.form != Form::text) continue;
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    const Input padded = half_padded(test::random_rows(part.spec, 2, 1), Form::text);
    Input cut = padded;
    cut.values = padded.values.narrow(1, 0, part.spec.length / 2);
    cut.valid = padded.valid.narrow(1, 0, part.spec.length / 2);
    const at::Tensor whole = real_tokens(encoder->encode(padded)), small = real_tokens(encoder->encode(cut));
    EXPECT_TRUE(close(whole.narrow(1, 0, small.size(1)), small));
  }
}

// In double precision: another number of rows may run other kernels, whose rounding in float a norm over the four voxels of a coarse map
// raises to the tolerance.
TEST(Encoders, ARowAloneEqualsTheRowInABatch) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    encoder->to(at::kDouble);
    Input rows = test::random_rows(part.spec, 3, 1);
    if (rows.values.is_floating_point()) rows.values = rows.values.to(at::kDouble);
    rows.where = rows.where.to(at::kDouble);
    const Features together = encoder->encode(rows);
    for (int64_t r = 0; r < 3; ++r) {
      const Features alone =
          encoder->encode({rows.values.narrow(0, r, 1), rows.valid.narrow(0, r, 1), {0}, rows.where.narrow(0, r, 1), {}});
      EXPECT_TRUE(close(alone.tokens.values[0], together.tokens.values[r])) << r;
      for (size_t m = 0; m < alone.maps.size(); ++m) EXPECT_TRUE(close(alone.maps[m][0], together.maps[m][r])) << r << ", map " << m;
    }
  }
}

TEST(Encoders, UndefinedValidityMeansAllReal) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    auto encoder = build(part);
    Input rows = test::random_rows(part.spec, 2, 1);
    const Features stated = encoder->encode(rows);
    rows.valid = at::Tensor();
    const Features unstated = encoder->encode(rows);
    EXPECT_TRUE(unstated.tokens.valid.defined());
    EXPECT_TRUE(at::equal(stated.tokens.valid, unstated.tokens.valid));
    EXPECT_TRUE(close(stated.tokens.values, unstated.tokens.values));
  }
}

TEST(Encoders, EqualSeedsGiveEqualBits) {
  for (const Part& part : parts()) {
    SCOPED_TRACE(part.name);
    const Input rows = test::random_rows(part.spec, 2, 1);
    const Features one = build(part)->encode(rows), other = build(part)->encode(rows);
    EXPECT_TRUE(at::equal(one.tokens.values, other.tokens.values));
  }
}

// Two thirds of the patches are hidden; what stands in them must not matter.
TEST(Encoders, KeepShowsTheKeptPatchesOnly) {
  int tested = 0;
  for (const Part& part : parts()) {
    auto encoder = build(part);
    const auto grid = encoder->grid();
    if (grid[0] == 0) continue;
    SCOPED_TRACE(part.name);
    ++tested;
    const int64_t patches = grid[0] * grid[1] * grid[2], kept = std::max<int64_t>(1, patches / 3);
    Input rows = test::random_rows(part.spec, 2, 1);
    const Features whole = encoder->encode(rows);
    rows.keep = at::stack({at::arange(kept), at::arange(patches - kept, patches)});
    const Features seen = encoder->encode(rows);
    EXPECT_EQ(seen.tokens.values.sizes(), (std::vector<int64_t>{2, kept, encoder->shape().width}));
    EXPECT_TRUE(seen.maps.empty());
    EXPECT_FALSE(close(seen.tokens.values[0], whole.tokens.values[0].narrow(0, 0, kept))) << "the hidden patches were read";
    const at::Tensor hidden = at::ones({2, patches}, at::kBool).scatter(1, rows.keep, false);
    nn::Size3 patch{};
    for (size_t d = 0; d < 3; ++d) patch[d] = part.spec.size[d] / grid[d];
    rows.values = rows.values + 30.0 * nn::voxels_of_patches(hidden, grid, patch);
    EXPECT_TRUE(at::equal(seen.tokens.values, encoder->encode(rows).tokens.values));
  }
  EXPECT_GT(tested, 0);
}

TEST(Encoders, KeepingAllPatchesChangesNothing) {
  for (const Part& part : parts()) {
    auto encoder = build(part);
    const auto grid = encoder->grid();
    if (grid[0] == 0) continue;
    SCOPED_TRACE(part.name);
    Input rows = test::random_rows(part.spec, 2, 1);
    const at::Tensor whole = encoder->encode(rows).tokens.values;
    rows.keep = at::arange(grid[0] * grid[1] * grid[2]).expand({2, -1});
    EXPECT_TRUE(close(whole, encoder->encode(rows).tokens.values));
  }
}

Program encoder_program(const std::shared_ptr<Encoder>& encoder, const InputSpec& spec) {
  Program program;
  program.name = "encoder";
  program.inputs = {"values", "valid"};
  const Input example = test::random_rows(spec, 2, 1);
  program.example = {example.values, example.valid};
  program.input_axes = {{{0, "rows"}}, {{0, "rows"}}};
  program.outputs = {"tokens", "tokens_valid"};
  for (size_t m = 0; m < encoder->shape().maps.size(); ++m) program.outputs.push_back("map" + std::to_string(m));
  program.output_axes.assign(program.outputs.size(), {{0, "rows"}});
  program.run = [encoder](const std::vector<at::Tensor>& in) {
    const Features features = encoder->encode({in[0], in[1], {}, {}, {}});
    std::vector<at::Tensor> out{features.tokens.values, features.tokens.valid};
    out.insert(out.end(), features.maps.begin(), features.maps.end());
    return out;
  };
  return program;
}

TEST(Encoders, AreTheSameInTorchScriptAndOnnx) {
  test::OnnxCases cases;
  for (size_t i = 0; i < parts().size(); ++i) {
    const Part& part = parts()[i];
    auto encoder = build(part);
    const Input three = test::random_rows(part.spec, 3, 9), padded = half_padded(three, part.spec.form), none = absent(part.spec);
    cases.add("encoder" + std::to_string(i), *encoder, encoder_program(encoder, part.spec),
              {{"three", {three.values, three.valid}}, {"padded", {padded.values, padded.valid}}, {"absent", {none.values, none.valid}}});
  }
  if (!test::OnnxCases::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with onnxruntime; TorchScript was compared";
  EXPECT_EQ(cases.run(), 0);
}

}  // namespace
}  // namespace chiasm
