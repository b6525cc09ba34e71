// The data set file: where the data of a site lies, how its sources are joined, what the inputs and targets are called. Paths in it start
// at its own folder. `chiasm scan` and `chiasm ingest` read it; the store repeats inputs and targets as its schema.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "data/column.h"
#include "data/schema.h"

namespace chiasm {

// One place that data comes from: a DICOM tree, a table (csv or jsonl), a manifest or a folder of files.
struct SourceConfig {
  std::string dicom, csv, jsonl, manifest, files;  // exactly one
  std::string encoding = "utf-8", separator = ",";
  std::string key;                   // column with the accession (or study) that a row belongs to
  std::string patient, study, date;  // columns; `study` makes the table list studies of its own
  int64_t within_days = 0;           // joined by patient and date: greatest distance
  std::string text, file;            // columns with texts and paths
  std::string folder;                // where paths of the table start; default: the table's folder
  std::string many = "refuse";       // several rows of one study
  std::string site, site_column;
  std::map<std::string, std::string> facts;  // subgroup -> column
  std::vector<std::string> identity;         // further columns with identifying values
  bool is_table() const { return !csv.empty() || !jsonl.empty(); }
};

struct InputConfig {
  std::string modality, source;
  std::vector<std::string> select;
  int64_t max_items = 1;
  std::string ties = "refuse";
  std::string prior_of;
  int64_t within_days = 3650;  // prior_of: greatest age
  std::string section;
  std::string available;   // empty: by the kind of text
  std::string text, file;  // columns; default: those of the source
  std::map<std::string, ColumnConfig> columns;
};

struct TargetConfig {
  std::string kind = "labels", source;
  std::vector<std::string> columns, classes, readers;
  std::map<std::string, std::string> values;
  std::string uncertain = "ignore", vote = "majority";
  std::string of, file;
  std::string object;                 // mask from a DICOM tree: "seg" or "rtstruct"; empty: either
  std::string absent = "background";  // mask from a DICOM object: what a class is that the object does not draw
  std::string resample = "refuse";    // mask on another grid
  std::optional<std::vector<std::string>> derived_from;
};

struct DeidentifyConfig {
  std::string key, off, text_language;
  bool accept_language = false;
  std::string date_order = "mdy", faces = "flag", burned_in = "refuse", linkage;
  std::vector<std::string> burned_in_modalities;  // DICOM codes
  // Whether pixels are read for text (data/burned_in.h).
  bool reads_pixels() const { return burned_in == "ocr" || burned_in == "blank"; }
};

struct SplitRuleConfig {
  std::string by = "patient", test_from;
};

struct DatasetFile {
  std::string name;
  std::map<std::string, SourceConfig> sources;
  std::map<std::string, InputConfig> inputs;
  std::map<std::string, TargetConfig> targets;
  DeidentifyConfig deidentify;
  SplitRuleConfig split;
  std::filesystem::path path;  // of the file itself; not a key

  std::filesystem::path resolve(const std::string& relative) const;  // from the file's folder
};

void fields(config::Visitor& v, SourceConfig& c);
void fields(config::Visitor& v, ColumnConfig& c);
void fields(config::Visitor& v, InputConfig& c);
void fields(config::Visitor& v, TargetConfig& c);
void fields(config::Visitor& v, DeidentifyConfig& c);
void fields(config::Visitor& v, SplitRuleConfig& c);
void fields(config::Visitor& v, DatasetFile& c);

// Throws UsageError with every mistake of the file.
DatasetFile load_dataset(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

// The source that an input or target takes from: the named one, or the only one that fits (a DICOM tree for images).
std::string source_of(const DatasetFile& dataset, const InputConfig& input);
std::string source_of(const DatasetFile& dataset, const TargetConfig& target);

// The input itself, or for a prior the input it is a prior of.
const InputConfig& origin_of(const DatasetFile& dataset, const InputConfig& input);

// Class names: those written, else the columns, else (several readers of one value) the target's own name.
std::vector<std::string> classes_of(const std::string& name, const TargetConfig& target);

StoreSchema schema_of(const DatasetFile& dataset);

}  // namespace chiasm
