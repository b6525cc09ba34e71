// The encoders of volumes and images.
#include "core/base/error.h"
#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "core/nn/autocast.h"
#include "encoders/cnn.h"
#include "encoders/encoders.h"
#include "encoders/image_cnn.h"
#include "encoders/image_vit.h"
#include "encoders/volume_cnn.h"
#include "encoders/volume_vit.h"
#include "tests/support/gradcheck.h"

namespace chiasm {
namespace {

using test::expect_close;
using Sizes = std::vector<int64_t>;

InputSpec volume_spec(std::array<int64_t, 3> size, int64_t channels = 1) {
  InputSpec spec;
  spec.form = Form::image;
  spec.modality = "ct";
  spec.channels = channels;
  spec.size = size;
  return spec;
}

struct Case {
  std::string name;
  InputSpec spec;
  std::function<std::shared_ptr<Encoder>(const InputSpec&)> make;
};

VitSettings tiny_vit(std::vector<int64_t> stem) {
  VitSettings out;
  out.width = 12;
  out.depth = 2;
  out.heads = 2;
  out.mlp_ratio = 2.0;
  out.stem = std::move(stem);
  return out;
}

std::vector<Case> cases() {
  const InputSpec volume = volume_spec({8, 16, 16}), image = volume_spec({1, 32, 32}, 2);
  return {
      {"volume_vit", volume,
       [](const InputSpec& s) {
         return build(VolumeVitConfig{{4, 8, 8}, tiny_vit({})}, s);
       }},
      {"volume_vit_stem", volume,
       [](const InputSpec& s) {
         return build(VolumeVitConfig{{4, 8, 8}, tiny_vit({4, 6})}, s);
       }},
      {"volume_cnn", volume,
       [](const InputSpec& s) {
         return build(VolumeCnnConfig{{.channels = {4, 6, 8}}}, s);
       }},
      {"volume_cnn_coarse", volume,
       [](const InputSpec& s) {
         return build(VolumeCnnConfig{{.channels = {4, 8}, .blocks = 2, .fine = false, .group_norm = true}}, s);
       }},
      {"image_vit", image,
       [](const InputSpec& s) {
         return build(ImageVitConfig{{8, 8}, tiny_vit({4})}, s);
       }},
      {"image_cnn", image,
       [](const InputSpec& s) {
         return build(ImageCnnConfig{{.channels = {4, 6, 8}, .flat = true}}, s);
       }},
  };
}

Input random_input(const InputSpec& spec, int64_t rows) {
  Input input;
  input.values = at::randn({rows, spec.channels, spec.size[0], spec.size[1], spec.size[2]});
  for (int64_t r = 0; r < rows; ++r) input.rows.push_back(r);
  return input;
}

at::Tensor all_valid(const InputSpec& spec, int64_t rows) { return at::ones({rows, spec.size[0], spec.size[1], spec.size[2]}, at::kBool); }

class Images : public testing::TestWithParam<size_t> {
 protected:
  Images() : item(cases()[GetParam()]) {
    torch::manual_seed(11);
    encoder = item.make(item.spec);
  }
  Case item;
  std::shared_ptr<Encoder> encoder;
};

TEST_P(Images, GiveWhatTheirShapeSays) {
  const Features out = encoder->encode(random_input(item.spec, 3));
  const Shape shape = encoder->shape();
  EXPECT_EQ(out.tokens.values.sizes(), (Sizes{3, shape.tokens, shape.width}));
  EXPECT_EQ(out.tokens.valid.sizes(), (Sizes{3, shape.tokens}));
  EXPECT_TRUE(out.tokens.valid.all().item<bool>());
  ASSERT_EQ(out.maps.size(), shape.maps.size());
  for (size_t i = 0; i < shape.maps.size(); ++i) {
    Sizes expected{3, shape.maps[i].channels};
    for (size_t d = 0; d < 3; ++d) expected.push_back(item.spec.size[d] / shape.maps[i].stride[d]);
    EXPECT_EQ(out.maps[i].sizes(), expected) << "map " << i;
  }
}

TEST_P(Images, TrainEveryParameterThroughTheirTokens) {
  encoder->encode(random_input(item.spec, 2)).tokens.values.square().sum().backward();
  for (const auto& parameter : encoder->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
  }
}

TEST_P(Images, EmptyRowsAreInvalidAndFinite) {
  Input input = random_input(item.spec, 2);
  input.values[0].zero_();
  input.valid = all_valid(item.spec, 2);
  input.valid[0].fill_(false);
  input.values.requires_grad_(true);
  const Features out = encoder->encode(input);
  EXPECT_FALSE(out.tokens.valid[0].any().item<bool>());
  EXPECT_TRUE(out.tokens.valid[1].all().item<bool>());
  at::Tensor loss = out.tokens.values.square().sum();
  for (const at::Tensor& map : out.maps) {
    EXPECT_TRUE(map.isfinite().all().item<bool>());
    loss = loss + map.square().sum();
  }
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  EXPECT_EQ(input.values.grad()[0].abs().max().item<double>(), 0.0);
  for (const auto& parameter : encoder->named_parameters())
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
}

TEST_P(Images, RowsDoNotMix) {
  const Input both = random_input(item.spec, 2);
  Input one = both;
  one.values = both.values.narrow(0, 1, 1);
  one.rows = {0};
  expect_close(encoder->encode(one).tokens.values[0], encoder->encode(both).tokens.values[1], 1e-5);
}

TEST_P(Images, ContentOfPaddingIsNotRead) {
  Input input = random_input(item.spec, 1);
  input.valid = all_valid(item.spec, 1);
  input.valid.slice(3, item.spec.size[2] / 2).fill_(false);
  Input changed = input;
  changed.values = input.values.masked_fill(input.valid.logical_not().unsqueeze(1), 99.0);
  const Features a = encoder->encode(input), b = encoder->encode(changed);
  EXPECT_TRUE(test::same_bits(a.tokens.values, b.tokens.values));
  EXPECT_FALSE(a.tokens.valid.all().item<bool>());
  EXPECT_TRUE(a.tokens.valid.any().item<bool>());
}

TEST_P(Images, OtherSizesAreReadToo) {
  InputSpec larger = item.spec;
  for (int64_t& side : larger.size) side = side == 1 ? 1 : 2 * side;
  const Features out = encoder->encode(random_input(larger, 1));
  int64_t tokens = encoder->shape().tokens;
  for (const int64_t side : item.spec.size) tokens *= side == 1 ? 1 : 2;
  EXPECT_EQ(out.tokens.values.size(1), tokens);
  EXPECT_TRUE(out.tokens.values.isfinite().all().item<bool>());
}

TEST_P(Images, TraceForAnyBatchAndAreWrittenAsOnnx) {
  const auto run = [&](const std::vector<at::Tensor>& in) {
    Input input;
    input.values = in[0];
    input.valid = in[1];
    Features out = encoder->encode(input);
    std::vector<at::Tensor> tensors{out.tokens.values, out.tokens.valid};
    tensors.insert(tensors.end(), out.maps.begin(), out.maps.end());
    return tensors;
  };
  encoder->eval();
  const std::map<int, std::string> batch{{0, "batch"}};
  Program program{"encode",
                  {"values", "valid"},
                  {"tokens", "there"},
                  {random_input(item.spec, 2).values, all_valid(item.spec, 2)},
                  {batch, batch},
                  {batch, batch},
                  run};
  for (size_t i = 0; i < encoder->shape().maps.size(); ++i) {
    program.outputs.push_back("map_" + std::to_string(i));
    program.output_axes.push_back(batch);
  }
  torch::jit::Module traced = trace(*encoder, program);
  std::vector<at::Tensor> other{random_input(item.spec, 3).values, all_valid(item.spec, 3)};
  other[1][0].fill_(false);
  const auto expected = run(other), found = run_traced(traced, other);
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) expect_close(found[i].to(at::kFloat), expected[i].to(at::kFloat), 1e-5);
  write_onnx(testing::TempDir() + item.name + ".onnx", traced, program, {});
}

TEST_P(Images, StayFiniteUnderAutocast) {
  nn::AutocastState reduced{at::kCPU, true, true, at::kBFloat16};
  at::Tensor loss;
  {
    const nn::AutocastScope scope(reduced);
    const Features out = encoder->encode(random_input(item.spec, 2));
    loss = out.tokens.values.to(at::kFloat).square().sum();
  }
  loss.backward();
  for (const auto& parameter : encoder->named_parameters())
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
}

INSTANTIATE_TEST_SUITE_P(All, Images, testing::Range<size_t>(0, 6), [](const auto& info) { return cases()[info.param].name; });

class PatchEncoders : public Images {};

TEST_P(PatchEncoders, AllPatchesKeptIsTheWhole) {
  Input input = random_input(item.spec, 2);
  const auto grid = encoder->grid();
  const int64_t count = grid[0] * grid[1] * grid[2];
  ASSERT_EQ(count, encoder->shape().tokens);
  const Features whole = encoder->encode(input);
  input.keep = at::arange(count).unsqueeze(0).repeat({2, 1});
  const Features kept = encoder->encode(input);
  expect_close(kept.tokens.values, whole.tokens.values, 1e-5);
  EXPECT_TRUE(kept.maps.empty());
}

TEST_P(PatchEncoders, TokensFollowTheOrderOfKeep) {
  Input input = random_input(item.spec, 1);
  input.keep = at::tensor({2, 5, 7}).view({1, 3});
  const at::Tensor ascending = encoder->encode(input).tokens.values;
  input.keep = at::tensor({7, 2, 5}).view({1, 3});
  const at::Tensor turned = encoder->encode(input).tokens.values;
  EXPECT_EQ(ascending.size(1), 3);
  expect_close(turned[0][0], ascending[0][2], 1e-5);
  expect_close(turned[0][1], ascending[0][0], 1e-5);
}

TEST_P(PatchEncoders, HiddenPatchesAreNotRead) {
  Input input = random_input(item.spec, 1);
  const auto grid = encoder->grid();
  input.keep = at::tensor({0, 3, 6}).view({1, 3});
  const at::Tensor marked = at::zeros({1, grid[0] * grid[1] * grid[2]}).scatter(1, input.keep, 1.0);
  const nn::Size3 patch = encoder->shape().maps.back().stride;
  const at::Tensor hidden = nn::voxels_of_patches(marked, grid, patch) < 0.5;
  Input changed = input;
  changed.values = input.values.masked_fill(hidden, 50.0);
  EXPECT_TRUE(test::same_bits(encoder->encode(input).tokens.values, encoder->encode(changed).tokens.values));
}

TEST_P(PatchEncoders, KeptPatchesCarryTheirValidity) {
  Input input = random_input(item.spec, 1);
  input.valid = all_valid(item.spec, 1);
  input.valid.slice(3, item.spec.size[2] / 2).fill_(false);
  const auto grid = encoder->grid();
  const int64_t last = grid[2] - 1;
  input.keep = at::tensor({int64_t{0}, last}).view({1, 2});
  EXPECT_TRUE(at::equal(encoder->encode(input).tokens.valid.to(at::kLong), at::tensor({1, 0}).view({1, 2})));
}

INSTANTIATE_TEST_SUITE_P(All, PatchEncoders, testing::Values<size_t>(0, 1, 4), [](const auto& info) { return cases()[info.param].name; });

TEST(Vit, CheckpointingChangesNoGradient) {
  const InputSpec spec = volume_spec({8, 8, 8});
  std::vector<at::Tensor> gradients;
  const Input input = random_input(spec, 2);
  for (const bool checkpoint : {false, true}) {
    torch::manual_seed(12);
    VitSettings settings = tiny_vit({});
    settings.checkpoint = checkpoint;
    const auto encoder = build(VolumeVitConfig{{4, 4, 4}, settings}, spec);
    encoder->encode(input).tokens.values.square().sum().backward();
    gradients.push_back(encoder->named_parameters()["patches.project.weight"].grad());
  }
  EXPECT_TRUE(test::same_bits(gradients[0], gradients[1]));
}

TEST(Cnn, HalvesSidesUntilTheyAreIsotropic) {
  EXPECT_EQ(next_stride({48, 64, 64}, {1, 1, 1}), (nn::Size3{2, 2, 2}));
  EXPECT_EQ(next_stride({24, 256, 256}, {5.0, 1.0, 1.0}), (nn::Size3{1, 2, 2}));
  EXPECT_EQ(next_stride({24, 64, 64}, {5.0, 4.0, 4.0}), (nn::Size3{2, 2, 2}));
  EXPECT_EQ(next_stride({1, 128, 128}, {1, 1, 1}), (nn::Size3{1, 2, 2}));
  EXPECT_EQ(next_stride({1, 128, 128}, {0.1, 1, 1}), (nn::Size3{1, 2, 2}));
  EXPECT_EQ(next_stride({3, 2, 7}, {1, 1, 1}), (nn::Size3{1, 1, 1}));
}

TEST(Images, MistakesAreNamedBeforeAnythingRuns) {
  const auto message = [](const auto& make) -> std::string {
    try {
      make();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message([] {
              build(VolumeVitConfig{}, volume_spec({48, 60, 64}));
            }).find("side 60 of the view is no multiple of the patch side 8"),
            std::string::npos);
  EXPECT_NE(message([] {
              build(VolumeVitConfig{{6, 6, 6}, tiny_vit({4, 4, 4})}, volume_spec({12, 12, 12}));
            }).find("halves the patch"),
            std::string::npos);
  InputSpec text;
  text.form = Form::text;
  text.modality = "text";
  EXPECT_NE(message([&] { build(VolumeCnnConfig{}, text); }).find("encoder 'volume_cnn' reads images"), std::string::npos);
}

}  // namespace
}  // namespace chiasm
