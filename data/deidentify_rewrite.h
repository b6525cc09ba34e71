// DICOM files rewritten without identities in processes of their own (core/base/isolate.h): the archive's bytes are parsed there, so that a
// file that crashes the library, fills its memory or keeps it busy costs that file.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/isolate.h"
#include "data/deidentify_faces.h"
#include "data/deidentify_key.h"
#include "data/deidentify_search.h"
#include "data/dicom/annex_e.h"
#include "data/dicom/object_pixels.h"

namespace chiasm {

// One patient's identifiers, and the search for them.
struct KnownPatient {
  deid::Identity identity;
  std::string issuer, id;
  std::optional<deid::LeftoverSearch> search;
};

using PatientKey = std::pair<std::string, std::string>;  // issuer and normal number

// What rewriting needs to know. It must be complete before a process is made of it.
struct RewriteKnowledge {
  deid::Pseudonyms names;
  dicom::Profile profile;
  std::map<PatientKey, KnownPatient> patients;
  deid::RawSearch everybody;
  FacePlans faces;                                           // of the objects whose face goes
  std::function<void(const std::filesystem::path&)> before;  // may be empty; runs in the process before each file
};

// What becomes of the pixels of one file.
struct PixelWork {
  std::optional<dicom::ObjectPixels> cleaned;  // these instead
  std::string face_of;                         // SOP instance UID of which RewriteKnowledge::faces has a plan; "": the face stays
};

// Limits of a rewriting process: those of a reading one, but half an hour, and a file of up to 16 GiB, more than the guard lets in.
IsolateLimits rewrite_limits();

class Rewriters {
 public:
  // Makes the process from which the others come: no other thread may run. `knowledge` outlives the object, and is not changed.
  explicit Rewriters(const RewriteKnowledge& knowledge, const IsolateLimits& limits = rewrite_limits());

  // Writes `from` without identities to `to`, which is no final name, and searches it for the identifiers of all patients.
  // Thread-safe. Throws Refused: what dicom::deidentify_file() refuses, IDENTITY_LEFT, READER_DIED,
  // READER_LATE. Error: a full disk.
  void rewrite(const std::filesystem::path& from, const std::filesystem::path& to, const PatientKey& patient, const PixelWork& pixels = {});

 private:
  const RewriteKnowledge& known_;
  Isolate processes_;
};

}  // namespace chiasm
