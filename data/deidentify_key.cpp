#include "data/deidentify_key.h"

#include <sys/stat.h>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/uid.h"

namespace chiasm::deid {

namespace {

constexpr size_t kKeyBytes = 32, kNameLength = 16;

const std::string kMend = "; make one with: head -c 32 /dev/urandom > KEY && chmod 600 KEY";

// The domain keeps equal values of different kinds apart.
Digest keyed(const std::string& key, const std::string& domain, const std::string& value) {
  return hmac_sha256(key, domain + '\0' + value);
}

std::string whole_id(const std::string& issuer, const std::string& id) { return issuer + '\0' + normal_id(id); }

}  // namespace

std::string read_key(const fs::path& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) throw UsageError(path.string() + ": the key file is missing" + kMend);
  if ((facts.st_mode & 077) != 0) throw UsageError(path.string() + ": others may read the key file; chmod 600 it");
  std::string key = read_file(path);
  if (key.size() != kKeyBytes)
    throw UsageError(path.string() + ": the key file has " + std::to_string(key.size()) + " bytes; it must have 32" + kMend);
  return key;
}

std::string normal_id(const std::string& id) { return upper(trim(id)); }

std::string Pseudonyms::patient(const std::string& issuer, const std::string& id) const {
  return base32(keyed(key_, "pid", whole_id(issuer, id)), kNameLength);
}

std::string Pseudonyms::study(const std::string& id) const { return base32(keyed(key_, "study", normal_id(id)), kNameLength); }

std::string Pseudonyms::item(const std::string& reference) const { return base32(keyed(key_, "item", reference), kNameLength); }

std::string Pseudonyms::uid(const std::string& uid) const { return dicom::uid_of(hex(keyed(key_, "uid", uid))); }

std::string Pseudonyms::person(const std::string& facts) const { return base32(keyed(key_, "person", facts), kNameLength); }

int64_t Pseudonyms::shift_days(const std::string& issuer, const std::string& id) const {
  const Digest digest = keyed(key_, "date", whole_id(issuer, id));
  constexpr int64_t kCentury = 5218, kTenYears = 520;  // weeks
  return -7 * (kCentury + (digest[0] << 16 | digest[1] << 8 | digest[2]) % kTenYears);
}

std::string Pseudonyms::key_id() const { return hex(sha256("kid" + key_)).substr(0, 16); }

}  // namespace chiasm::deid
