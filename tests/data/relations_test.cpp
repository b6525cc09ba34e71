// Patients that share images, texts or a person: found, kept together by splits, told by checks.
#include "data/relations.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "data/check.h"
#include "data/fingerprint.h"
#include "data/split.h"
#include "tests/store/support.h"

namespace chiasm {
namespace {

using namespace chiasm::testing;

constexpr Size3 kSize{12, 16, 16};

std::string words(int64_t count, const std::string& number) {
  std::string text;
  for (int64_t n = 0; n < count; ++n) text += (n == 3 ? number : "Word" + std::string(1, static_cast<char>('a' + n % 26))) + ", ";
  return text;
}

// A CT of smooth noise of its own.
StudyRecord record_of(int64_t number) {
  StudyRecord record = small_record(2 * number, kSize);
  record.study = study_name(number);
  record.inputs.erase("findings");
  record.masks.clear();
  Random random(static_cast<uint64_t>(number) + 50);
  std::vector<double> slopes;
  for (int n = 0; n < 64; ++n) slopes.push_back(random.normal());
  auto& voxels = std::get<std::vector<int16_t>>(record.inputs["ct"][0].volume.voxels);
  for (size_t i = 0; i < voxels.size(); ++i) {
    const size_t d = i / 256, h = i / 16 % 16, w = i % 16;
    voxels[i] = static_cast<int16_t>(500 + 100 * slopes[d / 3 * 16 + h / 4 * 4 + w / 4] + static_cast<double>(i % 7));
  }
  voxels[0] = 0;
  for (size_t i = 0; i < 40; ++i) voxels[i] = 0;  // air
  record.facts = {{"site", number < 6 ? "A" : number < 12 ? "B" : "C"}};
  return record;
}

// 20 patients of one study each.
class RelationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Progress::set_quiet(true);
    for (int64_t n = 0; n < 20; ++n) records_.push_back(record_of(n));
  }
  void write() {
    StoreWriter writer(folder_ / "store", small_schema());
    for (const StudyRecord& record : records_) writer.add(record);
    writer.commit();
    store_.emplace(folder_ / "store");
  }
  std::vector<Relation> relations() const { return find_relations(*store_, survey(*store_, 2), 2); }
  Volume& ct(size_t study) { return records_[study].inputs["ct"][0].volume; }
  std::vector<StudyRecord> records_;
  TemporaryFolder folder_;
  std::optional<StoreReader> store_;
};

TEST_F(RelationsTest, AreNoneAmongStrangers) {
  write();
  EXPECT_TRUE(relations().empty());
  EXPECT_TRUE(make_split(*store_, {}, relations()).joined.empty());
}

