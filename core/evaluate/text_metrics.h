// Report text against a reference. Tokens: lower-cased runs of letters and digits.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace chiasm::evaluate {

std::vector<std::string> words(const std::string& text);

// Corpus BLEU-4 with brevity penalty, no smoothing (Papineni et al., 2002).
double bleu4(const std::vector<std::string>& generated, const std::vector<std::string>& references);
// Mean ROUGE-L F with beta 1.2 (Lin, 2004).
double rouge_l(const std::vector<std::string>& generated, const std::vector<std::string>& references);

// What a report says of a finding: side "left", "right", "both" or ""; polarity "present", "absent" or "uncertain".
struct Mention {
  std::string finding, side, polarity;
  auto operator<=>(const Mention&) const = default;
};

// Finding -> phrases that name it, lower case.
using Lexicon = std::map<std::string, std::vector<std::string>>;

// Rule labeler in the manner of NegEx and CheXpert: per sentence the finding's phrase, then negation ("no", "without", "free of", ...),
// uncertainty ("possible", "may", "cannot be excluded", ...) and side words of the same sentence; "but" ends one. A phrase that is called
// normal or clear ("normal marrow signal", "pleural spaces are clear") says that the finding is absent.
std::set<Mention> label_report(const std::string& report, const Lexicon& lexicon);

struct MicroF1 {
  double precision, recall, f1;
};
// Over mentions as (finding, side, polarity) of all reports together.
MicroF1 mention_f1(const std::vector<std::set<Mention>>& generated, const std::vector<std::set<Mention>>& references);

}  // namespace chiasm::evaluate
