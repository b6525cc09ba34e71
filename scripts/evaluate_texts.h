// Generated texts against their references.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/evaluate/bootstrap.h"
#include "core/evaluate/text_metrics.h"
#include "scripts/findings.h"

namespace chiasm {

// BLEU-4, ROUGE-L and, with a lexicon, micro-F1 over (finding, side, polarity); each beside the best constant report: the training text
// that scores best on the training texts' sample.
Json text_figures(const std::vector<TextPair>& texts, const std::vector<std::string>& training_texts, const evaluate::Lexicon& lexicon,
                  const evaluate::BootstrapOptions& options);

// reports.jsonl: study, subset, reference, generated.
void write_texts(const std::filesystem::path& path, const std::vector<TextPair>& texts);

}  // namespace chiasm
