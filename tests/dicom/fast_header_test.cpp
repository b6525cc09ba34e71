// Two ways to read a header, one truth: wherever the fast walk answers, the library answers the same.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/fast_header.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "data/dicom/header.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djencode.h"
#include "tests/dicom/header_text.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

struct Count {
  int files = 0, accepted = 0;
};

// Compares both ways on one file.
void compare(const fs::path& path, Count& count, const std::string& what) {
  count.files += 1;
  const std::optional<Header> fast = canonical_header(path);
  if (!fast) return;
  count.accepted += 1;
  try {
    const Header library = library_header(path);
    EXPECT_EQ(written(*fast), written(library)) << what;
  } catch (const Refused& refused) {
    ADD_FAILURE() << what << ": the library refuses it: " << refused.code << ", " << refused.detail;
  }
}

fs::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  return stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data";
}

std::string phantom_bytes(const std::string& syntax, const Edit& edit = {}) {
  Folder folder;
  Phantom phantom;
  DcmDataset dataset;
  phantom.fill(dataset, 2);
  if (edit) edit(dataset, 2);
  save(dataset, folder.path() / "file.dcm", syntax);
  return read_file(folder.path() / "file.dcm");
}

void in_latin1(DcmDataset& dataset, int) {
  set(dataset, 0x0008, 0x0005, "ISO_IR 100");
  set(dataset, 0x0010, 0x0010, "M\xFCller^J\xF6rg");
}

void in_utf8(DcmDataset& dataset, int) {
  set(dataset, 0x0008, 0x0005, "ISO_IR 192");
  set(dataset, 0x0010, 0x0010, "\xE5\xB1\xB1\xE7\x94\xB0^Taro");
}

// Sequences within sequences, a private block and many values, as scanners write them.
void enrich(DcmDataset& dataset, int) {
  DcmItem *reference = nullptr, *purpose = nullptr;
  dataset.findOrCreateSequenceItem(DCM_ReferencedImageSequence, reference, -2);
  set(*reference, 0x0008, 0x1155, "1.2.3.4.5");
  reference->findOrCreateSequenceItem(DCM_PurposeOfReferenceCodeSequence, purpose, -2);
  set(*purpose, 0x0008, 0x0100, "121311");
  dataset.putAndInsertString(DcmTag(0x0029, 0x0010, EVR_LO), "ACME");
  dataset.putAndInsertUint8Array(DcmTag(0x0029, 0x1010, EVR_OB), reinterpret_cast<const Uint8*>("private!"), 8);
  set(dataset, 0x0008, 0x103E, "Thorax 1.0 mm");
  set(dataset, 0x0018, 0x1210, "B30f\\STD");
  set(dataset, 0x0018, 0x0081, "80.0");
  set(dataset, 0x0008, 0x0090, "Referrer^Ann");
  set(dataset, 0x0020, 0x0013, "7");
}

bool is_canonical(const std::string& bytes) {
  Folder folder;
  std::ofstream(folder.path() / "file.dcm", std::ios::binary) << bytes;
  return canonical_header(folder.path() / "file.dcm").has_value();
}

constexpr const char* explicit_little = "1.2.840.10008.1.2.1";
constexpr const char* implicit_little = "1.2.840.10008.1.2";

TEST(FastHeader, ReadsWhatTheLibraryReadsInBothLittleEndianSyntaxes) {
  for (const char* syntax : {explicit_little, implicit_little}) {
    Folder folder;
    std::ofstream(folder.path() / "file.dcm", std::ios::binary) << phantom_bytes(syntax);
    Count count;
    compare(folder.path() / "file.dcm", count, syntax);
    std::ofstream(folder.path() / "file.dcm", std::ios::binary) << phantom_bytes(syntax, enrich);
    compare(folder.path() / "file.dcm", count, syntax);
    EXPECT_EQ(count.accepted, 2) << syntax;
  }
}

TEST(FastHeader, ReadsLatin1AndUtf8AsTheLibraryDoes) {
  const auto in = [](const char* characters, const char* name) {
    return phantom_bytes(explicit_little, [=](DcmDataset& dataset, int) {
      set(dataset, 0x0008, 0x0005, characters);
      set(dataset, 0x0010, 0x0010, name);
    });
  };
  Folder folder;
  Count count;
  for (const std::string& bytes : {in("ISO_IR 100", "M\xFCller^J\xF6rg"), in("ISO_IR 192", "M\xC3\xBCller^J\xC3\xB6rg"),
                                   in("ISO_IR 192", "\xE5\xB1\xB1\xE7\x94\xB0^Taro"), in("ISO_IR 192", "broken\xC3 "),
                                   in("ISO_IR 100", "M\xC3\xBCller"), in("ISO_IR 100", "C1\x85"), in("ISO_IR 6", "M\xFCller")}) {
    std::ofstream(folder.path() / "file.dcm", std::ios::binary | std::ios::trunc) << bytes;
    compare(folder.path() / "file.dcm", count, bytes.substr(bytes.find("ISO_IR"), 12));
  }
  EXPECT_EQ(count.accepted, 3);
}

