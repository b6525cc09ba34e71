#include "data/synthetic/identity.h"

namespace chiasm::synthetic {

std::vector<Site> draw_sites(uint64_t seed) {
  static const std::array<DateStyle, 3> styles{DateStyle::dotted, DateStyle::slashed, DateStyle::words};
  static const std::array<std::string, 3> makers{"Aurelis", "Nordmed", "Tessara"};
  Random random(hash_key(seed, "sites"));
  std::vector<Site> sites;
  for (size_t s = 0; s < styles.size(); ++s) {
    Site site;
    const std::string town = draw_place(random);
    site.institution = town + " Clinic";
    site.address = draw_code("", 2, random) + " " + draw_place(random) + " Road, " + town;
    site.ward_phone = draw_phone(random);
    site.date_style = styles[s];
    for (int i = 0; i < 6; ++i) site.physicians.push_back(draw_person(random.chance(0.5), random));
    for (const char* modality : {"CT", "MR", "CR"})
      site.scanners[modality] = {makers[s], makers[s] + " " + modality + " " + std::to_string(2 + s),
                                 draw_code(std::string(modality) + "STATION", 5, random), draw_code("SN", 9, random)};
    sites.push_back(site);
  }
  return sites;
}

PatientIdentity draw_patient_identity(const Patient& patient) {
  static const std::array<std::string, 2> female_relations{"sister", "daughter"}, male_relations{"brother", "son"};
  Random random(hash_key(patient.key, "identity"));
  PatientIdentity identity;
  identity.person = draw_person(patient.female, random);
  const bool female_relative = random.chance(0.5);
  identity.relative = draw_person(female_relative, random);
  identity.relation = (female_relative ? female_relations : male_relations)[static_cast<size_t>(random.integer(2))];
  identity.patient_id = draw_code("PT", 9, random);
  identity.other_id = draw_code("HX", 9, random);
  identity.phone = draw_phone(random);
  identity.address = draw_code("", 3, random) + " " + draw_place(random) + " Lane";
  identity.mother_family = draw_person(true, random).family;
  identity.folder = ascii(identity.person.family + "_" + identity.person.given + "_" + identity.patient_id);
  return identity;
}

VisitIdentity draw_visit_identity(const Patient& patient, size_t visit, const std::vector<Site>& sites) {
  Random site_choice(hash_key(patient.key, "site"));
  Random random(hash_key(hash_key({patient.key, visit}), "visit identity"));
  VisitIdentity identity;
  identity.site = &sites[static_cast<size_t>(site_choice.integer(static_cast<int64_t>(sites.size())))];
  const std::vector<int64_t> staff = random.sample(static_cast<int64_t>(identity.site->physicians.size()), 3);
  const auto physician = [&](size_t i) { return identity.site->physicians[static_cast<size_t>(staff[i])]; };
  identity.referring = physician(0);
  identity.performing = physician(1);
  identity.operating = physician(2);
  identity.accession = draw_code("ACN", 10, random);
  identity.request_id = draw_code("RQ", 9, random);
  identity.admission_id = draw_code("AD", 9, random);
  identity.study_stem = draw_uid_stem(random);
  for (const char* modality : {"CT", "MR"}) identity.frame_stems[modality] = draw_uid_stem(random);
  identity.hour = static_cast<int>(8 + random.integer(10));
  return identity;
}

}  // namespace chiasm::synthetic
