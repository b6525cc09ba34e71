#include "core/evaluate/retrieval.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/check.h"

namespace chiasm::evaluate {
namespace {

constexpr int64_t cut_offs[] = {1, 5, 10};

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  check(a.size() == b.size(), "the two sides of a pair have one width");
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

Json plain(double value, size_t n, const std::string& method) { return {{"value", value}, {"n", n}, {"method", method}}; }

double mean_hit(const std::vector<Place>& found, const std::vector<size_t>& chosen, int64_t k) {
  double sum = 0;
  for (const size_t i : chosen) sum += found[i].hit(k);
  return chosen.empty() ? std::nan("") : sum / static_cast<double>(chosen.size());
}

double median_rank(const std::vector<Place>& found, const std::vector<size_t>& chosen) {
  if (chosen.empty()) return std::nan("");
  std::vector<double> ranks;
  for (const size_t i : chosen) ranks.push_back(found[i].rank());
  std::sort(ranks.begin(), ranks.end());
  const size_t middle = ranks.size() / 2;
  return ranks.size() % 2 ? ranks[middle] : (ranks[middle - 1] + ranks[middle]) / 2;
}

// Figures of one direction; `patients` of the queries.
Json direction(const std::vector<Place>& found, const std::vector<std::string>& patients, const BootstrapOptions& options) {
  Json out = Json::object();
  const size_t pool = found.size();
  const auto put = [&](const std::string& name, const auto& statistic) {
    Json figure = to_json(bootstrap(patients, statistic, options));
    figure.erase("n_positive");
    out[name] = figure;
  };
  out["pool"] = plain(static_cast<double>(pool), pool, "candidates, the partner among them");
  const auto chance = [&](int64_t k) { return std::min(1.0, static_cast<double>(k) / static_cast<double>(pool)); };
  for (const int64_t k : cut_offs) {
    put("r" + std::to_string(k), [&](const auto& chosen) { return mean_hit(found, chosen, k); });
    out["chance_r" + std::to_string(k)] = plain(chance(k), pool, "k / pool");
  }
  put("lift_r10", [&](const auto& chosen) { return mean_hit(found, chosen, 10) / chance(10); });
  put("median_rank", [&](const auto& chosen) { return median_rank(found, chosen); });
  return out;
}

}  // namespace

double Place::rank() const { return static_cast<double>(better) + 1.0 + static_cast<double>(tied) / 2.0; }

double Place::hit(int64_t k) const { return std::clamp(static_cast<double>(k - better) / static_cast<double>(tied + 1), 0.0, 1.0); }

std::vector<Place> places(const std::vector<std::vector<float>>& queries, const std::vector<std::vector<float>>& candidates) {
  check(queries.size() == candidates.size(), "every query has one partner");
  std::vector<Place> out;
  for (size_t q = 0; q < queries.size(); ++q) {
    const double partner = dot(queries[q], candidates[q]);
    Place place;
    for (size_t c = 0; c < candidates.size(); ++c) {
      if (c == q) continue;
      const double other = dot(queries[q], candidates[c]);
      place.better += other > partner;
      place.tied += other == partner;
    }
    out.push_back(place);
  }
  return out;
}

std::vector<PairEmbedding> one_a_patient(std::vector<PairEmbedding> pairs) {
  std::map<std::string, PairEmbedding*> first;
  for (PairEmbedding& pair : pairs) {
    const auto [place, fresh] = first.try_emplace(pair.patient, &pair);
    if (!fresh && pair.study < place->second->study) place->second = &pair;
  }
  std::vector<PairEmbedding> out;
  for (auto& entry : first) out.push_back(std::move(*entry.second));
  std::sort(out.begin(), out.end(), [](const PairEmbedding& a, const PairEmbedding& b) { return a.study < b.study; });
  return out;
}

Json retrieval_figures(const std::vector<PairEmbedding>& pairs, const std::string& first, const std::string& second,
                       const BootstrapOptions& options) {
  std::vector<std::vector<float>> left, right;
  std::vector<std::string> patients;
  for (const PairEmbedding& pair : pairs) {
    left.push_back(pair.first);
    right.push_back(pair.second);
    patients.push_back(pair.patient);
  }
  Json out = Json::object();
  out[first + " to " + second] = direction(places(left, right), patients, options);
  out[second + " to " + first] = direction(places(right, left), patients, options);
  return out;
}

}  // namespace chiasm::evaluate