TEST(FastHeader, LeavesTheUnusualToTheLibrary) {
  EXPECT_FALSE(is_canonical(phantom_bytes("1.2.840.10008.1.2.2"))) << "big endian";
  EXPECT_FALSE(is_canonical(phantom_bytes("1.2.840.10008.1.2.1.99"))) << "deflated";
  const std::string sound = phantom_bytes(explicit_little);
  ASSERT_TRUE(is_canonical(sound));
  EXPECT_FALSE(is_canonical(sound.substr(0, sound.size() - 2))) << "truncated";
  EXPECT_FALSE(is_canonical(sound + "xx")) << "bytes behind the pixels";
  EXPECT_FALSE(is_canonical(sound.substr(132))) << "no preamble";
  EXPECT_FALSE(is_canonical("MZ" + sound.substr(2))) << "an executable";
  const auto with = [](uint16_t group, uint16_t element, const char* value) {
    return phantom_bytes(explicit_little, [=](DcmDataset& dataset, int) { set(dataset, group, element, value); });
  };
  EXPECT_TRUE(is_canonical(with(0x0010, 0x0010, "Doe^Jane")));
  EXPECT_FALSE(is_canonical(with(0x0010, 0x0010, "D\xC3\xB6^Jane"))) << "beyond ASCII in no stated character set";
  EXPECT_FALSE(is_canonical(with(0x0008, 0x0005, "ISO 2022 IR 87"))) << "a character set with escapes";
  EXPECT_FALSE(is_canonical(with(0x0008, 0x0008, "ORIGINAL \\ PRIMARY"))) << "blanks beside a backslash";
}

// Found by fuzzing: any text that begins like a compressed syntax was taken for one.
TEST(FastHeader, ATransferSyntaxIsAUid) {
  DJEncoderRegistration::registerCodecs();
  const std::string jpeg = "1.2.840.10008.1.2.4.70";
  std::string bytes = phantom_bytes(jpeg);
  ASSERT_TRUE(is_canonical(bytes));
  bytes[bytes.find(jpeg) + jpeg.size() - 2] = '\xB8';
  EXPECT_FALSE(is_canonical(bytes));
}

TEST(FastHeader, AgreesWithTheLibraryOnEveryBeginningOfAFile) {
  Folder folder;
  Count count;
  for (const char* syntax : {explicit_little, implicit_little}) {
    const std::string whole = phantom_bytes(syntax, enrich);
    for (size_t length = 132; length < whole.size(); ++length) {
      std::ofstream(folder.path() / "file.dcm", std::ios::binary | std::ios::trunc) << whole.substr(0, length);
      compare(folder.path() / "file.dcm", count, "the first " + std::to_string(length) + " bytes");
    }
  }
  EXPECT_GT(count.accepted, 0);  // those that end between two elements
}

TEST(FastHeader, WantsTagsOnceAndInOrder) {
  const std::string sound = phantom_bytes(explicit_little);
  // Patient ID becomes a second Patient Name, then a tag that should have come before.
  const std::string tag{"\x10\x00\x20\x00", 4};
  const size_t at = sound.find(tag, 132);
  ASSERT_NE(at, std::string::npos);
  std::string twice = sound, earlier = sound;
  twice[at + 2] = '\x10';
  earlier[at] = '\x08';
  EXPECT_FALSE(is_canonical(twice));
  EXPECT_FALSE(is_canonical(earlier));
}

TEST(FastHeader, AgreesWithTheLibraryOnEveryFileOfTheCorpora) {
  if (!fs::exists(shared_data() / "open")) GTEST_SKIP() << "no shared data";
  Count count;
  for (const fs::path& path : list_files(shared_data() / "open")) {
    const std::string extension = lower(path.extension().string());
    if (extension.empty() || extension == ".dcm" || extension == ".ima") compare(path, count, path.filename().string());
  }
  std::cout << count.accepted << " of " << count.files << " files are canonical\n";
  EXPECT_GT(count.accepted, count.files / 3);
}

// Bytes changed, removed and inserted at random, in the header above all. CHIASM_MUTATIONS: how many files.
TEST(FastHeader, AgreesWithTheLibraryOnDamagedFiles) {
  Random random(20);
  Folder folder;
  const fs::path path = folder.path() / "file.dcm";
  const std::vector<std::string> sources{phantom_bytes(explicit_little),
                                         phantom_bytes(implicit_little),
                                         phantom_bytes(explicit_little, enrich),
                                         phantom_bytes(implicit_little, enrich),
                                         phantom_bytes(explicit_little, in_latin1),
                                         phantom_bytes(explicit_little, in_utf8)};
  Count count;
  const char* more = std::getenv("CHIASM_MUTATIONS");
  const int mutations = more == nullptr ? 6000 : std::atoi(more);
  for (int n = 0; n < mutations; ++n) {
    std::string bytes = sources[static_cast<size_t>(n) % sources.size()];
    const auto place = [&] { return static_cast<size_t>(132 + random.integer(static_cast<int64_t>(bytes.size()) - 134)); };
    const int64_t kind = random.integer(8);
    for (int64_t changes = kind == 0 ? 3 : 1; changes > 0; --changes)
      bytes[place()] = static_cast<char>(random.integer(n % 3 == 0 ? 256 : 128));
    if (kind == 1) bytes.erase(place(), 2);
    if (kind == 2) bytes.insert(place(), 2, static_cast<char>(random.integer(256)));
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    compare(path, count, "damaged file " + std::to_string(n));
    if (HasFailure()) return;
  }
  EXPECT_GT(count.accepted, 500);
  EXPECT_LT(count.accepted, count.files);
}

}  // namespace
}  // namespace chiasm::dicom::test
