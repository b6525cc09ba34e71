// The README's commands and files do what it says: its tour and its own-data example run on the small cohort.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "tests/support/scratch.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

using Words = std::vector<std::string>;

std::string readme() { return read_file(CHIASM_SOURCE "/README.md"); }

Words words_of(const std::string& command) {
  Words out;
  std::istringstream in(command);
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

// Every command of the program that stands in code, without the program's name: `chiasm a b && chiasm c` are two.
std::vector<Words> commands(const std::string& text) {
  std::vector<Words> out;
  static const std::regex code("`([^`\n]+)`|^(\\./scripts[^\n]*|chiasm [^\n]*)$", std::regex::multiline);
  for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it)
    for (const std::string& part : split(replace_all((*it)[0].str(), "`", ""), '&')) {
      Words words = words_of(part);
      if (words.size() > 1 && words.front() == "chiasm" && words[1] != "VERB") out.emplace_back(words.begin() + 1, words.end());
    }
  return out;
}

// The first fenced block that begins with `# NAME`.
std::string block(const std::string& name) {
  const std::string text = readme(), mark = "```yaml\n# " + name + "\n";
  const size_t from = text.find(mark);
  if (from == std::string::npos) return "";
  return text.substr(from + 8, text.find("```", from + 8) - from - 8);
}

const std::string& help_of(const std::string& verb) {
  static std::map<std::string, std::string> known;
  auto [place, fresh] = known.try_emplace(verb);
  if (fresh) {
    const Ended ended = chiasm({verb, "--help"});
    if (ended.code == 0) place->second = ended.output;
  }
  return place->second;
}

TEST(Readme, EveryCommandNamesAVerbAndItsOptions) {
  const std::vector<Words> all = commands(readme());
  std::set<std::string> verbs;
  for (Words words : all) {
    if (words.front() == "launch") {
      EXPECT_NE(help_of("launch"), "");
      words.erase(words.begin(), std::find(words.begin(), words.end(), "--") + 1);
    }
    verbs.insert(words.front());
    const std::string& help = help_of(words.front());
    EXPECT_NE(help, "") << "no verb " << join(words, " ");
    for (const std::string& word : words)
      EXPECT_TRUE(!starts_with(word, "--") || help.find(word) != std::string::npos) << word << " of " << join(words, " ");
  }
  EXPECT_GE(all.size(), 16U);
  for (const char* verb : {"synth", "scan", "ingest", "split", "check", "tokenizer", "pretrain", "finetune", "evaluate", "export",
                           "predict", "inspect", "convert", "config"})
    EXPECT_EQ(verbs.count(verb), 1U) << verb;
}

void expect_ok(const Words& words, const fs::path& folder) {
  const Ended ended = chiasm(words, folder);
  EXPECT_EQ(ended.code, 0) << join(words, " ") << "\n" << ended.output;
}

void replace(Words& words, const std::string& what, const std::string& with) {
  for (std::string& word : words)
    if (word == what) word = with;
}

// The table of "What the demo does", command by command as it stands there, on the small cohort and with fewer steps on smaller grids.
TEST(Readme, TheTourRuns) {
  WALK();
  const Scratch scratch;
  fs::create_directories(scratch / "demo");
  fs::create_directory_symlink(CHIASM_SOURCE "/configs", scratch / "configs");
  const std::string text = readme();
  const size_t from = text.find("## What the demo does"), to = text.find("\n## ", from + 5);
  ASSERT_NE(from, std::string::npos);
  std::set<std::string> verbs;
  for (Words words : commands(text.substr(from, to - from))) {
    const std::string verb = words.front();
    if (verb == "launch") continue;
    verbs.insert(verb);
    replace(words, "500", "2");  // patients: that synth runs is seen on two; the rest goes on with the small cohort
    replace(
        words, "STUDY",
        (walked.root / walked.reduced.front().folder / "..").string() + "/" + fs::path(walked.cases.front().folder).filename().string());
    if (verb == "pretrain")
      words.insert(words.end(), {"--set", "train.steps=1", "--set", "views.ct.size=[16,24,24]", "--set", "views.t1.size=[16,16,16]",
                                 "--set", "views.t2.size=[16,16,16]"});
    if (verb == "pretrain" || verb == "finetune") expect_ok({"config", "check", words[1]}, scratch.path());
    if (verb == "finetune") words.insert(words.end(), {"--set", "train.steps=1", "--set", "evaluate.subsets=all"});
    expect_ok(words, scratch.path());
    if (verb == "synth") {
      fs::remove_all(scratch / "demo" / "cohort");
      fs::create_directory_symlink(walked.root / "cohort", scratch / "demo" / "cohort");
    }
  }
  EXPECT_EQ(verbs.size(), 11U);
  EXPECT_TRUE(fs::exists(scratch / "demo" / "predictions" / "summary.json"));
}

