// Which patients of a store may be one person, or share what they should not: a split keeps them on one side.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/survey.h"

namespace chiasm {

// Between two studies of different patients.
struct Relation {
  enum class Kind { same_image, near_image, same_text, same_person };
  // An image or text of the store; for a person, any study of the patient.
  struct End {
    int64_t study = 0;  // index in the store
    std::string input;
    size_t row = 0;
  };
  Kind kind = Kind::same_image;
  End first, second;
  double distance = 0;  // of the perceptual hashes
};

// Same images: equal voxels, constant ones aside. Near images: near by hash and by detail (data/perceptual_hash.h), of one modality. Same
// texts: of 40 words or more under two or three patients; what more patients share is a template. Same persons: aliases.csv of the store.
// Sorted by the studies. Compares all pairs of hashes, and reads again the images of each near
// pair.
std::vector<Relation> find_relations(const StoreReader& store, const std::vector<StudySurvey>& studies, int threads);

std::string to_string(Relation::Kind kind);  // "the same image", ...

// aliases.csv of a store: patient,person. `person` is a keyed digest of name, birth date and sex, so that two patients with one digest may
// be one person under two numbers. It is no part of data_sha256. A store without one has no known aliases.
using Aliases = std::multimap<std::string, std::string>;  // person -> patients
Aliases read_aliases(const std::filesystem::path& store);
// Adds to what the file holds.
void write_aliases(const std::filesystem::path& store, const Aliases& aliases);

}  // namespace chiasm
