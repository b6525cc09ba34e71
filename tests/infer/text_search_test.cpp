// Beam, greedy and nucleus search on a second-order Markov chain whose best text is known by trying all of them.
#include "core/infer/text_search.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <map>

#include "core/base/random.h"

namespace chiasm::infer {
namespace {

constexpr int64_t vocabulary = 5, begin = 0, end = 1;

// Logits depend on the last two ids, so that a wrongly reordered state gives wrong texts.
struct Chain {
  explicit Chain(uint64_t seed) : table(static_cast<size_t>(vocabulary * vocabulary * vocabulary)) {
    Random random(seed);
    for (float& value : table) value = static_cast<float>(random.normal() * 2.0);
  }
  at::Tensor logits(int64_t before, int64_t last) const {
    const auto from = table.begin() + (before * vocabulary + last) * vocabulary;
    return at::tensor(std::vector<float>(from, from + vocabulary));
  }
  StepFunction step() const {
    return [this](const at::Tensor& ids, int64_t, std::vector<at::Tensor>& state) {
      std::vector<at::Tensor> rows;
      for (int64_t r = 0; r < ids.size(0); ++r) rows.push_back(logits(state[0][r].item<int64_t>(), ids[r].item<int64_t>()));
      state[0] = ids.clone();
      return at::stack(rows);
    };
  }
  std::vector<float> table;
};

SearchRules rules(int64_t max_tokens) {
  SearchRules out;
  out.begin = begin;
  out.end = end;
  out.max_tokens = max_tokens;
  out.never = {begin};
  return out;
}

struct Best {
  std::vector<int64_t> ids;
  double score = -1e300;
};

// All texts of at most `left` more ids.
void try_all(const Chain& chain, std::vector<int64_t> ids, double log_probability, int64_t left, double penalty, Best& best) {
  const auto offer = [&](double value, size_t length) {
    const double score = value / std::pow(static_cast<double>(length), penalty);
    if (score > best.score) best = {ids, score};
  };
  if (left == 0) return offer(log_probability, ids.size());
  const int64_t last = ids.empty() ? begin : ids.back();
  const int64_t before = ids.size() < 2 ? begin : ids[ids.size() - 2];
  const at::Tensor next = at::log_softmax(chain.logits(before, last), 0);
  offer(log_probability + next[end].item<double>(), ids.size() + 1);
  for (int64_t id = 2; id < vocabulary; ++id) {
    std::vector<int64_t> longer = ids;
    longer.push_back(id);
    try_all(chain, longer, log_probability + next[id].item<double>(), left - 1, penalty, best);
  }
}

TEST(BeamSearch, FindsTheBestOfAllTexts) {
  for (const double penalty : {0.0, 1.0}) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      const Chain chain(seed);
      Best best;
      try_all(chain, {}, 0.0, 5, penalty, best);
      const auto found = beam_search(chain.step(), {at::full({1}, begin, at::kLong)}, 1, rules(5), {400, penalty});
      EXPECT_EQ(found[0].ids, best.ids) << "seed " << seed << ", penalty " << penalty;
      const double length = static_cast<double>(found[0].ids.size() + (found[0].ended ? 1 : 0));
      EXPECT_NEAR(found[0].log_probability / std::pow(length, penalty), best.score, 1e-5);
    }
  }
}

TEST(BeamSearch, TextsOfABatchDoNotMix) {
  // Two texts that start from another state equal two searches of one text each.
  const Chain chain(7);
  const at::Tensor starts = at::tensor(std::vector<int64_t>{2, 4}, at::kLong);
  const auto both = beam_search(chain.step(), {starts}, 2, rules(6), {3, 1.0});
  for (int64_t t = 0; t < 2; ++t) {
    const auto alone = beam_search(chain.step(), {starts.narrow(0, t, 1)}, 1, rules(6), {3, 1.0});
    EXPECT_EQ(both[static_cast<size_t>(t)].ids, alone[0].ids);
    EXPECT_NEAR(both[static_cast<size_t>(t)].log_probability, alone[0].log_probability, 1e-5);
  }
}

