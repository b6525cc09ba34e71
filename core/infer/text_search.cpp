#include "core/infer/text_search.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "core/base/check.h"
#include "core/base/random.h"

namespace chiasm::infer {
namespace {

constexpr float impossible = -std::numeric_limits<float>::infinity();

struct Hypothesis {
  int64_t text = 0;          // which of the texts it continues
  std::vector<int64_t> ids;  // generated so far
  double log_probability = 0;
};

// Ids that would repeat a run of `size` ids of the hypothesis.
void forbid_repeats(const std::vector<int64_t>& ids, int64_t size, float* log_probabilities) {
  const int64_t length = static_cast<int64_t>(ids.size());
  if (size < 1 || length < size) return;
  const auto tail = ids.end() - (size - 1);
  for (int64_t start = 0; start + size <= length; ++start)
    if (std::equal(tail, ids.end(), ids.begin() + start)) log_probabilities[ids[static_cast<size_t>(start + size - 1)]] = impossible;
}

// Log probabilities RV of the next ids, on the CPU, with forbidden ids impossible.
at::Tensor next_ids(const StepFunction& step, const std::vector<Hypothesis>& live, int64_t position, std::vector<at::Tensor>& state,
                    const SearchRules& rules, const at::Device& device) {
  std::vector<int64_t> last;
  for (const Hypothesis& item : live) last.push_back(item.ids.empty() ? rules.begin : item.ids.back());
  const at::Tensor logits = step(at::tensor(last, at::kLong).to(device), position, state);
  at::Tensor out = at::log_softmax(logits.to(at::kFloat), 1).cpu().contiguous();
  const int64_t vocabulary = out.size(1);
  for (size_t r = 0; r < live.size(); ++r) {
    float* row = out.data_ptr<float>() + static_cast<int64_t>(r) * vocabulary;
    for (const int64_t id : rules.never)
      if (id < vocabulary) row[id] = impossible;
    forbid_repeats(live[r].ids, rules.no_repeat, row);
  }
  return out;
}

std::vector<Hypothesis> start(int64_t texts) {
  std::vector<Hypothesis> live(static_cast<size_t>(texts));
  for (int64_t t = 0; t < texts; ++t) live[static_cast<size_t>(t)].text = t;
  return live;
}

void keep_rows(std::vector<at::Tensor>& state, const std::vector<int64_t>& rows) {
  for (at::Tensor& tensor : state) tensor = tensor.index_select(0, at::tensor(rows, at::kLong).to(tensor.device()));
}

Generated finished(const Hypothesis& item, bool ended) { return {item.ids, item.log_probability, ended}; }

// One id per hypothesis and step; `choose` picks it from a row of log probabilities.
using Choose = std::function<int64_t(const float* row, int64_t vocabulary, const Hypothesis& item)>;

std::vector<Generated> one_by_one(const StepFunction& step, std::vector<at::Tensor> state, int64_t texts, const SearchRules& rules,
                                  const at::Device& device, const Choose& choose) {
  std::vector<Generated> out(static_cast<size_t>(texts));
  std::vector<Hypothesis> live = start(texts);
  for (int64_t position = 0; position < rules.max_tokens && !live.empty(); ++position) {
    const at::Tensor next = next_ids(step, live, position, state, rules, device);
    const int64_t vocabulary = next.size(1);
    std::vector<Hypothesis> going_on;
    std::vector<int64_t> rows;
    for (size_t r = 0; r < live.size(); ++r) {
      Hypothesis& item = live[r];
      const float* row = next.data_ptr<float>() + static_cast<int64_t>(r) * vocabulary;
      const int64_t id = choose(row, vocabulary, item);
      item.log_probability += row[id];
      if (id != rules.end) item.ids.push_back(id);
      out[static_cast<size_t>(item.text)] = finished(item, id == rules.end);
      if (id == rules.end) continue;
      going_on.push_back(std::move(item));
      rows.push_back(static_cast<int64_t>(r));
    }
    if (going_on.size() < live.size()) keep_rows(state, rows);
    live = std::move(going_on);
  }
  return out;
}

struct Candidate {
  size_t parent;
  int64_t id;
  double log_probability;
};

// Finished texts of one beam search, best first, at most `beams` of them.
struct Finished {
  std::vector<std::pair<double, Generated>> best;
  void add(double score, Generated text, size_t beams) {
    const auto place = std::find_if(best.begin(), best.end(), [&](const auto& item) { return item.first < score; });
    best.insert(place, {score, std::move(text)});
    if (best.size() > beams) best.pop_back();
  }
};

class BeamSearch {
 public:
  BeamSearch(int64_t texts, const SearchRules& rules, const BeamOptions& options)
      : rules_(rules), options_(options), done_(static_cast<size_t>(texts)), live_(start(texts)) {}

  std::vector<Generated> run(const StepFunction& step, std::vector<at::Tensor> state, const at::Device& device) {
    for (int64_t position = 0; position < rules_.max_tokens && !live_.empty(); ++position) {
      const at::Tensor next = next_ids(step, live_, position, state, rules_, device);
      keep_rows(state, advance(candidates(next)));
    }
    for (const Hypothesis& item : live_) add(item, /*ended=*/false);
    std::vector<Generated> out;
    for (const Finished& text : done_) out.push_back(text.best.empty() ? Generated{} : text.best.front().second);
    return out;
  }

