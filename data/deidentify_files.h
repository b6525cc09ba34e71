// A tree of DICOM files to a tree of DICOM files without identities (data/dicom/annex_e.h), for those who must hand on the files
// themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/deidentify_rewrite.h"

namespace chiasm {

struct DeidentifyFiles {
  std::filesystem::path source, out, key;
  std::filesystem::path linkage;  // empty: none is written
  dicom::Profile profile;
  std::string burned_in =
      "refuse";  // what may hold text in its pixels (data/image_risks.h): refuse, accept, ocr or blank (data/burned_in.h)
  std::vector<std::string> burned_in_modalities;  // further DICOM modalities of which that is feared
  std::string text_language = "en";               // of the text in pixels
  // CT and MR of the head: flag, refuse, or deface (data/deface): a series whose face cannot be removed with certainty is refused, and so
  // are compressed and multi-frame ones. deface also looks at series whose header does not tell the part of the body, and flags those in
  // which it cannot tell.
  std::string faces = "flag";
  int threads = 1;
  IsolateLimits limits = rewrite_limits();  // of each process that parses and rewrites files
  std::function<void(const std::filesystem::path&)>
      before;  // may be empty; runs in such a process before each file: tests put faults there
};

// The options that `chiasm deidentify --keep` offers, by the names it gives them.
const std::map<std::string, dicom::ProfileOption>& kept_options();

struct DeidentifyFilesReport {
  int64_t found = 0, written = 0, already = 0;
  int64_t blanked = 0;                     // of `written`: objects of which words in the pixels were blanked
  int64_t defaced = 0;                     // series whose face was removed
  int64_t faces = 0;                       // series written that may show a face (data/image_risks.h): flagged in the ledger
  std::map<std::string, int64_t> refused;  // by code
  bool partial = false;                    // something that somebody may have wanted was refused
};

// Files get the names PATIENT/STUDY/SERIES/OBJECT.dcm, all pseudonyms; what is there already stays, so that a run that was cut off goes on.
// One shift of dates and one set of known identifiers a patient. Each file is searched for the identifiers of all patients before it takes
// its name. Foreign bytes are parsed in processes of their own only: a file that crashes one, fills its memory or keeps it busy is refused
// as READER_DIED or READER_LATE. Pixels stay as they are stored but for those of which words were blanked: these are written uncompressed.
// `out` gets ledger.csv (item, action, code, detail) and deid.json; the linkage file maps pseudonyms back (mode 0600, not below `out`).
// Throws UsageError: the key, no reader of text in pixels, another key or other options than those that `out` was written with, `out` below
// `source` or the other way round, a linkage file below `out`. InputError: nothing to read.
DeidentifyFilesReport deidentify_files(const DeidentifyFiles& options);

}  // namespace chiasm
