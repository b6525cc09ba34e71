// Damaged and malicious files: a reason instead of a crash, a hang, much memory or a wrong image.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include <fstream>

#include "core/base/file.h"
#include "core/base/random.h"
#include "data/reasons.h"
#include "dcmtk/dcmdata/dcrleerg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpls/djencode.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

constexpr const char* explicit_little = "1.2.840.10008.1.2.1";
constexpr const char* rle = "1.2.840.10008.1.2.5";

Phantom radiograph() {
  Phantom phantom;
  phantom.modality = "DX";
  phantom.slices = 1;
  phantom.columns = phantom.rows = 16;
  phantom.is_signed = false;
  return phantom;
}

// Bytes of one sound image.
std::string sound(const std::string& syntax = explicit_little, const std::function<void(DcmDataset&)>& edit = {}) {
  DcmRLEEncoderRegistration::registerCodecs();
  DJLSEncoderRegistration::registerCodecs();
  Folder folder;
  start();
  DcmDataset dataset;
  radiograph().fill(dataset, 0);
  if (edit) edit(dataset);
  save(dataset, folder.path() / "sound", syntax);
  return read_file(folder.path() / "sound");
}

// Reason of the refusal; "ok" for a volume. Every reason is documented.
std::string outcome(const std::string& bytes) {
  Folder folder;
  std::ofstream(folder.path() / "file.dcm", std::ios::binary) << bytes;
  const std::vector<ScannedFile> scanned = scan_tree(folder.path(), 1);
  std::string code = "NO_IMAGE";
  if (!scanned.front().header) code = scanned.front().code;
  for (const Group& group : group_files(scanned)) {
    const ReadResult result = read_group(group);
    code = result.volume ? "ok" : result.code;
  }
  if (code != "ok") static_cast<void>(reason(code));
  return code;
}

size_t find_tag(const std::string& bytes, uint16_t group, uint16_t element) {
  const std::string tag{static_cast<char>(group & 0xFF), static_cast<char>(group >> 8), static_cast<char>(element & 0xFF),
                        static_cast<char>(element >> 8)};
  return bytes.find(tag, 132);
}

int64_t peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::string little(uint64_t value, size_t width) {
  std::string bytes;
  for (size_t n = 0; n < width; ++n) bytes += static_cast<char>(value >> (8 * n) & 0xFF);
  return bytes;
}

TEST(Hostile, SoundFileIsRead) { EXPECT_EQ(outcome(sound()), "ok"); }

TEST(Hostile, TruncatedFilesAreRefused) {
  for (const char* syntax : {explicit_little, "1.2.840.10008.1.2", rle, "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1.99"}) {
    const std::string bytes = sound(syntax);
    ASSERT_EQ(outcome(bytes), "ok") << syntax;
    for (size_t part = 0; part < 16; ++part) EXPECT_NE(outcome(bytes.substr(0, bytes.size() * part / 16)), "ok") << syntax << " " << part;
  }
}

TEST(Hostile, OtherFilesAreNotDicom) {
  EXPECT_EQ(outcome(""), "NOT_DICOM");
  EXPECT_EQ(outcome(std::string(131, '\0')), "NOT_DICOM");
  EXPECT_EQ(outcome("Dear reader, this is a text file that is longer than a preamble. " + std::string(200, 'x')), "NOT_DICOM");
  EXPECT_EQ(outcome("\x89PNG\r\n\x1A\n" + std::string(200, '\1')), "NOT_DICOM");
}

TEST(Hostile, MissingPreambleIsRead) { EXPECT_EQ(outcome(sound().substr(132)), "ok"); }

TEST(Hostile, ExecutablePreambleIsRefused) {
  for (const char* magic : {"MZ",
                            "\x7F"
                            "ELF",
                            "#!/bin/sh\n"})
    EXPECT_EQ(outcome(sound().replace(0, std::string(magic).size(), magic)), "EXECUTABLE_PREAMBLE");
}

TEST(Hostile, DeepSequencesAreRefused) {
  for (const size_t depth : {65u, 10'000u, 200'000u}) {
    std::string nest;
    for (size_t n = 0; n < depth; ++n)
      nest += std::string("\x09\x00\x10\x10SQ\0\0", 8) + little(0xFFFFFFFF, 4) + std::string("\xFE\xFF\x00\xE0", 4) + little(0xFFFFFFFF, 4);
    std::string bytes = sound();
    bytes.insert(find_tag(bytes, 0x0010, 0x0010), nest);
    EXPECT_EQ(outcome(bytes), "DAMAGED") << depth;
  }
}

