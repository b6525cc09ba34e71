#include "scripts/evaluate_retrieval.h"

#include <ATen/ATen.h>

#include "core/evaluate/retrieval.h"
#include "core/weights/safetensors.h"

namespace chiasm {
namespace {

// Both sides of the studies of one task in one subset, in order of their first side.
struct Pairs {
  std::string first, second;
  std::vector<evaluate::PairEmbedding> list;
};

using BySubset = std::map<std::string, Pairs>;

void add(Pairs& pairs, std::map<std::string, size_t>& place_of, const SideVector& side) {
  const auto [place, fresh] = place_of.try_emplace(side.study, pairs.list.size());
  if (fresh) {
    pairs.first = side.side;
    pairs.list.push_back({side.study, side.patient, side.values, {}});
  } else {
    pairs.second = side.side;
    pairs.list[place->second].second = side.values;
  }
}

std::map<std::string, BySubset> join_sides(const std::vector<SideVector>& sides) {
  std::map<std::string, BySubset> out;
  std::map<std::pair<std::string, std::string>, std::map<std::string, size_t>> places;
  for (const SideVector& side : sides) add(out[side.task][side.subset], places[{side.task, side.subset}], side);
  return out;
}

at::Tensor stacked(const Pairs& pairs, std::vector<float> evaluate::PairEmbedding::*side) {
  std::vector<at::Tensor> rows;
  for (const auto& pair : pairs.list) rows.push_back(at::tensor(at::ArrayRef<float>(pair.*side), at::kFloat));
  return at::stack(rows);
}

}  // namespace

void add_retrieval(Json& metrics, const Findings& findings, const std::string& pool, const evaluate::BootstrapOptions& options) {
  if (findings.sides.empty()) return;
  metrics["retrieval_pool"] = pool == "patient" ? "the first study of each patient" : "every study";
  for (const auto& [task, by_subset] : join_sides(findings.sides))
    for (const auto& [subset, pairs] : by_subset) {
      const auto chosen = pool == "patient" ? evaluate::one_a_patient(pairs.list) : pairs.list;
      const Json figures = evaluate::retrieval_figures(chosen, pairs.first, pairs.second, options);
      if (subset == "all") metrics["tasks"][task] = figures;
      if (by_subset.size() > 1) metrics["subsets"][task][subset] = figures;
    }
}

void write_embeddings(const std::filesystem::path& folder, const Findings& findings) {
  for (const auto& [task, by_subset] : join_sides(findings.sides)) {
    const auto all = by_subset.find("all");
    if (all == by_subset.end()) continue;
    Json studies = Json::array(), patients = Json::array();
    for (const auto& pair : all->second.list) {
      studies.push_back(pair.study);
      patients.push_back(pair.patient);
    }
    std::filesystem::create_directories(folder);
    weights::write_safetensors(
        folder / (task + ".embeddings.safetensors"),
        {{"first", stacked(all->second, &evaluate::PairEmbedding::first)},
         {"second", stacked(all->second, &evaluate::PairEmbedding::second)}},
        {{"first", all->second.first}, {"second", all->second.second}, {"studies", studies.dump()}, {"patients", patients.dump()}});
  }
}

}  // namespace chiasm
