#include <gtest/gtest.h>

#include <cmath>

#include "core/config/config.h"
#include "tests/config/sample.h"

namespace chiasm {
namespace {

std::string rewritten(const std::string& yaml) { return config::write_yaml(read_sample(yaml)); }

TEST(Writer, WritesEveryFieldOnce) {
  EXPECT_EQ(rewritten("shapes: [{kind: square, side: 2}]\nlimit: 0.1\nnamed: {a: circle}\nstore: {path: 'x y'}\n"),
            R"(name: ""
level: low
fast: false
optimizer:
  lr: 0.001
  warmup: 10
  steps: 100
  skip: []
size: [96, 96, 96]
ratios: [0.5, 1]
groups: {}
weights: {}
limit: 0.1
store:
  path: x y
shapes:
  - kind: square
    side: 2
    weight: 1
named:
  a:
    kind: circle
    radius: 1
    filled: true
    weight: 1
mode:
  kind: full
)");
}

TEST(Writer, ReadsBackEqual) {
  const std::string once = rewritten(R"(
name: "quotes \" and \\ and\nlines\t\x01 é"
groups: {"a: b": {lr: 0.1, skip: ["- x", "#", "", "~"]}, "010": {}}
weights: {no: 0.1, "1": 1e-300, "<<": 3}
shapes: [square, {kind: circle, filled: false}]
limit: 1e22
)");
  EXPECT_EQ(rewritten(once), once);
  const Sample sample = read_sample(once);
  EXPECT_EQ(sample.name, "quotes \" and \\ and\nlines\t\x01 é");
  EXPECT_EQ(sample.groups.at("a: b").skip, (std::vector<std::string>{"- x", "#", "", "~"}));
  EXPECT_EQ(sample.groups.count("010"), 1u);
  EXPECT_EQ(sample.weights.at("1"), 1e-300);
  EXPECT_EQ(sample.shapes[1].shape.build(1)->area, 0);
}

TEST(Writer, AwkwardTextsReadBackEqual) {
  for (const std::string text : {"yes",  "No",   "null", "~",    "1",         "1.5",  "0x1",  "2024-01-01", "-",  "- a", "a ", " a", "a: b",
                                 "a #b", "[",    "{",    "&a",   "*a",        "!a",   "%a",   "@a",         "`a", "'",   "\"", "|",  ">",
                                 "?",    "a\\b", "\r",   "\x7F", "e\xCC\x81", "true", ".inf", "=",          "<<", "---", "..."}) {
    Sample sample;
    sample.name = text;
    EXPECT_EQ(read_sample(config::write_yaml(sample)).name, text);
  }
}

TEST(Writer, NumbersReadBackEqual) {
  for (const double value : {1.0, 0.1, 1.0 / 3, 1e-300, 5e-324 * 4503599627370496, 1.7976931348623157e308, 123456789.0, 1e21}) {
    Sample sample;
    sample.limit = value;
    EXPECT_EQ(read_sample(config::write_yaml(sample)).limit, value);
  }
}

TEST(Writer, JsonKeepsTypesAndOrder) {
  const Json json = config::write_json(read_sample("fast: true\nshapes: [circle]\nlimit: null\n"));
  EXPECT_EQ(json["optimizer"].dump(), R"({"lr":0.001,"warmup":10,"steps":100,"skip":[]})");
  EXPECT_EQ(json["shapes"].dump(), R"([{"kind":"circle","radius":1.0,"filled":true,"weight":1.0}])");
  EXPECT_EQ(json["fast"], true);
  EXPECT_TRUE(json["limit"].is_null());
  EXPECT_EQ(json["mode"].dump(), R"({"kind":"full"})");
}

TEST(Explainer, ListsKeysDefaultsRulesAndKinds) {
  Sample sample;
  sample.shapes.push_back({});
  EXPECT_EQ(config::explain<Sample>(), R"(name: ""                                # text. A name.
level: low                              # text, one of low, medium, high. How much.
fast: false                             # true or false. Whether to hurry.
optimizer:                              # The optimiser.
  lr: 0.001                             # number, above 0 and at most 10. Peak learning rate.
  warmup: 10                            # whole number, at least 0. Steps of rising rate.
  steps: 100                            # whole number, at least 1. Steps.
  skip: []                              # list of text. Parameters that do not decay.
size: [96, 96, 96]                      # list of whole number, at least 1, 3 items. Voxels D, H, W.
ratios: [0.5, 1]                        # list of number, at least 0, at least 1 item and at most 3 items. Ratios.
groups:                                 # Optimisers by group.
  NAME:
    lr: 0.001                           # number, above 0 and at most 10. Peak learning rate.
    warmup: 10                          # whole number, at least 0. Steps of rising rate.
    steps: 100                          # whole number, at least 1. Steps.
    skip: []                            # list of text. Parameters that do not decay.
weights:                                # Weights by class.
  NAME: 0                               # number
limit: null                             # number, above 0, optional. Largest value.
store: null                             # optional. A store.
  path:                                 # text, required. Folder of the store.
shapes: []                              # list. Shapes.
  - kind: square                        # Four equal sides.
      side: 1                           # number, above 0. Length of a side.
    kind: circle                        # One radius.
      radius: 1                         # number, above 0. Radius.
      filled: true                      # true or false. Whether the inside counts.
    weight: 1                           # number, at least 0. Weight.
named:                                  # Shapes by name.
  NAME:
    kind: square                        # Four equal sides.
      side: 1                           # number, above 0. Length of a side.
    kind: circle                        # One radius.
      radius: 1                         # number, above 0. Radius.
      filled: true                      # true or false. Whether the inside counts.
    weight: 1                           # number, at least 0. Weight.
mode:                                   # What trains.
  kind: full                            # the default. Every weight trains.
  kind: frozen                          # Heads train.
)");
}

}  // namespace
}  // namespace chiasm
