// One visit to files, and the rows it adds to the tables of the cohort.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/synthetic/identity.h"

namespace chiasm::synthetic {

// CSV lines and the key of one visit.
struct VisitRows {
  std::string accession, report, table, mask, findings, truth;  // `mask` and `findings` may be empty or hold several lines
  std::vector<std::string> planted;                             // sorted, each once
  int64_t files = 0;
};

VisitRows write_visit(const std::filesystem::path& root, const Patient& patient, size_t visit, const std::vector<Site>& sites);

// Header lines of the tables.
std::string report_header();
std::string table_header();
std::string mask_header();
std::string findings_header();
std::string truth_header();

}  // namespace chiasm::synthetic
