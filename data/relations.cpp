#include "data/relations.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/threads.h"

namespace chiasm {

namespace {

constexpr int64_t kWordsOfAReport = 40;
constexpr size_t kPatientsOfATemplate = 4;

struct Place {
  Relation::End end;
  const ImageSurvey* image = nullptr;
};

class Finder {
 public:
  Finder(const StoreReader& store, const std::vector<StudySurvey>& studies) : store_(store), studies_(studies) {
    for (size_t i = 0; i < studies.size(); ++i)
      for (const ImageSurvey& image : studies[i].images)
        if (!image.constant)
          images_[store.schema().inputs.at(image.input).modality].push_back({{static_cast<int64_t>(i), image.input, image.row}, &image});
  }

  std::vector<Relation> find(int threads) {
    for (const auto& [modality, places] : images_) {
      add_same_images(places);
      add_near_images(places, threads);
    }
    add_same_texts();
    add_same_persons();
    const auto key = [](const Relation& r) {
      return std::tie(r.first.study, r.second.study, r.kind, r.first.input, r.second.input, r.first.row, r.second.row);
    };
    std::sort(found_.begin(), found_.end(), [&](const Relation& a, const Relation& b) { return key(a) < key(b); });
    return std::move(found_);
  }

 private:
  const std::string& patient(int64_t study) const { return store_.entry(study).patient; }

  void add_same_images(const std::vector<Place>& places) {
    std::map<std::string, const Place*> first;
    for (const Place& place : places) {
      const Place& seen = *first.try_emplace(place.image->digest, &place).first->second;
      if (patient(seen.end.study) != patient(place.end.study)) found_.push_back({Relation::Kind::same_image, seen.end, place.end, 0});
    }
  }

  void add_near_images(const std::vector<Place>& places, int threads) {
    std::mutex mutex;
    parallel_for(static_cast<int64_t>(places.size()), threads, [&](int64_t index) {
      const Place& here = places[static_cast<size_t>(index)];
      for (size_t n = 0; n < static_cast<size_t>(index); ++n) {
        const Place& other = places[n];
        const double apart = distance(other.image->hash, here.image->hash);
        if (apart >= kNearHash || patient(other.end.study) == patient(here.end.study) || other.image->digest == here.image->digest)
          continue;
        if (likeness(detail_of(other.end), detail_of(here.end)) <= kAlikeDetail) continue;
        const std::lock_guard lock(mutex);
        found_.push_back({Relation::Kind::near_image, other.end, here.end, apart});
      }
    });
  }

  Detail detail_of(const Relation::End& end) const {
    const StudyRecord record = store_.read(end.study, {end.input});
    return detail(record.inputs.at(end.input).at(end.row).volume);
  }

  void add_same_texts() {
    std::map<std::string, std::map<std::string, Relation::End>> by_digest;  // -> patient -> first place
    for (size_t i = 0; i < studies_.size(); ++i)
      for (const TextSurvey& text : studies_[i].texts)
        if (text.words >= kWordsOfAReport)
          by_digest[text.digest].try_emplace(patient(static_cast<int64_t>(i)), Relation::End{static_cast<int64_t>(i), text.input, 0});
    for (const auto& [digest, places] : by_digest) {
      if (places.size() >= kPatientsOfATemplate) continue;
      for (auto place = std::next(places.begin()); place != places.end(); ++place)
        add_ordered(Relation::Kind::same_text, places.begin()->second, place->second);
    }
  }

  void add_same_persons() {
    std::map<std::string, int64_t> first;
    for (int64_t i = store_.size(); i-- > 0;) first[patient(i)] = i;
    const Aliases aliases = read_aliases(store_.folder());
    for (auto alias = aliases.begin(); alias != aliases.end(); ++alias) {
      const auto next = std::next(alias);
      if (next == aliases.end() || next->first != alias->first) continue;
      const auto one = first.find(alias->second), two = first.find(next->second);
      if (one != first.end() && two != first.end()) add_ordered(Relation::Kind::same_person, {one->second, "", 0}, {two->second, "", 0});
    }
  }

  void add_ordered(Relation::Kind kind, Relation::End a, Relation::End b) {
    if (b.study < a.study) std::swap(a, b);
    found_.push_back({kind, std::move(a), std::move(b), 0});
  }

  const StoreReader& store_;
  const std::vector<StudySurvey>& studies_;
  std::map<std::string, std::vector<Place>> images_;  // by modality
  std::vector<Relation> found_;
};

}  // namespace

std::vector<Relation> find_relations(const StoreReader& store, const std::vector<StudySurvey>& studies, int threads) {
  return Finder(store, studies).find(threads);
}

std::string to_string(Relation::Kind kind) {
  switch (kind) {
    case Relation::Kind::same_image:
      return "the same image";
    case Relation::Kind::near_image:
      return "nearly the same image";
    case Relation::Kind::same_text:
      return "the same text";
    case Relation::Kind::same_person:
      return "the same name, birth date and sex";
  }
  return "";
}

Aliases read_aliases(const std::filesystem::path& store) {
  Aliases aliases;
  const fs::path file = store / "aliases.csv";
  if (!fs::exists(file)) return aliases;
  const Csv csv = read_csv(file);
  const auto patient = static_cast<size_t>(csv.at("patient")), person = static_cast<size_t>(csv.at("person"));
  std::set<std::pair<std::string, std::string>> rows;
  for (const auto& row : csv.rows) rows.emplace(row[person], row[patient]);
  for (const auto& row : rows) aliases.insert(row);
  return aliases;
}

void write_aliases(const std::filesystem::path& store, const Aliases& aliases) {
  std::set<std::pair<std::string, std::string>> rows(aliases.begin(), aliases.end());
  for (const auto& row : read_aliases(store)) rows.insert(row);
  if (rows.empty()) return;
  std::string text = csv_line({"patient", "person"});
  for (const auto& [person, patient] : rows) text += csv_line({patient, person});
  write_file_atomic(store / "aliases.csv", text);
}

}  // namespace chiasm
