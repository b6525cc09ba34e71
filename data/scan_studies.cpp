#include "data/scan_studies.h"

#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "data/deidentify_fold.h"
#include "data/deidentify_key.h"

namespace chiasm::scanning {

int64_t Studies::find(const std::string& key) const {
  const auto found = by_key.find(deid::normal_id(key));
  return found == by_key.end() ? -1 : found->second;
}

namespace {

// The study of that key, made if it is new. A second patient number makes the study one of two patients.
int64_t study_of(Studies& studies, const std::string& key, const std::string& issuer, const std::string& patient) {
  int64_t index = studies.find(key);
  if (index < 0) {
    index = static_cast<int64_t>(studies.list.size());
    studies.list.emplace_back().key = key;
    studies.identities.emplace_back();
    studies.by_key[deid::normal_id(key)] = index;
  }
  FoundStudy& study = studies.list[static_cast<size_t>(index)];
  if (study.patient.empty()) study.patient = patient;
  if (study.issuer.empty()) study.issuer = issuer;
  if (!patient.empty() && deid::normal_id(study.patient) != deid::normal_id(patient)) studies.two_patients.insert(index);
  return index;
}

std::string scanner_of(const dicom::Header& header) { return trim(header.manufacturer + " " + header.scanner); }

// Whole years: PatientAge "045Y", else from the birth date. "" when unknown.
std::string age_of(const dicom::Header& header) {
  if (header.age.size() == 4 && header.age[3] == 'Y')
    if (const auto years = parse_integer(header.age.substr(0, 3))) return std::to_string(*years);
  const auto birth = parse_day(header.birth_date), study = parse_day(header.study_date);
  if (!birth || !study || *study < *birth) return "";
  const CalendarDate born = date_of(*birth), seen = date_of(*study);
  const bool before_birthday = seen.month < born.month || (seen.month == born.month && seen.day < born.day);
  return std::to_string(seen.year - born.year - before_birthday);
}

void add_fact(FoundStudy& study, const std::string& name, const std::string& value) {
  if (!value.empty()) study.facts.emplace(name, value);
}

// Two patients with the same may be one person. "" unless all three are known.
std::string person_of(const dicom::Header& header) {
  const std::string name = deid::folded_key(trim(header.patient_name)), birth = trim(header.birth_date), sex = trim(header.sex);
  return name.empty() || birth.empty() || sex.empty() ? "" : name + "\n" + birth + "\n" + sex;
}

void list_group(Studies& studies, const std::string& source, const std::string& site, dicom::ShelvedGroup shelf) {
  const dicom::Group group = shelf.open();
  if (group.headers.empty()) return;
  const dicom::Header& header = group.headers.front();
  const int64_t index = study_of(studies, header.accession.empty() ? header.study_uid : header.accession, header.issuer, header.patient_id);
  studies.by_key.emplace(header.study_uid, index);
  const auto series = std::make_shared<const FoundSeries>(
      FoundSeries{std::move(shelf), group.series_uid, group.modality, facts_of(group), unfit_code(group)});
  studies.groups[source][index].push_back(series);
  studies.by_series[group.series_uid].push_back(series);
  FoundStudy& study = studies.list[static_cast<size_t>(index)];
  if (!study.day) study.day = parse_day(header.study_date);
  if (study.time.empty()) study.time = header.study_time;
  add_fact(study, "sex", header.sex);
  add_fact(study, "age", age_of(header));
  add_fact(study, "scanner", scanner_of(header));
  if (study.site.empty()) study.site = site;
  if (study.person.empty()) study.person = person_of(header);
  for (const dicom::Header& each : group.headers) studies.identities[static_cast<size_t>(index)].add_header(each);
}

// A segmentation or structure set makes no study known, but it names the people of one.
void list_drawn(Studies& studies, const std::shared_ptr<const dicom::Header>& drawn) {
  studies.drawn_by_series[drawn->series_uid].push_back(drawn);
  int64_t index = studies.find(drawn->accession);
  if (index < 0) index = studies.find(drawn->study_uid);
  if (index >= 0) studies.identities[static_cast<size_t>(index)].add_header(*drawn);
}

// What a row says of its study, whatever made the study known.
void add_row(Studies& studies, Table& table, size_t row, int64_t index) {
  const SourceConfig& c = table.config;
  FoundStudy& study = studies.list[static_cast<size_t>(index)];
  table.study_of_row[row] = index;
  table.rows[index].push_back(row);
  if (!c.date.empty() && !study.day) study.day = parse_day(table.cell(row, c.date));
  if (study.site.empty()) study.site = c.site_column.empty() ? c.site : table.cell(row, c.site_column);
  for (const auto& [fact, column] : c.facts) add_fact(study, fact, table.cell(row, column));
  deid::Identity& identity = studies.identities[static_cast<size_t>(index)];
  for (const std::string* column : {&c.key, &c.study, &c.patient})
    if (!column->empty()) identity.add("number", table.cell(row, *column));
  if (!c.date.empty()) identity.add("date", table.cell(row, c.date));
  for (const std::string& column : c.identity) identity.add(column, table.cell(row, column));
}

void list_rows(Studies& studies, Table& table) {
  const SourceConfig& c = table.config;
  for (size_t row = 0; row < table.csv.rows.size(); ++row) {
    const std::string key = table.cell(row, c.study);
    if (key.empty())
      throw InputError("source '" + table.name + "': row " + std::to_string(row + 1) + " has no study in column '" + c.study + "'");
    const std::string patient = c.patient.empty() ? "" : table.cell(row, c.patient);
    add_row(studies, table, row, study_of(studies, key, "", patient));
  }
}

void list_manifest(Studies& studies, const std::vector<ManifestRow>& rows) {
  for (const ManifestRow& row : rows) {
    const int64_t index = study_of(studies, row.study, "", row.patient);
    FoundStudy& study = studies.list[static_cast<size_t>(index)];
    if (const auto day = parse_day(row.time)) study.day = std::max(study.day.value_or(*day), *day);
    if (study.site.empty()) study.site = row.site;
    deid::Identity& identity = studies.identities[static_cast<size_t>(index)];
    identity.add("number", row.study);
    identity.add("number", row.patient);
    identity.add("date", row.time);
  }
}

// Studies of each patient, by normalised number alone: tables know no issuer.
std::map<std::string, std::vector<int64_t>> by_patient(const Studies& studies) {
  std::map<std::string, std::vector<int64_t>> result;
  for (size_t i = 0; i < studies.list.size(); ++i) result[deid::normal_id(studies.list[i].patient)].push_back(static_cast<int64_t>(i));
  return result;
}

// The study of the patient nearest to the row's date: -1 none, -2 two equally near.
int64_t nearest_study(const Studies& studies, const std::vector<int64_t>& candidates, int64_t day, int64_t within) {
  int64_t best = -1, distance = within + 1;
  for (const int64_t index : candidates) {
    const auto& study_day = studies.list[static_cast<size_t>(index)].day;
    const int64_t apart = study_day ? std::abs(*study_day - day) : within + 1;
    if (apart > within || apart > distance) continue;
    best = apart == distance ? -2 : index;
    distance = apart;
  }
  return best;
}

void join_rows(Studies& studies, Table& table, const std::map<std::string, std::vector<int64_t>>& patients, ScanResult& result) {
  const SourceConfig& c = table.config;
  int64_t joined = 0;
  for (size_t row = 0; row < table.csv.rows.size(); ++row) {
    int64_t index = -1;
    if (!c.key.empty()) {
      index = studies.find(table.cell(row, c.key));
    } else if (const auto day = parse_day(table.cell(row, c.date))) {
      const auto candidates = patients.find(deid::normal_id(table.cell(row, c.patient)));
      if (candidates != patients.end()) index = nearest_study(studies, candidates->second, *day, c.within_days);
    }
    if (index >= 0) {
      add_row(studies, table, row, index);
      ++joined;
      continue;
    }
    const std::string code = index == -2 ? "AMBIGUOUS" : "NO_MATCH";
    result.refusals.push_back({"", table.name, table.name + " row " + std::to_string(row + 1), code, "a row of the table"});
  }
  if (joined == 0)
    throw InputError("source '" + table.name + "': none of its " + std::to_string(table.csv.rows.size()) +
                     " rows belongs to a study; check the column '" + (c.key.empty() ? c.patient + "' and '" + c.date : c.key) + "'");
}

}  // namespace

Studies join_sources(Sources& sources, ScanResult& result) {
  Studies studies;
  for (auto& [name, groups] : sources.groups)
    for (dicom::ShelvedGroup& group : groups) list_group(studies, name, sources.sites.at(name), std::move(group));
  for (const auto& [name, drawn] : sources.drawn)
    for (const auto& object : drawn) list_drawn(studies, object);
  for (auto& [name, table] : sources.tables) {
    table.study_of_row.assign(table.csv.rows.size(), -1);
    if (!table.config.study.empty()) list_rows(studies, table);
  }
  for (const auto& [name, rows] : sources.manifests) list_manifest(studies, rows);
  if (studies.list.empty())
    throw InputError("no study was found; at least one source must list studies (dicom, manifest, files, or a csv with `study`)");
  const auto patients = by_patient(studies);
  for (auto& [name, table] : sources.tables) {
    result.funnel.count(name, "found", "", static_cast<int64_t>(table.csv.rows.size()));
    if (table.config.study.empty()) join_rows(studies, table, patients, result);
    result.funnel.count(name, "matched", "",
                        std::count_if(table.study_of_row.begin(), table.study_of_row.end(), [](int64_t study) { return study >= 0; }));
  }
  return studies;
}

}  // namespace chiasm::scanning
