// The encoders of texts and tables, and the list.
#include "core/base/error.h"
#include "core/config/config.h"
#include "core/export/onnx.h"
#include "core/export/trace.h"
#include "encoders/encoders.h"
#include "encoders/table.h"
#include "encoders/text.h"
#include "tests/support/gradcheck.h"

namespace chiasm {
namespace {

using test::expect_close;
using Sizes = std::vector<int64_t>;

InputSpec text_spec() {
  InputSpec spec;
  spec.form = Form::text;
  spec.modality = "text";
  spec.vocabulary = 20;
  spec.length = 6;
  return spec;
}

InputSpec table_spec() {
  InputSpec spec;
  spec.form = Form::table;
  spec.modality = "table";
  spec.columns = {"age", "crp", "sex"};
  return spec;
}

Input text_input() {
  Input input;
  input.values = at::tensor({2, 7, 9, 3, 0, 0, 2, 8, 11, 12, 5, 3}, at::kLong).view({2, 6});
  input.valid = input.values != TextIds::pad;
  input.rows = {0, 1};
  return input;
}

Input table_input() {
  Input input;
  input.values = at::tensor({0.5, 1.0, -1.0, 1.0, 0.0, 0.0, 1.5, 1.0, 0.0, 0.0, 1.0, 1.0}, at::kFloat).view({2, 6});
  input.rows = {0, 1};
  return input;
}

TextConfig tiny_text(const std::string& tokens = "pieces") {
  TextConfig config;
  config.width = 8;
  config.heads = 2;
  config.tokens = tokens;
  return config;
}

TableConfig tiny_table() {
  TableConfig config;
  config.width = 8;
  config.heads = 2;
  return config;
}

std::shared_ptr<Encoder> seeded(const auto& config, const InputSpec& spec) {
  torch::manual_seed(21);
  return build(config, spec);
}

TEST(Text, GivesATokenAPiece) {
  const auto encoder = seeded(tiny_text(), text_spec());
  const Features out = encoder->encode(text_input());
  EXPECT_EQ(out.tokens.values.sizes(), (Sizes{2, 6, 8}));
  EXPECT_EQ(encoder->shape().tokens, 6);
  EXPECT_TRUE(at::equal(out.tokens.valid, text_input().valid));
  EXPECT_TRUE(out.maps.empty());
}

TEST(Text, PaddingChangesNothing) {
  const auto encoder = seeded(tiny_text(), text_spec());
  Input shorter;
  shorter.values = text_input().values.narrow(0, 0, 1).narrow(1, 0, 4);
  expect_close(encoder->encode(text_input()).tokens.values[0].narrow(0, 0, 4), encoder->encode(shorter).tokens.values[0], 1e-6);
}

TEST(Text, OrderMatters) {
  const auto encoder = seeded(tiny_text("mean"), text_spec());
  Input turned = text_input();
  turned.values = at::tensor({2, 9, 7, 3, 0, 0, 2, 8, 11, 12, 5, 3}, at::kLong).view({2, 6});
  EXPECT_GT((encoder->encode(text_input()).tokens.values[0] - encoder->encode(turned).tokens.values[0]).abs().max().item<double>(), 1e-4);
}

TEST(Text, SummariesAreOneToken) {
  const at::Tensor pieces = seeded(tiny_text(), text_spec())->encode(text_input()).tokens.values;
  const auto first = seeded(tiny_text("first"), text_spec()), mean = seeded(tiny_text("mean"), text_spec());
  EXPECT_EQ(first->shape().tokens, 1);
  expect_close(first->encode(text_input()).tokens.values, pieces.narrow(1, 0, 1), 1e-6);
  expect_close(mean->encode(text_input()).tokens.values[0][0], pieces[0].narrow(0, 0, 4).mean(0), 1e-6);
  EXPECT_TRUE(mean->encode(text_input()).tokens.valid.all().item<bool>());
}

TEST(Text, EmptyRowsAreInvalidAndFinite) {
  for (const std::string tokens : {"pieces", "first", "mean"}) {
    const auto encoder = seeded(tiny_text(tokens), text_spec());
    Input input = text_input();
    input.values[0].zero_();
    input.valid[0].fill_(false);
    const Features out = encoder->encode(input);
    EXPECT_FALSE(out.tokens.valid[0].any().item<bool>());
    out.tokens.values.square().sum().backward();
    for (const auto& parameter : encoder->named_parameters())
      EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
  }
}

TEST(Text, LongerTextsAreRefused) {
  Input input = text_input();
  input.values = at::full({1, 7}, 5, at::kLong);
  EXPECT_THROW(seeded(tiny_text(), text_spec())->encode(input), InputError);
}

TEST(Table, KnownColumnsAreTheTokens) {
  const auto encoder = seeded(tiny_table(), table_spec());
  const Features out = encoder->encode(table_input());
  EXPECT_EQ(out.tokens.values.sizes(), (Sizes{2, 3, 8}));
  EXPECT_TRUE(at::equal(out.tokens.valid.to(at::kLong), at::tensor({1, 1, 0, 1, 0, 1}).view({2, 3})));
}

TEST(Table, ValuesOfUnknownColumnsAreNotRead) {
  const auto encoder = seeded(tiny_table(), table_spec());
  Input changed = table_input();
  changed.values[0][4] = 77.0;  // the value of an unknown column
  const at::Tensor a = encoder->encode(table_input()).tokens.values, b = encoder->encode(changed).tokens.values;
  EXPECT_TRUE(test::same_bits(a, b));
  changed.values[0][2] = 3.0;  // that of a known one
  EXPECT_FALSE(test::same_bits(a, encoder->encode(changed).tokens.values));
}

TEST(Table, EmptyRowsAreInvalidAndFinite) {
  const auto encoder = seeded(tiny_table(), table_spec());
  Input input = table_input();
  input.valid = at::ones({2, 6}, at::kBool);
  input.valid[1].fill_(false);
  const Features out = encoder->encode(input);
  EXPECT_FALSE(out.tokens.valid[1].any().item<bool>());
  out.tokens.values.square().sum().backward();
  for (const auto& parameter : encoder->named_parameters())
    EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
}

TEST(Words, TraceForAnyBatchAndAreWrittenAsOnnx) {
  const std::map<int, std::string> batch{{0, "batch"}};
  for (const bool text : {true, false}) {
    const auto encoder = text ? seeded(tiny_text("mean"), text_spec()) : seeded(tiny_table(), table_spec());
    const auto run = [&](const std::vector<at::Tensor>& in) {
      Input input;
      input.values = in[0];
      const Features out = encoder->encode(input);
      return std::vector<at::Tensor>{out.tokens.values, out.tokens.valid};
    };
    const at::Tensor example = text ? text_input().values : table_input().values;
    Program program{"encode", {"values"}, {"tokens", "there"}, {example}, {batch}, {batch, batch}, run};
    torch::jit::Module traced = trace(*encoder, program);
    const at::Tensor other = at::cat({example, at::zeros_like(example)});
    const auto expected = run({other}), found = run_traced(traced, {other});
    expect_close(found[0], expected[0], 1e-6);
    EXPECT_TRUE(at::equal(found[1], expected[1]));
    write_onnx(testing::TempDir() + (text ? "text.onnx" : "table.onnx"), traced, program, {});
  }
}

TEST(EncoderList, NamesHelpAndDefaultsOfEveryEntry) {
  std::vector<std::string> names;
  for (const auto& item : encoders()) {
    names.push_back(item.name);
    EXPECT_FALSE(item.help.empty()) << item.name;
    InputSpec spec = item.name == "text" ? text_spec() : item.name == "table" ? table_spec() : InputSpec{};
    if (spec.form == Form::image) spec.size = {item.name.rfind("volume", 0) == 0 ? 16 : 1, 32, 32};
    const auto encoder = item.make()->build(spec);
    EXPECT_GT(encoder->shape().tokens, 0) << item.name;
    EXPECT_EQ(encoder->shape().maps.empty(), spec.form != Form::image) << item.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"volume_vit", "volume_cnn", "image_vit", "image_cnn", "text", "table"}));
}

// A struct around a component, as a run file has it.
struct Chosen {
  Component<Encoder, InputSpec> encoder{encoders(), "volume_cnn"};
};
void fields(config::Visitor& v, Chosen& c) { c.encoder.visit(v, encoders()); }

TEST(EncoderList, ReadsItsConfiguration) {
  const auto read = [](const std::string& yaml) { return config::read<Chosen>(config::Document::parse(yaml, "run.yaml")); };
  InputSpec spec;
  spec.size = {8, 8, 8};
  EXPECT_EQ(read("kind: volume_cnn\nchannels: [4, 6]\n").encoder.build(spec)->shape().width, 6);
  EXPECT_EQ(read("kind: volume_vit\npatch: [4, 4, 4]\nwidth: 24\n").encoder.build(spec)->shape().tokens, 8);
  EXPECT_THROW(read("kind: volume_vit\nwidth: 30\nheads: 4\n"), UsageError);
  EXPECT_THROW(read("kind: volume_cnn\nchannels: [0]\n"), UsageError);
}

}  // namespace
}  // namespace chiasm
