// Bad sources, a damaged store, a split that leaks: what the data verbs and training say.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "core/base/csv.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "data/split.h"
#include "tests/cli/world.h"

namespace chiasm::test {
namespace {

// A cohort of its own to break.
struct Sources {
  Scratch scratch;
  fs::path folder = scratch / "cohort";
  Sources() {
    copy_tree(world() / "cohort", folder);
    fs::remove_all(folder / "dataset.scan");
  }
  std::string file() const { return (folder / "dataset.yaml").string(); }
  fs::path store() const { return scratch / "store"; }
  std::vector<fs::path> dicom() const { return list_files(folder / "dicom"); }
};

TEST(Sources, ThatAreMissingOrEmptyAreNamed) {
  const Sources sources;
  const fs::path table = sources.folder / "table.csv";
  const std::string content = read_file(table);
  fs::remove(table);
  expect_error(run({"scan", sources.file()}), 20, {"cannot open", "cohort/table.csv"});
  write_file_atomic(table, "");
  expect_error(run({"scan", sources.file()}), 20, {"cohort/table.csv:1: no header; the first line names the columns"});
  write_file_atomic(table, content.substr(0, content.find('\n') + 1));
  expect_error(run({"scan", sources.file()}), 20, {"cohort/table.csv: the table of source 'sheet' has no rows"});
  write_file_atomic(table, content);
  fs::remove_all(sources.folder / "dicom");
  expect_error(run({"scan", sources.file()}), 20, {"cohort/dicom"});
  fs::create_directory(sources.folder / "dicom");
  expect_error(run({"scan", sources.file()}), 20, {"no study was found; at least one source must list studies"});
  expect_error(run({"ingest", sources.file(), "--out", sources.store().string()}), 20, {"no study was found"});
  EXPECT_FALSE(fs::exists(sources.store() / "dataset.json"));
}

// Files without identities: all written, some refused, none; a key that others may read; a second run; other options.
TEST(Sources, DeidentifyEndsAsTheFilesAllow) {
  const Sources sources;
  const std::string in = (sources.folder / "dicom").string(), key = (sources.folder / "site.key").string();
  const std::string out = (sources.scratch / "out").string();
  const size_t files = sources.dicom().size();
  const Ended whole = run({"deidentify", in, "--out", out, "--key", key});
  EXPECT_EQ(whole.code, 0) << whole.output;
  EXPECT_NE(whole.output.find(std::to_string(files) + " files found, " + std::to_string(files) + " written"), std::string::npos)
      << whole.output;
  expect_whole(out);
  const std::string first = read_file(sources.dicom().front());
  write_file_atomic(sources.folder / "dicom" / "cut.dcm", first.substr(0, first.size() / 2));
  const Ended part = run({"deidentify", in, "--out", out, "--key", key});
  EXPECT_EQ(part.code, 3) << part.output;
  EXPECT_NE(part.output.find(" 0 written, " + std::to_string(files) + " there already"), std::string::npos) << part.output;
  const std::string ledger = read_file(fs::path(out) / "ledger.csv");
  EXPECT_NE(ledger.find(",refused,TRUNCATED,"), std::string::npos) << ledger;
  expect_error(run({"deidentify", in, "--out", out, "--key", key, "--keep", "none"}), 2, {"was written with other options"});
  expect_error(run({"deidentify", in, "--out", in + "/new", "--key", key}), 2, {"lie one in the other"});
  expect_error(run({"deidentify", in + "/absent", "--out", out, "--key", key}), 20, {"there is no such file or folder"});
  // The reader of text in pixels is looked for before anything is written.
  expect_error(chiasm({"deidentify", in, "--out", out + "_read", "--key", key, "--burned-in", "ocr"}, {}, {{"PATH", "/nowhere"}}), 2,
               {"text in pixels is read by the program tesseract, which is not there", "install the Debian package tesseract-ocr"});
  EXPECT_FALSE(fs::exists(out + "_read"));
  const std::string bad = (sources.scratch / "bad").string();
  write_file_atomic(fs::path(bad) / "notes.txt", "notes");
  expect_error(run({"deidentify", bad, "--out", out + "_bad", "--key", key}), 20, {"no file could be written"});
  ASSERT_EQ(chmod(key.c_str(), 0644), 0);
  expect_error(run({"deidentify", in, "--out", out + "_new", "--key", key}), 2, {"others may read the key file; chmod 600 it"});
  EXPECT_FALSE(fs::exists(out + "_new"));
}

// A real file system without room, where the user may mount one: the run ends, and goes on when there is room.
TEST(Sources, DeidentifyTellsAFullDisk) {
  const Sources sources;
  const std::string disk = (sources.scratch / "disk").string(), out = disk + "/out";
  fs::create_directory(disk);
  if (shell("unshare -m mount -t tmpfs none " + disk).code != 0) GTEST_SKIP() << "no file system can be mounted here";
  const std::string program = std::string(CHIASM_BUILD) + "/chiasm deidentify " + (sources.folder / "dicom").string() + " --out " + out +
                              " --key " + (sources.folder / "site.key").string();
  const Ended ended =
      shell("unshare -m bash -c \"mount -t tmpfs -o size=1m none " + disk + "; " + program + "; echo code \\$?; echo partial \\$(find " +
            out + " -name '.tmp*' | wc -l); mount -o remount,size=256m " + disk + "; " + program + "; echo code \\$?\"");
  for (const char* part : {"a file cannot be written there; is the disk full?", "code 1", "partial 0", "there already", "code 0"})
    EXPECT_NE(ended.output.find(part), std::string::npos) << part << "\n" << ended.output;
}

TEST(Sources, AnEmptyManifestIsRefused) {
  const Scratch scratch;
  write_file_atomic(scratch / "dataset.yaml",
                    "name: listed\nsources:\n  list: {manifest: items.csv}\ninputs:\n  ct: {modality: ct, source: list}\n"
                    "deidentify: {key: site.key, text_language: en}\nsplit: {by: patient}\n");
  const std::string file = (scratch / "dataset.yaml").string();
  expect_error(run({"scan", file}), 20, {"cannot open", "items.csv"});
  write_file_atomic(scratch / "items.csv", "patient,study,time,input,ref,reader,site\n");
  expect_error(run({"scan", file}), 20, {"items.csv: the manifest has no rows"});
  write_file_atomic(scratch / "items.csv", "patient,study,ref\n");
  expect_error(run({"scan", file}), 20,
               {"items.csv: no column 'time'; a manifest has the columns patient, study, time, input, ref, reader, site"});
}

TEST(Sources, TheKeyOfPseudonymsIsGuarded) {
  const Sources sources;
  ASSERT_EQ(chmod((sources.folder / "site.key").c_str(), 0644), 0);
  expect_error(run({"ingest", sources.file(), "--out", sources.store().string()}), 2,
               {"site.key: others may read the key file; chmod 600 it"});
  fs::remove(sources.folder / "site.key");
  expect_error(run({"ingest", sources.file(), "--out", sources.store().string()}), 2,
               {"site.key: the key file is missing; make one with: head -c 32"});
  EXPECT_FALSE(fs::exists(sources.store()));
}

// One file ends early, one is no DICOM: they are listed with their codes, all other studies are stored, and the program says "in part".
TEST(BrokenDicom, IsRefusedAndTheOthersGoOn) {
  const Sources sources;
  const std::vector<fs::path> files = sources.dicom();
  write_file_atomic(files.front(), read_file(files.front()).substr(0, 700));
  write_file_atomic(files.back(), "this is not an image");
  const Ended ended = run({"ingest", sources.file(), "--out", sources.store().string()});
  EXPECT_EQ(ended.code, 3) << ended.output;
  for (const char* line :
       {"20 studies found, 20 stored", "NOT_DICOM: 1  the file is not DICOM; remove it from the source folder or ignore this line",
        "TRUNCATED: 1  the file ends before its data does; export it again", "MISSING_SLICES: 1"})
    EXPECT_NE(ended.output.find(line), std::string::npos) << line << "\n" << ended.output;
  const Csv ledger = read_csv(sources.store() / "ledger.csv");
  std::multiset<std::string> codes;
  for (const auto& row : ledger.rows) codes.insert(row[ledger.at("code")]);
  EXPECT_EQ(codes.count("NOT_DICOM"), 1u);
  EXPECT_EQ(codes.count("TRUNCATED"), 1u);
  EXPECT_EQ(run({"check", sources.store().string()}).code, 0);
  expect_whole(sources.store());
}

struct StoreCopy {
  Scratch scratch;
  fs::path folder = scratch / "store";
  StoreCopy() { copy_tree(world() / "store", folder); }
  fs::path shard() const { return list_files(folder / "shards").front(); }
  Ended train() const {
    return run({"pretrain", run_file("pretrain.yaml"), "--out", (scratch / "run").string(), "--set", "data.store=" + folder.string()});
  }
};

TEST(DamagedShard, IsFoundByCheckAndEndsTraining) {
  const StoreCopy store;
  flip_byte(store.shard());
  const Ended checked = run({"check", store.folder.string()});
  EXPECT_EQ(checked.code, 1) << checked.output;
  EXPECT_NE(
      checked.output.find("shards/" + store.shard().filename().string() + ": is damaged or missing: its SHA-256 is not the recorded one"),
      std::string::npos)
      << checked.output;
  expect_error(store.train(), 20, {"cannot be read", "'chiasm check' names what is damaged"});
  EXPECT_FALSE(fs::exists(store.scratch / "run/model.safetensors"));
  expect_whole(store.scratch / "run");
}

TEST(DamagedShard, AMissingOneIsSaid) {
  const StoreCopy store;
  fs::remove(store.shard());
  const Ended checked = run({"check", store.folder.string()});
  EXPECT_EQ(checked.code, 1);
  EXPECT_NE(checked.output.find("is damaged or missing"), std::string::npos) << checked.output;
  expect_error(store.train(), 20, {"no study of the train part has a readable image 'ct'", "'chiasm check' names what is damaged"});
  EXPECT_FALSE(fs::exists(store.scratch / "run"));
}

TEST(DamagedStore, IsRefusedByName) {
  const StoreCopy store;
  const std::string index = read_file(store.folder / "index.csv"), dataset = read_file(store.folder / "dataset.json");
  write_file_atomic(store.folder / "index.csv", index + "x\n");
  expect_error(store.train(), 20, {"index.csv is damaged: its SHA-256 is not the one in dataset.json"});
  write_file_atomic(store.folder / "index.csv", index);
  write_file_atomic(store.folder / "dataset.json", dataset.substr(0, dataset.size() / 2));
  expect_error(store.train(), 20, {"store/dataset.json:", "not valid JSON"});
  EXPECT_FALSE(fs::exists(store.scratch / "run"));
}

// A split whose part `test` also holds a study of a patient of `train`; with a right digest, so that only the patient tells.
fs::path leaking_split(const fs::path& folder, bool with_digest) {
  const StoreReader store(world() / "store");
  std::map<std::string, std::vector<std::string>> studies_of;
  for (int64_t i = 0; i < store.size(); ++i) studies_of[store.entry(i).patient].push_back(store.entry(i).study);
  Split split = load_split(world() / "split.json", store);
  std::vector<std::string>& train = split.parts.at("train");
  for (const auto& entry : studies_of) {
    const auto found = std::find(train.begin(), train.end(), entry.second.front());
    if (entry.second.size() < 2 || found == train.end()) continue;
    split.parts.at("test").push_back(*found);
    train.erase(found);
    break;
  }
  std::sort(split.parts.at("test").begin(), split.parts.at("test").end());
  const fs::path file = folder / "leak.json";
  save_split(file, split);
  if (with_digest) return file;
  Json json = read_json(file);
  json["sha256"] = std::string(64, '0');
  write_json(file, json);
  return file;
}

TEST(LeakingSplit, IsRefusedByTrainingAndByCheck) {
  const Scratch scratch;
  const std::string file = leaking_split(scratch.path(), true).string();
  expect_error(run({"pretrain", run_file("pretrain.yaml"), "--out", (scratch / "run").string(), "--set", "data.split=" + file}), 20,
               {"leak.json", "1 patient(s) are in more than one part; a patient belongs to one part, make it again"});
  const Ended checked = run({"check", "store", "--split", file});
  EXPECT_EQ(checked.code, 1);
  EXPECT_NE(checked.output.find("1 patient(s) are in more than one part"), std::string::npos) << checked.output;
  leaking_split(scratch.path(), false);
  expect_error(run({"pretrain", run_file("pretrain.yaml"), "--out", (scratch / "run").string(), "--set", "data.split=" + file}), 20,
               {"leak.json: its sha256 is wrong: the file was changed; make it again with 'chiasm split'"});
  EXPECT_FALSE(fs::exists(scratch / "run"));
}

// Another split puts patients that shaped `pretrain` into its test part.
TEST(SeenPatients, AreRefusedByFinetuneAndEvaluate) {
  const Scratch scratch;
  const std::string split = (scratch / "other.json").string(), out = (scratch / "run").string();
  ASSERT_EQ(run({"split", "store", "--out", split, "--seed", "9", "--train", "0.6", "--val", "0.2", "--test", "0.2"}).code, 0);
  const std::vector<std::string> words{"finetune", run_file("classify.yaml"), "--out", out, "--set", "data.split=" + split};
  expect_error(run(words), 2,
               {"test studies belong to patients that shaped the run named by 'from:'", "use one split for all, or --allow-seen"});
  EXPECT_FALSE(fs::exists(out));
  std::vector<std::string> allowed = words;
  allowed.push_back("--allow-seen");
  ASSERT_EQ(run(allowed).code, 0);
  expect_error(run({"evaluate", out, "--split", "test"}), 2, {"belong to patients that shaped this model", "--allow-seen"});
  ASSERT_EQ(run({"evaluate", out, "--split", "test", "--allow-seen"}).code, 0);
  EXPECT_EQ(read_json(fs::path(out) / "metrics.json").at("contaminated"), "yes");
  expect_error(run({"evaluate", "classify", "--split", "train"}), 2, {"of 11 studies belong to patients that shaped this model"});
}

// A bundle remembers whom its run has seen.
TEST(SeenPatients, AreKnownToTheBundle) {
  const Scratch scratch;
  const std::string folder = bundle().string();
  expect_error(run({"evaluate", folder, "--data", "store", "--out", (scratch / "all").string()}), 2,
               {"of 20 studies belong to patients that shaped this model"});
}

}  // namespace
}  // namespace chiasm::test
