#include "data/scan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/base/error.h"
#include "data/select.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

using test::dataset;
using test::SeriesSpec;
using test::write_ct;

constexpr const char* kImages =
    "sources: {pacs: {dicom: dicom}}\ninputs:\n  ct: {modality: ct}\n  prior_ct: {prior_of: ct, within_days: 400}\ndeidentify: {key: k}\n";

const FoundStudy& study(const ScanResult& result, const std::string& key) {
  const auto found = std::find_if(result.studies.begin(), result.studies.end(), [&](const FoundStudy& s) { return s.key == key; });
  if (found == result.studies.end()) throw std::runtime_error("no study " + key);
  return *found;
}

int64_t refusals(const ScanResult& result, const std::string& code, const std::string& input = "") {
  return std::count_if(result.refusals.begin(), result.refusals.end(),
                       [&](const ScanRefusal& line) { return line.code == code && (input.empty() || line.input == input); });
}

class Scan : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { dicom::start(); }
  void series(const SeriesSpec& spec) { write_ct(scratch / "dicom", spec); }
  void table(const std::string& name, const std::string& text) { write_file_atomic(scratch / name, text); }
  ScanResult scanned(const std::string& yaml) { return scan(dataset(scratch, yaml), 2); }
  const Scratch scratch;
};

TEST_F(Scan, FindsStudiesFactsAndIdentities) {
  series({.folder = "a"});
  series({.folder = "b", .accession = "A2", .patient = "PT2002"});
  write_file_atomic(scratch / "dicom" / "readme.txt", "not dicom");
  const ScanResult result = scanned(kImages);
  ASSERT_EQ(result.studies.size(), 2u);
  const FoundStudy& first = study(result, "A1");
  EXPECT_EQ(first.patient, "PT1001");
  EXPECT_EQ(first.day, 19430);
  EXPECT_EQ(first.facts.at("age"), "93");
  EXPECT_EQ(first.facts.at("scanner"), "Aurelis CT 2");
  ASSERT_EQ(first.items.at("ct").size(), 1u);
  EXPECT_EQ(first.items.at("ct")[0].series->files.open().headers.size(), 4u);
  const deid::Identity& identity = result.identities.at(patient_key(first));
  EXPECT_EQ(identity.people, (std::set<std::string>{"Grunomesko^Halvander", "Kestaburgen^Briana"}));
  EXPECT_TRUE(identity.places.count("Varnahavn Clinic"));
  EXPECT_TRUE(identity.numbers.count("PT1001"));
  EXPECT_EQ(refusals(result, "NOT_DICOM"), 1);
  EXPECT_EQ(result.funnel.at("pacs", "found"), 9);
}

TEST_F(Scan, RulesChooseTheSeries) {
  series({.folder = "thick", .description = "THORAX 5.0", .spacing_mm = 5});
  series({.folder = "thin", .description = "THORAX 1.0", .spacing_mm = 1});
  series({.folder = "lung", .description = "THORAX 1.0 lung", .kernel = "B70f", .spacing_mm = 1});
  series({.folder = "scout", .description = "TOPOGRAM", .image_type = "ORIGINAL\\PRIMARY\\LOCALIZER"});
  series({.folder = "mpr", .description = "COR MPR", .image_type = "DERIVED\\SECONDARY\\MPR", .spacing_mm = 0.5});
  const auto chosen = [&](const std::string& rules) {
    const ScanResult result =
        scanned("sources: {pacs: {dicom: dicom}}\ninputs: {ct: {modality: ct, select: " + rules + "}}\ndeidentify: {key: k}\n");
    const auto& items = result.studies.at(0).items;
    return items.count("ct") ? items.at("ct")[0].series->facts.description : "code " + std::to_string(refusals(result, "AMBIGUOUS", "ct"));
  };
  EXPECT_EQ(chosen("[original, axial, thinnest, \"kernel~^B3\"]"), "THORAX 1.0");
  EXPECT_EQ(chosen("[\"kernel~^b7\"]"), "THORAX 1.0 lung");
  EXPECT_EQ(chosen("[\"description~5\\\\.0\"]"), "THORAX 5.0");
  EXPECT_EQ(chosen("[thinnest]"), "code 1");  // two are left: refused, not guessed
  EXPECT_EQ(chosen("[sagittal]"), "code 0");  // none is left: absent
  EXPECT_EQ(chosen("[\"body_part~HEAD\"]"), "code 0");
}

