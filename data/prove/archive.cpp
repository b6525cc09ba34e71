#include "data/prove/archive.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "data/store/store.h"
#include "data/synthetic/dicom_writer.h"
#include "data/synthetic/names.h"

namespace chiasm::prove {

namespace {

namespace fs = std::filesystem;
using synthetic::Element;

constexpr const char* kDataset = R"(sources:
  pacs: {dicom: dicom}
  ris:  {csv: ris.csv, key: accession, text: report}
inputs:
  ct:       {modality: ct, source: pacs}
  findings: {modality: text, source: ris, section: findings, available: after_reading}
  labs:     {modality: table, source: ris, columns: {age: {unit: a}, crp: {}}}
deidentify: {key: site.key, text_language: en}
)";

// Makes words that stand nowhere else and notes where each was planted.
class Planter {
 public:
  explicit Planter(uint64_t seed) : random_(hash_key(seed, "markers")) {}
  // `form` with @ for a new word.
  std::string operator()(const std::string& place, const std::string& form = "@") {
    std::string word;
    do word = synthetic::ascii(synthetic::draw_person(false, random_).family);
    while (word.find('_') != std::string::npos || word.size() < 8 || !used_.insert(lower(word)).second);
    markers.push_back({place, word});
    return values[place] = replace_all(form, "@", word);
  }
  std::vector<Marker> markers;
  std::map<std::string, std::string> values;  // the whole value at each place

