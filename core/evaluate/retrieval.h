// Retrieval between the two sides of the same studies: how often a query finds its partner among the k most similar candidates.
#pragma once

#include <string>
#include <vector>

#include "core/evaluate/bootstrap.h"

namespace chiasm::evaluate {

// Both sides of one study, in one space; similarity is their dot product.
struct PairEmbedding {
  std::string study, patient;
  std::vector<float> first, second;
};

// Where the partner of a query stands. Equally similar candidates are ordered at random, in expectation, so that a model without
// knowledge is at chance and not above or below it.
struct Place {
  int64_t better = 0, tied = 0;  // other candidates
  double rank() const;           // from 1; the middle of the tied ones
  double hit(int64_t k) const;   // probability of being among the first k
};

// Of every query among all candidates; query i's partner is candidate i.
std::vector<Place> places(const std::vector<std::vector<float>>& queries, const std::vector<std::vector<float>>& candidates);

// The first study of each patient by name, so that no study of the query's own patient competes with its partner.
std::vector<PairEmbedding> one_a_patient(std::vector<PairEmbedding> pairs);

// {"FIRST to SECOND": {...}, "SECOND to FIRST": {...}}, each with pool, r1, r5, r10, their chances, lift_r10 (r10 over chance) and
// median_rank. Intervals draw patients of the queries; the pool of candidates stays whole.
Json retrieval_figures(const std::vector<PairEmbedding>& pairs, const std::string& first, const std::string& second,
                       const BootstrapOptions& options);

}  // namespace chiasm::evaluate