TEST_F(Scan, TiesAndUnchosenSeriesAreTold) {
  series({.folder = "x"});
  series({.folder = "y"});
  series({.folder = "scout", .image_type = "ORIGINAL\\PRIMARY\\LOCALIZER"});
  const std::string tail = "}}\ndeidentify: {key: k}\n", head = "sources: {pacs: {dicom: dicom}}\ninputs: {ct: {modality: ct";
  const ScanResult refused = scanned(head + tail);
  EXPECT_EQ(refusals(refused, "AMBIGUOUS", "ct"), 1);
  EXPECT_EQ(refusals(refused, "LOCALIZER", "pacs"), 1);
  const ScanResult first = scanned(head + ", ties: first" + tail);
  EXPECT_EQ(first.studies.at(0).items.at("ct").size(), 1u);
  EXPECT_EQ(refusals(first, "NOT_CHOSEN"), 1);
  EXPECT_EQ(scanned(head + ", max_items: 2" + tail).studies.at(0).items.at("ct").size(), 2u);
  EXPECT_EQ(first.studies.at(0).items.at("ct")[0].ref, scanned(head + ", ties: first" + tail).studies.at(0).items.at("ct")[0].ref);
}

TEST_F(Scan, PriorsAreTheNewestEarlierStudyWithinItsAge) {
  series({.folder = "1", .accession = "old", .date = "20210314"});
  series({.folder = "2", .accession = "mid", .date = "20230101"});
  series({.folder = "3", .accession = "new", .date = "20230314"});
  series({.folder = "4", .accession = "other", .patient = "PT2002", .date = "20230301"});
  const ScanResult result = scanned(kImages);
  ASSERT_EQ(study(result, "new").items.at("prior_ct").size(), 1u);
  EXPECT_EQ(study(result, "new").items.at("prior_ct")[0].days, -72);
  EXPECT_EQ(study(result, "new").items.at("prior_ct")[0].ref, study(result, "mid").items.at("ct")[0].ref);
  EXPECT_FALSE(study(result, "mid").items.count("prior_ct"));  // 658 days
  EXPECT_FALSE(study(result, "other").items.count("prior_ct"));
}

TEST_F(Scan, OneAccessionOfTwoPatientsIsRefused) {
  series({.folder = "a"});
  series({.folder = "b", .patient = "PT2002"});
  series({.folder = "c", .accession = "A2"});
  const ScanResult result = scanned(kImages);
  ASSERT_EQ(result.studies.size(), 1u);
  EXPECT_EQ(result.studies[0].key, "A2");
  EXPECT_EQ(refusals(result, "TWO_PATIENTS"), 1);
}

TEST_F(Scan, RowsAreJoinedByAccessionAndRestIsCounted) {
  series({.folder = "a"});
  table("ris.csv", "accession,report\n a1 ,FINDINGS: clear.\nA9,FINDINGS: none.\n");
  const ScanResult result = scanned(
      "sources: {pacs: {dicom: dicom}, ris: {csv: ris.csv, key: accession, text: report}}\ninputs:\n  ct: {modality: ct}\n"
      "  findings: {modality: text, section: findings}\ndeidentify: {key: k, text_language: en}\n");
  EXPECT_EQ(*study(result, "A1").items.at("findings")[0].text, "FINDINGS: clear.");
  EXPECT_EQ(refusals(result, "NO_MATCH", "ris"), 1);
  EXPECT_EQ(result.funnel.at("ris", "found"), 2);
  EXPECT_EQ(result.funnel.at("ris", "matched"), 1);
}

constexpr const char* kWindow = R"(sources:
  pacs: {dicom: dicom}
  sheet: {csv: sheet.csv, separator: ";", patient: pid, date: day, within_days: 3, many: newest}
inputs: {ct: {modality: ct}, labs: {modality: table, columns: {crp: {}}}}
deidentify: {key: k}
)";

TEST_F(Scan, RowsAreJoinedByPatientAndDay) {
  series({.folder = "a"});
  series({.folder = "b", .accession = "A2", .date = "20230320"});
  table("sheet.csv", "pid;day;crp\nPT1001;2023-03-13;5\npt1001;2023-03-16;6\nPT1001;2023-03-17;7\nPT1001;2023-03-25;8\nPT9;2023-03-14;9\n");
  const ScanResult result = scanned(kWindow);
  EXPECT_EQ(*study(result, "A1").items.at("labs")[0].text, "crp=6");  // the newer of its two rows
  EXPECT_FALSE(study(result, "A2").items.count("labs") && *study(result, "A2").items.at("labs")[0].text != "crp=7");
  EXPECT_EQ(refusals(result, "NO_MATCH", "sheet"), 2);  // too far away; nobody's
}

