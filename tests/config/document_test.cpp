#include <gtest/gtest.h>

#include "tests/config/sample.h"

namespace chiasm {
namespace {

TEST(Document, RefusesWhatOtherReadersTakeDifferently) {
  EXPECT_EQ(complaint("name: a\nname: b\n"), "run.yaml:2:1: duplicate key 'name'; it stands in line 1 already");
  EXPECT_EQ(complaint("optimizer:\n  lr: 1\n  lr: 1\n"), "run.yaml:3:3: duplicate key 'optimizer.lr'; it stands in line 2 already");
  EXPECT_EQ(complaint("shapes:\n  - square\n  - kind: square\n    kind: circle\n"),
            "run.yaml:4:5: duplicate key 'shapes.1.kind'; it stands in line 3 already");
  EXPECT_EQ(complaint("name: &n a"), "run.yaml:1:7: anchors (&name) are not allowed; repeat the value where it is needed");
  EXPECT_EQ(complaint("name: &n a\nlevel: *n"),
            "run.yaml:1:7: anchors (&name) are not allowed; repeat the value where it is needed\n"
            "run.yaml:2:8: aliases (*name) are not allowed; repeat the value");
  EXPECT_EQ(complaint("name: !!str a"), "run.yaml:1:7: tags (!name) are not allowed; remove the tag");
  EXPECT_EQ(complaint("name: ! a"), "run.yaml:1:7: tags (!name) are not allowed; remove the tag");
  EXPECT_EQ(complaint("optimizer: !include other.yaml"), "run.yaml:1:12: tags (!name) are not allowed; remove the tag");
  EXPECT_EQ(complaint("optimizer: {<<: {lr: 1}}"), "run.yaml:1:13: merge keys (<<) are not allowed; repeat the values");
  EXPECT_EQ(complaint("limit: 010"), "run.yaml:1:8: '010' has a leading zero; remove it, or quote a text");
  EXPECT_EQ(complaint("limit: -01.5"), "run.yaml:1:8: '-01.5' has a leading zero; remove it, or quote a text");
  EXPECT_EQ(complaint("name: a\n---\nname: b"), "run.yaml:1:1: more than one YAML document; keep one, and check the indentation");
  EXPECT_EQ(complaint("- a\nname: b"),
            "run.yaml:1:1: more than one YAML document; keep one, and check the indentation\n"
            "run.yaml:1:1: the file must be a mapping; found a list");
}

TEST(Document, AcceptsWhatOnlyLooksRefused) {
  EXPECT_EQ(read_sample("name: '010'").name, "010");
  EXPECT_EQ(read_sample("name: 2024-01-01").name, "2024-01-01");
  EXPECT_EQ(read_sample("name: 0").name, "0");
  EXPECT_EQ(read_sample("limit: 0.5").limit, 0.5);
  EXPECT_EQ(read_sample("---\nname: a\n...\n").name, "a");
  EXPECT_EQ(read_sample("\xEF\xBB\xBFname: a\r\nlevel: high\r\n").level, "high");
  EXPECT_EQ(read_sample("name: \"!a & *b\"  # & * !").name, "!a & *b");
}

TEST(Document, RefusesWhatItCannotReadOn) {
  EXPECT_EQ(complaint("name: a\n\toptimizer: 1"), "run.yaml:2:1: a tab character; use spaces");
  EXPECT_EQ(complaint(std::string("name: a\0b", 9)), "run.yaml:1:8: a control character");
  EXPECT_EQ(complaint("name: \xFF"), "run.yaml:1:1: not UTF-8; save the file as UTF-8");
  EXPECT_EQ(complaint("name: 'it''s\nlevel: high\n"), "run.yaml:1:7: a quoted text has no closing quote");
  EXPECT_EQ(complaint("name: \"a\\\"\nlevel: high\n"), "run.yaml:1:7: a quoted text has no closing quote");
  EXPECT_EQ(complaint("name: [a"), "run.yaml:1:1: not valid YAML: end of sequence flow not found");
  EXPECT_EQ(complaint("name: *n"), "run.yaml:1:7: not valid YAML: the referenced anchor is not defined");
  EXPECT_EQ(complaint("{[a]: 1}"), "run.yaml:1:2: a list or mapping stands where a key should; is a bracket not closed?");
  EXPECT_EQ(complaint("name: " + std::string(32, '[') + std::string(32, ']')), "run.yaml:1:38: nested deeper than 32");
  EXPECT_THROW(read_sample("name: " + std::string(1000000, '[')), UsageError);
  EXPECT_EQ(complaint("# " + std::string(1 << 20, 'x')), "run.yaml: larger than 1 MiB; this is not a configuration");
}

TEST(Document, ColumnsCountCharacters) {
  EXPECT_EQ(complaint("{name: äöü, colour: 1}"),
            "run.yaml:1:13: unknown key 'colour'; known: name, level, fast, optimizer, size, ratios, groups, weights, limit, store, "
            "shapes, named, mode");
}

TEST(Document, ScalarByDottedKey) {
  const auto document = config::Document::parse("from: a\nx: {y: [1, {z: 2}]}\n", "f", {"x.w=3"});
  EXPECT_EQ(document.scalar("from"), "a");
  EXPECT_EQ(document.scalar("x.y.0"), "1");
  EXPECT_EQ(document.scalar("x.y.1.z"), "2");
  EXPECT_EQ(document.scalar("x.w"), "3");
  EXPECT_EQ(document.scalar("x.y.7"), "");
  EXPECT_EQ(document.scalar("x.q.r"), "");
  EXPECT_EQ(document.scalar("x"), "");
  EXPECT_EQ(document.scalar("from.kind"), "a");  // a bare scalar is the kind alone
  EXPECT_EQ(document.scalar("from.rank"), "");
}

TEST(Override, LiesOverTheFile) {
  const std::vector<std::string> overrides{"optimizer.lr=0.5", "shapes.1.weight=2",    "shapes.0={kind: circle, radius: 3}",
                                           "name=a=b",         "groups.new.steps=200", "size=[1, 2, 3]"};
  const Sample sample = read_sample("optimizer: {lr: 1, warmup: 2}\nshapes: [square, square]\n", overrides);
  EXPECT_EQ(sample.optimizer.lr, 0.5);
  EXPECT_EQ(sample.optimizer.warmup, 2);
  EXPECT_EQ(sample.shapes[0].shape.build(1)->area, 27);
  EXPECT_EQ(sample.shapes[1].shape.kind(), "square");  // a bare kind becomes a mapping
  EXPECT_EQ(sample.shapes[1].weight, 2);
  EXPECT_EQ(sample.name, "a=b");
  EXPECT_EQ(sample.groups.at("new").steps, 200);
  EXPECT_EQ(sample.size[2], 3);
}

TEST(Override, MistakesNameTheOverride) {
  EXPECT_EQ(complaint("name: [1]\n", {"optimizer.lr=x", "optimiser.lr=1"}),
            "run.yaml:1:7: 'name' must be a text; found a list\n"
            "--set optimizer.lr: 'optimizer.lr' must be a finite number; found 'x'\n"
            "--set optimiser.lr: unknown key 'optimiser'; did you mean 'optimizer'?");
  EXPECT_EQ(complaint("", {"name"}), "--set name: has no '='; write KEY=VALUE");
  EXPECT_EQ(complaint("", {"a..b=1"}), "--set a..b: has an empty name between its dots");
  EXPECT_EQ(complaint("shapes: [square]", {"shapes.1.side=1"}), "--set shapes.1.side: 'shapes' is a list of 1; '1' is not an index of it");
  EXPECT_EQ(complaint("", {"optimizer={lr: 1, lr: 2}"}), "--set optimizer: duplicate key 'optimizer.lr'");
  EXPECT_EQ(complaint("", {"name=[a"}), "--set name: a list or mapping stands where a key should; is a bracket not closed?");
}

TEST(Override, KindIsResolvedFirst) {
  EXPECT_EQ(complaint("shapes: [{kind: square, side: 2}]", {"shapes.0.kind=circle"}),
            "run.yaml:1:25: key 'shapes.0.side' belongs to kind 'square'; the kind here is 'circle'");
}

}  // namespace
}  // namespace chiasm
