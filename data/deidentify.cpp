#include "data/deidentify.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "data/burned_in.h"
#include "data/deface/deface.h"

namespace chiasm {

namespace {

// Languages whose rules were measured on planted markers (chiasm prove deid).
const std::vector<std::string> kMeasured{"en", "ja"};

// Letters, digits, '_', '-' and '.'; a name that had others gets a digest behind it, so that different names stay different.
std::string plain_name(const std::string& name) {
  std::string plain;
  for (const char c : name.substr(0, 100))
    plain += std::string_view("_-.").find(c) != std::string_view::npos || std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (plain == name && !plain.empty() && plain[0] != '.') return plain;
  return "s" + plain + "_" + sha256_hex(name).substr(0, 8);
}

}  // namespace

Deidentifier::Deidentifier(const DatasetFile& dataset) : config_(dataset.deidentify) {
  if (!config_.off.empty()) return;
  names_.emplace(deid::read_key(dataset.resolve(config_.key)));
  if (config_.reads_pixels()) text_finder_.emplace(TextFinderOptions{.language = config_.text_language});
}

std::string Deidentifier::patient(const std::string& issuer, const std::string& id) const {
  return on() ? names_->patient(issuer, id) : plain_name(issuer.empty() ? id : issuer + "_" + id);
}

std::string Deidentifier::study(const std::string& key) const { return on() ? names_->study(key) : plain_name(key); }

std::string Deidentifier::item(const std::string& reference) const { return on() ? names_->item(reference) : reference; }

std::string Deidentifier::person(const std::string& facts) const { return on() && !facts.empty() ? names_->person(facts) : ""; }

void Deidentifier::know(const deid::Identity& identity) {
  if (on()) everybody_.add(identity);
}

Json Deidentifier::statement() const {
  Json json{{"format", "chiasm.deid"}, {"format_version", 1}};
  if (config_.faces == "deface") json["face_removal"] = {{"method", kDefaceMethod}, {"version", kDefaceVersion}};
  if (!on()) {
    json["off"] = config_.off;
    return json;
  }
  json["key_id"] = names_->key_id();
  json["identifiers"] = "HMAC-SHA256 pseudonyms of patients, studies and items; no DICOM header is copied";
  json["times"] = "days relative to the study; dates in texts moved by one shift per patient, a multiple of 7 days";
  json["texts"] = "rules: known values, patterns, titled names";
  json["text_language"] = config_.text_language;
  json["faces"] = config_.faces;
  json["burned_in"] = burned_in_statement(config_.burned_in, text_finder());
  if (!config_.burned_in_modalities.empty()) json["burned_in_modalities"] = config_.burned_in_modalities;
  json["double_entry"] = "every text and fact, and the raw bytes of all files, were searched for the known identifiers";
  return json;
}

PatientDeidentifier::PatientDeidentifier(const Deidentifier& rules, const deid::Identity& identity, const std::string& issuer,
                                         const std::string& patient)
    : rules_(rules), identity_(identity), search_(rules.on() ? identity : deid::Identity{}) {
  if (!rules.on()) return;
  options_.shift_days = rules.names_->shift_days(issuer, patient);
  options_.day_first = rules.config_.date_order == "dmy";
}

std::string PatientDeidentifier::text(const std::string& raw) const {
  if (!rules_.on()) return raw;
  const DeidentifyConfig& config = rules_.config_;
  const bool measured = std::find(kMeasured.begin(), kMeasured.end(), config.text_language) != kMeasured.end();
  if (!measured && !config.accept_language)
    throw Refused("LANGUAGE_NOT_MEASURED", "text_language is " + config.text_language + "; measured: " + join(kMeasured, ", "));
  const deid::CleanText clean = deid::clean_text(raw, identity_, options_);
  if (search_.finds(clean.unreplaced) || rules_.everybody_.first_hit(clean.unreplaced) >= 0)
    throw Refused("IDENTITY_LEFT", "a known identifier is left in the text");
  return clean.text;
}

bool PatientDeidentifier::identifies(const std::string& value) const {
  return rules_.on() && (search_.finds(value) || rules_.everybody_.first_hit(value) >= 0);
}

}  // namespace chiasm
