// Double entry: what leaves is searched for everything known, by code that shares nothing with the rules that removed it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/deidentify_identity.h"

namespace chiasm::deid {

// Searches decoded content of one patient: names (single parts too), numbers, phrases, dates in many forms.
class LeftoverSearch {
 public:
  explicit LeftoverSearch(const Identity& identity);
  // Any case, with or without diacritics.
  bool finds(const std::string& text) const;

 private:
  struct Needle {
    std::string text;     // folded, lower case
    bool whole, capital;  // as a whole word; only where a capital starts it
  };
  void add(const std::string& text, bool whole, bool capital = false);
  std::vector<Needle> needles_;
  std::set<std::string> scripts_;
};

// Searches raw bytes of many files for the identifiers of all patients that are long enough not to occur by chance (8 bytes): whole names
// in both orders, numbers, phrases; in any case, as UTF-8, Latin-1 and UTF-16. Dates and single names are left to LeftoverSearch: another
// patient's date, or an eponym, is no leak.
class RawSearch {
 public:
  void add(const Identity& identity);
  // Offset of the first hit in the file, or -1.
  int64_t first_hit_in(const std::filesystem::path& file) const;
  // The same for bytes in memory.
  int64_t first_hit(std::string_view bytes) const;

 private:
  void add(const std::string& text);
  void add_bytes(const std::string& bytes);
  std::unordered_multimap<uint64_t, std::string> needles_;  // by their first eight bytes
  std::vector<bool> hashed_ = std::vector<bool>(size_t{1} << 20);
};

}  // namespace chiasm::deid
