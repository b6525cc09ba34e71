// Generated texts against their references.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/evaluate/bootstrap.h"
#include "core/evaluate/text_metrics.h"
#include "scripts/findings.h"

namespace chiasm {

// What a report's findings are judged by.
struct MentionRules {
  evaluate::Lexicon lexicon;                                // empty: mentions are not judged
  std::map<std::string, std::vector<std::string>> visible;  // finding -> inputs that show it; not named: all do
};

// BLEU-4, ROUGE-L and, with a lexicon, micro-F1 over (finding, side, polarity), of all findings and of those that the study's inputs show;
// each beside the best constant report: the training text of the same target that scores best on a sample of them.
Json text_figures(const std::vector<TextPair>& texts, const std::map<std::string, std::vector<std::string>>& training_texts,
                  const MentionRules& rules, const evaluate::BootstrapOptions& options);

// reports.jsonl: study, subset, reference, generated.
void write_texts(const std::filesystem::path& path, const std::vector<TextPair>& texts);

}  // namespace chiasm
