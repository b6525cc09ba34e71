#include "data/dataset_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "data/table.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

using test::dataset;
using test::mistakes;

constexpr const char* kHospital = R"(sources:
  pacs:  {dicom: export/pacs, site: A}
  ris:   {csv: ris.csv, encoding: cp932, key: accession, text: REPORT, many: concat, identity: [physician]}
  sheet: {csv: labels.csv, separator: ";", patient: id, date: day, within_days: 1}
  masks: {files: masks}
inputs:
  ct:         {modality: ct, source: pacs, select: [original, axial, thinnest, "description~THORAX|CHEST"], ties: refuse}
  prior_ct:   {prior_of: ct, within_days: 730}
  xray:       {modality: xray, max_items: 2}
  indication: {modality: text, source: ris, section: indication}
  findings:   {modality: text, source: ris, section: findings, available: after_reading}
  labs:       {modality: table, source: sheet, columns: {crp: {unit: mg/L, time: crp_time, missing: [-999]}, sex: {values: {F: 0, M: 1}}}}
targets:
  effusion: {source: sheet, readers: [eff_a, eff_b], values: {1: positive, 0: negative, -1: uncertain}, derived_from: [findings]}
  lesion:   {kind: mask, source: masks, of: ct, classes: [lesion], values: {255: lesion}}
deidentify: {key: site.key, text_language: ja, accept_language: true, faces: flag, linkage: link.csv}
split: {by: patient, test_from: 2024-01-01}
)";

TEST(DatasetFile, SaysWhatAHospitalHas) {
  const Scratch scratch;
  const DatasetFile file = dataset(scratch, kHospital);
  EXPECT_EQ(file.name, "dataset");
  EXPECT_EQ(file.resolve("ris.csv"), scratch / "ris.csv");
  EXPECT_EQ(file.sources.at("sheet").within_days, 1);
  EXPECT_EQ(file.inputs.at("labs").columns.at("crp").missing, std::vector<std::string>{"-999"});
  EXPECT_EQ(file.targets.at("effusion").values.at("-1"), "uncertain");
  EXPECT_EQ(source_of(file, file.inputs.at("xray")), "pacs");  // the only DICOM tree
  EXPECT_EQ(file.split.test_from, "2024-01-01");
}

TEST(DatasetFile, GivesTheSchemaOfItsStore) {
  const Scratch scratch;
  const StoreSchema schema = schema_of(dataset(scratch, kHospital));
  EXPECT_EQ(schema.inputs.at("ct").select, "original; axial; thinnest; description~THORAX|CHEST");
  EXPECT_EQ(schema.inputs.at("prior_ct").modality, "ct");
  EXPECT_EQ(schema.inputs.at("prior_ct").form, Form::image);
  EXPECT_EQ(schema.inputs.at("xray").max_rows, 2);
  EXPECT_TRUE(schema.inputs.at("findings").after_reading);
  EXPECT_FALSE(schema.inputs.at("indication").after_reading);
  EXPECT_EQ(schema.inputs.at("labs").columns, (std::vector<std::string>{"crp", "sex"}));
  EXPECT_EQ(schema.targets.at("effusion").classes, std::vector<std::string>{"effusion"});
  EXPECT_EQ(schema.targets.at("effusion").derived_from, std::vector<std::string>{"findings"});
  EXPECT_EQ(schema.targets.at("lesion").on, "ct");
}

// What a cell means and which input is a prior travel with the store; a store of the first version, which says neither, reads as it was.
TEST(DatasetFile, GivesTheRulesOfItsColumnsToTheStore) {
  const Scratch scratch;
  const StoreSchema schema = schema_of(dataset(scratch, kHospital));
  const Json written = to_json(schema);
  const Json& crp = written["inputs"]["labs"]["rules"]["crp"];
  EXPECT_EQ(crp["unit"], "mg/L");
  EXPECT_EQ(crp["missing"], Json({"-999"}));
  EXPECT_EQ(crp["time"], "");  // which column of the source that was is nobody's concern later
  EXPECT_EQ(written["inputs"]["prior_ct"]["prior_of"], "ct");
  EXPECT_EQ(written["inputs"]["ct"]["prior_of"], "");
  const StoreSchema read = schema_from_json(written);
  EXPECT_EQ(to_json(read), written);
  EXPECT_EQ(read.inputs.at("labs").rules.at("sex").values.at("M"), 1);
  EXPECT_TRUE(is_prior(read, "prior_ct"));
  EXPECT_FALSE(is_prior(read, "ct"));

  Json old = written;
  for (auto& [name, input] : old["inputs"].items())
    for (const char* key : {"rules", "prior_of"}) input.erase(key);
  EXPECT_EQ(to_json(schema_from_json(old)), old);
  EXPECT_TRUE(is_prior(schema_from_json(old), "prior_ct"));
}

