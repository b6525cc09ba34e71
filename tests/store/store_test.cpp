#include "data/store/store.h"

#include <thread>

#include "core/base/csv.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "tests/store/support.h"

namespace chiasm::testing {
namespace {

TEST(Store, ReadsWhatWasWritten) {
  const TemporaryFolder folder;
  write_store(folder / "store", 7);
  const StoreReader reader(folder / "store");
  ASSERT_EQ(reader.size(), 7);
  for (int64_t i = 0; i < reader.size(); ++i) expect_equal(small_record(i), reader.read(i));
  EXPECT_TRUE(reader.verify().empty());
}

TEST(Store, KeepsEveryVoxelTypeAndSize) {
  const TemporaryFolder folder;
  StoreSchema schema;
  for (const char* name : {"u8", "i16", "u16", "i32", "f32"}) schema.inputs[name] = {Form::image, "image", false, {}, 1};
  StudyRecord record{"p1", "s1", {}, {}, {}, {}};
  const Size3 size{37, 61, 130};  // several chunks, the last one cut
  const size_t count = 37 * 61 * 130;
  const auto put = [&](const std::string& name, Voxels voxels, int64_t channels) {
    Volume volume = small_volume(1, size);
    volume.channels = channels;
    volume.voxels = std::move(voxels);
    volume.valid.assign(count, 1);
    volume.valid[5] = 0;
    record.inputs[name] = {{volume, "", {}, 0.25}};
  };
  put("u8", pattern<uint8_t>(3 * count, 1), 3);
  put("i16", pattern<int16_t>(count, 2), 1);
  put("u16", pattern<uint16_t>(2 * count, 3), 2);
  put("i32", pattern<int32_t>(2 * count, 4), 2);
  auto real = pattern<float>(count, 5);
  real[7] = std::numeric_limits<float>::infinity();
  put("f32", real, 1);
  StoreWriter writer(folder / "store", schema);
  writer.add(record);
  writer.commit();
  const StudyRecord back = StoreReader(folder / "store").read(0);
  expect_equal(record, back);
}

TEST(Store, ReadsOnlyTheNamedParts) {
  const TemporaryFolder folder;
  write_store(folder / "store", 2);
  const StoreReader reader(folder / "store");
  const StudyRecord record = reader.read(1, {"labs", "lesion"});
  EXPECT_EQ(record.inputs.size(), 1u);
  EXPECT_EQ(record.masks.size(), 1u);
  EXPECT_TRUE(record.labels.empty());
  EXPECT_NE(message_of<UsageError>([&] { reader.read(1, {"labz"}); }).find("did you mean 'labs'?"), std::string::npos);
}

TEST(Store, IndexSaysWhatIsThere) {
  const TemporaryFolder folder;
  write_store(folder / "store", 5);
  const StoreReader reader(folder / "store");
  const StudyEntry& first = reader.entry(0);
  EXPECT_EQ(first.study, "study1000");
  EXPECT_EQ(first.inputs, (std::map<std::string, int64_t>{{"ct", 1}, {"labs", 1}}));
  EXPECT_TRUE(first.labels.empty());
  EXPECT_EQ(first.facts.at("site"), "A, \"north\"");
  expect_equal(reader.entry(1).labels.at("disease"), {1.0, kUnknown});
  EXPECT_EQ(reader.entry(1).masks, std::vector<std::string>{"lesion"});
  EXPECT_TRUE(first.lengths.empty());
  EXPECT_EQ(reader.entry(1).lengths, (std::map<std::string, int64_t>{{"findings", 20}}));  // the degree sign has two bytes
  const Csv index = read_csv(folder / "store/index.csv");
  EXPECT_EQ(index.header, (std::vector<std::string>{"study", "patient", "shard", "position", "bytes", "input.ct", "input.findings",
                                                    "input.labs", "length.findings", "label.disease.nodule", "label.disease.effusion",
                                                    "mask.lesion", "fact.sex", "fact.site"}));
  const Json counts = read_json(folder / "store/dataset.json").at("counts");
  EXPECT_EQ(counts.at("patients"), 3);
  EXPECT_EQ(counts.at("inputs").at("findings").at("studies"), 3);
  EXPECT_EQ(counts.at("labels").at("disease").at("nodule").dump(), R"({"known":3,"positive":2})");
}

TEST(Store, EqualContentGivesEqualBytes) {
  const TemporaryFolder folder;
  write_store(folder / "a", 6, 2000);
  write_store(folder / "b", 6, 2000);
  const auto files = list_files(folder / "a");
  EXPECT_EQ(files.size(), list_files(folder / "b").size());
  for (const fs::path& file : files) {
    const fs::path relative = fs::relative(file, folder / "a");
    EXPECT_EQ(sha256_file(file), sha256_file(folder / "b" / relative)) << relative;
  }
}

TEST(Store, AppendsWithoutTouchingOldShards) {
  const TemporaryFolder folder;
  write_store(folder / "store", 3);
  const std::string before = StoreReader(folder / "store").data_sha256(), shard = sha256_file(folder / "store/shards/00000.h5");
  write_store(folder / "store", 5);
  const StoreReader reader(folder / "store");
  EXPECT_EQ(reader.size(), 5);
  EXPECT_NE(reader.data_sha256(), before);
  EXPECT_EQ(sha256_file(folder / "store/shards/00000.h5"), shard);
  for (int64_t i = 0; i < 5; ++i) expect_equal(small_record(i), reader.read(i));
}

TEST(Store, ManySmallShardsHoldEachStudyOnce) {
  const TemporaryFolder folder;
  write_store(folder / "store", 40, 600);
  const Json dataset = read_json(folder / "store/dataset.json");
  EXPECT_GT(dataset.at("shards").size(), 10u);
  int64_t studies = 0;
  for (const Json& shard : dataset.at("shards")) studies += shard.at("studies").get<int64_t>();
  EXPECT_EQ(studies, 40);
  const StoreReader reader(folder / "store");
  for (int64_t i = 0; i < 40; ++i) EXPECT_EQ(reader.read(i).study, study_name(i));
}

TEST(Store, ThreadsMayAddAndRead) {
  const TemporaryFolder folder;
  constexpr int64_t kThreads = 4, kEach = 10;
  {
    StoreWriter writer(folder / "store", small_schema(), 4000);
    std::vector<std::thread> threads;
    for (int64_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int64_t i = 0; i < kEach; ++i) writer.add(small_record(t * kEach + i));
      });
    for (auto& thread : threads) thread.join();
    writer.commit();
  }
  const StoreReader reader(folder / "store");
  ASSERT_EQ(reader.size(), kThreads * kEach);
  std::vector<std::vector<StudyRecord>> read(kThreads);
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < reader.size(); ++i) read[static_cast<size_t>(t)].push_back(reader.read((i + 7 * t) % reader.size()));
    });
  for (auto& thread : threads) thread.join();
  for (int64_t t = 0; t < kThreads; ++t)
    for (int64_t i = 0; i < reader.size(); ++i)
      expect_equal(small_record((i + 7 * t) % reader.size()), read[static_cast<size_t>(t)][static_cast<size_t>(i)]);
}

