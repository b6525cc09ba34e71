// From the sources of a data set file to the items of each study: joined, series chosen by written rules, priors found. What the sources
// say of people stays in memory (and in the manifest, which is as confidential as they are).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_file.h"
#include "data/deidentify_identity.h"
#include "data/dicom/dicom.h"
#include "data/dicom/shelf.h"
#include "data/manifest.h"
#include "data/select.h"

namespace chiasm {

// One volume of a DICOM tree, and what choosing it asks for.
struct FoundSeries {
  dicom::ShelvedGroup files;
  std::string series_uid, modality;  // DICOM code
  SeriesFacts facts;
  std::string unfit;  // as unfit_code (data/select.h)
};

struct FoundItem {
  std::string ref;                             // as in the manifest: path from the data set file's folder, series:UID, or "text:"
  std::filesystem::path path;                  // of a file
  std::shared_ptr<const FoundSeries> series;   // of a series
  std::shared_ptr<const dicom::Header> drawn;  // a segmentation or structure set
  std::shared_ptr<const std::string> text;     // a text, or cells (data/manifest.h)
  std::string reader;
  int64_t days = 0;  // from the index time; negative for priors
};

struct FoundStudy {
  std::string patient, issuer, key;  // source identifiers; key: accession, StudyInstanceUID or study of a table
  std::optional<int64_t> day;        // of the study, since 1970
  std::string time;                  // HHMMSS..., orders studies of one day
  std::string site;
  std::string person;                        // name, birth date and sex in one piece, where a DICOM header has all three: tells aliases
  std::map<std::string, std::string> facts;  // sex, age (years), scanner, ...
  std::map<std::string, std::vector<FoundItem>> items;  // by input or target
};

// An item that goes no further.
struct ScanRefusal {
  std::string study;                      // key; "" when it belongs to none
  std::string input, item, code, detail;  // item: as FoundItem::ref
};

struct ScanResult {
  std::vector<FoundStudy> studies;                   // sorted by key
  std::map<std::string, deid::Identity> identities;  // by patient_key
  std::vector<ScanRefusal> refusals;
  Funnel funnel;  // found and matched; the refusals are counted by who writes it
};

// Throws InputError when nothing is found, a table lacks a column, or a keyed table matches no study.
ScanResult scan(const DatasetFile& dataset, int threads);

// Tells patients of two issuers with one number apart.
std::string patient_key(const std::string& issuer, const std::string& patient);
inline std::string patient_key(const FoundStudy& study) { return patient_key(study.issuer, study.patient); }

std::vector<ManifestRow> manifest_rows(const ScanResult& result);

// Writes manifest.csv, funnel.csv and refused.csv into a folder that only its owner may open.
void write_scan(const ScanResult& result, const std::filesystem::path& folder);
std::filesystem::path default_scan_folder(const DatasetFile& dataset);  // DATASET.scan beside the file

}  // namespace chiasm
