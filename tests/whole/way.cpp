#include "tests/whole/way.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/split.h"
#include "data/store/store.h"
#include "tests/support/scratch.h"

namespace chiasm::test {
namespace {

const std::vector<std::string> columns{"age", "crp", "sex", "wbc"};  // in the order of the store's schema

class Walk {
 public:
  Walk() { way_.root = scratch_.path(); }

  const Way& walk() {
    make_store();
    train();
    judge();
    if (way_.failure.empty()) unpack();
    predict();
    return way_;
  }

 private:
  // A step is not tried once another one failed.
  void step(const std::string& name, const std::vector<std::string>& words, int code = 0) {
    if (!way_.failure.empty()) return;
    const auto start = std::chrono::steady_clock::now();
    Ended ended = chiasm(words, way_.root);
    std::cout << name << " " << fixed(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 1) << " s\n";
    write_file_atomic(way_.root / "logs" / (name + ".log"), ended.output);
    if (ended.code != code) way_.failure = name + " ended with code " + std::to_string(ended.code) + ":\n" + ended.output;
    way_.steps[name] = std::move(ended);
  }

  void make_store() {
    step("synth", {"synth", "--out", "cohort", "--patients", "24", "--seed", "11"});
    step("scan", {"scan", "cohort/dataset.yaml"});
    step("ingest", {"ingest", "cohort/dataset.yaml", "--out", "store", "--set", "deidentify.linkage=linkage.csv"});
    step("split", {"split", "store", "--out", "split.json", "--train", "0.5", "--val", "0.15", "--test", "0.35", "--stratify", "disease"});
    step("check", {"check", "store", "--split", "split.json"});
    step("tokenizer", {"tokenizer", "store", "--split", "split.json", "--inputs", "indication,findings", "--out", "tokenizer.model",
                       "--vocabulary", "384"});
  }

  void train() {
    const std::string folder = CHIASM_SOURCE "/tests/whole/";
    step("pretrain", {"launch", "-n", "2", "--", "pretrain", folder + "pretrain.yaml", "--out", "pretrain"});
    step("classify", {"launch", "-n", "2", "--", "finetune", folder + "classify.yaml", "--out", "classify"});
    step("draft", {"finetune", folder + "draft.yaml", "--out", "draft"});
  }

  void judge() {
    for (const std::string run : {"classify", "draft"}) {
      step("evaluate_" + run, {"evaluate", run, "--split", "test"});
      step("export_" + run, {"export", run, "--out", "bundle_" + run});
    }
  }

  // The DICOM folders of the test part, under names that tell nothing, and what was known beside the images.
  void unpack() {
    const StoreReader store(way_.root / "store");
    std::map<std::string, std::string> accession_of;
    const Csv linkage = read_csv(way_.root / "cohort" / "linkage.csv");
    for (const auto& row : linkage.rows)
      if (row[0] == "study") accession_of[row[1]] = row[2];
    std::string clinical = "study," + join(columns, ",") + ",indication\n";
    const Split split = load_split(way_.root / "split.json", store);
    for (int64_t i = 0; i < store.size(); ++i) {
      const std::string& study = store.entry(i).study;
      const auto& test = split.parts.at("test");
      if (std::find(test.begin(), test.end(), study) == test.end()) continue;
      const StudyRecord record = store.read(i, {"labs", "indication"});
      const fs::path source = folder_of(accession_of.at(study));
      Case one{"unseen/case_" + std::to_string(way_.cases.size() + 1), study, lacks(store.entry(i))};
      copy(source, one, "");
      clinical += clinical_line(one, record, "");
      if (way_.reduced.empty() && one.lacks.empty()) clinical += reduce(source, study, record);
      way_.cases.push_back(one);
    }
    write_file_atomic(way_.root / "clinical.csv", clinical);
    Json list = Json::array();
    for (const std::vector<Case>* group : {&way_.cases, &way_.reduced})
      for (const Case& one : *group) list.push_back({{"folder", one.folder}, {"study", one.study}, {"lacks", one.lacks}});
    write_json(way_.root / "cases.json", list);
  }

