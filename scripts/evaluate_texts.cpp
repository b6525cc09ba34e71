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
  std::vector<std::set<Mention>> said, wanted, said_visible, wanted_visible;
};

// Without findings that none of the study's inputs shows: nobody could tell them.
std::set<Mention> only_visible(std::set<Mention> mentions, const MentionRules& rules, const std::vector<std::string>& shown) {
  std::erase_if(mentions, [&](const Mention& mention) {
    const auto by = rules.visible.find(mention.finding);
    return by != rules.visible.end() && std::none_of(by->second.begin(), by->second.end(), [&](const std::string& input) {
             return std::find(shown.begin(), shown.end(), input) != shown.end();
           });
  });
  return mentions;
}

Scored score(const std::vector<TextPair>& texts, const MentionRules& rules, const std::string* constant) {
  Scored out;
  for (const TextPair& pair : texts) {
    if (pair.reference.empty()) continue;
    out.generated.push_back(constant != nullptr ? *constant : pair.generated);
    out.references.push_back(pair.reference);
    out.patients.push_back(pair.patient);
    out.said.push_back(evaluate::label_report(out.generated.back(), rules.lexicon));
    out.wanted.push_back(evaluate::label_report(pair.reference, rules.lexicon));
    out.said_visible.push_back(only_visible(out.said.back(), rules, pair.shown));
    out.wanted_visible.push_back(only_visible(out.wanted.back(), rules, pair.shown));
  }
  return out;
}

template <class T>
std::vector<T> chosen_of(const std::vector<T>& items, const std::vector<size_t>& chosen) {
  std::vector<T> out;
  for (const size_t i : chosen) out.push_back(items[i]);
  return out;
}

Json figures(const Scored& texts, const MentionRules& rules, const evaluate::BootstrapOptions& options) {
  Json out = Json::object();
  const auto put = [&](const std::string& name, const auto& statistic) {
    out[name] = evaluate::to_json(evaluate::bootstrap(texts.patients, statistic, options));
  };
  put("rouge_l",
      [&](const auto& chosen) { return evaluate::rouge_l(chosen_of(texts.generated, chosen), chosen_of(texts.references, chosen)); });
  out["bleu4"] = {
      {"value", evaluate::bleu4(texts.generated, texts.references)}, {"n", texts.generated.size()}, {"method", "corpus, no interval"}};
  const auto put_mentions = [&](const std::string& name, const auto& said, const auto& wanted) {
    put(name, [&](const auto& chosen) { return evaluate::mention_f1(chosen_of(said, chosen), chosen_of(wanted, chosen)).f1; });
  };
  if (!rules.lexicon.empty()) put_mentions("mention_f1", texts.said, texts.wanted);
  if (!rules.visible.empty()) put_mentions("visible_mention_f1", texts.said_visible, texts.wanted_visible);
  return out;
}

// The constant report with the best mention F1 (or ROUGE-L without a lexicon) among the most frequent training texts.
std::string best_constant(const std::vector<std::string>& training, const MentionRules& rules) {
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
    const Scored texts = score(sample, rules, &candidate.second);
    const double value =
        rules.lexicon.empty() ? evaluate::rouge_l(texts.generated, texts.references) : evaluate::mention_f1(texts.said, texts.wanted).f1;
    if (value > best_score) {
      best_score = value;
      best = candidate.second;
    }
  }
  return best;
}

}  // namespace

Json text_figures(const std::vector<TextPair>& texts, const std::map<std::string, std::vector<std::string>>& training_texts,
                  const MentionRules& rules, const evaluate::BootstrapOptions& options) {
  std::map<std::string, std::vector<TextPair>> by_target;
  for (const TextPair& pair : texts) by_target[pair.target].push_back(pair);
  Json out = Json::object();
  for (const auto& [target, list] : by_target) {
    out[target] = figures(score(list, rules, nullptr), rules, options);
    const auto training = training_texts.find(target);
    if (training == training_texts.end() || training->second.empty()) continue;
    const std::string constant = best_constant(training->second, rules);
    if (!constant.empty()) out[target]["baseline:best_constant"] = figures(score(list, rules, &constant), rules, options);
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
