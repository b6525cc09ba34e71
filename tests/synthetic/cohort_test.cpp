#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/synthetic/hidden.h"
#include "tests/synthetic/cohort_folder.h"

namespace chiasm::synthetic::testing {
namespace {

std::map<std::string, std::string> contents(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const fs::path& path : list_files(root)) files[fs::relative(path, root).string()] = read_file(path);
  return files;
}

TEST(Cohort, DoesNotDependOnThreads) {
  const TemporaryFolder folder("threads");
  write_cohort({folder.path() / "one", small_patients, small_seed, 1});
  EXPECT_TRUE(contents(folder.path() / "one") == contents(small_cohort()));
}

TEST(Cohort, AnotherSeedIsAnotherCohort) {
  const TemporaryFolder folder("seed");
  write_cohort({folder.path() / "other", 1, small_seed + 1, 2});
  EXPECT_NE(read_file(folder.path() / "other" / "reports.csv"), read_file(small_cohort() / "reports.csv"));
  EXPECT_NE(read_file(folder.path() / "other" / "site.key"), read_file(small_cohort() / "site.key"));
}

TEST(Cohort, SmallerCohortIsTheBeginningOfALarger) {
  const TemporaryFolder folder("prefix");
  write_cohort({folder.path() / "two", 2, small_seed, 2});
  const auto larger = contents(small_cohort()), smaller = contents(folder.path() / "two");
  for (const auto& [name, bytes] : smaller)
    if (starts_with(name, "dicom/") || starts_with(name, "masks/")) {
      ASSERT_TRUE(larger.count(name)) << name;
      EXPECT_TRUE(larger.at(name) == bytes) << name;
    }
  EXPECT_TRUE(starts_with(larger.at("reports.csv"), smaller.at("reports.csv")));
  EXPECT_TRUE(starts_with(larger.at("table.csv"), smaller.at("table.csv")));
}

TEST(Cohort, IsNotWrittenOverAnother) {
  const auto before = contents(small_cohort());
  try {
    write_cohort({small_cohort(), 1, 1, 1});
    FAIL() << "an existing folder was accepted";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("exists; a cohort is not written over another"), std::string::npos);
  }
  EXPECT_TRUE(contents(small_cohort()) == before);
}

TEST(Cohort, LeavesNothingHalfWritten) {
  const TemporaryFolder folder("full");
  const fs::path file = folder.path() / "file";
  write_file_atomic(file, "not a folder");
  EXPECT_THROW(write_cohort({file / "cohort", 1, 1, 1}), Error);
  EXPECT_EQ(list_files(folder.path()).size(), 1u);
}

TEST(Cohort, TablesSpeakOfTheSameStudies) {
  const Csv reports = read_csv(small_cohort() / "reports.csv"), table = read_csv(small_cohort() / "table.csv"),
            masks = read_csv(small_cohort() / "masks.csv");
  std::set<std::string> reported, tabled;
  for (const auto& row : reports.rows) reported.insert(row[0]);
  for (const auto& row : table.rows) tabled.insert(row[0]);
  EXPECT_EQ(reported, tabled);
  EXPECT_EQ(reported.size(), reports.rows.size());
  for (const auto& row : masks.rows) {
    EXPECT_TRUE(reported.count(row[0]));
    EXPECT_FALSE(row[1].empty() && row[2].empty()) << row[0];
    for (const size_t column : {1, 2}) EXPECT_TRUE(row[column].empty() || fs::is_regular_file(small_cohort() / row[column])) << row[column];
  }
  const Csv truth = read_csv(small_cohort() / "answer" / "truth.csv");
  EXPECT_EQ(truth.rows.size(), finding_count * reports.rows.size());
}

TEST(Cohort, DatasetFileNamesEveryLabelColumn) {
  const std::string yaml = read_file(small_cohort() / "dataset.yaml");
  EXPECT_NE(yaml.find("columns: [nodule, effusion, marrow_lesion, device, inflammation, prior_cancer], values"), std::string::npos) << yaml;
  EXPECT_EQ(yaml.find("{columns}"), std::string::npos);
  const Csv table = read_csv(small_cohort() / "table.csv");
  for (const FindingInfo& finding : finding_list()) EXPECT_GE(table.find(finding.name), 0) << finding.name;
}

TEST(Cohort, SiteKeyIsPrivate) {
  struct stat status {};
  ASSERT_EQ(::stat((small_cohort() / "site.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(status.st_size, 32);
}

// The raw bytes and file names of a study, and its lines of the tables.
std::string raw_study(const std::string& accession) {
  std::string raw;
  for (const fs::path& path : list_files(small_cohort() / "dicom"))
    if (path.string().find(accession) != std::string::npos) raw += path.string() + "\n" + read_file(path);
  for (const char* name : {"reports.csv", "table.csv"})
    for (const auto& row : read_csv(small_cohort() / name).rows)
      if (row[0] == accession) raw += join(row, ",") + "\n";
  return raw;
}

TEST(Identities, EveryPlantedStringIsInTheRawFilesOfItsStudy) {
  const Json key = read_json(small_cohort() / "answer" / "identities.json");
  ASSERT_EQ(key.size(), read_csv(small_cohort() / "reports.csv").rows.size());
  for (const auto& [accession, planted] : key.items()) {
    const std::string raw = raw_study(accession);
    EXPECT_GE(planted.size(), 25u);
    for (const std::string text : planted) EXPECT_NE(raw.find(text), std::string::npos) << accession << ": " << text;
  }
}

TEST(Identities, AreLongEnoughToBeSearchedFor) {
  const Json key = read_json(small_cohort() / "answer" / "identities.json");
  for (const auto& [accession, planted] : key.items())
    for (const std::string text : planted) EXPECT_GE(text.size(), 8u) << text;
}

TEST(Identities, CoverEveryUidAndPersonOfTheReports) {
  const Json key = read_json(small_cohort() / "answer" / "identities.json");
  const Csv reports = read_csv(small_cohort() / "reports.csv");
  for (const auto& row : reports.rows) {
    std::set<std::string> planted;
    for (const std::string text : key.at(row[0])) planted.insert(text);
    EXPECT_TRUE(planted.count(row[0])) << "accession";
    EXPECT_TRUE(planted.count(row[1])) << "patient id";
    const std::string raw = raw_study(row[0]);
    for (size_t at = raw.find("2.25."); at != std::string::npos; at = raw.find("2.25.", at + 1)) {
      const std::string uid = raw.substr(at, 44), stem = raw.substr(at, 41);
      EXPECT_TRUE(planted.count(uid) || planted.count(stem)) << uid;
    }
    for (size_t at = row[3].find("Dr. "); at != std::string::npos; at = row[3].find("Dr. ", at + 1)) {
      const std::string family = row[3].substr(at + 4, row[3].find_first_of(" .", at + 4) - at - 4);
      EXPECT_TRUE(planted.count(family)) << family;
    }
  }
}

}  // namespace
}  // namespace chiasm::synthetic::testing