TEST_F(Scan, SeveralRowsFollowTheRule) {
  table("a.csv", "s,t\n1,one\n1,two\n2,same\n2,same\n");
  const auto scan_with = [&](const std::string& many) {
    return scanned("sources: {a: {csv: a.csv, study: s, text: t, many: " + many +
                   "}}\ninputs: {t: {modality: text}}\ndeidentify: {off: x}\n");
  };
  EXPECT_EQ(refusals(scan_with("refuse"), "AMBIGUOUS", "t"), 1);
  EXPECT_EQ(*study(scan_with("refuse"), "2").items.at("t")[0].text, "same");
  EXPECT_EQ(*study(scan_with("concat"), "1").items.at("t")[0].text, "one\ntwo");
}

TEST_F(Scan, EncodingsAreRead) {
  table("sjis.csv", "s,t\n1,\x8F\x8A\x8C\xA9\n");  // cp932
  table("latin.csv", "s,t\n1,M\xFCller\n");
  const auto text = [&](const std::string& file, const std::string& encoding) {
    const ScanResult result = scanned("sources: {a: {csv: " + file + ", encoding: " + encoding +
                                      ", study: s, text: t}}\ninputs: {t: {modality: text}}\ndeidentify: {off: x}\n");
    return *result.studies.at(0).items.at("t")[0].text;
  };
  EXPECT_EQ(text("sjis.csv", "cp932"), "所見");
  EXPECT_EQ(text("latin.csv", "latin-1"), "Müller");
  EXPECT_THROW(text("latin.csv", "utf-8"), InputError);
  EXPECT_THROW(text("latin.csv", "nonsense"), InputError);
}

TEST_F(Scan, WideTablesAndFoldersNeedNoDicom) {
  table("index.csv", "case,who,scan,age\nc1,p1,img/1.nii.gz,61\nc2,p1,,70\n");
  table("labels/c1.nii.gz", "x");
  const ScanResult result = scanned(
      "sources:\n  items: {csv: index.csv, patient: who, study: case, facts: {age: age}}\n  parts: {files: labels}\ninputs: {mr: "
      "{modality: mr, source: items, file: scan}}\n"
      "targets: {seg: {kind: mask, source: parts, of: mr, classes: [a]}}\ndeidentify: {off: public}\n");
  EXPECT_EQ(study(result, "c1").items.at("mr")[0].ref, "img/1.nii.gz");
  EXPECT_EQ(study(result, "c1").items.at("seg")[0].path, scratch / "labels/c1.nii.gz");
  EXPECT_EQ(study(result, "c2").facts.at("age"), "70");
  EXPECT_EQ(study(result, "c2").patient, "p1");
  const ScanResult pattern = scanned(
      "sources: {i: {csv: index.csv, study: case, file: \"png/{who}/{case}.png\"}}\ninputs: {x: {modality: xray}}\ndeidentify: {off: x}\n");
  EXPECT_EQ(study(pattern, "c2").items.at("x")[0].ref, "png/p1/c2.png");
  EXPECT_EQ(study(pattern, "c2").patient, "c2");  // nobody says whose it is
}

TEST_F(Scan, AManifestSaysTheSameAsTheScanThatWroteIt) {
  series({.folder = "1", .accession = "mid", .date = "20230101"});
  series({.folder = "2", .accession = "new", .date = "20230314"});
  table("sheet.csv", "accession,crp,lab\nmid,5,1\nnew,\"a;b\",0\n");
  const std::string rest =
      "inputs:\n  ct: {modality: ct, source: %}\n  prior_ct: {prior_of: ct, within_days: 400}\n  labs: {modality: table, source: $, "
      "columns: {crp: {}}}\n"
      "targets: {l: {source: $, columns: [lab], values: {1: positive, 0: negative}}}\ndeidentify: {key: k}\n";
  const auto filled = [&](const std::string& images, const std::string& tables) {
    std::string text = rest;
    for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%')) text.replace(at, 1, images);
    for (size_t at = text.find('$'); at != std::string::npos; at = text.find('$')) text.replace(at, 1, tables);
    return text;
  };
  const ScanResult direct = scanned("sources: {pacs: {dicom: dicom}, sheet: {csv: sheet.csv, key: accession}}\n" + filled("pacs", "sheet"));
  write_file_atomic(scratch / "items.csv", manifest_csv(manifest_rows(direct)));
  const ScanResult again = scanned("sources: {pacs: {dicom: dicom}, list: {manifest: items.csv}}\n" + filled("list", "list"));
  EXPECT_EQ(manifest_csv(manifest_rows(again)), manifest_csv(manifest_rows(direct)));
  EXPECT_EQ(study(again, "new").items.at("prior_ct")[0].days, -72);
}