 private:
  size_t beams() const { return static_cast<size_t>(options_.beams); }
  double score(double log_probability, size_t length) const {
    return log_probability / std::pow(static_cast<double>(std::max<size_t>(length, 1)), options_.length_penalty);
  }
  void add(const Hypothesis& item, bool ended) {
    done_[static_cast<size_t>(item.text)].add(score(item.log_probability, item.ids.size() + (ended ? 1 : 0)), finished(item, ended),
                                              beams());
  }

  // Per text: the best continuations, best first. One more than beams per hypothesis, since one of them can be the end.
  std::vector<std::vector<Candidate>> candidates(const at::Tensor& next) const {
    std::vector<std::vector<Candidate>> out(done_.size());
    const auto [values, ids] = next.topk(std::min<int64_t>(options_.beams + 1, next.size(1)), 1);
    const auto value = values.accessor<float, 2>();
    const auto id = ids.accessor<int64_t, 2>();
    for (int64_t r = 0; r < values.size(0); ++r) {
      const Hypothesis& item = live_[static_cast<size_t>(r)];
      for (int64_t k = 0; k < values.size(1); ++k)
        if (value[r][k] != impossible)
          out[static_cast<size_t>(item.text)].push_back({static_cast<size_t>(r), id[r][k], item.log_probability + value[r][k]});
    }
    for (auto& list : out)
      std::stable_sort(list.begin(), list.end(),
                       [](const Candidate& a, const Candidate& b) { return a.log_probability > b.log_probability; });
    return out;
  }

  // No live text can still overtake, judged at its present length.
  bool closed(const Finished& text, const std::vector<Hypothesis>& going_on) const {
    if (text.best.size() < beams()) return false;
    return going_on.empty() || score(going_on.front().log_probability, going_on.front().ids.size()) <= text.best.back().first;
  }

  // Ends texts and keeps the best others; returns the rows of the state that go on.
  std::vector<int64_t> advance(const std::vector<std::vector<Candidate>>& all) {
    std::vector<Hypothesis> next;
    std::vector<int64_t> rows;
    for (size_t t = 0; t < all.size(); ++t) {
      std::vector<Hypothesis> going_on;
      std::vector<int64_t> parents;
      for (const Candidate& candidate : all[t]) {
        if (going_on.size() == beams()) break;
        Hypothesis item = live_[candidate.parent];
        item.log_probability = candidate.log_probability;
        if (candidate.id == rules_.end) {
          add(item, /*ended=*/true);
          continue;
        }
        item.ids.push_back(candidate.id);
        going_on.push_back(std::move(item));
        parents.push_back(static_cast<int64_t>(candidate.parent));
      }
      if (closed(done_[t], going_on)) continue;
      std::move(going_on.begin(), going_on.end(), std::back_inserter(next));
      rows.insert(rows.end(), parents.begin(), parents.end());
    }
    live_ = std::move(next);
    return rows;
  }

  const SearchRules& rules_;
  const BeamOptions& options_;
  std::vector<Finished> done_;
  std::vector<Hypothesis> live_;
};

// The smallest set of most probable ids with enough mass, and one draw from it.
int64_t draw_from_nucleus(const float* row, int64_t vocabulary, const NucleusOptions& options, double uniform) {
  std::vector<std::pair<double, int64_t>> mass;
  const float highest = *std::max_element(row, row + vocabulary);
  double total = 0;
  for (int64_t id = 0; id < vocabulary; ++id) {
    const double weight = std::exp((static_cast<double>(row[id]) - static_cast<double>(highest)) / options.temperature);
    mass.emplace_back(weight, id);
    total += weight;
  }
  std::stable_sort(mass.begin(), mass.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  double kept = 0;
  size_t count = 0;
  while (count < mass.size() && kept < options.probability * total) kept += mass[count++].first;
  double left = uniform * kept;
  for (size_t i = 0; i + 1 < count; ++i) {
    if (left < mass[i].first) return mass[i].second;
    left -= mass[i].first;
  }
  return mass[std::max<size_t>(count, 1) - 1].second;
}

}  // namespace

std::vector<Generated> greedy_search(const StepFunction& step, std::vector<at::Tensor> state, int64_t texts, const SearchRules& rules,
                                     const at::Device& device) {
  return one_by_one(step, std::move(state), texts, rules, device, [](const float* row, int64_t vocabulary, const Hypothesis&) {
    return static_cast<int64_t>(std::max_element(row, row + vocabulary) - row);
  });
}

std::vector<Generated> beam_search(const StepFunction& step, std::vector<at::Tensor> state, int64_t texts, const SearchRules& rules,
                                   const BeamOptions& options, const at::Device& device) {
  check(options.beams >= 1, "beam search needs at least one beam");
  return BeamSearch(texts, rules, options).run(step, std::move(state), device);
}

std::vector<Generated> nucleus_search(const StepFunction& step, std::vector<at::Tensor> state, const std::vector<uint64_t>& keys,
                                      const SearchRules& rules, const NucleusOptions& options, const at::Device& device) {
  const Choose choose = [&](const float* row, int64_t vocabulary, const Hypothesis& item) {
    const uint64_t key = hash_key({keys[static_cast<size_t>(item.text)], static_cast<uint64_t>(item.ids.size())});
    return draw_from_nucleus(row, vocabulary, options, Random(key).uniform());
  };
  return one_by_one(step, std::move(state), static_cast<int64_t>(keys.size()), rules, device, choose);
}

}  // namespace chiasm::infer