TEST(Hostile, DeflateBombIsRefused) {
  const std::string bytes = sound("1.2.840.10008.1.2.1.99");
  const size_t start = 132 + 12 + 4;  // find the end of the meta group by its stated length
  const uint32_t meta = static_cast<uint8_t>(bytes[140]) | static_cast<uint32_t>(static_cast<uint8_t>(bytes[141])) << 8;
  const std::string zeros(16 << 20, '\0');
  std::string bomb = bytes.substr(0, start - 4 + meta);
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<uint8_t> out(1 << 20);
  for (int round = 0; round < 16; ++round) {  // 256 MiB in 256 KiB
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
    stream.avail_in = static_cast<uInt>(zeros.size());
    do {
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, round == 15 ? Z_FINISH : Z_NO_FLUSH);
      bomb.append(reinterpret_cast<char*>(out.data()), out.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  EXPECT_EQ(outcome(bomb), "TOO_LARGE");
}

TEST(Hostile, DeclaredSizesTakeNoMemory) {
  const auto sized = [](uint16_t rows, uint16_t columns, const char* frames) {
    return [=](DcmDataset& dataset) {
      dataset.putAndInsertUint16(DCM_Rows, rows);
      dataset.putAndInsertUint16(DCM_Columns, columns);
      if (*frames != '\0') set(dataset, 0x0028, 0x0008, frames);
    };
  };
  const int64_t before = peak_kilobytes();
  EXPECT_EQ(outcome(sound(explicit_little, sized(65535, 65535, ""))), "TOO_LARGE");
  EXPECT_EQ(outcome(sound(explicit_little, sized(30000, 30000, ""))), "TRUNCATED");
  EXPECT_EQ(outcome(sound(explicit_little, sized(16, 16, "2147483647"))), "TOO_LARGE");
  EXPECT_EQ(outcome(sound(explicit_little, sized(16, 16, "-3"))), "TOO_LARGE");
  EXPECT_EQ(outcome(sound(explicit_little, sized(0, 16, ""))), "INCONSISTENT_PIXELS");
  EXPECT_EQ(outcome(sound(explicit_little, sized(16, 8, ""))), "INCONSISTENT_PIXELS");  // more pixels than declared
  EXPECT_LT(peak_kilobytes() - before, 64 * 1024);
}

TEST(Hostile, EncapsulatedHeaderLies) {
  std::string bytes = sound(rle);
  const size_t rows = find_tag(bytes, 0x0028, 0x0010), columns = find_tag(bytes, 0x0028, 0x0011);
  std::string large = bytes;
  large.replace(rows + 8, 2, little(30000, 2)).replace(columns + 8, 2, little(30000, 2));
  const int64_t before = peak_kilobytes();
  EXPECT_EQ(outcome(large), "TOO_LARGE");
  EXPECT_LT(peak_kilobytes() - before, 64 * 1024);
  std::string taller = bytes;
  taller.replace(rows + 8, 2, little(32, 2));
  EXPECT_NE(outcome(taller), "ok");
}

TEST(Hostile, BitsThatDoNotFit) {
  for (const auto& [allocated, stored, high] :
       std::vector<std::array<Uint16, 3>>{{16, 17, 16}, {16, 0, 0}, {16, 12, 3}, {12, 12, 11}, {16, 16, 16}}) {
    const auto edit = [a = allocated, s = stored, h = high](DcmDataset& dataset) {
      dataset.putAndInsertUint16(DCM_BitsAllocated, a);
      dataset.putAndInsertUint16(DCM_BitsStored, s);
      dataset.putAndInsertUint16(DCM_HighBit, h);
    };
    EXPECT_NE(outcome(sound(explicit_little, edit)), "ok") << allocated << " " << stored << " " << high;
  }
}

TEST(Hostile, LyingLengths) {
  const std::string bytes = sound();
  const size_t pixels = find_tag(bytes, 0x7FE0, 0x0010);
  for (const uint32_t length : {0xFFFFFFFFu, 0xFFFFFFF0u, 0x7FFFFFFFu, 3u, 0u}) {
    std::string lied = bytes;
    lied.replace(pixels + 8, 4, little(length, 4));
    EXPECT_NE(outcome(lied), "ok") << length;
  }
}

TEST(Hostile, WrongByteOrder) {
  std::string bytes = sound("1.2.840.10008.1.2.2");
  ASSERT_EQ(outcome(bytes), "ok");
  bytes[bytes.find("1.2.840.10008.1.2.2") + 18] = '1';
  EXPECT_NE(outcome(bytes), "ok");
}

TEST(Hostile, SpecialFilesAreUnreadable) {
  Folder folder;
  ASSERT_EQ(mkfifo((folder.path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(scan_file(folder.path() / "fifo").code, "UNREADABLE");  // and does not wait for a writer
  EXPECT_EQ(scan_file(folder.path()).code, "UNREADABLE");
  EXPECT_EQ(scan_file(folder.path() / "absent").code, "UNREADABLE");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "loop");
  EXPECT_TRUE(scan_tree(folder.path(), 2).empty());
}

TEST(Hostile, UnknownTransferSyntaxIsNamed) {
  std::string bytes = sound(rle);
  const std::string name = "1.2.840.10008.1.2.5";
  bytes.replace(bytes.find(name), name.size(), "1.2.840.10008.9.9.9");
  EXPECT_EQ(outcome(bytes), "UNSUPPORTED_TRANSFER_SYNTAX");
}

TEST(Hostile, MutationsNeverCrash) {
  Random random(20240229);
  for (const char* syntax : {explicit_little, rle, "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1.99"}) {
    const std::string bytes = sound(syntax);
    for (int round = 0; round < 150; ++round) {
      std::string mutated = bytes;
      for (int64_t n = 0; n <= random.integer(3); ++n)
        mutated[static_cast<size_t>(random.integer(static_cast<int64_t>(bytes.size())))] = static_cast<char>(random.integer(256));
      static_cast<void>(outcome(mutated));
    }
  }
}

}  // namespace
}  // namespace chiasm::dicom::test
