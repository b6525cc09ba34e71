// The sources of a data set file as read, before anything is joined.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/csv.h"
#include "data/scan.h"

namespace chiasm::scanning {

// A csv or JSON lines, or a folder of files with the columns `study` and `path`.
struct Table {
  std::string name;
  SourceConfig config;
  Csv csv;
  std::filesystem::path folder;                 // where its paths start
  std::vector<int64_t> study_of_row;            // index of the study, or -1
  std::map<int64_t, std::vector<size_t>> rows;  // by study
  // Trimmed; throws InputError when there is no such column.
  std::string cell(size_t row, const std::string& column) const;
  // The path that a column, or a pattern of columns, names; empty when blank.
  std::filesystem::path path(size_t row, const std::string& file) const;
};

struct Sources {
  std::map<std::string, Table> tables;                                             // by source
  std::map<std::string, std::vector<dicom::ShelvedGroup>> groups;                  // by source
  std::map<std::string, std::vector<std::shared_ptr<const dicom::Header>>> drawn;  // segmentations and structure sets, by source
  std::map<std::string, std::vector<ManifestRow>> manifests;                       // by source
  std::map<std::string, std::string> sites;                                        // by source
};

// Tables first, so that a missing column is told before a long DICOM scan. Refused files go to `result`.
Sources read_sources(const DatasetFile& dataset, int threads, ScanResult& result);

}  // namespace chiasm::scanning
