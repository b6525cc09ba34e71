#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/config/sample.h"

namespace chiasm {
namespace {

TEST(Reader, DefaultsStandWhereTheFileIsSilent) {
  const Sample sample = read_sample("");
  EXPECT_EQ(sample.optimizer.lr, 1e-3);
  EXPECT_EQ(sample.size, (std::array<int64_t, 3>{96, 96, 96}));
  EXPECT_EQ(sample.ratios, (std::vector<double>{0.5, 1}));
  EXPECT_FALSE(sample.limit);
  EXPECT_EQ(sample.mode.kind, "full");
}

TEST(Reader, ReadsEveryType) {
  const Sample sample = read_sample(R"(
name: "a: b"
level: high
fast: true
optimizer: {lr: 3e-4, warmup: 5, skip: [bias, norm]}
size: [96, 160, 161]
ratios: [.25]
groups: {head: {lr: 1}}
weights: {no: 1, "2": 2.5}
limit: 7
store: {path: /data}
shapes:
  - {kind: square, side: 2}
  - kind: circle
    weight: 3
  - square
named: {a: {kind: circle, radius: 2}}
mode: frozen
)");
  EXPECT_EQ(sample.name, "a: b");
  EXPECT_EQ(sample.level, "high");
  EXPECT_TRUE(sample.fast);
  EXPECT_EQ(sample.optimizer, (Optimizer{3e-4, 5, 100, {"bias", "norm"}}));
  EXPECT_EQ(sample.size, (std::array<int64_t, 3>{96, 160, 161}));
  EXPECT_EQ(sample.ratios, std::vector<double>{0.25});
  EXPECT_EQ(sample.groups.at("head").lr, 1);
  EXPECT_EQ(sample.weights, (std::map<std::string, double>{{"no", 1}, {"2", 2.5}}));
  EXPECT_EQ(sample.limit, 7);
  EXPECT_EQ(sample.store->path, "/data");
  ASSERT_EQ(sample.shapes.size(), 3u);
  EXPECT_EQ(sample.shapes[0].shape.build(10)->area, 40);
  EXPECT_EQ(sample.shapes[1].shape.kind(), "circle");
  EXPECT_EQ(sample.shapes[1].weight, 3);
  EXPECT_EQ(sample.shapes[2].shape.build(1)->area, 1);
  EXPECT_EQ(sample.named.at("a").shape.build(1)->area, 12);
  EXPECT_EQ(sample.mode.kind, "frozen");
}

TEST(Reader, NullTakesAnOptionalValueAway) {
  Sample defaults;
  defaults.limit = 3;
  EXPECT_EQ(config::read<Sample>(config::Document::parse("", "f"), defaults).limit, 3);
  EXPECT_FALSE(config::read<Sample>(config::Document::parse("limit: null", "f"), defaults).limit);
}

TEST(Reader, NamesTheNearKey) {
  EXPECT_EQ(complaint("name: x\noptimizer:\n  weight_decy: 1\n  wramup: 1\n"),
            "run.yaml:3:3: unknown key 'optimizer.weight_decy'; known: lr, warmup, steps, skip\n"
            "run.yaml:4:3: unknown key 'optimizer.wramup'; did you mean 'warmup'?");
}

TEST(Reader, ReportsAllMistakesSortedByLine) {
  EXPECT_EQ(complaint("size: [1, 2]\nlevel: hgih\nfast: yes\noptimizer: {lr: 0, steps: 1.5}\nratios: []\nlimit: -1\n"),
            "run.yaml:1:7: 'size' has 2 items; it must have 3 items\n"
            "run.yaml:2:8: 'level' is 'hgih'; did you mean 'high'?\n"
            "run.yaml:3:7: 'fast' must be true or false; found 'yes'\n"
            "run.yaml:4:17: 'optimizer.lr' is 0; it must be above 0 and at most 10\n"
            "run.yaml:4:27: 'optimizer.steps' must be a whole number; found '1.5'\n"
            "run.yaml:5:9: 'ratios' has 0 items; it must have at least 1 item and at most 3 items\n"
            "run.yaml:6:8: 'limit' is -1; it must be above 0");
}

TEST(Reader, RefusesWrongTypes) {
  EXPECT_EQ(complaint("optimizer: fast"), "run.yaml:1:12: 'optimizer' must be a mapping; found 'fast'");
  EXPECT_EQ(complaint("optimizer: [1]"), "run.yaml:1:12: 'optimizer' must be a mapping; found a list");
  EXPECT_EQ(complaint("optimizer: {skip: bias}"), "run.yaml:1:19: 'optimizer.skip' must be a list; found 'bias'; write [bias]");
  EXPECT_EQ(complaint("optimizer: {lr: {a: 1}}"), "run.yaml:1:17: 'optimizer.lr' must be a number; found a mapping");
  EXPECT_EQ(complaint("optimizer: {lr: \"1\"}"), "run.yaml:1:17: 'optimizer.lr' must be a finite number; found \"1\"");
  EXPECT_EQ(complaint("optimizer: {warmup: 1e3}"), "run.yaml:1:21: 'optimizer.warmup' must be a whole number; found '1e3'");
  EXPECT_EQ(complaint("name:"), "run.yaml:1:1: 'name' must be a text; found nothing");
  EXPECT_EQ(complaint("[1, 2]"), "run.yaml:1:1: the file must be a mapping; found a list");
  EXPECT_EQ(complaint("weights: [1]"), "run.yaml:1:10: 'weights' must be a mapping; found a list");
  EXPECT_EQ(complaint("ratios: [1, x]"), "run.yaml:1:13: 'ratios.1' must be a finite number; found 'x'");
}

TEST(Reader, RefusesNumbersThatAreNone) {
  for (const std::string text : {"nan", ".nan", "inf", "-.inf", "1e999", "0x10", "1_000", "1,5"})
    EXPECT_EQ(complaint("limit: " + text), "run.yaml:1:8: 'limit' must be a finite number; found '" + text + "'");
}

TEST(Reader, RequiredKeysAreDemandedWhereTheirSectionIsPresent) {
  EXPECT_EQ(complaint("store: {}"), "run.yaml:1:8: missing key 'store.path': Folder of the store.");
  EXPECT_EQ(complaint(""), "");
  struct Whole {
    Store store;
  };
  Store store;
  EXPECT_THROW(config::read<Store>(config::Document::parse("", "f"), store), UsageError);
}

TEST(Reader, KindsDecideWhichKeysAreKnown) {
  EXPECT_EQ(complaint("shapes: [{weight: 1}]"), "run.yaml:1:10: missing key 'shapes.0.kind'; known: square, circle");
  EXPECT_EQ(complaint("shapes: [{kind: sqare, side: 3}]"), "run.yaml:1:17: 'shapes.0.kind' is 'sqare'; did you mean 'square'?");
  EXPECT_EQ(complaint("shapes: [{kind: square, radius: 3}]"),
            "run.yaml:1:25: key 'shapes.0.radius' belongs to kind 'circle'; the kind here is 'square'");
  EXPECT_EQ(complaint("shapes: [{kind: square, sides: 3}]"),
            "run.yaml:1:25: unknown key 'shapes.0.sides' of kind 'square'; did you mean 'side'?");
  EXPECT_EQ(complaint("shapes: [{side: 3, kind: square}]"), "");
  EXPECT_EQ(complaint("mode: half"), "run.yaml:1:7: 'mode' is 'half'; known: full, frozen");
  EXPECT_EQ(complaint("mode: [full]"), "run.yaml:1:7: 'mode' must be a mapping; found a list");
  EXPECT_EQ(complaint("mode: {kind: [full]}"), "run.yaml:1:14: 'mode.kind' must be a kind; found a list; known: full, frozen");
}

TEST(Reader, RulesOverSeveralFields) {
  EXPECT_EQ(complaint("optimizer: {warmup: 100}"),
            "run.yaml:1:12: 'optimizer': warmup must be below steps; lower 'warmup' or raise 'steps'");
  // After another mistake the rule would judge defaults, so it is silent.
  EXPECT_EQ(complaint("optimizer: {warmup: 100, steps: 1e3}"), "run.yaml:1:33: 'optimizer.steps' must be a whole number; found '1e3'");
}

TEST(Reader, LoadNamesAMissingFile) {
  try {
    config::Document::load("/nowhere/run.yaml");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "cannot open /nowhere/run.yaml: No such file or directory");
  }
}

}  // namespace
}  // namespace chiasm
