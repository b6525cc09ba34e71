// A short form of configs/hannover.yaml: real chest X-rays with laboratory values, two epochs, and the traps of the data.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/image.h"
#include "data/split.h"
#include "data/store/store.h"
#include "data/view.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/whole/shared_data.h"

namespace chiasm::test {
namespace {

const std::string table_file = "open/cxr_hannover/data.csv";

class Hannover : public RealRun<Hannover> {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(shared_data() / table_file)) return;
    scratch_ = new Scratch;
    const std::string configs = CHIASM_SOURCE "/configs/";
    step({"ingest", configs + "hannover_data.yaml", "--set", "sources.table.csv=" + (shared_data() / table_file).string(), "--out",
          "hannover/store"});
    step({"split", "hannover/store", "--train", "0.5", "--val", "0.1", "--test", "0.4", "--stratify", "outcome", "--out",
          "hannover/split.json"});
    step({"finetune", configs + "hannover.yaml", "--out", "run", "--set", "train.epochs=2", "--set", "views.xray.size=[1,48,48]", "--set",
          "train.threads=1", "--set", "evaluate.bootstrap=200"});
    printed_ = step({"evaluate", "run", "--split", "test"});
  }
  void SetUp() override {
    NEED_SHARED(table_file);
    ASSERT_EQ(failure_, "");
  }

  static Csv source() { return read_csv(shared_data() / table_file); }

  inline static std::string printed_;
};

// Numbers of a column that were taken after the picture.
size_t late_values(const Csv& table) {
  size_t late = 0;
  for (const std::string& column : table.header) {
    if (!ends_with(column, "_val")) continue;
    const int value = table.at(column), time = table.at(column.substr(0, column.size() - 4) + "_offset");
    for (const auto& row : table.rows)
      if (!row[static_cast<size_t>(value)].empty()) late += parse_number(row[static_cast<size_t>(time)]).value() > 0;
  }
  return late;
}

TEST_F(Hannover, ValuesTakenAfterThePictureAreDroppedAndCounted) {
  const Csv ledger = read_csv(folder() / "hannover/store/ledger.csv");
  size_t dropped = 0;
  for (const auto& row : ledger.rows) {
    EXPECT_EQ(row[4], "AFTER_INDEX_TIME") << join(row, ",");  // nothing else of this table is refused or dropped
    dropped += row[3] == "dropped" && row[4] == "AFTER_INDEX_TIME";
  }
  const size_t late = late_values(source());
  EXPECT_GT(late, 50u);
  EXPECT_EQ(dropped, late);
  const Csv funnel = read_csv(folder() / "hannover/store/funnel.csv");
  size_t counted = 0;
  for (const auto& row : funnel.rows)
    if (row[1] == "dropped" && row[2] == "AFTER_INDEX_TIME") counted += static_cast<size_t>(parse_integer(row[3]).value());
  EXPECT_EQ(counted, late);
}

TEST_F(Hannover, LabelsFollowTheDaysOfAdmissionAndDeath) {
  const StoreReader store(folder() / "hannover/store");
  const Csv table = source();
  std::map<std::string, std::pair<bool, bool>> truth;  // picture -> admitted, died
  for (const auto& row : table.rows)
    truth[row[static_cast<size_t>(table.at("image_id"))]] = {!row[static_cast<size_t>(table.at("icu_admission_offset"))].empty(),
                                                             !row[static_cast<size_t>(table.at("death_offset"))].empty()};
  ASSERT_EQ(store.size(), static_cast<int64_t>(truth.size()));
  for (int64_t i = 0; i < store.size(); ++i) {
    const std::vector<double>& labels = store.entry(i).labels.at("outcome");
    EXPECT_EQ(labels[0], truth.at(store.entry(i).study).first);
    EXPECT_EQ(labels[1], truth.at(store.entry(i).study).second);
  }
}

TEST_F(Hannover, APatientsPicturesStayTogether) {
  const StoreReader store(folder() / "hannover/store");
  const Split parts = load_split(folder() / "hannover/split.json", store);
  const Csv table = source();
  std::map<std::string, std::string> patient_of, part_of;
  for (const auto& row : table.rows)
    patient_of[row[static_cast<size_t>(table.at("image_id"))]] = row[static_cast<size_t>(table.at("patient_id"))];
  size_t studies = 0;
  for (const auto& [part, names] : parts.parts)
    for (const std::string& study : names) {
      const auto [place, fresh] = part_of.try_emplace(patient_of.at(study), part);
      EXPECT_EQ(place->second, part) << "a patient is in two parts";
      ++studies;
    }
  EXPECT_EQ(studies, table.rows.size());
  EXPECT_EQ(part_of.size(), 54u);
}

