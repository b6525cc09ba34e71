#include "scripts/evaluate_texts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/file.h"

namespace chiasm {
namespace {

using evaluate::Mention;

struct Scored {
  std::vector<std::string> generated, references, patients;
  std::vector<std::set<Mention>> said, wanted;
};

Scored score(const std::vector<TextPair>& texts, const evaluate::Lexicon& lexicon, const std::string* constant) {
  Scored out;
  for (const TextPair& pair : texts) {
    if (pair.reference.empty()) continue;
    out.generated.push_back(constant != nullptr ? *constant : pair.generated);
    out.references.push_back(pair.reference);
    out.patients.push_back(pair.patient);
    out.said.push_back(evaluate::label_report(out.generated.back(), lexicon));
    out.wanted.push_back(evaluate::label_report(pair.reference, lexicon));
  }
  return out;
}

template <class T>
std::vector<T> chosen_of(const std::vector<T>& items, const std::vector<size_t>& chosen) {
  std::vector<T> out;
  for (const size_t i : chosen) out.push_back(items[i]);
  return out;
}

Json figures(const Scored& texts, bool lexicon, const evaluate::BootstrapOptions& options) {
  Json out = Json::object();
  const auto put = [&](const std::string& name, const auto& statistic) {
    out[name] = evaluate::to_json(evaluate::bootstrap(texts.patients, statistic, options));
  };
  put("rouge_l",
      [&](const auto& chosen) { return evaluate::rouge_l(chosen_of(texts.generated, chosen), chosen_of(texts.references, chosen)); });
  out["bleu4"] = {
      {"value", evaluate::bleu4(texts.generated, texts.references)}, {"n", texts.generated.size()}, {"method", "corpus, no interval"}};
  if (lexicon)
    put("mention_f1",
        [&](const auto& chosen) { return evaluate::mention_f1(chosen_of(texts.said, chosen), chosen_of(texts.wanted, chosen)).f1; });
  return out;
}

// The constant report with the best mention F1 (or ROUGE-L without a lexicon) among the most frequent training texts.
std::string best_constant(const std::vector<std::string>& training, const evaluate::Lexicon& lexicon) {
  std::map<std::string, int64_t> counts;
  for (const std::string& text : training) ++counts[text];
  std::vector<std::pair<int64_t, std::string>> ranked;
  for (const auto& [text, count] : counts) ranked.emplace_back(-count, text);
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min<size_t>(ranked.size(), 30));
  std::vector<TextPair> sample;
  for (size_t i = 0; i < training.size(); i += std::max<size_t>(1, training.size() / 60))
    sample.push_back({"", "", "", "", "", training[i]});
  std::string best;
  double best_score = -1;
  for (const auto& candidate : ranked) {
    const Scored texts = score(sample, lexicon, &candidate.second);
    const double value =
        lexicon.empty() ? evaluate::rouge_l(texts.generated, texts.references) : evaluate::mention_f1(texts.said, texts.wanted).f1;
    if (value > best_score) {
      best_score = value;
      best = candidate.second;
    }
  }
  return best;
}

}  // namespace

Json text_figures(const std::vector<TextPair>& texts, const std::vector<std::string>& training_texts, const evaluate::Lexicon& lexicon,
                  const evaluate::BootstrapOptions& options) {
  std::map<std::string, std::vector<TextPair>> by_target;
  for (const TextPair& pair : texts) by_target[pair.target].push_back(pair);
  Json out = Json::object();
  const std::string constant = training_texts.empty() ? std::string() : best_constant(training_texts, lexicon);
  for (const auto& [target, list] : by_target) {
    out[target] = figures(score(list, lexicon, nullptr), !lexicon.empty(), options);
    if (!constant.empty()) out[target]["baseline:best_constant"] = figures(score(list, lexicon, &constant), !lexicon.empty(), options);
  }
  return out;
}

void write_texts(const std::filesystem::path& path, const std::vector<TextPair>& texts) {
  std::string lines;
  for (const TextPair& pair : texts) {
    const Json line = {{"study", pair.study}, {"subset", pair.subset}, {"reference", pair.reference}, {"generated", pair.generated}};
    lines += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  write_file_atomic(path, lines);
}

}  // namespace chiasm
