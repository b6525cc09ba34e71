// A tree of DICOM files to a tree without identities.
#include "data/deidentify_files.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/progress.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "data/deidentify_key.h"
#include "data/reasons.h"
#include "tests/data/deidentify_tree.h"

namespace chiasm {
namespace {

using test::DeidentifyTree;
using test::write_ct;
using test::write_key;

TEST_F(DeidentifyTree, PatientsStudiesAndSeriesStayTogetherUnderNewNames) {
  const DeidentifyFilesReport report = deidentify_files(options());
  EXPECT_EQ(report.found, 12);
  EXPECT_EQ(report.written, 12);
  EXPECT_FALSE(report.partial);
  std::map<std::string, std::set<std::string>> studies;
  std::set<std::string> series;
  for (const dicom::Header& header : headers()) {
    studies[header.patient_id].insert(header.study_uid);
    series.insert(header.series_uid);
    EXPECT_EQ(header.sop_uid.rfind("2.25.", 0), 0u);
    EXPECT_EQ(header.age, "090Y");
  }
  ASSERT_EQ(studies.size(), 2u);
  EXPECT_EQ(series.size(), 3u);
  EXPECT_EQ(studies.begin()->second.size() + studies.rbegin()->second.size(), 3u);
  EXPECT_EQ(dicom::group_files(dicom::scan_tree(scratch / "out", 1)).size(), 3u);
}

TEST_F(DeidentifyTree, IntervalsOfAPatientStay) {
  deidentify_files(options());
  const deid::Pseudonyms names(deid::read_key(scratch / "site.key"));
  std::set<int64_t> days;
  for (const dicom::Header& header : headers())
    if (header.patient_id == names.patient("", "PT1001")) days.insert(*parse_day(header.study_date));
  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(*days.rbegin() - *days.begin(), 14);
  EXPECT_EQ(*days.begin(), *parse_day("20220314") + names.shift_days("", "PT1001"));
}

TEST_F(DeidentifyTree, AnyNumberOfThreadsGivesTheSameBytesAndARerunAddsNothing) {
  deidentify_files(options("one", 1));
  deidentify_files(options("eight", 8));
  const auto one = contents("one");
  EXPECT_EQ(one, contents("eight"));
  const DeidentifyFilesReport again = deidentify_files(options("one", 2));
  EXPECT_EQ(again.written, 0);
  EXPECT_EQ(again.already, 12);
  EXPECT_EQ(contents("one"), one);
}

TEST_F(DeidentifyTree, ALostFileIsWrittenAgain) {
  deidentify_files(options());
  const auto before = contents("out");
  const fs::path lost = list_files(scratch / "out").back();
  ASSERT_EQ(lost.extension(), ".dcm");
  fs::remove(lost);
  EXPECT_EQ(deidentify_files(options()).written, 1);
  EXPECT_EQ(contents("out"), before);
}

TEST_F(DeidentifyTree, NoNameOfAFileOrOfTheLedgerTellsAnything) {
  write_file_atomic(scratch / "dicom" / "Kestaburgen_notes.txt", "Kestaburgen");
  const DeidentifyFilesReport report = deidentify_files(options());
  EXPECT_EQ(report.refused.at("NOT_DICOM"), 1);
  for (const auto& [name, bytes] : contents("out"))
    for (const char* known : {"Kestaburgen", "PT1001", "ACC0000", "Varnahavn", "Grunomesko"}) {
      EXPECT_EQ(name.find(known), std::string::npos) << name;
      EXPECT_EQ(bytes.find(known), std::string::npos) << name << " " << known;
    }
}

TEST_F(DeidentifyTree, TheKeyIsPrivateAndTheOnlyOne) {
  deidentify_files(options());
  write_key(scratch / "other.key", 'x');
  DeidentifyFiles other = options();
  other.key = scratch / "other.key";
  EXPECT_NE(usage_error(other).find("was written with another key"), std::string::npos);
  fs::permissions(scratch / "site.key", fs::perms::group_read, fs::perm_options::add);
  EXPECT_NE(usage_error(options("new")).find("others may read the key file"), std::string::npos);
}

TEST_F(DeidentifyTree, OtherOptionsNeedAnotherFolderApartFromTheSource) {
  deidentify_files(options());
  DeidentifyFiles less = options();
  less.profile.options.clear();
  EXPECT_NE(usage_error(less).find("was written with other options"), std::string::npos);
  EXPECT_NE(usage_error(options("dicom/out")).find("lie one in the other"), std::string::npos);
  EXPECT_NE(usage_error(options(".")).find("lie one in the other"), std::string::npos);
}

TEST_F(DeidentifyTree, InstitutionAndDeviceStayWhenAsked) {
  for (const bool kept : {true, false}) {
    DeidentifyFiles o = options(kept ? "kept" : "gone");
    if (kept) o.profile.options.insert(kept_options().at("institution"));
    EXPECT_EQ(deidentify_files(o).written, 12);
    for (const dicom::Header& header : headers(kept ? "kept" : "gone")) {
      EXPECT_EQ(header.identity.count("InstitutionName") > 0, kept);
      if (kept) {
        EXPECT_EQ(header.identity.at("InstitutionName"), "Varnahavn Clinic");
      }
    }
  }
}

// D10: killed at any time, a run leaves whole files under final names, and the next one goes on to the same bytes.
TEST_F(DeidentifyTree, AKilledRunLeavesWholeFilesAndGoesOn) {
  for (int n = 10; n < 20; ++n) write_ct(scratch / "dicom", {.folder = std::to_string(n), .accession = "ACC" + std::to_string(n)});
  deidentify_files(options("whole", 1));
  const auto whole = contents("whole");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    deidentify_files(options("killed", 1));
    ::_exit(0);
  }
  const auto started = [&] { return fs::exists(scratch / "killed" / "deid.json"); };
  while (!started() && ::waitpid(child, nullptr, WNOHANG) == 0) std::this_thread::yield();
  const auto found = [&] { return started() ? list_files(scratch / "killed").size() : 0; };
  while (found() < 8 && ::waitpid(child, nullptr, WNOHANG) == 0) std::this_thread::yield();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const auto& [name, bytes] : contents("killed")) {
    if (!ends_with(name, ".dcm") || name.find(".tmp-") != std::string::npos) continue;
    EXPECT_EQ(bytes, whole.at(name)) << name;
  }
  write_file_atomic(scratch / "killed" / ".tmp-1-1-left.dcm", "half");
  deidentify_files(options("killed", 2));
  EXPECT_EQ(contents("killed"), whole);
}

