#include "data/split_units.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"

namespace chiasm {

namespace {

// Sets that only grow together; the head of a set is its first member.
class Unions {
 public:
  const std::string& head(const std::string& name) {
    std::string& above = above_.try_emplace(name, name).first->second;
    if (above != name) above = head(std::string(above));
    return above;
  }
  void join(const std::string& a, const std::string& b) {
    const std::string first = head(a), second = head(b);
    above_[std::max(first, second)] = std::min(first, second);
  }

 private:
  std::map<std::string, std::string> above_;
};

std::string period_of(const StudyEntry& entry) {
  const auto period = entry.facts.find("period");
  return period == entry.facts.end() ? "" : period->second;
}

const std::string& fact_of(const StudyEntry& entry, const std::string& name) {
  const auto fact = entry.facts.find(name);
  if (fact == entry.facts.end() || fact->second.empty())
    throw InputError("split: study " + entry.study + " has no fact '" + name + "'; split by patient, or give every study a " + name);
  return fact->second;
}

std::string pattern_of(const std::vector<double>& highest) {
  std::string pattern;
  for (const double value : highest) pattern += value < 0 ? '?' : value > 0.5 ? '1' : '0';
  return pattern;
}

}  // namespace

bool has_periods(const StoreReader& store) {
  for (int64_t i = 0; i < store.size(); ++i)
    if (const std::string period = period_of(store.entry(i)); period == "later" || period == "earlier") return true;
  return false;
}

std::vector<SplitUnit> split_units(const StoreReader& store, const UnitRules& rules, const std::vector<Relation>& relations) {
  Unions people, places;
  for (const Relation& relation : relations) {
    people.join(store.entry(relation.first.study).patient, store.entry(relation.second.study).patient);
    places.join(store.entry(relation.first.study).patient, store.entry(relation.second.study).patient);
  }
  std::map<std::string, std::string> first_with;  // value of the fact -> a patient
  for (int64_t i = 0; i < store.size() && rules.by != "patient"; ++i) {
    const StudyEntry& entry = store.entry(i);
    places.join(entry.patient, first_with.try_emplace(fact_of(entry, rules.by), entry.patient).first->second);
  }
  const size_t classes = rules.stratify.empty() ? 0 : store.schema().targets.at(rules.stratify).classes.size();
  std::map<std::string, SplitUnit> units;
  std::map<std::string, std::set<std::string>> related;
  std::map<std::string, std::vector<double>> highest;
  for (int64_t i = 0; i < store.size(); ++i) {
    const StudyEntry& entry = store.entry(i);
    const std::string& head = places.head(entry.patient);
    SplitUnit& unit = units[head];
    unit.patients.push_back(entry.patient);
    related[people.head(entry.patient)].insert(entry.patient);
    const std::string period = rules.periods ? period_of(entry) : "earlier";
    (period == "later" ? unit.later : period == "earlier" ? unit.studies : unit.undated).push_back(entry.study);
    std::vector<double>& values = highest.try_emplace(head, classes, -1.0).first->second;
    const auto labels = entry.labels.find(rules.stratify);
    if (labels == entry.labels.end() || period != "earlier") continue;
    for (size_t k = 0; k < classes; ++k)
      if (!std::isnan(labels->second[k])) values[k] = std::max(values[k], labels->second[k]);
  }
  for (const auto& [head, patients] : related)
    if (patients.size() > 1) units[places.head(head)].related.emplace_back(patients.begin(), patients.end());
  std::vector<SplitUnit> list;
  for (auto& [head, unit] : units) {
    std::sort(unit.patients.begin(), unit.patients.end());
    unit.patients.erase(std::unique(unit.patients.begin(), unit.patients.end()), unit.patients.end());
    unit.pattern = pattern_of(highest[head]);
    list.push_back(std::move(unit));
  }
  return list;
}

}  // namespace chiasm
