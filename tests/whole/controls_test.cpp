// Negative controls: with labels, or with reports, exchanged between patients the whole pipeline falls to chance. With the true ones it
// does not, so that the controls could fail.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"

namespace chiasm::test {
namespace {

// Radiographs, reports and labels of one cohort.
constexpr const char* radiographs = R"(name: control
sources:
  pacs:  {dicom: dicom}
  ris:   {csv: pairs.csv, key: accession, text: report}
  sheet: {csv: table.csv, key: accession}
inputs:
  xray:     {modality: xray, source: pacs, max_items: 2}
  findings: {modality: text, source: ris, section: findings, available: after_reading}
targets:
  disease: {kind: labels, source: sheet, columns: [effusion, device], values: {"1": positive, "0": negative, "-1": uncertain}, derived_from: [findings]}
deidentify: {key: site.key, text_language: en}
split: {by: patient}
)";

// For every row the row whose cells it takes: whole patients change places, so that no patient keeps its own.
std::vector<size_t> exchanged(const Csv& table) {
  const auto patient = static_cast<size_t>(table.at("patient_id"));
  std::vector<std::vector<size_t>> rows_of;
  std::map<std::string, size_t> place_of;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto [place, fresh] = place_of.try_emplace(table.rows[i][patient], rows_of.size());
    if (fresh) rows_of.emplace_back();
    rows_of[place->second].push_back(i);
  }
  std::vector<size_t> order(rows_of.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random random(17);
  for (size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[static_cast<size_t>(random.integer(static_cast<int64_t>(i)))]);  // Sattolo: one cycle, nobody stays
  std::vector<size_t> from(table.rows.size());
  for (size_t p = 0; p < rows_of.size(); ++p)
    for (size_t v = 0; v < rows_of[p].size(); ++v) from[rows_of[p][v]] = rows_of[order[p]][v % rows_of[order[p]].size()];
  return from;
}

// Of each report the sentences that speak of what a radiograph shows. They name nobody: a report in a stranger's folder that names its own
// patient is withheld at ingest (IDENTITY_LEFT).
void write_pairs(const fs::path& cohort) {
  const Csv reports = read_csv(cohort / "reports.csv");
  const auto cell = [&](size_t row, const char* column) { return reports.rows[row][static_cast<size_t>(reports.at(column))]; };
  std::string out = csv_line({"accession", "patient_id", "report"});
  for (size_t i = 0; i < reports.rows.size(); ++i) {
    const std::string text = cell(i, "report"), head = "FINDINGS: ";
    const size_t from = text.find(head), to = text.find("\nIMPRESSION");
    std::string kept;
    for (const std::string& sentence : split(text.substr(from + head.size(), to - from - head.size()), '.')) {
      const std::string low = lower(sentence);
      for (const char* word : {"pleural", "device", "pulse generator"})
        if (low.find(word) != std::string::npos) {
          kept += trim(sentence) + ". ";
          break;
        }
    }
    if (kept.empty()) kept = "No radiograph.";
    out += csv_line({cell(i, "accession"), cell(i, "patient_id"), head + kept});
  }
  write_file_atomic(cohort / "pairs.csv", out);
}

void shuffle_columns(const fs::path& path, const std::vector<std::string>& columns) {
  const Csv table = read_csv(path);
  const std::vector<size_t> from = exchanged(table);
  std::string out = csv_line(table.header);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    std::vector<std::string> row = table.rows[i];
    for (const std::string& column : columns) {
      const auto place = static_cast<size_t>(table.at(column));
      row[place] = table.rows[from[i]][place];
    }
    out += csv_line(row);
  }
  write_file_atomic(path, out);
}