// A bad file is one line of the ledger; a DICOMDIR names patients, and is told by its file meta information.
TEST_F(DeidentifyTree, DamagedFilesAndDirectoriesAreRefusedAndTheOthersGoOn) {
  const std::string bytes = read_file(list_files(scratch / "dicom").front());
  for (size_t part = 1; part < 8; ++part)
    write_file_atomic(scratch / "dicom" / ("cut" + std::to_string(part)), bytes.substr(0, bytes.size() * part / 8));
  std::string directory = bytes.substr(0, 132);
  const auto element = [&](const std::string& tag, const std::string& vr, const std::string& value) {
    directory += tag + vr + static_cast<char>(value.size()) + '\0' + value;
  };
  element(std::string("\2\0\2\0", 4), "UI", std::string("1.2.840.10008.1.3.10"));
  element(std::string("\2\0\x10\0", 4), "UI", std::string("1.2.840.10008.1.2.1\0", 20));
  element(std::string("\4\0\x30\x11", 4), "CS", "Kestaburgen ");
  write_file_atomic(scratch / "dicom" / "DICOMDIR", directory);
  std::string nest;  // sequences in sequences, as deep as crashes the library
  for (size_t n = 0; n < 100'000; ++n) nest += std::string("\x09\0\x10\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff", 20);
  std::string deep = bytes;
  deep.insert(bytes.find(std::string("\x10\0\x10\0PN", 6)), nest);
  write_file_atomic(scratch / "dicom" / "deep", deep);
  const DeidentifyFilesReport report = deidentify_files(options());
  EXPECT_EQ(report.written, 12);
  EXPECT_EQ(report.refused.at("NO_IMAGE"), 1);
  int64_t refused = 0;
  for (const auto& entry : report.refused) refused += entry.second;
  EXPECT_EQ(refused, 9);
  EXPECT_TRUE(report.partial);
}

// Damage of the kinds that a broken disk or a crafted file shows, at places that the seed draws.
std::string mutated(std::string bytes, Random& random) {
  const auto below = [&](size_t count) { return static_cast<size_t>(random.integer(static_cast<int64_t>(count))); };
  for (size_t n = 0; n <= below(16); ++n) bytes[132 + below(bytes.size() - 132)] ^= static_cast<char>(1 << below(8));
  if (below(4) == 0) bytes.replace(132 + below(bytes.size() - 136), 4, "\xff\xff\xff\x7f");
  if (below(4) == 0) bytes.insert(132 + below(bytes.size() - 132), bytes.substr(below(bytes.size() - 64), 64));
  return bytes;
}

// Of another patient, so that what the mutated headers say is no identifier of the others.
TEST_F(DeidentifyTree, MutatedFilesChangeNothingForTheOthers) {
  deidentify_files(options("alone"));
  const auto alone = contents("alone");
  write_ct(scratch / "sound", {.folder = "9", .accession = "ACC00009", .patient = "PT9009", .name = "Zzyzx^Qwrt"});
  const std::string bytes = read_file(list_files(scratch / "sound").front());
  Random random(hash_key(3, "mutated"));
  constexpr int64_t count = 60;
  for (int64_t n = 0; n < count; ++n) write_file_atomic(scratch / "dicom" / ("bad" + std::to_string(n)), mutated(bytes, random));
  const DeidentifyFilesReport report = deidentify_files(options());
  int64_t refused = 0;
  for (const auto& [code, number] : report.refused) {
    EXPECT_EQ(reason(code).code, code);
    refused += number;
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(report.found, 12 + count);
  EXPECT_EQ(report.written + report.already + refused, 12 + count);
  const auto beside = contents("out");
  for (const auto& [name, content] : alone)
    if (ends_with(name, ".dcm")) {
      ASSERT_TRUE(beside.count(name)) << name;
      EXPECT_EQ(beside.at(name), content) << name;
    }
}

// The faults that a crafted file could trigger in the library, told by the file's name.
void fault(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name == "crash") std::abort();
  if (name == "hang")
    for (volatile bool busy = true; busy;) {
    }
  if (name == "sleep") ::pause();
  if (name == "memory") {
    std::vector<char> taken(size_t{4} << 30, 1);
    if (taken[taken.size() / 2] == 0) std::abort();
  }
}

TEST_F(DeidentifyTree, AFaultCostsItsFileAndALineOfTheLedger) {
  deidentify_files(options("alone"));
  const auto alone = contents("alone");
  const std::vector<std::string> names{"crash", "hang", "sleep", "memory"};
  for (const std::string& name : names) {
    write_ct(scratch / "one", {.folder = name, .slices = 1});
    fs::rename(list_files(scratch / "one" / name).front(), scratch / "dicom" / name);
  }
  DeidentifyFiles o = options("out", 3);
  o.before = fault;
  o.limits.memory = uint64_t{512} << 20;
  o.limits.cpu_seconds = 2;
  o.limits.wall_seconds = 10;
  const DeidentifyFilesReport report = deidentify_files(o);
  EXPECT_EQ(report.written, 12);
  EXPECT_TRUE(report.partial);
  EXPECT_EQ(report.refused, (std::map<std::string, int64_t>{{"READER_DIED", 3}, {"READER_LATE", 1}}));
  const deid::Pseudonyms pseudonyms(deid::read_key(scratch / "site.key"));
  const Csv ledger = read_csv(scratch / "out" / "ledger.csv");
  ASSERT_EQ(ledger.rows.size(), names.size());
  for (const std::string& name : names) {
    const auto row = std::find_if(ledger.rows.begin(), ledger.rows.end(), [&](const auto& r) { return r[0] == pseudonyms.item(name); });
    ASSERT_NE(row, ledger.rows.end()) << name;
    const std::string code = name == "sleep" ? "READER_LATE" : "READER_DIED";
    const std::string detail =
        name == "sleep" ? "rewriting took longer than it may" : "the rewriting process crashed, or needed more memory or time than it may";
    EXPECT_EQ(*row, (std::vector<std::string>{pseudonyms.item(name), "refused", code, detail}));
  }
  auto beside = contents("out");
  beside.erase("ledger.csv");
  auto expected = alone;
  expected.erase("ledger.csv");
  EXPECT_EQ(beside, expected);  // no remains of what was lost either
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "out")) EXPECT_FALSE(entry.is_directory() && fs::is_empty(entry));
}

