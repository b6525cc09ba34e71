#include "data/split.h"

#include <functional>
#include <optional>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/store/support.h"

namespace chiasm {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

// 60 patients with two studies each; every third patient is positive.
void write_labels_store(const fs::path& folder, int64_t patients = 60) {
  StoreSchema schema;
  schema.inputs["labs"] = {Form::table, "table", false, {"crp"}, 1};
  schema.targets["disease"] = {TargetKind::labels, {"nodule"}, "", {}};
  StoreWriter writer(folder, schema);
  for (int64_t i = 0; i < 2 * patients; ++i) {
    StudyRecord record{"patient" + std::to_string(1000 + i / 2), testing::study_name(i), {}, {}, {}, {}};
    record.inputs["labs"] = {{{}, "", {static_cast<double>(i)}, 0}};
    record.labels["disease"] = {(i / 2) % 3 == 0 ? 1.0 : 0.0};
    writer.add(record);
  }
  writer.commit();
}

class SplitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_labels_store(folder_ / "store");
    store_.emplace(folder_ / "store");
  }
  std::map<std::string, std::string> patients() const {
    std::map<std::string, std::string> map;
    for (int64_t i = 0; i < store_->size(); ++i) map[store_->entry(i).study] = store_->entry(i).patient;
    return map;
  }
  fs::path saved(Split split) const {
    save_split(folder_ / "split.json", split);
    return folder_ / "split.json";
  }
  // Changes the file as a user would, with a correct digest again.
  void rewrite(const fs::path& path, const std::function<void(Json&)>& change) const {
    Json json = read_json(path);
    change(json);
    json.erase("sha256");
    json["sha256"] = sha256_hex(json.dump());
    write_json(path, json);
  }
  TemporaryFolder folder_;
  std::optional<StoreReader> store_;
};

TEST_F(SplitTest, PutsEveryPatientOnOneSide) {
  const Split split = make_split(*store_, {});
  std::map<std::string, std::string> side;
  size_t studies = 0;
  const auto patient = patients();
  for (const auto& [name, ids] : split.parts) {
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    studies += ids.size();
    for (const std::string& id : ids) EXPECT_EQ(side.try_emplace(patient.at(id), name).first->second, name);
  }
  EXPECT_EQ(studies, 120u);
  EXPECT_EQ(split.parts.at("train").size(), 84u);  // .7 of 60 patients, two studies each
  EXPECT_EQ(split.parts.at("val").size(), 18u);
  EXPECT_EQ(split.parts.at("test").size(), 18u);
}

TEST_F(SplitTest, DependsOnSeedAndStoreAlone) {
  SplitOptions options;
  EXPECT_EQ(make_split(*store_, options).parts, make_split(StoreReader(folder_ / "store"), options).parts);
  options.seed = 2;
  EXPECT_NE(make_split(*store_, options).parts, make_split(*store_, {}).parts);
}

TEST_F(SplitTest, StratifiesByPatient) {
  SplitOptions options;
  options.stratify = "disease";
  std::map<std::string, double> label;
  for (int64_t i = 0; i < store_->size(); ++i) label[store_->entry(i).study] = store_->entry(i).labels.at("disease")[0];
  for (options.seed = 1; options.seed < 20; ++options.seed)
    for (const auto& [name, ids] : make_split(*store_, options).parts) {
      double positive = 0;
      for (const std::string& id : ids) positive += label.at(id) / 2;
      EXPECT_NEAR(positive, name == "train" ? 14 : 3, 1.0) << name;  // 20 positive patients
    }
  options.stratify = "diseas";
  EXPECT_NE(message_of<UsageError>([&] { make_split(*store_, options); }).find("did you mean 'disease'?"), std::string::npos);
}

TEST_F(SplitTest, FoldsShareNoPatientAndHaveEqualSize) {
  SplitOptions options;
  options.folds = 5;
  const Split split = make_split(*store_, options);
  ASSERT_EQ(split.folds.size(), 5u);
  EXPECT_TRUE(split.parts.empty());
  for (const auto& fold : split.folds) EXPECT_EQ(fold.size(), 24u);
  EXPECT_EQ(shared_patients(split, *store_), 0);
  EXPECT_EQ(load_split(saved(split), *store_).folds, split.folds);
}

TEST_F(SplitTest, FileIsTheContract) {
  const Split split = make_split(*store_, {});
  const Json json = read_json(saved(split));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"format", "format_version", "name", "seed", "by", "data_sha256", "parts", "sha256"}));
  EXPECT_EQ(json.at("format_version"), 2);
  EXPECT_EQ(json.at("by"), "patient");
  EXPECT_EQ(json.at("data_sha256"), store_->data_sha256());
  const Split back = load_split(folder_ / "split.json", *store_);
  EXPECT_EQ(back.parts, split.parts);
  EXPECT_EQ(back.sha256, split.sha256);
  EXPECT_EQ(default_split_path("a/store/", "main"), fs::path("a/store.splits/main.json"));
}

TEST_F(SplitTest, RefusesALeak) {
  const fs::path path = saved(make_split(*store_, {}));
  rewrite(path, [](Json& json) {  // one study of a patient moves to the test part
    Json& train = json["parts"]["train"];
    json["parts"]["test"].push_back(train[0]);
    train.erase(0);
  });
  const std::string message = message_of<InputError>([&] { load_split(path, *store_); });
  EXPECT_NE(message.find("1 patient(s) are in more than one part"), std::string::npos) << message;
  EXPECT_EQ(message.find("patient1"), std::string::npos) << "no identity in messages";
}

TEST_F(SplitTest, RefusesChangesAndOtherData) {
  const fs::path path = saved(make_split(*store_, {}));
  const std::string whole = read_file(path);
  write_file_atomic(path, replace_all(whole, "\"seed\": 1", "\"seed\": 2"));
  EXPECT_NE(message_of<InputError>([&] { load_split(path, *store_); }).find("the file was changed"), std::string::npos);
  write_file_atomic(path, whole);
  rewrite(path, [](Json& json) { json["data_sha256"] = std::string(64, '0'); });
  EXPECT_NE(message_of<InputError>([&] { load_split(path, *store_); }).find("other data"), std::string::npos);
  write_file_atomic(path, whole);
  rewrite(path, [](Json& json) { json["parts"]["val"].push_back("study9999"); });
  EXPECT_NE(message_of<InputError>([&] { load_split(path, *store_); }).find("study9999 is not in the store"), std::string::npos);
  write_file_atomic(path, whole);
  rewrite(path, [](Json& json) { json["parts"]["val"].push_back(json["parts"]["val"][0]); });
  EXPECT_NE(message_of<InputError>([&] { load_split(path, *store_); }).find("stands in it twice"), std::string::npos);
  write_file_atomic(path, "{}");
  EXPECT_NE(message_of<InputError>([&] { load_split(path, *store_); }).find("not a split"), std::string::npos);
  write_file_atomic(path, whole);
  write_labels_store(folder_ / "other", 59);
  EXPECT_THROW(load_split(path, StoreReader(folder_ / "other")), InputError);
}

TEST_F(SplitTest, RefusesImpossibleShares) {
  SplitOptions options;
  options.train = 0.9;
  EXPECT_NE(message_of<UsageError>([&] { make_split(*store_, options); }).find("add up to 1"), std::string::npos);
  options = {};
  options.folds = 61;
  EXPECT_NE(message_of<InputError>([&] { make_split(*store_, options); }).find("too few patients"), std::string::npos);
  options.folds = 1;
  EXPECT_THROW(make_split(*store_, options), UsageError);
}

}  // namespace
}  // namespace chiasm
