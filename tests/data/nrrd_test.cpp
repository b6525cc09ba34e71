// NRRD files: what pynrrd writes, headers written by hand, damage.
#include "data/nrrd.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/gunzip.h"
#include "data/gzip.h"
#include "tests/data/data_fixture.h"

namespace chiasm {
namespace {

const std::string kHeader =
    "NRRD0004\n# a comment\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 1 3\n"
    "space directions: (1,0.25,0) (0,2,0) (0,0.5,3)\nkinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (1,-2,3)\n";
const std::string kVoxels("\x01\x00\x02\x00\xff\xff\x00\x01\x05\x00\x06\x00", 12);  // 1 2 -1 256 5 6

std::string packed(const std::string& bytes) {
  std::ostringstream out;
  append_gzip(out, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 1);
  return out.str();
}

// The sound header with one text in another's place.
std::string with(const std::string& from, const std::string& to) {
  EXPECT_NE(kHeader.find(from), std::string::npos) << from;
  return replace_all(kHeader, from, to);
}

std::string refusal(const std::string& header, const std::string& data = kVoxels) {
  try {
    parse_nrrd(header + "\n" + data);
  } catch (const Refused& refused) {
    return refused.code + ": " + refused.detail;
  }
  return "read";
}

TEST(Nrrd, WhatPynrrdWritesInEveryCombination) {
  const char* python = std::getenv("CHIASM_TEST_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with pynrrd";
  const Scratch folder;
  const std::string script = CHIASM_SOURCE "/tests/data/write_nrrd.py";
  ASSERT_EQ(std::system(("'" + std::string(python) + "' '" + script + "' '" + fs::path(folder / ".").string() + "'").c_str()), 0);
  const Json expected = read_json(folder / "expected.json");
  ASSERT_EQ(expected.size(), 44u);
  for (const auto& [name, truth] : expected.items()) {
    const Volume volume = read_nrrd(folder / name);
    EXPECT_EQ((std::vector<int64_t>{volume.size[2], volume.size[1], volume.size[0]}), truth["shape"].get<std::vector<int64_t>>()) << name;
    for (size_t n = 0; n < 12; ++n) EXPECT_DOUBLE_EQ(volume.affine[n], truth["affine"][n].get<double>()) << name << " " << n;
    EXPECT_EQ(values(volume), truth["values"].get<std::vector<float>>()) << name;
  }
}

TEST(Nrrd, DirectionsAndOriginBecomeRas) {
  const Volume lps = parse_nrrd(kHeader + "\n" + kVoxels);
  EXPECT_EQ(lps.size, (Size3{3, 1, 2}));
  EXPECT_EQ(lps.voxels, Voxels(std::vector<int16_t>{1, 2, -1, 256, 5, 6}));
  EXPECT_EQ(lps.affine, (Affine{-1, 0, 0, -1, -0.25, -2, -0.5, 2, 0, 0, 3, 3}));
  for (const char* name : {"LAS", "left-anterior-superior"})
    EXPECT_EQ(parse_nrrd(with("left-posterior-superior", name) + "\n" + kVoxels).affine,
              (Affine{-1, 0, 0, -1, 0.25, 2, 0.5, -2, 0, 0, 3, 3}));
  for (const char* name : {"RAS", "Right-Anterior-Superior"})
    EXPECT_EQ(parse_nrrd(with("left-posterior-superior", name) + "\n" + kVoxels).affine,
              (Affine{1, 0, 0, 1, 0.25, 2, 0.5, -2, 0, 0, 3, 3}));
}

TEST(Nrrd, OneHeaderInOtherLetters) {
  const Volume plain = parse_nrrd(kHeader + "\n" + kVoxels);
  const std::vector<std::string> alike{
      replace_all(kHeader, "\n", "\r\n") + "\r\n" + kVoxels,
      with("encoding: raw", "ENCODING:  Raw") + "\n" + kVoxels,
      with("type: short", "type: signed short int\nmykey:=a: b\nmykey:=again") + "\n" + kVoxels,
      with("(1,0.25,0) (0,2,0)", "( 1 , 2.5e-1, 0)(0,2,0)") + "\n" + kVoxels,
      with("encoding: raw", "encoding: gz\nline skip: 0\nbyteskip: 0") + "\n" + packed(kVoxels),
      with("encoding: raw", "encoding: gzip") + "\n" + packed(kVoxels.substr(0, 5)) + packed(kVoxels.substr(5)),
      with("endian: little\nencoding: raw", "encoding: raw\nspace units: \"mm\" \"mm\" \"mm\"\nendian: LITTLE") + "\n" + kVoxels,
  };
  for (const std::string& bytes : alike) {
    const Volume volume = parse_nrrd(bytes);
    EXPECT_EQ(volume.voxels, plain.voxels) << bytes;
    EXPECT_EQ(volume.affine, plain.affine) << bytes;
  }
}

TEST(Nrrd, WhatHasNoPlaceInThePatientIsRefused) {
  EXPECT_EQ(refusal(with("space: left-posterior-superior\n", "")), "BAD_AFFINE: the field 'space' does not name directions of the patient");
  EXPECT_EQ(refusal(with("left-posterior-superior", "scanner-xyz")),
            "BAD_AFFINE: the field 'space' does not name directions of the patient");
  EXPECT_EQ(refusal(with("space origin: (1,-2,3)\n", "")), "BAD_AFFINE: the field 'space origin' does not say where the image lies");
  EXPECT_EQ(refusal(with("(1,-2,3)", "none")), "BAD_AFFINE: the field 'space origin' does not say where the image lies");
  EXPECT_EQ(refusal(with("(0,0.5,3)", "(0,2,0)")), "BAD_AFFINE: the affine is singular");
  EXPECT_EQ(refusal(with("(0,0.5,3)", "(0,0,0)")), "BAD_AFFINE: the affine is singular");
  for (const char* number : {"nan", "inf", "1e8", "1,2", "", "0x1"})
    EXPECT_TRUE(starts_with(refusal(with("(0,0.5,3)", "(0,0.5," + std::string(number) + ")")), "BAD_AFFINE")) << number;
  EXPECT_EQ(refusal(with("(0,0.5,3)", "(0,3)")), "BAD_AFFINE: a direction or the origin is not of three numbers");
  EXPECT_EQ(refusal(with("encoding: raw", "encoding: raw\nspace units: \"um\" \"um\" \"um\"")),
            "BAD_AFFINE: coordinates in another unit than millimetres");
}

TEST(Nrrd, OtherAxesAreRefusedUnlessOfOneElement) {
  const auto axes = [](const std::string& sizes, const std::string& directions, const std::string& kinds) {
    std::string header = with("dimension: 3", "dimension: " + std::to_string(split(sizes, ' ').size()));
    header = replace_all(header, "sizes: 2 1 3", "sizes: " + sizes);
    header = replace_all(header, "domain domain domain", kinds);
    return refusal(replace_all(header, "(1,0.25,0) (0,2,0) (0,0.5,3)", directions));
  };
  const std::string three = "(1,0,0) (0,2,0) (0,0,3)";
  EXPECT_EQ(axes("1 2 1 3", "none " + three, "list domain domain domain"), "read");
  EXPECT_EQ(axes("2 1 3 1", three + " none", "domain domain domain list"), "read");
  EXPECT_EQ(axes("3 2 1 1", "none " + three, "RGB-color domain domain domain"), "COLOUR: a colour image where grey values are needed");
  EXPECT_EQ(axes("3 2 1 1", "none " + three, "list domain domain domain"), "UNSUPPORTED_OBJECT: an image of more than three dimensions");
  EXPECT_EQ(axes("2 3", "(1,0,0) (0,2,0)", "domain domain"), "UNSUPPORTED_OBJECT: an image of less than three dimensions");
  EXPECT_EQ(axes("2 1 3", "none " + three, "domain domain domain"), "DAMAGED: the NRRD header has not one direction for each dimension");
  EXPECT_EQ(axes("2 1 3 1", three + " (1,1,1)", "domain domain domain domain"), "DAMAGED: more than three axes in space");
}

// As NIfTI: one volume a file, whatever the other axes stand for. Files and truth by tests/golden/nrrd.py.
TEST(Nrrd, WhatSimpleItkWritesIsReadOrRefusedAsSeveralVolumes) {
  const std::filesystem::path folder = std::filesystem::path(CHIASM_SOURCE) / "tests/golden/nrrd";
  const Json expected = read_json(folder / "expected.json");
  EXPECT_EQ(expected.size(), 7u);
  for (const auto& [name, truth] : expected.items()) {
    if (truth.contains("code")) {
      EXPECT_EQ(refusal(read_file(folder / name)), truth.at("code")) << name;
      continue;
    }
    const Volume volume = read_nrrd(folder / name);
    EXPECT_EQ(Json(volume.size), truth.at("shape")) << name;
    for (size_t n = 0; n < 12; ++n) EXPECT_NEAR(volume.affine[n], truth.at("affine")[n].get<double>(), 1e-9) << name << n;
    EXPECT_EQ(Json(values(volume)), truth.at("values")) << name;
  }
}

TEST(Nrrd, SpacesOfTheSameDirectionsWithTimeAreNamedSo) {
  for (const char* space : {"right-anterior-superior-time", "LPST", "rast"})
    EXPECT_EQ(refusal(with("left-posterior-superior", space)), "UNSUPPORTED_OBJECT: an image of more than three dimensions") << space;
}

TEST(Nrrd, OtherCodingsAreRefused) {
  EXPECT_EQ(refusal(with("encoding: raw", "encoding: bzip2")),
            "UNSUPPORTED_OBJECT: a NRRD file that is encoded neither as raw nor as gzip");
  EXPECT_EQ(refusal(with("encoding: raw", "encoding: raw\nbyte skip: -1")),
            "UNSUPPORTED_OBJECT: a NRRD file whose data do not follow the header");
  for (const char* name : {"data file", "datafile"})
    EXPECT_EQ(refusal(with("encoding: raw", "encoding: raw\n" + std::string(name) + ": /etc/passwd")),
              "UNSUPPORTED_OBJECT: a NRRD header whose voxels lie in another file");
  EXPECT_EQ(refusal(with("type: short", "type: block")), "UNSUPPORTED_OBJECT: voxels that are neither integers nor real numbers");
  EXPECT_EQ(refusal(replace_all(with("type: short", "type: uint"), "sizes: 2 1 3", "sizes: 1 1 3"), std::string(12, '\xff')),
            "UNSUPPORTED_OBJECT: an array with values beyond 32 bits");
}

std::string detached_refusal(const fs::path& header, const std::string& name) {
  write_file_atomic(header, with("encoding: raw", "encoding: raw\ndata file: " + name) + "\n");
  try {
    read_nrrd(header);
  } catch (const Refused& refused) {
    return refused.code + ": " + refused.detail;
  }
  return "read";
}

TEST(Nrrd, VoxelsInAnotherFileOfTheFolderOnly) {
  const Scratch folder;
  const fs::path inside = folder / "inside", header = inside / "a.nhdr";
  fs::create_directories(inside / "below");
  for (const fs::path& file : {folder / "outside.raw", inside / "a.raw", inside / "below" / "b.raw"}) write_file_atomic(file, kVoxels);
  fs::create_symlink(folder / "outside.raw", inside / "link.raw");
  fs::create_symlink(folder.path(), inside / "up");
  for (const char* name : {"a.raw", "./a.raw", "below/b.raw"}) EXPECT_EQ(detached_refusal(header, name), "read") << name;
  const std::string outside = "UNSUPPORTED_OBJECT: a NRRD header that names a file outside its folder";
  for (const std::string& name : {std::string("../outside.raw"), (folder / "outside.raw").string(), (inside / "a.raw").string(),
                                  std::string("below/../a.raw"), std::string("link.raw"), std::string("up/outside.raw")})
    EXPECT_EQ(detached_refusal(header, name), outside) << name;
  for (const char* name : {"LIST", "LIST 2", "a%03d.raw 1 9 1"})
    EXPECT_EQ(detached_refusal(header, name), "UNSUPPORTED_OBJECT: a NRRD header whose voxels lie in several files") << name;
  EXPECT_EQ(detached_refusal(header, "absent.raw").substr(0, 10), "UNREADABLE");
  EXPECT_EQ(detached_refusal(header, "below").substr(0, 10), "UNREADABLE");
  write_file_atomic(inside / "a.raw", kVoxels.substr(2));
  EXPECT_EQ(detached_refusal(header, "a.raw").substr(0, 9), "TRUNCATED");
}

TEST(Nrrd, DamagedHeadersAreRefused) {
  EXPECT_EQ(refusal(with("NRRD0004", "NRRD0006")), "DAMAGED: the file is no NRRD image");
  EXPECT_EQ(refusal(with("NRRD0004", "NRRD00.01")), "DAMAGED: the file is no NRRD image");
  EXPECT_EQ(refusal(with("# a comment", "a comment")), "DAMAGED: a line of the NRRD header holds no field");
  EXPECT_EQ(refusal(with("encoding: raw", "encoding: raw\nEncoding: raw")), "DAMAGED: a field of the NRRD header stands twice");
  EXPECT_EQ(refusal(with("endian: little\n", "")), "DAMAGED: the NRRD header has no field 'endian'");
  EXPECT_EQ(refusal(with("endian: little", "endian: middle")), "DAMAGED: the NRRD header does not say the order of its bytes");
  EXPECT_EQ(refusal(with("sizes: 2 1 3", "sizes: 2 1")), "DAMAGED: the NRRD header has not one size for each dimension");
  for (const char* side : {"0", "-1", "x", "1.5"})
    EXPECT_EQ(refusal(with("sizes: 2 1 3", "sizes: 2 1 " + std::string(side))), "DAMAGED: a dimension is not positive");
  EXPECT_EQ(refusal(with("sizes: 2 1 3", "sizes: 2000 2000 2000")), "TOO_LARGE: the declared size is beyond the limit");
  EXPECT_EQ(refusal(with("dimension: 3", "dimension: 17")), "DAMAGED: the NRRD header has no number of dimensions");
  EXPECT_EQ(refusal(with("(0,0.5,3)", "0,0.5,3")), "DAMAGED: a vector of the NRRD header cannot be parsed");
  EXPECT_EQ(refusal(kHeader + "#" + std::string(1 << 20, 'x') + "\n"), "TOO_LARGE: the NRRD header is beyond the limit");
}

TEST(Nrrd, DataOfAnotherLengthAreRefused) {
  EXPECT_EQ(refusal(kHeader, kVoxels.substr(1)), "TRUNCATED: the file ends before its data does");
  EXPECT_EQ(refusal(kHeader, kVoxels + "x"), "DAMAGED: the file goes on after its data");
  const std::string header = with("encoding: raw", "encoding: gzip"), sound = packed(kVoxels);
  EXPECT_EQ(refusal(header, sound), "read");
  for (size_t length = 0; length < sound.size(); ++length)
    EXPECT_EQ(refusal(header, sound.substr(0, length)), "TRUNCATED: the compressed data end too early") << length;
  EXPECT_EQ(refusal(header, packed(kVoxels.substr(1))), "TRUNCATED: the compressed data are shorter than the header says");
  EXPECT_EQ(refusal(header, packed(kVoxels + "x")), "DAMAGED: the compressed data are longer than the header says");
  EXPECT_EQ(refusal(header, sound + "beyond"), "DAMAGED: the compressed data are broken");
  std::string checksum = sound;
  checksum[checksum.size() - 8] = static_cast<char>(checksum[checksum.size() - 8] ^ 1);
  EXPECT_EQ(refusal(header, checksum), "DAMAGED: the compressed data are broken");
}

TEST(Gunzip, ContentOfManyChunksAndMembers) {
  std::string content(5'000'001, '\0');
  uint32_t state = 1;
  for (char& byte : content) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 28);
  EXPECT_EQ(gunzip(packed(content), content.size()), content);
  EXPECT_THROW(gunzip(packed(content), content.size() - 1), Refused);
  EXPECT_THROW(gunzip(packed(content), uint64_t{1} << 40), Refused);  // no memory for what is not there
}

}  // namespace
}  // namespace chiasm