TEST_F(DeidentifyTree, TheLinkageMapsBackAndLiesElsewhere) {
  DeidentifyFiles o = options();
  o.linkage = scratch / "link.csv";
  deidentify_files(o);
  const Csv table = read_csv(o.linkage);
  EXPECT_EQ(table.rows.size(), 12u);
  EXPECT_EQ(fs::status(o.linkage).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
  std::set<std::string> written;
  for (const dicom::Header& header : headers()) written.insert(header.sop_uid);
  for (const auto& row : table.rows) EXPECT_TRUE(written.count(row[static_cast<size_t>(table.at("new_object_uid"))]));
  o.linkage = scratch / "out" / "link.csv";
  EXPECT_NE(usage_error(o).find("the linkage table lies in"), std::string::npos);
}

TEST_F(DeidentifyTree, ACopyCountsOnceAndAConflictIsTold) {
  const fs::path first = list_files(scratch / "dicom").front();
  fs::copy(first, scratch / "dicom" / "copy.dcm");
  DeidentifyFilesReport report = deidentify_files(options());
  EXPECT_EQ(report.written, 12);
  EXPECT_EQ(report.already, 1);
  std::string bytes = read_file(first);
  bytes[bytes.size() - 1] ^= 1;
  write_file_atomic(scratch / "dicom" / "copy.dcm", bytes);
  report = deidentify_files(options("other"));
  EXPECT_EQ(report.written, 12);
  EXPECT_EQ(report.refused.at("UID_CONFLICT"), 1);
  EXPECT_TRUE(report.partial);
}

TEST_F(DeidentifyTree, HalfACopyDoesNotTakeThePlaceOfTheWholeFile) {
  const fs::path first = list_files(scratch / "dicom").front();
  const std::string bytes = read_file(first);
  write_file_atomic(scratch / "dicom" / "0_before" / "half.dcm", bytes.substr(0, bytes.size() - 10));
  const DeidentifyFilesReport report = deidentify_files(options());
  EXPECT_EQ(report.written, 12);
  EXPECT_EQ(report.refused, (std::map<std::string, int64_t>{{"TRUNCATED", 1}}));
}

TEST_F(DeidentifyTree, FilesThatDeclareTextInTheirPixelsAreRefusedUnlessAccepted) {
  write_ct(scratch / "dicom", {.folder = "4", .accession = "ACC00004", .burned_in = "YES"});
  EXPECT_EQ(deidentify_files(options()).refused.at("BURNED_IN_TEXT"), 4);
  DeidentifyFiles o = options("accepted");
  o.burned_in = "accept";
  EXPECT_EQ(deidentify_files(o).written, 16);
}

}  // namespace
}  // namespace chiasm
