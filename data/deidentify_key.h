// Keyed pseudonyms: the same key and value give the same name on every machine; without the key a name says nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace chiasm::deid {

// 32 random bytes. Throws UsageError: missing, shorter, or readable by others; never shows its content.
std::string read_key(const std::filesystem::path& path);

class Pseudonyms {
 public:
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}
  std::string patient(const std::string& issuer, const std::string& id) const;  // 16 characters
  std::string study(const std::string& id) const;                               // 16 characters: accession or UID
  std::string item(const std::string& reference) const;                         // 16 characters: relative path or series
  std::string uid(const std::string& uid) const;                                // "2.25." and a number, at most 44 characters
  std::string person(const std::string& facts) const;                           // 16 characters: of FoundStudy::person
  // Days to add to all dates of a patient: a negative multiple of 7, so that weekdays and intervals stay. About a century back, so that no
  // surrogate is a true date of anybody: a date of our time in a store is a leak by itself.
  int64_t shift_days(const std::string& issuer, const std::string& id) const;
  // Tells keys apart without showing them.
  std::string key_id() const;

 private:
  std::string key_;
};

// Patient numbers compare without case, and without space around them.
std::string normal_id(const std::string& id);

}  // namespace chiasm::deid
