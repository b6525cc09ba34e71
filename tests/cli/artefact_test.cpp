// Damaged checkpoints, weights and bundles are refused by name; full disks and folders that cannot be written end with one message, and
// nothing half-written stands under a final name.
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "tests/cli/world.h"

namespace chiasm::test {
namespace {

// The run `classify` (checkpoints of steps 3, 6, 9 and 12), to damage and resume.
struct RunCopy {
  Scratch scratch;
  fs::path folder = scratch / "run";
  RunCopy() { copy_tree(world() / "classify", folder); }
  fs::path checkpoint(int step) const {
    return folder / ("checkpoints/step_000000" + std::string(step < 10 ? "0" : "") + std::to_string(step));
  }
  Ended resume() const { return run({"finetune", run_file("classify.yaml"), "--out", folder.string(), "--resume"}); }
};

TEST(DamagedCheckpoint, GivesWayToTheOneBefore) {
  const RunCopy copy;
  flip_byte(copy.checkpoint(12) / "tensors.safetensors");
  fs::remove(copy.folder / "model.safetensors");
  const Ended ended = copy.resume();
  EXPECT_EQ(ended.code, 0) << ended.output;
  EXPECT_NE(ended.output.find(
                "step_00000012/tensors.safetensors: damaged: its SHA-256 differs from MANIFEST.json; trying the checkpoint before it"),
            std::string::npos)
      << ended.output;
  EXPECT_NE(ended.output.find("resuming after step 9"), std::string::npos) << ended.output;
  EXPECT_EQ(read_file(copy.folder / "model.safetensors"), read_file(world() / "classify/model.safetensors"));
}

TEST(DamagedCheckpoint, WithoutAnotherTheRunDoesNotStartAnew) {
  const RunCopy copy;
  for (const int step : {3, 6, 9}) fs::remove_all(copy.checkpoint(step));
  const fs::path state = copy.checkpoint(12) / "state.json", manifest = copy.checkpoint(12) / "MANIFEST.json";
  const std::string facts = read_file(state), sums = read_file(manifest);
  const auto expect_refused = [&](const std::string& why) {
    expect_error(copy.resume(), 20, {why, "no intact checkpoint is left in", "Remove that folder to train from the start"});
  };
  write_file_atomic(state, facts.substr(0, facts.size() - 3));
  expect_refused("step_00000012/state.json: damaged: its SHA-256 differs from MANIFEST.json");
  fs::remove(state);
  expect_refused("step_00000012/state.json: missing; MANIFEST.json names it");
  write_file_atomic(state, facts);
  write_file_atomic(manifest, sums.substr(0, sums.size() / 2));
  expect_refused("step_00000012/MANIFEST.json:");
  Json newer = Json::parse(sums);
  newer["format_version"] = 7;
  write_json(manifest, newer);
  expect_refused("format version 7 was written by a newer chiasm");
  EXPECT_EQ(read_file(copy.folder / "model.safetensors"), read_file(world() / "classify/model.safetensors"));
}

TEST(DamagedModel, IsRefusedByEveryReader) {
  const RunCopy copy;
  const fs::path file = copy.folder / "model.safetensors";
  const std::string bytes = read_file(file), name = copy.folder.string();
  const auto expect_refused = [&](const std::string& why) {
    expect_error(run({"evaluate", name, "--split", "val"}), 20, {"run/model.safetensors", why});
    expect_error(run({"export", name, "--out", (copy.scratch / "bundle").string()}), 20, {"run/model.safetensors", why});
    expect_error(run({"finetune", run_file("classify.yaml"), "--out", (copy.scratch / "next").string(), "--set", "from=" + name}), 20,
                 {"run/model.safetensors", why});
  };
  flip_byte(file);
  expect_refused("damaged: the SHA-256 of its data differs from the one in its header");
  write_file_atomic(file, bytes.substr(0, bytes.size() - 5));
  expect_refused("not a valid safetensors file");
  write_file_atomic(file, "");
  expect_refused("shorter than 8 bytes");
  EXPECT_FALSE(fs::exists(copy.scratch / "bundle") || fs::exists(copy.scratch / "next"));
}

TEST(UnfinishedRun, HoldsNoModel) {
  const RunCopy copy;
  fs::remove(copy.folder / "model.safetensors");
  expect_error(run({"evaluate", copy.folder.string()}), 20, {"holds no trained model yet (model.safetensors is missing)"});
  expect_error(
      run({"finetune", run_file("classify.yaml"), "--out", (copy.scratch / "next").string(), "--set", "from=" + copy.folder.string()}), 2,
      {"holds no trained model yet", "let that run finish first"});
}

class DamagedBundle : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedBundle, IsRefusedByName) {
  const Scratch scratch;
  const fs::path folder = scratch / "bundle";
  copy_tree(bundle(), folder);
  const fs::path file = GetParam() == std::string("golden") ? list_files(folder / "golden").front() : folder / GetParam();
  const std::string study = fs::directory_iterator(world() / "cohort/dicom")->path().string();
  const std::vector<std::string> words{"predict", folder.string(), study, "--out", (scratch / "out").string()};
  flip_byte(file);
  expect_error(run(words), 20, {"/bundle/", file.filename().string()});
  fs::remove(file);
  expect_error(run(words), 20, {"/bundle/", file.filename().string()});
  expect_error(run({"evaluate", folder.string(), "--data", "store", "--out", (scratch / "out").string()}), 20, {file.filename().string()});
  EXPECT_FALSE(fs::exists(scratch / "out"));
}

INSTANTIATE_TEST_SUITE_P(EveryFile, DamagedBundle,
                         ::testing::Values("model.safetensors", "model.onnx", "model.pt", "config.json", "preprocess.json",
                                           "postprocess.json", "io_contract.json", "tokenizer.model", "golden", "metrics.json",
                                           "provenance.json", "card.md", "SHA256SUMS"));

TEST(DamagedBundle, WithAFileTooMuchOrALineTooFewIsRefused) {
  const Scratch scratch;
  const fs::path folder = scratch / "bundle";
  copy_tree(bundle(), folder);
  const std::vector<std::string> words{"predict", folder.string(), (world() / "cohort/dicom").string(), "--out",
                                       (scratch / "out").string()};
  write_file_atomic(folder / "extra.txt", "x");
  expect_error(run(words), 20, {"extra.txt: not named in SHA256SUMS"});
  fs::remove(folder / "extra.txt");
  const std::string sums = read_file(folder / "SHA256SUMS");
  write_file_atomic(folder / "SHA256SUMS", sums.substr(sums.find('\n') + 1));
  expect_error(run(words), 20, {"not named in SHA256SUMS"});
}

TEST(ExistingFolder, IsNeverOverwritten) {
  const Scratch scratch;
  const std::string there = scratch.path().string(), classify = run_file("classify.yaml");
  write_file_atomic(scratch / "mine.txt", "keep me");
  expect_error(run({"finetune", classify, "--out", "classify"}), 2,
               {"'classify' holds a run already; go on with --resume, or choose another --out"});
  expect_error(run({"finetune", classify, "--out", "classify", "--resume", "--set", "train.lr=5e-4"}), 2,
               {"--resume: the configuration differs from classify/config.yaml; resume with the same file and --set"});
  expect_error(run({"finetune", classify, "--out", there}), 2, {"exists and is not a run; choose another --out"});
  expect_error(run({"finetune", classify, "--out", there, "--dry-run"}), 2, {"exists and is not a run; choose another --out"});
  expect_error(run({"finetune", classify, "--resume"}), 2, {"--resume needs --out"});
  expect_error(run({"export", "classify", "--out", there}), 2, {"exists; a bundle is never overwritten, choose another --out"});
  expect_error(run({"synth", "--out", there, "--patients", "1"}), 2, {"exists; a cohort is not written over another"});
  expect_error(run({"predict", bundle().string(), "cohort/dicom", "--out", there}), 2, {"exists; results are never overwritten"});
  expect_error(run({"split", "store", "--out", "split.json", "--seed", "5"}), 2, {"split.json exists and is another split"});
  expect_error(
      run({"tokenizer", "store", "--split", "split.json", "--inputs", "indication", "--out", "tokenizer.model", "--vocabulary", "320"}), 2,
      {"tokenizer.model exists and is another model"});
  EXPECT_EQ(read_file(scratch / "mine.txt"), "keep me");
  EXPECT_EQ(list_files(scratch.path()).size(), 1u);
}

// No user may make folders in /proc, root neither.
TEST(UnwritableFolder, IsNamed) {
  const std::string out = "/proc/chiasm-out";
  expect_error(run({"finetune", run_file("classify.yaml"), "--out", out}), 1, {out, "check that the path exists and may be written"});
  expect_error(run({"synth", "--out", out, "--patients", "1"}), 1, {out});
  expect_error(run({"ingest", "cohort/dataset.yaml", "--out", out}), 1, {out});
  expect_error(run({"export", "classify", "--out", out}), 1, {out});
}

// Runs chiasm in world() with files of at most `kib` KiB: write() fails as on a full disk.
Ended run_limited(int kib, const std::string& words) {
  return shell("bash -c \"cd " + world().string() + "; trap '' XFSZ; ulimit -f " + std::to_string(kib) + "; exec " + CHIASM_BUILD +
               "/chiasm " + words + "\"");
}

TEST(FullDisk, OfTrainingIsSaidAndTheRunGoesOnWithRoom) {
  const Scratch scratch;
  const std::string out = (scratch / "run").string(), words = "finetune " + run_file("classify.yaml") + " --out " + out;
  const Ended ended = run_limited(100, words);  // the log fits, a checkpoint does not
  EXPECT_EQ(ended.code, 1) << ended.output;
  EXPECT_EQ(occurrences(ended.output, "no checkpoint was written (training goes on)"), 3u) << ended.output;
  EXPECT_NE(ended.output.find("run/model.safetensors: cannot be written; is the disk full?"), std::string::npos) << ended.output;
  EXPECT_FALSE(fs::exists(scratch / "run/model.safetensors"));
  EXPECT_TRUE(fs::is_empty(scratch / "run/checkpoints"));
  expect_whole(scratch.path());
  EXPECT_EQ(run({"finetune", run_file("classify.yaml"), "--out", out, "--resume"}).code, 0);
  EXPECT_EQ(read_file(scratch / "run/model.safetensors"), read_file(world() / "classify/model.safetensors"));
}

TEST(FullDisk, OfEveryVerbLeavesNothingHalfWritten) {
  const Scratch scratch;
  const std::string out = (scratch / "out").string();
  for (const auto& [kib, words] : std::vector<std::pair<int, std::string>>{
           {2, "finetune " + run_file("classify.yaml") + " --out " + out},
           {100, "ingest cohort/dataset.yaml --out " + out},
           {20, "synth --patients 1 --out " + out},
           {100, "export classify --out " + out},
           {0, "split store --out " + out},
           {1, "tokenizer store --split split.json --inputs findings --vocabulary 330 --out " + out}}) {
    const Ended ended = run_limited(kib, words);
    expect_error(ended, 1, {out.substr(0, out.find_last_of('/'))});
    expect_whole(scratch.path());
    if (fs::exists(out)) {
      EXPECT_FALSE(fs::exists(fs::path(out) / "dataset.json") || fs::exists(fs::path(out) / "model.safetensors")) << words;
      fs::remove_all(out);
    }
  }
}

// A real file system without room, where the user may mount one.
TEST(FullDisk, OfAFullFileSystem) {
  const Scratch scratch;
  const std::string disk = (scratch / "disk").string(), out = disk + "/run";
  fs::create_directory(disk);
  if (shell("unshare -m mount -t tmpfs none " + disk).code != 0) GTEST_SKIP() << "no file system can be mounted here";
  const std::string program = std::string(CHIASM_BUILD) + "/chiasm finetune " + run_file("classify.yaml") + " --out " + out;
  const Ended ended =
      shell("unshare -m bash -c \"cd " + world().string() + "; mount -t tmpfs -o size=900k none " + disk + "; " + program +
            "; echo code \\$?; echo partial \\$(ls -A " + out + "/checkpoints | grep -c tmp); mount -o remount,size=64m " + disk + "; " +
            program + " --resume; cmp " + out + "/model.safetensors classify/model.safetensors && echo same\"");
  for (const char* part :
       {"model.safetensors: cannot be written; is the disk full?", "code 1", "partial 0", "resuming after step 3", "same"})
    EXPECT_NE(ended.output.find(part), std::string::npos) << part << "\n" << ended.output;
}

}  // namespace
}  // namespace chiasm::test
