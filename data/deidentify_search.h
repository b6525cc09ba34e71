// Double entry: what leaves is searched for everything known, by code that shares nothing with the rules that removed it: text is taken
// apart by utf8proc (Unicode NFKD, without marks) into words, and the words are compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/deidentify_identity.h"

namespace chiasm::deid {

// Searches decoded content of one patient: names (single parts too), initials, numbers, phrases, dates in any order of their parts.
class LeftoverSearch {
 public:
  explicit LeftoverSearch(const Identity& identity);
  // Any case, with or without diacritics, composed or decomposed.
  bool finds(const std::string& text) const;

 private:
  struct Word {
    std::u32string low;             // as compared
    bool capital, letters, dotted;  // starts with a capital; no digit in it; a dot follows
    size_t end;                     // where it ends among the squeezed characters
    bool operator==(const Word&) const = default;
  };
  struct Text {
    std::vector<Word> words;
    std::u32string squeezed;  // all words in one piece
  };
  static Text take_apart(const std::string& text);
  void add_name(const std::string& name);
  void add_whole(const std::string& text);
  bool finds_word(const Text& text) const;
  bool finds_piece(const Text& text) const;
  bool finds_date(const Text& text) const;
  bool finds_initials(const Text& text) const;

  std::set<std::u32string> words_, capital_words_;  // of names; those that are ordinary words too count with a capital only
  std::set<std::u32string> pieces_;                 // numbers, phrases, whole names: squeezed
  std::set<std::u32string> initials_;
  std::set<int64_t> dates_;
};

// Searches raw bytes of many files for the identifiers of all patients that are long enough not to occur by chance (8 bytes): whole names
// in both orders, numbers, phrases; in any case, composed and decomposed, as UTF-8, Latin-1 and UTF-16. Dates and single names are left to
// LeftoverSearch: another patient's date, or an eponym, is no leak.
class RawSearch {
 public:
  void add(const Identity& identity);
  // Offset of the hit that ends first in the file, or -1.
  int64_t first_hit_in(const std::filesystem::path& file) const;
  // The same for bytes in memory.
  int64_t first_hit(std::string_view bytes) const;

 private:
  void add(const std::string& text);
  void add_bytes(const std::string& bytes);
  std::unordered_multimap<uint64_t, std::string> needles_;  // by their last eight bytes: UIDs begin alike
  std::vector<bool> hashed_ = std::vector<bool>(size_t{1} << 20);
};

}  // namespace chiasm::deid