TEST_F(Scan, WritesForItsOwnerOnly) {
  series({.folder = "a"});
  const DatasetFile file = dataset(scratch, kImages);
  EXPECT_EQ(default_scan_folder(file), scratch / "dataset.scan");
  write_scan(scan(file, 1), scratch / "dataset.scan");
  struct stat facts {};
  ASSERT_EQ(stat((scratch / "dataset.scan").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  EXPECT_EQ(read_manifest(scratch / "dataset.scan" / "manifest.csv").size(), 1u);
  EXPECT_NE(read_file(scratch / "dataset.scan" / "funnel.csv").find("ct,matched,,1\n"), std::string::npos);
}

TEST_F(Scan, WrongSourcesAreToldInPlainWords) {
  const auto told = [&](const std::string& yaml) {
    try {
      scanned(yaml);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  table("a.csv", "study,text\n1,x\n");
  table("none.csv", "study,text\n");
  EXPECT_NE(
      told("sources: {a: {csv: a.csv, study: studi, text: text}}\ninputs: {t: {modality: text}}\ndeidentify: {off: x}\n").find("studi"),
      std::string::npos);
  EXPECT_NE(told("sources: {a: {csv: none.csv, study: study, text: text}}\ninputs: {t: {modality: text}}\ndeidentify: {off: x}\n")
                .find("has no rows"),
            std::string::npos);
  EXPECT_NE(told("sources: {a: {csv: a.csv, study: study, text: text}, b: {csv: a.csv, key: text, text: text}}\ninputs: {t: {modality: "
                 "text, source: b}}\ndeidentify: {off: x}\n")
                .find("source 'b': none of its 1 rows belongs to a study; check the column 'text'"),
            std::string::npos);
  EXPECT_NE(told(kImages).find("source 'pacs' is not there"), std::string::npos);
}

TEST(Select, EqualsAreRefusedOrTheFirstIsTaken) {
  SeriesFacts thick, thin, other;
  thick.spacing_mm = 5, thin.spacing_mm = other.spacing_mm = 1;
  thick.order = "1", thin.order = "3", other.order = "2";
  const std::vector<SeriesFacts> candidates{thick, thin, other};
  EXPECT_EQ(choose_series({"thinnest"}, candidates, 2, "refuse"), (std::vector<size_t>{2, 1}));
  EXPECT_EQ(choose_series({"thinnest"}, candidates, 1, "first"), (std::vector<size_t>{2}));
  try {
    choose_series({"thinnest"}, candidates, 1, "refuse");
    FAIL() << "was chosen";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.code, "AMBIGUOUS");
    EXPECT_EQ(refused.detail, "2 series are left by the rules; at most 1 may be");
  }
}

TEST(Select, TheSchemaCarriesWhatHappensToEquals) {
  StoreSchema schema;
  schema.inputs["ct"].modality = "ct";
  EXPECT_FALSE(to_json(schema)["inputs"]["ct"].contains("ties"));  // a store of an older version
  EXPECT_EQ(schema_from_json(to_json(schema)).inputs.at("ct").ties, "");
  schema.inputs["ct"].ties = "refuse";
  EXPECT_EQ(schema_from_json(to_json(schema)).inputs.at("ct").ties, "refuse");
}

TEST(Select, RulesTravelAsText) {
  const std::vector<std::string> rules{"original", "thinnest", "description~T1|T2, post"};
  EXPECT_EQ(parse_select(write_select(rules)), rules);
  EXPECT_EQ(select_rule_mistake("thinnest"), "");
  EXPECT_NE(select_rule_mistake("descripton~x").find("did you mean 'description'?"), std::string::npos);
  EXPECT_NE(select_rule_mistake("view~a;b"), "");
}

}  // namespace
}  // namespace chiasm