class Controls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    run({"synth", "--out", "cohort", "--patients", "160", "--seed", "5"});
    write_file_atomic(root() / "cohort" / "dataset.yaml", radiographs);
    write_pairs(root() / "cohort");
  }
  static void TearDownTestSuite() { delete scratch_; }

  static fs::path root() { return scratch_->path(); }
  static void run(const std::vector<std::string>& words, const fs::path& folder = {}) {
    const Ended ended = chiasm(words, folder.empty() ? root() : folder);
    ASSERT_EQ(ended.code, 0) << join(words, " ") << "\n" << ended.output;
  }

  // Ingests the cohort as its tables stand now, and splits it: the way of every control.
  static fs::path store(const std::string& name) {
    const fs::path folder = root() / name;
    fs::create_directories(folder);
    fs::remove_all(root() / "cohort" / "dataset.scan");
    run({"scan", "cohort/dataset.yaml"});
    run({"ingest", "cohort/dataset.yaml", "--out", name + "/store"});
    run({"split", name + "/store", "--out", name + "/split.json", "--train", "0.5", "--val", "0.05", "--test", "0.45"});
    return folder;
  }

  static Json test_figures(const fs::path& folder, const std::string& verb, const std::string& file) {
    run({verb, std::string(CHIASM_SOURCE "/tests/whole/") + file, "--out", "run"}, folder);
    run({"evaluate", "run", "--split", "test"}, folder);
    return read_json(folder / "run" / "metrics.json")["tasks"];
  }

  // Changes a table of the cohort while `make` runs, and puts it back.
  template <class Make>
  static auto with_shuffled(const std::string& file, const std::vector<std::string>& columns, const Make& make) {
    const fs::path path = root() / "cohort" / file;
    const std::string whole = read_file(path);
    shuffle_columns(path, columns);
    EXPECT_NE(read_file(path), whole);
    const auto made = make();
    write_file_atomic(path, whole);
    return made;
  }

  static Scratch* scratch_;
};

Scratch* Controls::scratch_ = nullptr;

// In standard errors, taken from the 95 % interval. Training differs in its last bits from CPU to CPU, so the shuffled figure is a draw on
// each: within 3 it falls 997 times in 1000, within the interval itself only 950 times.
double deviations_from(double chance, const Json& figure) {
  const double error = (figure["high"].get<double>() - figure["low"].get<double>()) / (2 * 1.96);
  return (figure["value"].get<double>() - chance) / error;
}

TEST_F(Controls, ShuffledLabelsFallToChance) {
  const Json real = test_figures(store("labels"), "finetune", "control_labels.yaml")["classify"]["macro"]["auroc"];
  EXPECT_GT(real["low"], 0.7) << real.dump();
  EXPECT_GT(deviations_from(0.5, real), 4) << real.dump();
  const fs::path mixed = with_shuffled("table.csv", {"effusion", "device"}, [] { return store("shuffled_labels"); });
  const Json chance = test_figures(mixed, "finetune", "control_labels.yaml")["classify"]["macro"]["auroc"];
  EXPECT_LT(std::abs(deviations_from(0.5, chance)), 3) << chance.dump();
  EXPECT_LT(chance["high"], real["low"]) << chance.dump() << real.dump();
}

// Image to text: how often the own report is among the ten nearest of the pool.
TEST_F(Controls, ShuffledPairsFallToChance) {
  if (!fs::exists(root() / "labels" / "run")) test_figures(store("labels"), "finetune", "control_labels.yaml");
  const auto figures_of = [](const fs::path& folder) {
    run({"tokenizer", "store", "--split", "split.json", "--part", "train", "--inputs", "findings", "--vocabulary", "320", "--out",
         "tokenizer.model"},
        folder);
    return test_figures(folder, "pretrain", "control_pairs.yaml")["contrastive"]["xray to findings"];
  };
  const Json real = figures_of(store("pairs"));
  const double chance = 10 / real["pool"]["value"].get<double>();
  EXPECT_GT(deviations_from(chance, real["r10"]), 4) << real.dump();
  const fs::path mixed = with_shuffled("pairs.csv", {"report"}, [] { return store("shuffled_pairs"); });
  const Json fallen = figures_of(mixed);
  EXPECT_LT(std::abs(deviations_from(10 / fallen["pool"]["value"].get<double>(), fallen["r10"])), 3) << fallen.dump();
}

}  // namespace
}  // namespace chiasm::test