  fs::path folder_of(const std::string& accession) const {
    for (const auto& patient : fs::directory_iterator(way_.root / "cohort" / "dicom"))
      if (fs::exists(patient.path() / accession)) return patient.path() / accession;
    throw std::runtime_error("the cohort has no folder for a stored study");
  }

  static std::vector<std::string> lacks(const StudyEntry& entry) {
    std::vector<std::string> out;
    for (const std::string& input : model_inputs())
      if (!entry.inputs.count(input)) out.push_back(input);
    return out;
  }

  // Copies a study without the series of one input. The cohort's folders are N_CT, N_MR (T1, then T2) and N_CR.
  void copy(const fs::path& source, const Case& to, const std::string& without) const {
    fs::create_directories(way_.root / to.folder);
    std::vector<fs::path> series;
    for (const auto& entry : fs::directory_iterator(source)) series.push_back(entry.path());
    std::sort(series.begin(), series.end());
    int mr = 0;
    for (const fs::path& path : series) {
      const std::string name = path.filename();
      std::string input = ends_with(name, "CT") ? "ct" : ends_with(name, "CR") ? "xray" : "";
      if (input.empty()) input = ++mr == 1 ? "t1" : "t2";
      if (input != without) fs::copy(path, way_.root / to.folder / name, fs::copy_options::recursive);
    }
  }

  static std::string clinical_line(const Case& one, const StudyRecord& record, const std::string& without) {
    std::vector<std::string> cells{one.folder};
    const auto labs = record.inputs.find("labs");
    for (size_t c = 0; c < columns.size(); ++c) {
      const double value = labs == record.inputs.end() ? std::nan("") : labs->second.front().table[c];
      cells.push_back(std::isnan(value) || without == "labs" ? "" : format_number(value));
    }
    const auto indication = record.inputs.find("indication");
    cells.push_back(indication == record.inputs.end() || without == "indication" ? "" : indication->second.front().text);
    return csv_line(cells);
  }

  std::string reduce(const fs::path& source, const std::string& study, const StudyRecord& record) {
    std::string lines;
    for (const std::string& input : model_inputs()) {
      Case one{"unseen/without_" + input, study, {input}};
      copy(source, one, input);
      lines += clinical_line(one, record, input);
      way_.reduced.push_back(one);
    }
    return lines;
  }

  void predict() {
    std::vector<std::string> inputs, reduced;
    for (const Case& one : way_.cases) inputs.push_back(one.folder);
    for (const Case& one : way_.reduced) reduced.push_back(one.folder);
    const auto words = [](const std::string& bundle, const std::vector<std::string>& studies, const std::string& out) {
      std::vector<std::string> all{"predict", bundle};
      all.insert(all.end(), studies.begin(), studies.end());
      all.insert(all.end(), {"--clinical", "clinical.csv", "--out", out});
      return all;
    };
    step("predict_classify", words("bundle_classify", inputs, "predicted_classify"));
    step("predict_reduced", words("bundle_classify", reduced, "predicted_reduced"));
    // Studies that lack an input were never evaluated as such: they are refused, the others done (exit code 3).
    step("predict_draft", words("bundle_draft", inputs, "predicted_draft"), 3);
  }

  Scratch scratch_;
  Way way_;
};

}  // namespace

const std::vector<std::string>& model_inputs() {
  static const std::vector<std::string> names{"ct", "indication", "labs", "t1", "t2", "xray"};
  return names;
}

const Way& way() {
  static Walk walk;
  static const Way& walked = walk.walk();
  return walked;
}

bool has_python() { return std::getenv("CHIASM_TEST_PYTHON") != nullptr; }

Ended python(const std::string& script, const std::vector<std::string>& words) {
  std::string command = std::string(std::getenv("CHIASM_TEST_PYTHON")) + " " CHIASM_SOURCE "/tests/" + script;
  for (const std::string& word : words) command += " '" + word + "'";
  return shell(command);
}

}  // namespace chiasm::test
