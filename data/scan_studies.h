// Which studies there are, and which rows, series and manifest lines belong to each.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/scan_sources.h"

namespace chiasm::scanning {

struct Studies {
  std::vector<FoundStudy> list;
  std::vector<deid::Identity> identities;  // of each study of the list
  std::map<std::string, int64_t> by_key;   // normalised accession, StudyInstanceUID or study
  std::set<int64_t> two_patients;
  // Series of each study, by source; and all volumes of a series, for `series:UID`.
  std::map<std::string, std::map<int64_t, std::vector<std::shared_ptr<const FoundSeries>>>> groups;
  std::map<std::string, std::vector<std::shared_ptr<const FoundSeries>>> by_series;
  std::map<std::string, std::vector<std::shared_ptr<const dicom::Header>>> drawn_by_series;  // what is drawn on images, by its own series

  int64_t find(const std::string& key) const;  // -1: none
};

// Lists studies from DICOM trees, listing tables and manifests, then joins the rows of the other tables to them. Unmatched rows go to
// `result`.
Studies join_sources(Sources& sources, ScanResult& result);

}  // namespace chiasm::scanning