TEST_F(RelationsTest, AreEachFound) {
  ct(5).voxels = ct(2).voxels;  // the same image
  auto& noisy = std::get<std::vector<int16_t>>((ct(9).voxels = ct(7).voxels, ct(9).voxels));
  Random random(1);
  for (int16_t& voxel : noisy) voxel = static_cast<int16_t>(voxel + random.integer(9));
  for (const size_t study : {11, 13})
    records_[study].inputs["findings"] = {{{}, words(60, study == 11 ? "12/3/2001" : "7/11/1998"), {}, 0}};
  for (const size_t study : {14, 15}) records_[study].inputs["findings"] = {{{}, words(30, "5"), {}, 0}};      // too short
  for (const size_t study : {0, 1, 3, 4}) records_[study].inputs["findings"] = {{{}, words(50, "5"), {}, 0}};  // a template
  write();
  write_aliases(folder_ / "store", {{"person1", records_[16].patient}, {"person2", records_[17].patient}});
  write_aliases(folder_ / "store", {{"person1", records_[18].patient}});
  const std::vector<Relation> found = relations();
  ASSERT_EQ(found.size(), 4u);
  const std::vector<std::tuple<Relation::Kind, int64_t, int64_t>> truth{{Relation::Kind::same_image, 2, 5},
                                                                        {Relation::Kind::near_image, 7, 9},
                                                                        {Relation::Kind::same_text, 11, 13},
                                                                        {Relation::Kind::same_person, 16, 18}};
  for (size_t n = 0; n < 4; ++n) EXPECT_EQ(std::tuple(found[n].kind, found[n].first.study, found[n].second.study), truth[n]) << n;
  EXPECT_GT(found[1].distance, 0);
  EXPECT_LT(found[1].distance, kNearHash);

  for (int64_t seed = 1; seed < 12; ++seed) {
    SplitOptions options;
    options.seed = seed;
    Split split = make_split(*store_, options, found);
    EXPECT_EQ(split.joined.size(), 4u);
    std::map<std::string, std::string> part_of;
    for (const auto& [name, studies] : split.parts)
      for (const std::string& study : studies) part_of[study] = name;
    EXPECT_EQ(part_of.size(), 20u);
    for (const auto& [kind, first, second] : truth) EXPECT_EQ(part_of[study_name(first)], part_of[study_name(second)]) << seed;
    save_split(folder_ / "split.json", split);
    EXPECT_EQ(load_split(folder_ / "split.json", *store_).joined, split.joined);
  }
  const CheckReport kept = check_store(*store_, folder_ / "split.json", 2);
  EXPECT_TRUE(kept.passed()) << to_text(kept);
  EXPECT_EQ(std::count_if(kept.findings.begin(), kept.findings.end(), [](const CheckFinding& f) { return f.check == "duplicate"; }), 4);
  EXPECT_FALSE(check_store(*store_, {}, 2).passed()) << "without a split, one image under two patients is an error";
}

TEST_F(RelationsTest, AcrossPartsCloseTheGate) {
  write();
  write_aliases(folder_ / "store", {{"person", records_[3].patient}, {"person", records_[4].patient}});
  Split split = make_split(*store_, {});  // made without looking
  const auto part_of = [&](size_t n) {
    for (const auto& [name, studies] : split.parts)
      if (std::count(studies.begin(), studies.end(), study_name(static_cast<int64_t>(n)))) return name;
    return std::string();
  };
  for (SplitOptions options; part_of(3) == part_of(4); ++options.seed) split = make_split(*store_, options);
  save_split(folder_ / "split.json", split);
  const CheckReport report = check_store(*store_, folder_ / "split.json", 2);
  EXPECT_FALSE(report.passed());
  EXPECT_NE(to_text(report).find("study1004: the same name, birth date and sex as of study study1003, of another patient; one is in '" +
                                 part_of(3) + "', the other in '" + part_of(4) + "'"),
            std::string::npos)
      << to_text(report);
  // A file that promises to keep them together and does not is refused by whoever loads it, training too.
  split.joined = {{records_[3].patient, records_[4].patient}};
  save_split(folder_ / "split.json", split);
  EXPECT_NE(message_of<InputError>([&] { load_split(folder_ / "split.json", *store_); }).find("are in more than one part"),
            std::string::npos);
}

TEST_F(RelationsTest, ASiteIsOnOneSide) {
  write();
  SplitOptions options;
  options.by = "site";
  options.train = options.val = 0.3;
  options.test = 0.4;
  Split split = make_split(*store_, options);
  EXPECT_EQ(split.by, "site");
  EXPECT_TRUE(split.joined.empty());
  std::vector<size_t> sizes;
  for (const auto& [name, studies] : split.parts) sizes.push_back(studies.size());
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<size_t>{6, 6, 8}));
  save_split(folder_ / "split.json", split);
  EXPECT_NO_THROW(load_split(folder_ / "split.json", *store_));
  split.parts["train"].push_back(split.parts["test"].back());
  split.parts["test"].pop_back();
  save_split(folder_ / "split.json", split);
  EXPECT_NE(message_of<InputError>([&] { load_split(folder_ / "split.json", *store_); }).find("a site is in more than one part"),
            std::string::npos);
  options.by = "scanner";
  EXPECT_NE(message_of<InputError>([&] { make_split(*store_, options); }).find("has no fact 'scanner'"), std::string::npos);
}

