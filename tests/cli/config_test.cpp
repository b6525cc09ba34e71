// What a wrong command or run file is answered with: one message, exit code 2, no folder made.
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/cli/world.h"

namespace chiasm::test {
namespace {

struct Mistake {
  const char* name;
  std::vector<std::string> edits;  // pairs: text of pretrain.yaml, what replaces it
  std::vector<std::string> set;
  std::vector<std::string> fragments;
};

std::string edited(std::string text, const std::vector<std::string>& edits) {
  for (size_t i = 0; i + 1 < edits.size(); i += 2) {
    const size_t at = text.find(edits[i]);
    EXPECT_NE(at, std::string::npos) << edits[i];
    if (at != std::string::npos) text.replace(at, edits[i].size(), edits[i + 1]);
  }
  return text;
}

class WrongRunFile : public ::testing::TestWithParam<Mistake> {};

TEST_P(WrongRunFile, IsOneMessageAndNoFolder) {
  const Scratch scratch;
  const fs::path file = scratch / "run.yaml";
  write_file_atomic(file, edited(read_file(run_file("pretrain.yaml")), GetParam().edits));
  std::vector<std::string> words{"pretrain", file.string(), "--out", (scratch / "out").string()};
  for (const std::string& entry : GetParam().set) words.insert(words.end(), {"--set", entry});
  expect_error(run(words), 2, GetParam().fragments);
  EXPECT_FALSE(fs::exists(scratch / "out"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongRunFile,
    ::testing::Values(
        Mistake{"UnknownKey", {"lr: 1e-3", "learing_rate: 1e-3"}, {}, {"run.yaml:16:29: unknown key 'train.learing_rate'", "known: steps"}},
        Mistake{"NearlyKnownKey", {"steps: 4", "stepz: 4"}, {}, {"run.yaml:16:9: unknown key 'train.stepz'; did you mean 'steps'?"}},
        Mistake{
            "DuplicateKey", {"width: 16, queries", "width: 16, width: 32, queries"}, {}, {"run.yaml:9:35: duplicate key 'fusion.width'"}},
        Mistake{"WrongType", {"batch: 4", "batch: many"}, {}, {"run.yaml:16:", "'train.batch' must be a whole number; found 'many'"}},
        Mistake{"OutOfRange", {"batch: 4", "batch: 0"}, {}, {"run.yaml:16:", "'train.batch' is 0; it must be at least 1"}},
        Mistake{
            "AllMistakesAtOnce", {"lr: 1e-3", "lr: -1"}, {"train.batch=0"}, {"'train.lr' is -1; it must be above 0", "'train.batch' is 0"}},
        Mistake{"Alias",
                {"store: store", "store: &here store", "split: split.json", "split: *here"},
                {},
                {"run.yaml:2:15: anchors (&name) are not allowed", "aliases (*name) are not allowed; repeat the value"}},
        Mistake{"Tag", {"seed: 3", "seed: !!int 3"}, {}, {"run.yaml:16:", "tags (!name) are not allowed; remove the tag"}},
        Mistake{"LeadingZero", {"seed: 3", "seed: 010"}, {}, {"'010' has a leading zero"}},
        Mistake{"UnknownKind", {"kind: volume_cnn", "kind: volume_cn"}, {}, {"'volume_cn'; did you mean 'volume_cnn'?"}},
        Mistake{"KeyOfAnotherKind",
                {},
                {"encoders.volume.depth=3"},
                {"'encoders.volume.depth' belongs to kind 'volume_vit'", "the kind here is 'volume_cnn'"}},
        Mistake{"OverrideWithoutValue", {}, {"train.seed"}, {"--set train.seed: has no '='; write KEY=VALUE"}},
        Mistake{"OverrideOfUnknownKey", {}, {"train.sed=3"}, {"unknown key 'train.sed'; did you mean 'seed'?"}},
        Mistake{
            "UnknownInput", {}, {"inputs.optional=[ct,xrey,findings]"}, {"no encoder reads input 'xrey'; add it to one under 'encoders:'"}},
        Mistake{"UnknownPart", {}, {"data.part=trian"}, {"split.json: the split has no part 'trian'", "'train'"}},
        Mistake{"ImageWithoutView", {"  ct:   {size: [8, 16, 16]}\n", ""}, {}, {"image input 'ct' has no view; add it under 'views:'"}},
        Mistake{"TextWithoutTokenizer",
                {", tokenizer: tokenizer.model", ""},
                {},
                {"is text; name the model file of `chiasm tokenizer` under data.tokenizer"}},
        Mistake{"BatchAndMicroBatch", {}, {"train.micro_batch=3"}, {"train.batch must be a multiple of train.micro_batch"}},
        Mistake{"UnknownFigure",
                {},
                {"validate.best=contrastive.los"},
                {"validate.best: no figure 'contrastive.los'; did you mean 'contrastive.loss'?"}}),
    [](const auto& info) { return info.param.name; });

struct Leak {
  const char* name;
  std::vector<std::string> set;
  std::vector<std::string> fragments;
};

class LeakingTask : public ::testing::TestWithParam<Leak> {};

// Refused before training, whatever the data hold.
TEST_P(LeakingTask, IsRefused) {
  const Scratch scratch;
  std::vector<std::string> words{"finetune", run_file("classify.yaml"), "--out", (scratch / "out").string()};
  for (const std::string& entry : GetParam().set) words.insert(words.end(), {"--set", entry});
  expect_error(run(words), 2, GetParam().fragments);
  EXPECT_FALSE(fs::exists(scratch / "out"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, LeakingTask,
    ::testing::Values(Leak{"TargetDerivedFromInput",
                           {"inputs.optional=[ct,findings]", "tasks.0.inputs=[ct,findings]"},
                           {"task 'classify' may not read input 'findings'", "target 'disease' is derived from it",
                            "give the task inputs: [ct]"}},
                      Leak{"InputWrittenAfterReading",
                           {"inputs.optional=[ct,findings]"},
                           {"input 'findings' is written after the images are read", "leave it out of 'inputs:'"}},
                      Leak{"UnknownTarget", {"tasks.0.targets=[diseases]"}, {"needs target 'diseases'", "did you mean 'disease'?"}}),
    [](const auto& info) { return info.param.name; });

TEST(CommandLine, SaysWhatIsWrongWithIt) {
  expect_error(run({"pretrian", "x.yaml"}), 2, {"unknown verb 'pretrian'; did you mean 'pretrain'?", "'chiasm --help' lists them"});
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"pretrain"}, {"pretrain", "x.yaml", "--wrong"}, {}, {"synth", "--out", "x", "--patients", "0"}}) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2) << ended.output;
    EXPECT_NE(ended.output.find("--help"), std::string::npos) << ended.output;
  }
  EXPECT_FALSE(fs::exists(world() / "x"));
}

TEST(MissingFile, IsNamed) {
  const std::string file = run_file("pretrain.yaml");
  expect_error(run({"pretrain", "absent.yaml"}), 2, {"cannot open absent.yaml"});
  expect_error(run({"pretrain", file, "--out", "o", "--set", "data.store=absent"}), 20, {"absent: not a store (no dataset.json)"});
  expect_error(run({"pretrain", file, "--out", "o", "--set", "data.split=absent.json"}), 20, {"cannot open absent.json"});
  expect_error(run({"pretrain", file, "--out", "o", "--set", "data.tokenizer=absent.model"}), 20, {"cannot open absent.model"});
  expect_error(run({"finetune", run_file("classify.yaml"), "--out", "o", "--set", "from=absent"}), 2,
               {"'absent' is not a run: it has no config.yaml"});
  expect_error(run({"evaluate", "absent"}), 20, {"'absent' is neither a run nor a bundle"});
  expect_error(run({"export", "absent", "--out", "o"}), 20, {"'absent' is neither a run nor a bundle"});
  expect_error(run({"scan", "absent.yaml"}), 2, {"cannot open absent.yaml"});
  EXPECT_FALSE(fs::exists(world() / "o"));
}

}  // namespace
}  // namespace chiasm::test
