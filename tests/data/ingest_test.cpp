#include "data/ingest.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "data/deidentify_key.h"
#include "data/deidentify_search.h"
#include "data/image.h"
#include "data/mask_grid.h"
#include "data/relations.h"
#include "data/scan.h"
#include "data/store/store.h"
#include "data/synthetic/cohort.h"
#include "tests/data/data_fixture.h"
#include "tests/data/dicom_test.h"

namespace chiasm {
namespace {

using test::dataset;
using test::slab_mask;
using test::write_ct;
using test::write_key;

constexpr const char* kStudy = R"(sources:
  pacs:  {dicom: dicom}
  ris:   {csv: ris.csv, key: accession, text: report}
  masks: {csv: masks.csv, key: accession, file: path}
inputs:
  ct:         {modality: ct, source: pacs}
  prior_ct:   {prior_of: ct}
  indication: {modality: text, source: ris, section: indication}
  findings:   {modality: text, source: ris, section: findings, available: after_reading}
  labs:       {modality: table, source: ris, columns: {age: {unit: a}, crp: {missing: [-999]}}}
targets:
  disease: {kind: labels, source: ris, columns: [nodule], values: {1: positive, 0: negative}, derived_from: [findings]}
  organs:  {kind: mask, source: masks, of: ct, classes: [slab], derived_from: []}
deidentify: {key: site.key, text_language: en, linkage: link.csv}
)";

constexpr const char* kReport =
    "\"PATIENT: Kestaburgen, Briana, born 01/01/1930, ID PT1001\nINDICATION: 93-year-old woman, seen by Dr. Grunomesko on 03/14/2023.\n"
    "FINDINGS: A 12 mm nodule. KESTABURGEN moved. Her sister Aelvandika Hollaquist was told.\"";

class IngestTest : public test::DicomTest {
 protected:
  void SetUp() override {
    write_key(scratch / "site.key");
    write_ct(scratch / "dicom", {.folder = "Kestaburgen_Briana/1", .accession = "ACC00001", .date = "20220314"});
    write_ct(scratch / "dicom", {.folder = "Kestaburgen_Briana/2", .accession = "ACC00002"});
    write_ct(scratch / "dicom", {.folder = "other/3", .accession = "ACC00003", .patient = "PT2002", .name = "Velmosdovski^Tavemund"});
    write_file_atomic(scratch / "ris.csv", std::string("accession,report,age,crp,nodule\nACC00002,") + kReport +
                                               ",93,12.5,1\nACC00001,,92,-999,0\nACC00003,FINDINGS: clear.,50,3,x\n");
    write_file_atomic(scratch / "masks.csv", "accession,path\nACC00001,m1.nii.gz\nACC00002,m2.nii.gz\nACC00003,m3.nii.gz\n");
    for (const char* name : {"m1.nii.gz", "m2.nii.gz", "m3.nii.gz"}) write_nifti(scratch / name, slab_mask());
  }
  IngestReport run(const std::string& store, int threads = 2, const std::string& yaml = kStudy, int64_t limit = 0, bool dry = false) {
    return ingest(dataset(scratch, yaml), {scratch / store, limit, dry, threads});
  }
  StudyRecord record(const std::string& store, const std::string& accession) {
    const deid::Pseudonyms names(std::string(32, 'k'));
    const StoreReader reader(scratch / store);
    for (int64_t i = 0; i < reader.size(); ++i)
      if (reader.entry(i).study == names.study(accession)) return reader.read(i);
    throw std::runtime_error("no study " + accession);
  }
  std::vector<std::string> ledger_codes(const std::string& store) {
    std::vector<std::string> codes;
    for (const auto& row : read_csv(scratch / store / "ledger.csv").rows) codes.push_back(row[1] + ":" + row[4]);
    std::sort(codes.begin(), codes.end());
    return codes;
  }
  const Scratch scratch;
};

TEST_F(IngestTest, AStudyReachesTheStoreWithoutItsIdentity) {
  const IngestReport report = run("store");
  EXPECT_EQ(report.stored, 3);
  EXPECT_TRUE(report.partial);  // the label 'x'
  EXPECT_EQ(ledger_codes("store"), (std::vector<std::string>{"disease:BAD_VALUE", "indication:EMPTY_TEXT"}));
  const StudyRecord study = record("store", "ACC00002");
  const std::string moved = iso_date(19430 + deid::Pseudonyms(std::string(32, 'k')).shift_days("", "PT1001"));
  EXPECT_EQ(study.inputs.at("indication")[0].text,
            "90-year-old woman, seen by Dr. [NAME] on " + moved.substr(5, 2) + "/" + moved.substr(8) + "/" + moved.substr(0, 4) + ".");
  EXPECT_EQ(study.inputs.at("findings")[0].text, "A 12 mm nodule. [NAME] moved. Her sister [NAME] was told.");
  EXPECT_EQ(study.inputs.at("labs")[0].table, (std::vector<double>{90, 12.5}));
  EXPECT_EQ(study.labels.at("disease"), std::vector<double>{1});
  EXPECT_EQ(study.inputs.at("prior_ct")[0].days, -365);
  const Volume& ct = study.inputs.at("ct")[0].volume;
  EXPECT_EQ(ct.size, (Size3{4, 4, 5}));
  EXPECT_EQ(values(ct)[1], 7 - 1000);
  EXPECT_EQ(ct.facts.at("kernel"), "B30f");
  EXPECT_EQ(study.facts, (std::map<std::string, std::string>{{"age_band", "90+"}, {"scanner", "Aurelis CT 2"}, {"sex", "F"}}));
  EXPECT_EQ(study.masks.at("organs").voxels, slab_mask().voxels);
  EXPECT_EQ(report.funnel.at("disease.nodule", "found", "unknown value"), 1);
  EXPECT_EQ(report.funnel.at("disease.nodule", "accepted", "positive"), 1);
  EXPECT_TRUE(std::isnan(record("store", "ACC00001").inputs.at("labs")[0].table[1]));
  EXPECT_FALSE(record("store", "ACC00003").labels.count("disease"));
}

TEST_F(IngestTest, NoKnownIdentifierIsInAnyByteOfTheStore) {
  run("store");
  deid::RawSearch search;
  for (const auto& [patient, identity] : scan(dataset(scratch, kStudy), 2).identities) search.add(identity);
  for (const fs::path& file : list_files(scratch / "store")) EXPECT_EQ(search.first_hit_in(file), -1) << file;
  EXPECT_GE(search.first_hit_in(scratch / "ris.csv"), 0);  // the search itself works
  EXPECT_EQ(read_json(scratch / "store" / "deid.json").at("key_id").get<std::string>().size(), 16u);
}

TEST_F(IngestTest, LinkageIsForItsOwnerAndOutsideTheStore) {
  run("store");
  struct stat facts {};
  ASSERT_EQ(stat((scratch / "link.csv").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const deid::Pseudonyms names(std::string(32, 'k'));
  const std::string text = read_file(scratch / "link.csv");
  EXPECT_NE(text.find("study," + names.study("ACC00002") + ",ACC00002\n"), std::string::npos);
  EXPECT_NE(text.find("patient," + names.patient("", "PT1001") + ",PT1001\n"), std::string::npos);
  // Whatever the ledger speaks of can be found again: files, and cells and texts of tables.
  for (const auto& row : read_csv(scratch / "store" / "ledger.csv").rows)
    EXPECT_NE(text.find("item," + row[2] + ","), std::string::npos) << row[1];
}

TEST_F(IngestTest, TheSameStoreForAnyNumberOfThreads) {
  run("one", 1);
  run("three", 3);
  EXPECT_EQ(StoreReader(scratch / "one").data_sha256(), StoreReader(scratch / "three").data_sha256());
  EXPECT_EQ(read_file(scratch / "one" / "ledger.csv"), read_file(scratch / "three" / "ledger.csv"));
  EXPECT_EQ(read_file(scratch / "one" / "funnel.csv"), read_file(scratch / "three" / "funnel.csv"));
}

TEST_F(IngestTest, GoesOnWhereItStopped) {
  EXPECT_EQ(run("store", 1, kStudy, 1).stored, 1);
  const IngestReport rest = run("store");
  EXPECT_EQ(rest.stored, 2);
  EXPECT_EQ(rest.already, 1);
  run("whole");
  EXPECT_EQ(read_file(scratch / "store" / "funnel.csv"), read_file(scratch / "whole" / "funnel.csv"));
  EXPECT_EQ(StoreReader(scratch / "store").size(), 3);
  write_key(scratch / "site.key", 'l');
  try {
    run("store");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("another key"), std::string::npos);
  }
}

TEST_F(IngestTest, ADryRunWritesNothing) {
  const IngestReport report = run("store", 2, kStudy, 0, true);
  EXPECT_EQ(report.stored, 3);
  EXPECT_EQ(report.refused.at("BAD_VALUE"), 1);
  EXPECT_FALSE(fs::exists(scratch / "store"));
  EXPECT_FALSE(fs::exists(scratch / "link.csv"));
}

TEST_F(IngestTest, ABadItemIsRefusedAndTheRestGoesOn) {
  write_ct(scratch / "dicom", {.folder = "Kestaburgen_Briana/2", .accession = "ACC00002", .slices = 6});
  fs::remove(scratch / "dicom/Kestaburgen_Briana/2/IM2.dcm");  // a slice is missing
  write_nifti(scratch / "m1.nii.gz", slab_mask(4, 2.5));       // another grid
  write_file_atomic(scratch / "m3.nii.gz", "not a volume");
  const IngestReport report = run("store");
  EXPECT_EQ(report.stored, 3);
  EXPECT_TRUE(report.partial);
  const auto codes = ledger_codes("store");
  for (const std::string expected : {"ct:MISSING_SLICES", "organs:GRID_MISMATCH", "organs:NO_MATCH"})
    EXPECT_EQ(std::count(codes.begin(), codes.end(), expected), 1) << expected;
  EXPECT_FALSE(record("store", "ACC00002").inputs.count("ct"));
  EXPECT_TRUE(record("store", "ACC00001").inputs.count("ct"));
  EXPECT_FALSE(record("store", "ACC00001").masks.count("organs"));
  const Csv ledger = read_csv(scratch / "store" / "ledger.csv");
  for (const auto& row : ledger.rows)
    for (const std::string& cell : row) EXPECT_EQ(cell.find("Kestaburgen"), std::string::npos);
}

TEST_F(IngestTest, TextInAnUnmeasuredLanguageWaitsForAcceptance) {
  std::string yaml = kStudy;
  yaml.replace(yaml.find("text_language: en"), 17, "text_language: de");
  run("store", 1, yaml);
  const auto codes = ledger_codes("store");
  EXPECT_EQ(std::count(codes.begin(), codes.end(), "findings:LANGUAGE_NOT_MEASURED"), 2);
  yaml.replace(yaml.find("text_language: de"), 17, "text_language: de, accept_language: true");
  run("accepted", 1, yaml);
  EXPECT_TRUE(record("accepted", "ACC00002").inputs.count("findings"));
}

TEST_F(IngestTest, WhatTheRulesMissIsWithheld) {
  // A part of a longer word: the rules keep whole words, the double entry finds the number in it.
  write_file_atomic(scratch / "ris.csv", "accession,report,age,crp,nodule\nACC00002,FINDINGS: scanxPT1001x of the chest.,93,12.5,1\n");
  run("store");
  const auto codes = ledger_codes("store");
  EXPECT_EQ(std::count(codes.begin(), codes.end(), "findings:IDENTITY_LEFT"), 1);
  EXPECT_FALSE(record("store", "ACC00002").inputs.count("findings"));
  EXPECT_TRUE(record("store", "ACC00002").inputs.count("ct"));
}

TEST_F(IngestTest, FactsThatNameSomebodyAreDropped) {
  write_ct(scratch / "dicom", {.folder = "k/9", .accession = "ACC00009", .patient = "PT9009", .name = "Bolzano^Ada", .kernel = "Bolzano"});
  run("store");
  EXPECT_FALSE(record("store", "ACC00009").inputs.at("ct")[0].volume.facts.count("kernel"));
  const auto codes = ledger_codes("store");
  EXPECT_EQ(std::count(codes.begin(), codes.end(), "ct:IDENTITY_LEFT"), 1);
}

TEST_F(IngestTest, WhatIdentifiesAnybodyLeavesWithNobody) {
  // Another patient's scanner fact is this patient's name; another's report holds this one's number.
  write_ct(scratch / "dicom", {.folder = "k/9", .accession = "ACC00009", .patient = "PT90099009", .name = "Aurelis CT 2"});
  write_file_atomic(
      scratch / "ris.csv",
      "accession,report,age,crp,nodule\nACC00002,FINDINGS: compare with PT90099009.x,93,12.5,1\nACC00001,FINDINGS: clear.,1,1,1\n");
  run("store");
  EXPECT_FALSE(record("store", "ACC00002").facts.count("scanner"));
  EXPECT_EQ(record("store", "ACC00002").inputs.at("findings")[0].text, "compare with [ID].x");
  EXPECT_EQ(record("store", "ACC00001").inputs.at("findings")[0].text, "clear.");
}

TEST_F(IngestTest, HeadsAreFlaggedOrRefused) {
  write_ct(scratch / "dicom", {.folder = "h/1", .accession = "ACC00010", .patient = "PT3003", .body_part = "HEAD"});
  run("store");
  EXPECT_EQ(record("store", "ACC00010").inputs.at("ct")[0].volume.facts.at("faces"), "possible");
  std::string yaml = kStudy;
  yaml.replace(yaml.find("text_language"), 0, "faces: refuse, ");
  EXPECT_EQ(run("strict", 2, yaml).refused.at("FACES"), 1);
}

TEST_F(IngestTest, HeadsAreKnownByTheWordsOfTheirSeriesToo) {
  write_ct(scratch / "dicom",
           {.folder = "h/2", .accession = "ACC00011", .patient = "PT3004", .description = "NEUROCRANIUM 1.0", .body_part = ""});
  run("store");
  EXPECT_EQ(record("store", "ACC00011").inputs.at("ct")[0].volume.facts.at("faces"), "possible");
}

TEST_F(IngestTest, TextInThePixelsIsRefusedWhereTheHeaderTellsOfIt) {
  write_ct(scratch / "dicom", {.folder = "b/1", .accession = "ACC00012", .patient = "PT3005", .burned_in = "YES"});
  write_ct(scratch / "dicom", {.folder = "b/2", .accession = "ACC00013", .patient = "PT3006", .burned_in = "NO"});
  EXPECT_EQ(run("store").refused.at("BURNED_IN_TEXT"), 1);
  EXPECT_TRUE(record("store", "ACC00013").inputs.count("ct"));
  std::string yaml = kStudy;
  yaml.replace(yaml.find("text_language"), 0, "burned_in: accept, ");
  EXPECT_FALSE(run("all", 2, yaml).refused.count("BURNED_IN_TEXT"));
}

TEST_F(IngestTest, TheLinkageTableMayNotLieInTheStore) {
  std::string yaml = kStudy;
  yaml.replace(yaml.find("linkage: link.csv"), 17, "linkage: store/link.csv");
  try {
    run("store", 2, yaml);
    FAIL() << "was written";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("the linkage table lies in"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(scratch / "store" / "dataset.json"));
}

TEST_F(IngestTest, PublicDataKeepsItsNames) {
  const Scratch open;
  write_png(open / "a b.png", 4, 3, 1, std::vector<uint8_t>(12, 9));
  write_file_atomic(open / "i.csv",
                    "s,p,f,t,view,age\ncase 1,p1,a b.png,Dr. Grunomesko saw it on 2023-03-14.,PA,64\ncase-2,p2,gone.png,none,AP,\n");
  const DatasetFile file =
      dataset(open,
              "sources: {i: {csv: i.csv, study: s, patient: p, file: f, text: t, facts: {view: view, age: age}, site: Z}}\n"
              "inputs: {x: {modality: xray}, t: {modality: text}}\ndeidentify: {off: \"public\"}\nsplit: {test_from: 2020-01-01}\n");
  const IngestReport report = ingest(file, {open / "store", 0, false, 1});
  EXPECT_EQ(report.refused, (std::map<std::string, int64_t>{{"UNREADABLE", 1}}));
  const StoreReader store(open / "store");
  ASSERT_EQ(store.size(), 2);
  EXPECT_EQ(store.entry(0).study, "case-2");
  const StudyRecord study = store.read(1);
  EXPECT_EQ(study.study.substr(0, 8), "scase_1_");  // a space does not fit a store
  EXPECT_EQ(study.inputs.at("t")[0].text, "Dr. Grunomesko saw it on 2023-03-14.");
  EXPECT_EQ(study.inputs.at("x")[0].volume.modality, "xray");
  EXPECT_EQ(study.facts, (std::map<std::string, std::string>{{"age_band", "60-69"}, {"site", "Z"}, {"view", "PA"}}));
  EXPECT_EQ(read_json(open / "store" / "deid.json").at("off"), "public");
}

TEST(MaskGrid, AxesInAnotherOrderAreTheSameGrid) {
  Volume image = slab_mask();
  image.affine = {-1, 0, 0.2, 10, 0.1, -1, 0, 20, 0, 0.3, 2, -30};  // oblique
  Volume turned = image;  // stored k, i reversed, j: D <- columns reversed, H <- slices, W <- rows
  turned.size = {5, 4, 4};
  const Affine& a = image.affine;
  for (size_t row = 0; row < 3; ++row) {
    turned.affine[row * 4] = a[row * 4 + 1];
    turned.affine[row * 4 + 1] = a[row * 4 + 2];
    turned.affine[row * 4 + 2] = -a[row * 4];
    turned.affine[row * 4 + 3] = a[row * 4 + 3] + 4 * a[row * 4];
  }
  std::vector<uint8_t> voxels(80), labelled(80);
  for (int64_t k = 0; k < 4; ++k)
    for (int64_t j = 0; j < 4; ++j)
      for (int64_t i = 0; i < 5; ++i) {
        const auto value = static_cast<uint8_t>(k * 20 + j * 5 + i + 1);
        labelled[static_cast<size_t>((k * 4 + j) * 5 + i)] = value;
        voxels[static_cast<size_t>(((4 - i) * 4 + k) * 4 + j)] = value;
      }
  turned.voxels = voxels;
  const Volume back = on_grid(turned, image);
  EXPECT_EQ(back.size, image.size);
  EXPECT_EQ(back.affine, image.affine);
  EXPECT_EQ(std::get<std::vector<uint8_t>>(back.voxels), labelled);
  turned.affine[3] += 0.01;
  EXPECT_THROW(on_grid(turned, image), Refused);
}

TEST(MaskGrid, ValuesBecomeClasses) {
  Volume mask = slab_mask();
  std::vector<uint8_t> voxels(80, 0);
  voxels[0] = 7;
  voxels[1] = 255;
  voxels[2] = 2;
  mask.voxels = voxels;
  const auto classes = std::get<std::vector<uint8_t>>(to_classes(mask, {"a", "b"}, {{"7", "a"}, {"2", "b"}}).voxels);
  EXPECT_EQ(classes[0], 1);
  EXPECT_EQ(classes[1], 255);
  EXPECT_EQ(classes[2], 2);
  EXPECT_THROW(to_classes(mask, {"a", "b"}, {}), Refused);  // 7 stands for nothing
}

// The whole answer key of the built-in cohort: in no byte of the store, in no decoded text or fact.
TEST(IngestCohort, NothingOfTheAnswerKeyIsLeft) {
  const Scratch scratch;
  Progress::set_quiet(true);
  dicom::start();
  synthetic::write_cohort({scratch / "cohort", 3, 11, 2});
  const DatasetFile file = load_dataset(scratch / "cohort" / "dataset.yaml");
  const IngestReport report = ingest(file, {scratch / "store", 0, false, 2});
  EXPECT_FALSE(report.partial);
  for (const auto& [code, number] : report.refused) EXPECT_EQ(code, "EMPTY_TEXT") << number;
  const Json key = read_json(scratch / "cohort" / "answer" / "identities.json");
  EXPECT_EQ(report.stored, static_cast<int64_t>(key.size()));
  const StoreReader store(scratch / "store");
  std::string decoded;
  for (int64_t i = 0; i < store.size(); ++i) {
    const StudyRecord study = store.read(i);
    for (const auto& [name, items] : study.inputs)
      for (const StudyItem& item : items) {
        decoded += item.text + "\n";
        for (const auto& [fact, value] : item.volume.facts) decoded += value + "\n";
      }
    for (const auto& [fact, value] : study.facts) decoded += value + "\n";
  }
  decoded = lower(decoded);
  std::string raw;
  for (const fs::path& path : list_files(scratch / "store")) raw += read_file(path);
  const std::string source = read_file(scratch / "cohort" / "reports.csv");
  int64_t searched = 0, planted = 0;
  for (const auto& [accession, strings] : key.items())
    for (const auto& text : strings) {
      EXPECT_EQ(decoded.find(lower(text.get<std::string>())), std::string::npos) << text;
      EXPECT_EQ(raw.find(text.get<std::string>()), std::string::npos) << text;
      planted += source.find(text.get<std::string>()) != std::string::npos;
      ++searched;
    }
  EXPECT_GT(searched, 100);
  EXPECT_GT(planted, 20);                             // the reports name people, numbers and days
  EXPECT_NE(decoded.find(" mm"), std::string::npos);  // the reports themselves are there
}

// One person under two numbers, and a test set of time: what ingest leaves for the split.
TEST_F(IngestTest, NotesAliasesAndPeriods) {
  write_ct(scratch / "dicom", {.folder = "again/4", .accession = "ACC00004", .patient = "PT9009", .name = "kestaburgen^briana "});
  run("store", 2, std::string(kStudy) + "split: {test_from: 2023-01-01}\n");
  const deid::Pseudonyms names(std::string(32, 'k'));
  const Aliases aliases = read_aliases(scratch / "store");
  ASSERT_EQ(aliases.size(), 3u);
  std::map<std::string, std::string> person_of;
  for (const auto& [person, patient] : aliases) person_of[patient] = person;
  EXPECT_EQ(person_of[names.patient("", "PT1001")], person_of[names.patient("", "PT9009")]);
  EXPECT_NE(person_of[names.patient("", "PT1001")], person_of[names.patient("", "PT2002")]);
  const StoreReader store(scratch / "store");
  std::map<std::string, std::string> period;
  for (int64_t i = 0; i < store.size(); ++i) period[store.entry(i).study] = store.entry(i).facts.at("period");
  EXPECT_EQ(period[names.study("ACC00001")], "earlier");
  EXPECT_EQ(period[names.study("ACC00004")], "later");
  const auto found = find_relations(store, survey(store, 1), 1);
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const Relation& r) { return r.kind == Relation::Kind::same_person; }));
}

}  // namespace
}  // namespace chiasm