TEST(Store, RefusesWhatIsNotAStore) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "empty");
  EXPECT_NE(message_of<InputError>([&] { StoreReader(folder / "empty"); }).find("not a store"), std::string::npos);
  {
    StoreWriter writer(folder / "unfinished", small_schema());
    writer.add(small_record(0));
  }
  EXPECT_NE(message_of<InputError>([&] { StoreReader(folder / "unfinished"); }).find("not finished; run the same ingest again"),
            std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder / "unfinished/shards"));
  write_store(folder / "store", 1);
  Json dataset = read_json(folder / "store/dataset.json");
  dataset["format_version"] = 99;
  write_json(folder / "store/dataset.json", dataset);
  EXPECT_NE(message_of<InputError>([&] {
              StoreReader(folder / "store");
            }).find("format version 99 was written by a newer chiasm; this one reads versions up to 2"),
            std::string::npos);
}

TEST(Store, TakesAStudyOnceAndOneSchema) {
  const TemporaryFolder folder;
  write_store(folder / "store", 2);
  StoreSchema other = small_schema();
  other.targets["disease"].classes.push_back("mass");
  EXPECT_NE(message_of<InputError>([&] { StoreWriter(folder / "store", other); }).find("another schema"), std::string::npos);
  StoreWriter writer(folder / "store", small_schema());
  EXPECT_TRUE(writer.has("study1001"));
  EXPECT_FALSE(writer.has("study1002"));
  EXPECT_NE(message_of<InputError>([&] { writer.add(small_record(1)); }).find("study1001 is already there"), std::string::npos);
  writer.add(small_record(2));
  writer.commit();
  EXPECT_EQ(StoreReader(folder / "store").size(), 3);
}