TEST(DatasetFile, ACellThatStandsAloneIsACodeOrTheNumberOfOne) {
  ColumnConfig sex, crp;
  sex.values = {{"F", 0}, {"M", 1}};
  crp.missing = {"-999"};
  crp.range = {0, 500};
  EXPECT_EQ(read_number(sex, " M ").value, 1);
  EXPECT_EQ(read_number(sex, "1").value, 1);
  EXPECT_EQ(read_number(sex, "2").code, "BAD_VALUE");
  EXPECT_EQ(read_number(sex, "female").code, "BAD_VALUE");
  EXPECT_EQ(read_number(crp, "3.5").value, 3.5);
  EXPECT_TRUE(std::isnan(read_number(crp, "-999.0").value));
  EXPECT_EQ(read_number(crp, "-999.0").code, "");
  EXPECT_TRUE(std::isnan(read_number(crp, "").value));
  EXPECT_EQ(read_number(crp, "501").code, "BAD_VALUE");
}

TEST(DatasetFile, EveryMistakeIsToldAtOnce) {
  const Scratch scratch;
  const std::string told = mistakes(scratch, R"(sources:
  pacs: {dicom: a, csv: b}
  ris: {csv: r.csv}
inputs:
  ct: {modality: ct, select: [thinest, "kernal~B3", "kernel~("]}
  labs: {modality: table, source: ris}
targets:
  t: {columns: [x], values: {1: positiv}}
deidentify: {}
)");
  for (const std::string expected :
       {"'sources.pacs': a source is exactly one of dicom, csv, jsonl, manifest and files",
        "'sources.ris': rows of a table must belong to a study: give `key`, or `study`, or `patient` and `date`",
        "unknown rule 'thinest'; did you mean 'thinnest'?", "a table needs columns", "did you mean 'positive'?",
        "'deidentify': say how to de-identify: `key: FILE`, or `off: REASON`"})
    EXPECT_NE(told.find(expected), std::string::npos) << expected << "\n" << told;
}

// A file that forgets `available` must not let a task read what the reader wrote.
TEST(DatasetFile, ReportsAreWrittenAfterReadingUnlessTheFileSaysOtherwise) {
  const Scratch scratch;
  write_file_atomic(
      scratch / "dataset.yaml",
      "sources: {r: {csv: r.csv, study: s, text: t}}\ndeidentify: {off: public}\n"
      "inputs: {whole: {modality: text}, why: {modality: text, section: indication}, seen: {modality: text, section: findings}, "
      "sum: {modality: text, section: impression}, known: {modality: text, section: findings, available: at_acquisition}}\n");
  const StoreSchema schema = schema_of(load_dataset(scratch / "dataset.yaml"));
  for (const auto& [name, after] :
       std::map<std::string, bool>{{"whole", true}, {"why", false}, {"seen", true}, {"sum", true}, {"known", false}})
    EXPECT_EQ(schema.inputs.at(name).after_reading, after) << name;
}

TEST(DatasetFile, RefersOnlyToWhatItNames) {
  const Scratch scratch;
  const std::string head = "sources: {items: {csv: i.csv, study: s, file: f}}\ndeidentify: {off: public}\n";
  const auto told = [&](const std::string& rest) { return mistakes(scratch, head + rest); };
  EXPECT_EQ(told("inputs: {mr: {modality: mr}}\n"), "");
  EXPECT_NE(told("inputs: {mr: {modality: mr, source: item}}\n").find("unknown source 'item'; did you mean 'items'?"), std::string::npos);
  EXPECT_NE(told("inputs: {mr: {modality: mr}, old: {prior_of: mt}}\n").find("did you mean 'mr'?"), std::string::npos);
  EXPECT_NE(told("inputs: {mr: {modality: mr}}\ntargets: {m: {kind: mask, of: ct, classes: [a]}}\n").find("which is not an image input"),
            std::string::npos);
  EXPECT_NE(
      told("inputs: {mr: {modality: mr}}\ntargets: {m: {kind: mask, of: mr, classes: [a], derived_from: [x]}}\n").find("not an input"),
      std::string::npos);
  EXPECT_NE(told("inputs: {t: {modality: text, text: c}}\ntargets: {l: {columns: [x], values: {1: positive}}}\n").find("derived_from: []"),
            std::string::npos);
  EXPECT_NE(told("inputs: {mr: {modality: mr}}\ntargets: {mr: {columns: [x], values: {1: positive}}}\n").find("both an input and a target"),
            std::string::npos);
  EXPECT_NE(mistakes(scratch, "sources: {items: {csv: i.csv, study: s}}\ninputs: {t: {modality: text, text: c}}\ndeidentify: {key: k}\n")
                .find("say their text_language"),
            std::string::npos);
}

}  // namespace
}  // namespace chiasm