 private:
  Random random_;
  std::set<std::string> used_;
};

// Attributes of which the marker is the value, or part of it.
std::vector<Element> plain_attributes(Planter& plant) {
  std::vector<Element> elements;
  for (const char* keyword : {"PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName", "ResponsiblePerson",
                              "ReferringPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "PerformingPhysicianName",
                              "OperatorsName", "RequestingPhysician", "NamesOfIntendedRecipientsOfResults"})
    elements.push_back({keyword, plant(keyword, "@^Ann")});
  for (const char* keyword : {"PatientAddress",
                              "MilitaryRank",
                              "BranchOfService",
                              "Occupation",
                              "PatientReligiousPreference",
                              "AdditionalPatientHistory",
                              "PatientComments",
                              "ResponsibleOrganization",
                              "CountryOfResidence",
                              "RegionOfResidence",
                              "IssuerOfPatientID",
                              "StudyDescription",
                              "ReferringPhysicianAddress",
                              "RequestingService",
                              "AdmissionID",
                              "CurrentPatientLocation",
                              "PatientInstitutionResidence",
                              "VisitComments",
                              "InstitutionName",
                              "InstitutionAddress",
                              "InstitutionalDepartmentName",
                              "DeviceSerialNumber",
                              "ProtocolName",
                              "SeriesDescription",
                              "ImageComments",
                              "RequestedProcedureDescription",
                              "RequestedProcedureComments",
                              "PerformedProcedureStepDescription",
                              "ContrastBolusAgent",
                              "AcquisitionDeviceProcessingDescription",
                              "DetectorDescription"})
    elements.push_back({keyword, plant(keyword)});
  elements.push_back({"StationName", plant("StationName").substr(0, 16)});
  elements.push_back({"PatientTelephoneNumbers", plant("PatientTelephoneNumbers", "@ 0147382")});
  return elements;
}

// The value of an attribute of bytes: in hexadecimal, joined by backslashes.
std::string as_bytes(const std::string& text) {
  constexpr const char* digits = "0123456789abcdef";
  std::vector<std::string> bytes;
  for (const char c : text) bytes.push_back({digits[static_cast<uint8_t>(c) >> 4], digits[static_cast<uint8_t>(c) & 15]});
  return join(bytes, "\\");
}

// Sequences three deep, private elements and sequences, overlays.
std::vector<Element> nested_attributes(Planter& plant) {
  return {{"OtherPatientIDsSequence", "", {{{"PatientID", plant("OtherPatientIDsSequence", "@7")}, {"TypeOfPatientID", "TEXT"}}}},
          {"RequestAttributesSequence",
           "",
           {{{"ScheduledProcedureStepDescription", plant("RequestAttributesSequence")},
             {"ScheduledProtocolCodeSequence",
              "",
              {{{"CodeValue", "1"},
                {"CodingSchemeDesignator", "99X"},
                {"CodeMeaning", plant("two sequences deep")},
                {"ProtocolContextSequence", "", {{{"ValueType", "TEXT"}, {"TextValue", plant("three sequences deep")}}}}}}}}}},
          {"PatientOrientationCodeSequence",
           "",
           {{{"CodeValue", "F-10450"},
             {"CodingSchemeDesignator", "SRT"},
             {"CodeMeaning", "recumbent"},
             {"PatientOrientationModifierCodeSequence",
              "",
              {{{"CodeValue", "1"}, {"CodingSchemeDesignator", "99X"}, {"CodeMeaning", plant("a kept sequence, local code")}}}}}}},
          {"(0008,0300)SQ", "", {{{"(0011,0010)LO", "CHIASM PROOF"}, {"(0011,1004)UN", as_bytes(plant("private in a sequence"))}}}},
          {"(0009,0010)LO", "CHIASM PROOF"},
          {"(0009,1001)UN", as_bytes(plant("private, unknown representation"))},
          {"SourceImageSequence",
           "",
           {{{"ReferencedSOPClassUID", "1.2.840.10008.5.1.4.1.1.2"},
             {"ReferencedSOPInstanceUID", "1.2.3.4"},
             {"PatientName", plant("SourceImageSequence", "@^Ann")}}}},
          {"(0011,0010)LO", "CHIASM PROOF"},
          {"(0011,1001)LO", plant("private element")},
          {"(0011,1002)SQ", "", {{{"PatientName", plant("private sequence", "@^Ann")}}}},
          {"(0011,1003)UT", plant("private text")},
          {"(6000,0022)LO", plant("overlay description")},
          {"(6000,1500)LO", plant("overlay label")},
          {"(6000,4000)LT", plant("overlay comments")}};
}

synthetic::ImageSeries small_series() {
  synthetic::ImageSeries series;
  series.modality = "CT";
  series.size = {4, 8, 8};
  series.affine = {-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 2, -30};
  series.thickness_mm = 2;
  for (int i = 0; i < 4 * 64; ++i) series.stored.push_back(static_cast<uint16_t>(i * 7 % 1000));
  return series;
}

// An application entity title (0002,0016) at the end of the file meta information, whose length stands in its first attribute.
void plant_in_meta(std::string& bytes, const std::string& title) {
  constexpr size_t length_at = 140, first = 144;
  const auto byte = [&](size_t n) { return static_cast<size_t>(static_cast<uint8_t>(bytes[length_at + n])); };
  const size_t length = byte(0) | byte(1) << 8;
  const std::string value = title + std::string(title.size() % 2, ' ');
  bytes.insert(first + length, std::string("\2\0\x16\0AE", 6) + static_cast<char>(value.size()) + '\0' + value);
  const size_t longer = length + 8 + value.size();
  bytes[length_at] = static_cast<char>(longer & 0xFF);
  bytes[length_at + 1] = static_cast<char>(longer >> 8);
}

// Around the attributes: the preamble, the file meta information, and trailing padding (FFFC,FFFC).
void plant_around(const fs::path& file, Planter& plant) {
  std::string bytes = read_file(file);
  const std::string before = plant("preamble"), behind = plant("trailing padding");
  bytes.replace(0, before.size(), before);
  plant_in_meta(bytes, plant("file meta information").substr(0, 16));
  std::string padding = behind + std::string(behind.size() % 2, '\0');
  bytes += std::string("\xFC\xFF\xFC\xFFOB\0\0", 8) + static_cast<char>(padding.size()) + std::string(3, '\0') + padding;
  write_file_atomic(file, bytes);
}

std::string report(Planter& plant) {
  const auto person = [&](const std::string& place) { return split(plant.values.at(place), '^')[0]; };
  const auto& value = plant.values;
  return "PATIENT: " + upper(person("PatientName")) + ", Ann\nREFERRED BY: Dr. " + person("ReferringPhysicianName") + ", " +
         value.at("InstitutionName") + "\nFINDINGS: A 12 mm nodule. A. " + person("PatientName") + " moved. Reported by " +
         person("NameOfPhysiciansReadingStudy") + ", operator " + lower(person("OperatorsName")) + ", signed by " +
         plant("report, signature") + " MD. ID " + value.at("PatientID") + ", accession " + value.at("AccessionNumber") + ", ward " +
         value.at("CurrentPatientLocation") + ".";
}

}  // namespace