TEST_F(RelationsTest, TimeChoosesTheTestPart) {
  for (size_t n = 0; n < 20; ++n) records_[n].facts["period"] = n < 15 ? "earlier" : "later";
  records_[2].patient = records_[19].patient;  // on both sides
  records_[3].facts.erase("period");           // undated
  write();
  const std::vector<Relation> alias{{Relation::Kind::same_person, {4, "", 0}, {18, "", 0}, 0}};  // one person before and after
  const Split split = make_split(*store_, {}, alias);
  EXPECT_TRUE(split.temporal);
  EXPECT_EQ(split.parts.at("test"),
            (std::vector<std::string>{study_name(15), study_name(16), study_name(17), study_name(18), study_name(19)}));
  EXPECT_EQ(split.left_out, (std::vector<std::string>{study_name(2), study_name(3), study_name(4)}));
  EXPECT_EQ(split.parts.at("train").size(), 10u);  // .7 of .85 of twelve
  EXPECT_EQ(split.parts.at("val").size(), 2u);
  Split saved = split;
  save_split(folder_ / "split.json", saved);
  EXPECT_EQ(load_split(folder_ / "split.json", *store_).left_out, split.left_out);
  EXPECT_TRUE(check_store(*store_, folder_ / "split.json", 2).passed());
  SplitOptions options;
  options.folds = 3;
  Split folds = make_split(*store_, options, alias);
  EXPECT_EQ(folds.parts.at("test"), split.parts.at("test"));
  for (const auto& fold : folds.folds) EXPECT_EQ(fold.size(), 4u);
  save_split(folder_ / "folds.json", folds);
  EXPECT_EQ(load_split(folder_ / "folds.json", *store_).parts, folds.parts);
}

TEST_F(RelationsTest, NewerSplitFilesAreRefused) {
  write();
  Split split = make_split(*store_, {});
  save_split(folder_ / "split.json", split);
  Json json = read_json(folder_ / "split.json");
  json["format_version"] = 3;
  write_json(folder_ / "split.json", json);
  EXPECT_NE(
      message_of<InputError>([&] { load_split(folder_ / "split.json", *store_); }).find("format version 3; this program reads 1 to 2"),
      std::string::npos);
}

TEST_F(RelationsTest, FingerprintsAreOfTheChosenStudies) {
  for (size_t n = 0; n < 20; ++n) {
    Volume& volume = ct(n);
    volume.affine[10] = 1.0 + static_cast<double>(n);  // between slices
    auto& voxels = std::get<std::vector<int16_t>>(volume.voxels);
    for (size_t i = 0; i < voxels.size(); ++i) voxels[i] = static_cast<int16_t>(100 * n + i * 101 / voxels.size());
  }
  write();
  const auto studies = survey(*store_, 2);
  const InputFingerprint all = fingerprint(studies).at("ct");
  EXPECT_EQ(all.images, 20);
  EXPECT_NEAR(all.spacing_mm.least[0], std::hypot(1.0, 0.1), 1e-9);
  EXPECT_NEAR(all.spacing_mm.greatest[0], std::hypot(20.0, 0.1), 1e-9);
  EXPECT_EQ(all.size.median, kSize);
  EXPECT_EQ(all.low, -1024);
  EXPECT_EQ(all.high, 1900 + 100 - 1024);
  const InputFingerprint first = fingerprint(studies, {0, 1, 2}).at("ct");
  EXPECT_EQ(first.images, 3);
  EXPECT_NEAR(first.spacing_mm.median[0], std::hypot(2.0, 0.1), 1e-9);
  EXPECT_NEAR(first.percentiles[2], 150 - 1024, 1);  // the median image is 100 to 200
  EXPECT_NEAR(first.percentiles[0], 100 - 1024, 1);
  EXPECT_NEAR(first.mean, 150 - 1024, 1);
  const Json json = to_json(fingerprint(studies, {0}), store_->data_sha256(), "train");
  EXPECT_EQ(json.at("format"), "chiasm.fingerprint");
  EXPECT_EQ(json.at("inputs").at("ct").at("size").at("max"), Json(kSize));
}

}  // namespace
}  // namespace chiasm
