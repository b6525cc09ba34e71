// De-identification as the data set file asks for it: pseudonyms, texts, facts; and the double entry over what leaves.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/base/json.h"
#include "data/dataset_file.h"
#include "data/deidentify_key.h"
#include "data/deidentify_search.h"
#include "data/deidentify_text.h"
#include "data/pixel_text.h"

namespace chiasm {

class Deidentifier {
 public:
  // Reads the key, and starts the reader of text in pixels where that is asked for. Throws UsageError.
  explicit Deidentifier(const DatasetFile& dataset);
  bool on() const { return names_.has_value(); }

  // Pseudonyms; the source's own names, made fit for a store, when it is off.
  std::string patient(const std::string& issuer, const std::string& id) const;
  std::string study(const std::string& key) const;
  std::string item(const std::string& reference) const;

  // Keyed digest of FoundStudy::person; "" when de-identification is off or nothing is known.
  std::string person(const std::string& facts) const;

  // Takes note of a patient: what identifies anybody must not leave with anybody.
  void know(const deid::Identity& identity);
  const deid::RawSearch& everybody() const { return everybody_; }

  // Nothing unless pixels are read for text.
  const TextFinder* text_finder() const { return text_finder_ ? &*text_finder_ : nullptr; }

  // What was done, without the key: deid.json of the store.
  Json statement() const;

 private:
  friend class PatientDeidentifier;
  DeidentifyConfig config_;
  std::optional<deid::Pseudonyms> names_;
  std::optional<TextFinder> text_finder_;
  deid::RawSearch everybody_;
};

// The rules for one patient.
class PatientDeidentifier {
 public:
  PatientDeidentifier(const Deidentifier& rules, const deid::Identity& identity, const std::string& issuer, const std::string& patient);

  // Throws Refused: LANGUAGE_NOT_MEASURED, or IDENTITY_LEFT when something known is still there.
  std::string text(const std::string& raw) const;
  // Whether a short value that goes to the store as it is (a kernel, a manufacturer) identifies somebody.
  bool identifies(const std::string& value) const;
  // Numbers of years above 89 become 90.
  double years(double value) const { return rules_.on() && value > 89 ? 90 : value; }

 private:
  const Deidentifier& rules_;
  const deid::Identity& identity_;
  deid::LeftoverSearch search_;
  deid::TextOptions options_;
};

}  // namespace chiasm