// First id 2 looks best (0.6), but every text that starts with 3 (0.4) is then certain.
at::Tensor trap(const at::Tensor& ids, int64_t position, std::vector<at::Tensor>&) {
  std::vector<at::Tensor> rows;
  for (int64_t r = 0; r < ids.size(0); ++r) {
    std::vector<float> p(vocabulary, 1e-6f);
    const int64_t last = ids[r].item<int64_t>();
    if (position == 0)
      p[2] = 0.6f, p[3] = 0.4f;
    else if (last == 2)
      p[1] = p[2] = p[3] = p[4] = 0.25f;
    else
      p[1] = 1.0f;
    rows.push_back(at::tensor(p).log());
  }
  return at::stack(rows);
}

TEST(BeamSearch, LeavesTheTrapThatGreedySearchFallsInto) {
  EXPECT_EQ(greedy_search(trap, {}, 1, rules(4))[0].ids.front(), 2);
  const auto found = beam_search(trap, {}, 1, rules(4), {2, 0.0});
  EXPECT_EQ(found[0].ids, std::vector<int64_t>{3});
  EXPECT_TRUE(found[0].ended);
  EXPECT_NEAR(found[0].log_probability, std::log(0.4), 1e-4);
}

TEST(TextSearch, KeepsItsRules) {
  // A model that always prefers id 2, then 3.
  const auto stubborn = [](const at::Tensor& ids, int64_t, std::vector<at::Tensor>&) {
    return at::tensor(std::vector<float>{9.0f, -9.0f, 5.0f, 4.0f, 0.0f}).expand({ids.size(0), -1});
  };
  EXPECT_EQ(greedy_search(stubborn, {}, 1, rules(3))[0].ids, (std::vector<int64_t>{2, 2, 2}));
  SearchRules no_twice = rules(4);
  no_twice.no_repeat = 1;
  EXPECT_EQ(greedy_search(stubborn, {}, 1, no_twice)[0].ids, (std::vector<int64_t>{2, 3, 4}));
  SearchRules no_pairs = rules(8);
  no_pairs.no_repeat = 2;
  for (const auto& text : {greedy_search(stubborn, {}, 1, no_pairs)[0], beam_search(stubborn, {}, 1, no_pairs, {3, 1.0})[0]}) {
    std::map<std::pair<int64_t, int64_t>, int> pairs;
    for (size_t i = 0; i + 1 < text.ids.size(); ++i) EXPECT_EQ(++pairs[std::make_pair(text.ids[i], text.ids[i + 1])], 1);
  }
}

TEST(NucleusSearch, DrawsOnlyFromTheNucleusInProportion) {
  const auto step = [](const at::Tensor& ids, int64_t, std::vector<at::Tensor>&) {
    return at::tensor(std::vector<float>{0.0f, 1e-9f, 0.5f, 0.3f, 0.2f}).log().expand({ids.size(0), -1});
  };
  std::vector<uint64_t> keys;
  for (uint64_t k = 0; k < 3000; ++k) keys.push_back(k);
  std::map<int64_t, double> seen;
  for (const Generated& text : nucleus_search(step, {}, keys, rules(1), {0.75, 1.0})) seen[text.ids.at(0)] += 1.0 / 3000;
  EXPECT_EQ(seen.size(), 2u);  // 0.5 + 0.3 reach 0.75
  EXPECT_NEAR(seen[2], 0.5 / 0.8, 0.03);
  const auto again = nucleus_search(step, {}, {17, 17, 18}, rules(20), {0.95, 1.0});
  EXPECT_EQ(again[0].ids, again[1].ids);
  EXPECT_NE(again[0].ids, again[2].ids);
}

}  // namespace
}  // namespace chiasm::infer