Archive plant_archive(const fs::path& folder, uint64_t seed) {
  Planter plant(seed);
  Random random(hash_key(seed, "uids"));
  const std::string stem = synthetic::draw_uid_stem(random);
  const std::string accession = plant("AccessionNumber", "@1").substr(0, 16);
  std::vector<Element> elements{{"PatientID", plant("PatientID", "@1")},
                                {"AccessionNumber", accession},
                                {"StudyDate", "20230314"},
                                {"PatientBirthDate", "19300107"},
                                {"Modality", "CT"},
                                {"StudyInstanceUID", synthetic::uid_of(stem, 1)},
                                {"SeriesInstanceUID", synthetic::uid_of(stem, 2)},
                                {"FrameOfReferenceUID", synthetic::uid_of(stem, 3)},
                                {"ImageType", "ORIGINAL\\PRIMARY\\AXIAL"},
                                {"BodyPartExamined", "CHEST"},
                                {"RescaleSlope", "1"},
                                {"RescaleIntercept", "-1000"}};
  for (const auto& more : {plain_attributes(plant), nested_attributes(plant)}) elements.insert(elements.end(), more.begin(), more.end());
  // A kept fact that happens to hold the patient's name must go.
  elements.push_back({"ConvolutionKernel",
                      std::find_if(elements.begin(), elements.end(), [](const Element& e) { return e.keyword == "PatientName"; })->value});
  for (const auto& [place, value] : {std::pair{"StudyDate", "20230314"},
                                     {"StudyDate in a text", "2023-03-14"},
                                     {"PatientBirthDate", "19300107"},
                                     {"PatientBirthDate in a text", "07/01/1930"}})
    plant.markers.push_back({place, value});
  plant.markers.push_back({"UIDs", stem});
  const fs::path series = folder / "dicom" / plant("folder name");
  std::vector<std::string> names;
  for (int k = 0; k < 4; ++k) names.push_back(plant("file name") + ".dcm");
  synthetic::write_series(series, small_series(), elements, stem + "9", names);
  for (const std::string& name : names) plant_around(series / name, plant);
  const std::string text = report(plant) + " Compared with 2023-03-14, born 07/01/1930.";
  write_file_atomic(folder / "ris.csv", "accession,report,age,crp,patient_name,note\n" + accession + ",\"" + text + "\",93,12.5," +
                                            plant("table, name") + "," + plant("table, note") + "\n");
  write_file_atomic(folder / "site.key", std::string(32, 'k'));
  fs::permissions(folder / "site.key", fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomic(folder / "dataset.yaml", kDataset);
  return {folder / "dataset.yaml", plant.markers};
}

namespace {

std::string utf16(const std::string& ascii) {
  std::string text;
  for (const char c : ascii) text += std::string{c, '\0'};
  return text;
}

// Everything that the store's reader decodes, as one text.
std::string decoded(const fs::path& store) {
  const StoreReader reader(store);
  std::string text;
  for (int64_t i = 0; i < reader.size(); ++i) {
    const StudyRecord study = reader.read(i);
    text += study.study + "\n" + study.patient + "\n";
    for (const auto& [name, value] : study.facts) text += name + "=" + value + "\n";
    for (const auto& [name, items] : study.inputs)
      for (const StudyItem& item : items) {
        text += name + ": " + item.text + "\n";
        for (const auto& [fact, value] : item.volume.facts) text += fact + "=" + value + "\n";
      }
  }
  return text;
}

}  // namespace

std::vector<Marker> find_markers(const fs::path& folder, const fs::path& store, const std::vector<Marker>& markers) {
  std::set<size_t> found;
  const auto search = [&](const std::string& bytes) {
    const std::string low = lower(bytes);
    for (size_t i = 0; i < markers.size(); ++i) {
      const std::string value = lower(markers[i].value);
      if (low.find(value) != std::string::npos || low.find(utf16(value)) != std::string::npos) found.insert(i);
    }
  };
  for (const fs::path& file : list_files(folder)) {
    search(read_file(file));
    search(file.lexically_relative(folder).string());
  }
  if (!store.empty()) search(decoded(store));
  std::vector<Marker> left;
  for (const size_t i : found) left.push_back(markers[i]);
  return left;
}

}  // namespace chiasm::prove