TEST(Store, RefusesASecondWriter) {
  const TemporaryFolder folder;
  const StoreWriter writer(folder / "store", small_schema());
  EXPECT_NE(message_of<Error>([&] { StoreWriter(folder / "store", small_schema()); }).find((folder / "store").string()), std::string::npos);
}

TEST(Store, LedgerKeepsEachLineOnce) {
  const TemporaryFolder folder;
  const LedgerLine late{"s2", "ct", "item2", "refused", "MISSING_SLICES", "gap after\nslice 4"};
  const LedgerLine early{"s1", "ct", "item1", "refused", "TRUNCATED", "at, byte 7"};
  for (int run = 0; run < 2; ++run) {
    StoreWriter writer(folder / "store", small_schema());
    writer.refuse(late);
    writer.refuse(early);
    writer.set_funnel("step,count\nfound,2\n");
    writer.commit();
  }
  EXPECT_EQ(read_file(folder / "store/ledger.csv"),
            "study,input,item,action,code,detail\ns1,ct,item1,refused,TRUNCATED,\"at, byte 7\"\ns2,ct,item2,refused,MISSING_SLICES,gap "
            "after slice 4\n");
  EXPECT_EQ(read_file(folder / "store/funnel.csv"), "step,count\nfound,2\n");
  EXPECT_FALSE(fs::exists(folder / "store/ledger.partial"));
  StoreWriter writer(folder / "store", small_schema());
  EXPECT_THROW(writer.refuse({"s1", "ct", "i", "refused", "NOBODY_KNOWS", ""}), Error);
}

struct BadRecord {
  std::string wanted;
  void (*spoil)(StudyRecord&);
};

TEST(Store, RefusesRecordsOutsideTheSchemaAndStaysUsable) {
  const std::vector<BadRecord> bad{
      {"input 'mr' is not in the schema", [](StudyRecord& r) { r.inputs["mr"] = r.inputs["ct"]; }},
      {"number of voxels and size", [](StudyRecord& r) { r.inputs["ct"][0].volume.size[0] = 4; }},
      {"BAD_AFFINE", [](StudyRecord& r) { r.inputs["ct"][0].volume.affine[0] = kUnknown; }},
      {"BAD_AFFINE", [](StudyRecord& r) { r.inputs["ct"][0].volume.affine = {}; }},
      {"BAD_RESCALE", [](StudyRecord& r) { r.inputs["ct"][0].volume.slope = 0; }},
      {"3 rows where 1 to 2", [](StudyRecord& r) { r.inputs["ct"].resize(3, r.inputs["ct"][0]); }},
      {"1 values for 2 columns", [](StudyRecord& r) { r.inputs["labs"][0].table.resize(1); }},
      {"not UTF-8", [](StudyRecord& r) { r.inputs["findings"][0].text = "\xff\xfe"; }},
      {"outside [0, 1]", [](StudyRecord& r) { r.labels["disease"][0] = -1; }},
      {"3 values for 2 classes", [](StudyRecord& r) { r.labels["disease"].push_back(0); }},
      {"class 2 is not in the schema", [](StudyRecord& r) { std::get<std::vector<uint8_t>>(r.masks["lesion"].voxels)[1] = 2; }},
      {"GRID_MISMATCH", [](StudyRecord& r) { r.masks["lesion"].affine[3] += 1; }},
      {"its image 'ct' is absent", [](StudyRecord& r) { r.inputs.erase("ct"); }},
      {"study pseudonym", [](StudyRecord& r) { r.study = "../x"; }},
      {"patient pseudonym", [](StudyRecord& r) { r.patient = ""; }},
  };
  const TemporaryFolder folder;
  StoreWriter writer(folder / "store", small_schema());
  for (const BadRecord& item : bad) {
    StudyRecord record = small_record(1);
    item.spoil(record);
    EXPECT_NE(message_of<Error>([&] { writer.add(record); }).find(item.wanted), std::string::npos) << item.wanted;
  }
  writer.add(small_record(1));
  writer.commit();
  EXPECT_EQ(StoreReader(folder / "store").size(), 1);
}

}  // namespace
}  // namespace chiasm::testing