// The cohort as somebody's export: other folder and column names.
void write_own_data(const fs::path& cohort, const fs::path& folder) {
  const Csv reports = read_csv(cohort / "reports.csv"), table = read_csv(cohort / "table.csv");
  const auto columns = [](const Csv& csv, const Words& names, const std::string& header) {
    std::string out = header;
    for (const auto& row : csv.rows) {
      Words cells;
      for (const std::string& name : names) cells.push_back(row[static_cast<size_t>(csv.at(name))]);
      if (cells.back() != "-1") out += csv_line(cells);
    }
    return out;
  };
  write_file_atomic(folder / "reports.csv", columns(reports, {"accession", "report"}, "accession,report\n"));
  write_file_atomic(folder / "labels.csv", columns(table, {"accession", "nodule"}, "accession,tumour\n"));
}

TEST(Readme, YourOwnDataInTenLinesRuns) {
  WALK();
  const Scratch scratch;
  const std::string dataset = block("dataset.yaml"), run = block("tumour.yaml"), text = readme();
  ASSERT_NE(dataset.find("/export/pacs"), std::string::npos);
  ASSERT_NE(run.find("classify"), std::string::npos);
  write_own_data(walked.root / "cohort", scratch.path());
  write_file_atomic(scratch / "dataset.yaml", replace_all(dataset, "/export/pacs", (walked.root / "cohort" / "dicom").string()));
  write_file_atomic(scratch / "tumour.yaml", run);
  const size_t key = text.find("head -c 32 /dev/urandom");
  ASSERT_NE(key, std::string::npos);
  ASSERT_EQ(shell("cd " + scratch.path().string() + " && " + text.substr(key, text.find('`', key) - key)).code, 0);
  expect_ok({"scan", "dataset.yaml"}, scratch.path());
  const Ended ingested = chiasm({"ingest", "dataset.yaml", "--out", "store"}, scratch.path());
  EXPECT_TRUE(ingested.code == 0 || ingested.code == 3) << ingested.output;  // studies of the cohort without a CT may be refused
  expect_ok({"split", "store", "--train", "0.5", "--val", "0.15", "--test", "0.35"}, scratch.path());
  expect_ok({"tokenizer", "store", "--split", "store.splits/main.json", "--inputs", "indication", "--out", "tokenizer.model"},
            scratch.path());
  const size_t from = text.find("`chiasm finetune tumour.yaml"), to = text.find('`', from + 1);
  ASSERT_NE(from, std::string::npos);
  const std::vector<Words> all = commands(text.substr(from, to - from + 1));
  EXPECT_EQ(all.size(), 3U);
  expect_ok({"config", "check", "tumour.yaml"}, scratch.path());
  for (Words words : all) {
    if (words.front() == "finetune") words.insert(words.end(), {"--set", "train.steps=2", "--set", "views.ct.size=[16,24,24]"});
    expect_ok(words, scratch.path());
  }
  EXPECT_TRUE(fs::exists(scratch / "bundle" / "SHA256SUMS"));
}

}  // namespace
}  // namespace chiasm::test
