// Sentences of reports in which identifiers are planted, and what the text rules leave of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/deidentify_identity.h"

namespace chiasm::prove {

// One sentence. Known: the identifier stands in the study's headers or tables; otherwise only in the text.
struct Planted {
  std::string language, kind, text;
  bool known = false;
  std::vector<std::string> pieces;  // by which a reader would know the identifier
  deid::Identity identity;
};

// `count` sentences of each kind. Languages: en, ja.
std::vector<Planted> plant_texts(const std::string& language, int count, uint64_t seed);

struct Recall {
  std::string language, kind;
  bool known = false;
  int64_t planted = 0, removed = 0, withheld = 0;  // withheld: left by the rules, caught by the search, so that the text goes nowhere
  double low = 0, high = 1;                        // 95 % interval of removed or withheld by Wilson (1927)
};

// By language and kind, in order.
std::vector<Recall> measure_texts(const std::vector<Planted>& texts);

// Of `hits` in `trials`.
std::pair<double, double> wilson(int64_t hits, int64_t trials);

}  // namespace chiasm::prove
