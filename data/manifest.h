// The manifest: one row an item of a study. Written by `chiasm scan`, and a source form of its own.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace chiasm {

struct ManifestRow {
  std::string patient, study, time;  // time: date of the item, e.g. 2021-03-04; may be empty
  std::string input;                 // name of an input or target
  std::string ref;                   // a path, `series:UID` (`series:UID#2`: its second volume), or `text:` and the text itself
  std::string reader, site;
};

// Throws InputError: a missing column, a row without study, input or ref.
std::vector<ManifestRow> read_manifest(const std::filesystem::path& path);
std::string manifest_csv(const std::vector<ManifestRow>& rows);

// Cells of a table row by column. As a text of a manifest: "crp=12.5;sex=F", with ';', '=', '%' and line breaks as %XX.
using Cells = std::map<std::string, std::string>;
std::string write_cells(const Cells& cells);
Cells parse_cells(const std::string& text);

// Counts of what became of items: found, matched, ambiguous, refused and dropped (parts of an item) by code, accepted; and of label values.
class Funnel {
 public:
  void count(const std::string& input, const std::string& stage, const std::string& code = "", int64_t number = 1);
  void refuse(const std::string& input, const std::string& code);  // as ambiguous or refused
  void merge(const Funnel& other);
  int64_t at(const std::string& input, const std::string& stage, const std::string& code = "") const;
  // input,stage,code,count
  std::string csv() const;

 private:
  std::map<std::string, std::map<std::pair<int, std::string>, std::map<std::string, int64_t>>> counts_;  // input -> (rank, stage) -> code
};

}  // namespace chiasm
