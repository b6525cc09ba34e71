// Files that the library must parse are read in other processes: with the same results, and whatever the files hold.
#include "data/dicom/isolated.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/base/file.h"
#include "core/base/random.h"
#include "data/reasons.h"
#include "tests/dicom/drawn_objects.h"

namespace chiasm::dicom::test {
namespace {

TEST(Isolated, ScanAndReadGiveWhatTheyGiveInThisProcess) {
  const Folder folder;
  const std::filesystem::path file = folder.path() / "enhanced.dcm";
  write_enhanced(oblique(), file, {2, 0, 1, 4, 3});
  const ScannedFile there = scan_isolated(file), here = scan_in_process(file);
  ASSERT_TRUE(there.header && here.header);
  EXPECT_FALSE(there.header->canonical);
  EXPECT_EQ(there.header->sop_uid, here.header->sop_uid);
  EXPECT_EQ(there.header->identity, here.header->identity);
  ASSERT_EQ(there.header->frames.size(), here.header->frames.size());
  for (size_t n = 0; n < there.header->frames.size(); ++n) EXPECT_EQ(there.header->frames[n].position, here.header->frames[n].position);
  const std::vector<Group> groups = group_files({there});
  ASSERT_EQ(groups.size(), 1u);
  const ReadResult apart = read_group(groups[0]), inside = read_in_process(groups[0], {});
  ASSERT_TRUE(apart.volume && inside.volume) << apart.code << " " << apart.detail;
  EXPECT_EQ(apart.volume->voxels, inside.volume->voxels);
  EXPECT_EQ(apart.volume->affine, inside.volume->affine);
  EXPECT_EQ(apart.volume->facts, inside.volume->facts);
  EXPECT_EQ(apart.stored_sha256, inside.stored_sha256);
  EXPECT_EQ(apart.notes, inside.notes);
  EXPECT_EQ(apart.group.slices.size(), inside.group.slices.size());
}

TEST(Isolated, ARefusalComesWithItsCode) {
  const Folder folder;
  write_file_atomic(folder.path() / "text.dcm", "no DICOM at all, but long enough to be looked at by somebody");
  EXPECT_EQ(scan_isolated(folder.path() / "text.dcm").code, "NOT_DICOM");
  EXPECT_EQ(scan_isolated(folder.path() / "absent.dcm").code, "UNREADABLE");
}

size_t below(Random& random, size_t count) { return static_cast<size_t>(random.integer(static_cast<int64_t>(count))); }

// Damage of four kinds, at places that the seed draws.
std::string damaged(std::string bytes, Random& random) {
  const auto place = [&](size_t width) { return below(random, bytes.size() - width); };
  switch (below(random, 4)) {
    case 0:
      for (int n = 0; n < 1 + static_cast<int>(below(random, 16)); ++n) bytes[place(1)] ^= static_cast<char>(1 << below(random, 8));
      break;
    case 1:
      bytes.resize(132 + place(132));
      break;
    case 2: {
      static const char* const lengths[] = {"\xff\xff\xff\xff", "\xfe\xff\xff\x7f", "\0\0\0\0", "\xff\xff\0\0"};
      bytes.replace(place(4), 4, std::string(lengths[below(random, 4)], 4));
      break;
    }
    default: {
      const size_t from = place(64);
      bytes.insert(place(1), bytes.substr(from, 64));
    }
  }
  return bytes;
}

// CHIASM_MUTATIONS: how many; 10,000 were read to the end.
TEST(Isolated, MutatedFilesAreReadOrRefusedByCode) {
  const Folder folder;
  const std::filesystem::path sources = folder.path() / "sources";
  std::filesystem::create_directories(sources);
  write_series(oblique(), sources);
  write_enhanced(oblique(), sources / "enhanced.dcm", {0, 1, 2, 3, 4});
  const Written written;
  std::filesystem::copy(written.path, sources / "seg.dcm");
  const Image image(oblique());
  std::filesystem::copy(image.structures({{"a", {box(oblique(), 1, 1, 4, 4, 1)}}}), sources / "rt.dcm");
  std::vector<std::string> originals;
  for (const auto& file : list_files(sources)) originals.push_back(read_file(file));
  const char* stated = std::getenv("CHIASM_MUTATIONS");
  const int count = stated != nullptr ? std::atoi(stated) : 300;
  Random random(hash_key(1, "mutations"));
  const std::filesystem::path file = folder.path() / "mutated.dcm";
  std::map<std::string, int> codes;
  for (int n = 0; n < count; ++n) {
    write_file_atomic(file, damaged(originals[below(random, originals.size())], random));
    const ScannedFile scanned = scan_file(file);
    if (!scanned.header) {
      ++codes[reason(scanned.code).code];
      continue;
    }
    for (const Group& group : group_files({scanned})) {
      const ReadResult read = read_group(group);
      ++codes[read.volume ? "read" : reason(read.code).code];
    }
  }
  for (const auto& [code, number] : codes) RecordProperty(code, number);
  EXPECT_GT(codes["read"], 0);
  EXPECT_GT(static_cast<int>(codes.size()), 4);
}

}  // namespace
}  // namespace chiasm::dicom::test
