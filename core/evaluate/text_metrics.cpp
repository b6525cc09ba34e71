#include "core/evaluate/text_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/base/text.h"

namespace chiasm::evaluate {
namespace {

using Counts = std::map<std::vector<std::string>, int64_t>;

Counts grams(const std::vector<std::string>& tokens, size_t n) {
  Counts counts;
  for (size_t i = 0; i + n <= tokens.size(); ++i)
    ++counts[{tokens.begin() + static_cast<long>(i), tokens.begin() + static_cast<long>(i + n)}];
  return counts;
}

int64_t clipped_matches(const Counts& generated, const Counts& reference) {
  int64_t matches = 0;
  for (const auto& [gram, count] : generated) {
    const auto found = reference.find(gram);
    if (found != reference.end()) matches += std::min(count, found->second);
  }
  return matches;
}

size_t longest_common_subsequence(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const std::string& word : a) {
    size_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = word == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

// Adds the clauses of a sentence: a cue does not reach past "but" (the terminations of NegEx; Chapman et al., 2001).
void add_clauses(std::vector<std::vector<std::string>>& out, const std::vector<std::string>& sentence) {
  static const std::set<std::string> ends{"but", "however", "although"};
  std::vector<std::string> clause;
  for (const std::string& word : sentence) {
    if (ends.count(word) == 0) {
      clause.push_back(word);
    } else if (!clause.empty()) {
      out.push_back(std::move(clause));
      clause.clear();
    }
  }
  if (!clause.empty()) out.push_back(std::move(clause));
}

// Sentences, cut at "but", as word lists.
std::vector<std::vector<std::string>> sentences(const std::string& text) {
  std::vector<std::vector<std::string>> out;
  std::string sentence;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\n';
    const bool decimal = c == '.' && i + 1 < text.size() && isdigit(static_cast<unsigned char>(text[i + 1])) != 0;
    if ((c == '.' && !decimal) || c == ';' || c == '\n' || c == '!' || c == '?') {
      add_clauses(out, words(sentence));
      sentence.clear();
    } else {
      sentence += c;
    }
  }
  return out;
}

// Position of `phrase` in `sentence`, or -1.
long find_phrase(const std::vector<std::string>& sentence, const std::vector<std::string>& phrase) {
  const auto found = std::search(sentence.begin(), sentence.end(), phrase.begin(), phrase.end());
  return found == sentence.end() || phrase.empty() ? -1 : found - sentence.begin();
}

bool any_cue(const std::vector<std::string>& sentence, const std::vector<std::string>& cues, long before) {
  for (const std::string& cue : cues) {
    const long at = find_phrase(sentence, words(cue));
    if (at >= 0 && at < before) return true;
  }
  return false;
}

bool is_normal_word(const std::string& word) {
  static const std::set<std::string> normal{"normal", "clear", "unremarkable"};
  return normal.count(word) > 0;
}

// "normal marrow signal", "the pleural spaces are clear": an organ is named in order to say that it shows nothing.
bool is_called_normal(const std::vector<std::string>& sentence, size_t at, size_t length) {
  if (at > 0 && is_normal_word(sentence[at - 1])) return true;
  const size_t verb = at + length;
  return verb + 1 < sentence.size() && (sentence[verb] == "is" || sentence[verb] == "are") && is_normal_word(sentence[verb + 1]);
}

std::string side_of(const std::vector<std::string>& sentence) {
  const auto has = [&](const char* word) { return std::find(sentence.begin(), sentence.end(), word) != sentence.end(); };
  if (has("bilateral") || has("both") || (has("left") && has("right"))) return "both";
  if (has("left")) return "left";
  return has("right") ? "right" : "";
}

}  // namespace

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : lower(text) + " ") {
    if (isalnum(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80) != 0) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  return out;
}

double bleu4(const std::vector<std::string>& generated, const std::vector<std::string>& references) {
  double log_sum = 0, generated_length = 0, reference_length = 0;
  for (size_t n = 1; n <= 4; ++n) {
    double matches = 0, total = 0;
    for (size_t i = 0; i < generated.size(); ++i) {
      const auto mine = words(generated[i]), theirs = words(references[i]);
      matches += static_cast<double>(clipped_matches(grams(mine, n), grams(theirs, n)));
      total += std::max(0.0, static_cast<double>(mine.size()) - static_cast<double>(n) + 1.0);
      if (n == 1) {
        generated_length += static_cast<double>(mine.size());
        reference_length += static_cast<double>(theirs.size());
      }
    }
    if (matches == 0) return 0;
    log_sum += std::log(matches / total) / 4.0;
  }
  const double penalty = generated_length >= reference_length ? 1.0 : std::exp(1.0 - reference_length / generated_length);
  return penalty * std::exp(log_sum);
}

double rouge_l(const std::vector<std::string>& generated, const std::vector<std::string>& references) {
  constexpr double beta2 = 1.2 * 1.2;
  double sum = 0;
  for (size_t i = 0; i < generated.size(); ++i) {
    const auto mine = words(generated[i]), theirs = words(references[i]);
    const auto common = static_cast<double>(longest_common_subsequence(mine, theirs));
    if (common == 0) continue;
    const double precision = common / static_cast<double>(mine.size()), recall = common / static_cast<double>(theirs.size());
    sum += (1 + beta2) * precision * recall / (recall + beta2 * precision);
  }
  return generated.empty() ? std::nan("") : sum / static_cast<double>(generated.size());
}

std::set<Mention> label_report(const std::string& report, const Lexicon& lexicon) {
  static const std::vector<std::string> negations{"no", "without", "free of", "negative for", "not", "resolved", "absence of", "neither"};
  static const std::vector<std::string> doubts{"possible",     "possibly",   "may",       "probable", "suspected", "cannot be excluded",
                                               "questionable", "suspicious", "equivocal", "might",    "uncertain"};
  std::set<Mention> out;
  for (const auto& sentence : sentences(report)) {
    const auto end = static_cast<long>(sentence.size());
    for (const auto& [finding, phrases] : lexicon) {
      long at = -1;
      bool normal = false;
      for (const std::string& phrase : phrases) {
        const std::vector<std::string> parts = words(phrase);
        const long here = find_phrase(sentence, parts);
        at = std::max(at, here);
        normal = normal || (here >= 0 && is_called_normal(sentence, static_cast<size_t>(here), parts.size()));
      }
      if (at < 0) continue;
      // Doubt first: "cannot be excluded" holds no negation of the finding.
      const bool uncertain = any_cue(sentence, doubts, end);
      const bool absent = !uncertain && (normal || any_cue(sentence, negations, at));
      out.insert({finding, absent ? "" : side_of(sentence), uncertain ? "uncertain" : absent ? "absent" : "present"});
    }
  }
  return out;
}

MicroF1 mention_f1(const std::vector<std::set<Mention>>& generated, const std::vector<std::set<Mention>>& references) {
  double matches = 0, said = 0, wanted = 0;
  for (size_t i = 0; i < generated.size(); ++i) {
    for (const Mention& mention : generated[i]) matches += static_cast<double>(references[i].count(mention));
    said += static_cast<double>(generated[i].size());
    wanted += static_cast<double>(references[i].size());
  }
  const double precision = said == 0 ? 0 : matches / said, recall = wanted == 0 ? 0 : matches / wanted;
  return {precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)};
}

}  // namespace chiasm::evaluate