TEST_F(Hannover, EverySubsetOfInputsHasItsFigureAndInterval) {
  const Json metrics = read_json(folder() / "run/metrics.json");
  for (const std::string subset : {"all", "xray", "labs"})
    for (const std::string target : {"icu", "death", "macro"}) {
      const Json& figure = metrics["subsets"]["classify"][subset][target]["auroc"];
      ASSERT_TRUE(figure.is_object() && figure["low"].is_number()) << subset << " " << target << ": " << figure;
      EXPECT_LE(figure["low"].get<double>(), figure["high"].get<double>());
      EXPECT_LT(figure["n_patients"].get<int64_t>(), figure["n"].get<int64_t>());
    }
}

// One fact with two values has one threshold: its AUROC is (1 + sensitivity - false positive rate) / 2, from AP if AP goes with the finding
// in the train part.
TEST_F(Hannover, TheProjectionBaselineIsWhatTheProjectionAloneTells) {
  const StoreReader store(folder() / "hannover/store");
  const Split parts = load_split(folder() / "hannover/split.json", store);
  const auto share_of_ap = [&](const std::string& part, bool positive) {
    double ap = 0, all = 0;
    for (int64_t i = 0; i < store.size(); ++i) {
      const StudyEntry& entry = store.entry(i);
      const auto& names = parts.parts.at(part);
      if (!std::count(names.begin(), names.end(), entry.study) || (entry.labels.at("outcome")[0] > 0.5) != positive) continue;
      all += 1;
      ap += entry.facts.at("projection") == "ap";
    }
    return ap / all;
  };
  ASSERT_GT(share_of_ap("train", true), share_of_ap("train", false));
  const double expected = (1 + share_of_ap("test", true) - share_of_ap("test", false)) / 2;
  const Json metrics = read_json(folder() / "run/metrics.json");
  EXPECT_NEAR(metrics["baselines"]["classify"]["fact:projection"]["icu"]["auroc"]["value"].get<double>(), expected, 1e-9);
  EXPECT_NE(printed_.find("baseline fact:projection"), std::string::npos) << printed_;
  EXPECT_NE(read_file(folder() / "run/report.html").find("baseline: fact:projection"), std::string::npos);
}

// Rows of an 8-bit picture from `top` on, columns from `left` on.
Volume cut(const Volume& picture, int64_t top, int64_t left, int64_t rows, int64_t columns) {
  Volume out = picture;
  out.size = {1, rows, columns};
  std::vector<uint8_t> pixels;
  const auto& all = std::get<std::vector<uint8_t>>(picture.voxels);
  for (int64_t y = top; y < top + rows; ++y)
    for (int64_t x = left; x < left + columns; ++x) pixels.push_back(all[static_cast<size_t>(y * picture.size[2] + x)]);
  out.voxels = pixels;
  return out;
}

// The model sees the same whatever stands outside of the square, so it cannot see the shape of the picture.
TEST_F(Hannover, TheModelCannotSeeTheShapeOfThePicture) {
  Preparation preparation;
  preparation.modality = "xray";
  preparation.view.size = {1, 96, 96};
  preparation.view.spacing_mm = {1, 1, 1};
  preparation.view.fit = "crop";
  std::set<bool> wide;
  const Csv table = source();
  for (const auto& row : table.rows) {
    if (wide.size() == 2) break;
    const Volume picture = read_image(shared_data() / "open/cxr_hannover/png" / (row[static_cast<size_t>(table.at("image_id"))] + ".png"));
    const int64_t height = picture.size[1], width = picture.size[2], side = std::min(height, width);
    if ((height - side) % 2 || (width - side) % 2 || height == width || !wide.insert(width > height).second) continue;
    const Prepared whole = prepare(picture, preparation);
    const Prepared square = prepare(cut(picture, (height - side) / 2, (width - side) / 2, side, side), preparation);
    EXPECT_EQ(whole.valid, square.valid);
    ASSERT_EQ(whole.values.size(), square.values.size());
    for (size_t i = 0; i < whole.values.size(); ++i) ASSERT_NEAR(whole.values[i], square.values[i], 1e-5) << i;
  }
  EXPECT_FALSE(wide.empty());
}

}  // namespace
}  // namespace chiasm::test
