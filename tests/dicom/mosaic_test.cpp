// Siemens mosaics: every voxel of the untiled volume stands at the place that its value names, or the mosaic is refused.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/dicom/csa.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

namespace fs = std::filesystem;

using Values = std::vector<std::pair<std::string, std::vector<std::string>>>;

std::string number(uint32_t value) {
  std::string bytes;
  for (int n = 0; n < 4; ++n) bytes += static_cast<char>(value >> (8 * n) & 0xFF);
  return bytes;
}

std::string csa_bytes(const Values& values) {
  std::string bytes = "SV10" + number(0x01020304) + number(static_cast<uint32_t>(values.size())) + number(77);
  for (const auto& [name, items] : values) {
    bytes += name + std::string(64 - name.size(), '\0') + number(0) + "FD  " + number(4) + number(static_cast<uint32_t>(items.size() + 1)) +
             number(77);
    for (const std::string& item : items) {
      const auto length = static_cast<uint32_t>(item.size() + 1);
      bytes += number(length) + number(length) + number(77) + number(length) + item + '\0' + std::string((4 - length % 4) % 4, 'x');
    }
    bytes += number(0) + number(0) + number(77) + number(0);
  }
  return bytes;
}

// The older format: each first word of an item exceeds its length by `shift`; padded to four bytes from `least` on.
std::string csa1_bytes(const Values& values, uint32_t shift, uint32_t least = 0, char padding = 'x') {
  std::string bytes = number(static_cast<uint32_t>(values.size())) + number(77);
  for (const auto& [name, items] : values) {
    bytes += name + std::string(64 - name.size(), '\0') + number(0) + "FD  " + number(4) + number(static_cast<uint32_t>(items.size())) +
             number(205);
    for (const std::string& item : items) {
      const auto length = static_cast<uint32_t>(item.empty() ? 0 : item.size() + 1);
      bytes += number(length + shift) + number(length + shift) + number(77) + number(length + shift);
      bytes += (item.empty() ? "" : item + '\0') + std::string(least + (4 - (length + least) % 4) % 4, padding);
    }
  }
  return bytes;
}

// Oblique; five slices in a mosaic of three by three tiles.
Phantom oblique() {
  Phantom phantom;
  const double c = std::cos(0.3), s = std::sin(0.3);
  phantom.modality = "MR";
  phantom.row_direction = {c, s, 0};
  phantom.column_direction = {-s * 0.8, c * 0.8, 0.6};
  return phantom;
}

Vector normal_of(const Phantom& p) {
  const Vector &a = p.row_direction, &b = p.column_direction;
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

std::vector<std::string> words(const Vector& vector, double sign) {
  std::vector<std::string> result;
  for (const double part : vector) result.push_back(format_number(sign * part));
  return result;
}

// What the phantom's mosaic states beside its plane.
struct Stated {
  Values csa;
  std::string distance = "2.5";
  int tiles = 5;       // of (0019,100A); 0: not there
  bool older = false;  // as CSA1
};

Stated sound(const Phantom& phantom) {
  Stated stated;
  stated.csa = {{"EchoLinePosition", {}}, {"NumberOfImagesInMosaic", {"5       "}}, {"SliceNormalVector", words(normal_of(phantom), 1)}};
  return stated;
}

void put_private(DcmDataset& dataset, const Stated& stated, uint16_t block) {
  const std::string csa = stated.older ? csa1_bytes(stated.csa, 1) : csa_bytes(stated.csa);
  if (!stated.csa.empty()) {
    dataset.putAndInsertString(DcmTag(0x0029, block, EVR_LO), "SIEMENS CSA HEADER");
    dataset.putAndInsertUint8Array(DcmTag(0x0029, static_cast<Uint16>(block << 8 | 0x10), EVR_OB),
                                   reinterpret_cast<const Uint8*>(csa.data()), csa.size());
  }
  if (stated.tiles == 0) return;
  dataset.putAndInsertString(DcmTag(0x0019, block, EVR_LO), "SIEMENS MR HEADER");
  dataset.putAndInsertUint16(DcmTag(0x0019, static_cast<Uint16>(block << 8 | 0x0A), EVR_US), static_cast<Uint16>(stated.tiles));
}

// All slices side by side; `reversed` lays the last slice into the first tile.
void make_mosaic(const Phantom& p, DcmDataset& dataset, bool reversed) {
  const int across = 3, columns = p.columns * across;
  std::vector<int> values(static_cast<size_t>(columns * p.rows * across), 0);
  for (int k = 0; k < p.slices; ++k) {
    const std::vector<int> slice = p.stored(reversed ? p.slices - 1 - k : k);
    for (int j = 0; j < p.rows; ++j)
      for (int i = 0; i < p.columns; ++i)
        values[static_cast<size_t>((k / across * p.rows + j) * columns + k % across * p.columns + i)] =
            slice[static_cast<size_t>(j * p.columns + i)];
  }
  set_pixels(dataset, values, 16);
  dataset.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(p.rows * across));
  dataset.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(columns));
  Vector at = p.position(reversed ? p.slices - 1 : 0);
  std::vector<std::string> position;
  for (size_t axis = 0; axis < 3; ++axis) {
    at[axis] -= p.row_direction[axis] * p.column_spacing * p.columns + p.column_direction[axis] * p.row_spacing * p.rows;
    position.push_back(format_number(std::round(at[axis] * 1e6) / 1e6));
  }
  set(dataset, 0x0020, 0x0032, join(position, "\\"));
  set(dataset, 0x0008, 0x0008, "ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC");
}

struct Make {
  bool reversed = false;
  int times = 1;
  uint16_t block = 0x10;
};

void write_mosaics(const fs::path& folder, const Phantom& phantom, const Stated& stated, const Make& make, const std::string& syntax) {
  start();
  for (int time = 0; time < make.times; ++time) {
    DcmDataset dataset;
    phantom.fill(dataset, time);
    make_mosaic(phantom, dataset, make.reversed);
    if (!stated.distance.empty()) set(dataset, 0x0018, 0x0088, stated.distance);
    set(dataset, 0x0020, 0x0012, std::to_string(time + 1));
    put_private(dataset, stated, make.block);
    save(dataset, folder / std::to_string(time), syntax);
  }
}

std::vector<ReadResult> read_mosaics(const Phantom& phantom, const Stated& stated, const Make& make = {},
                                     const std::string& syntax = "1.2.840.10008.1.2.1") {
  Folder folder;
  write_mosaics(folder.path(), phantom, stated, make, syntax);
  return read_all(folder.path());
}

std::string outcome(const Phantom& phantom, const Stated& stated) {
  const std::vector<ReadResult> results = read_mosaics(phantom, stated);
  EXPECT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0].volume || !results[0].stored_sha256.empty());
  return results[0].volume ? "ok" : results[0].code + ": " + results[0].detail;
}

TEST(Mosaic, EveryVoxelStandsAtItsPlace) {
  const Phantom phantom = oblique();
  for (const char* syntax : {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"})
    for (const uint16_t block : {uint16_t{0x10}, uint16_t{0x13}}) {
      const std::vector<ReadResult> results = read_mosaics(phantom, sound(phantom), {false, 1, block}, syntax);
      ASSERT_EQ(results.size(), 1u);
      ASSERT_TRUE(results[0].volume) << syntax << results[0].detail;
      EXPECT_EQ(results[0].volume->size, (Size3{5, 6, 8}));
      EXPECT_LT(landmark_error(phantom, *results[0].volume), 1e-3) << syntax;
      EXPECT_TRUE(results[0].notes.empty());
    }
}

TEST(Mosaic, TilesFollowTheStatedNormal) {
  const Phantom phantom = oblique();
  Stated stated = sound(phantom);
  stated.csa[2].second = words(normal_of(phantom), -1);
  const std::vector<ReadResult> results = read_mosaics(phantom, stated, {true});
  ASSERT_TRUE(results.at(0).volume) << results[0].detail;
  EXPECT_LT(landmark_error(phantom, *results[0].volume), 1e-3);
}

// No other attribute states the tiles or their distance.
TEST(Mosaic, TheOlderHeaderServesAsTheNewer) {
  const Phantom phantom = oblique();
  Stated stated = sound(phantom);
  stated.older = true;
  stated.tiles = 0;
  stated.distance = "";
  stated.csa.push_back({"SpacingBetweenSlices", {"2.5"}});
  const std::vector<ReadResult> results = read_mosaics(phantom, stated);
  ASSERT_TRUE(results.at(0).volume) << results[0].detail;
  EXPECT_EQ(results[0].volume->size, (Size3{5, 6, 8}));
  EXPECT_LT(landmark_error(phantom, *results[0].volume), 1e-3);
}

TEST(Mosaic, OneVolumeATimePoint) {
  const Phantom phantom = oblique();
  const std::vector<ReadResult> results = read_mosaics(phantom, sound(phantom), {false, 3});
  ASSERT_EQ(results.size(), 3u);
  for (const ReadResult& result : results) {
    ASSERT_TRUE(result.volume) << result.detail;
    EXPECT_EQ(result.group.headers.size(), 1u);
    EXPECT_LT(landmark_error(phantom, *result.volume), 1e-3);
  }
}

TEST(Mosaic, WithoutCsaHeaderTheOtherAttributesServe) {
  const Phantom phantom = oblique();
  Stated stated;
  const std::vector<ReadResult> results = read_mosaics(phantom, stated);
  ASSERT_TRUE(results.at(0).volume) << results[0].detail;
  EXPECT_LT(landmark_error(phantom, *results[0].volume), 1e-3);
  EXPECT_EQ(results[0].notes, std::vector<std::string>{"mosaic without a stated slice normal: tiles follow row x column direction"});
}

TEST(Mosaic, DistanceOfTheCsaHeaderServes) {
  const Phantom phantom = oblique();
  Stated stated = sound(phantom);
  stated.distance = "";
  stated.csa.push_back({"SpacingBetweenSlices", {"2.5"}});
  const std::vector<ReadResult> results = read_mosaics(phantom, stated);
  ASSERT_TRUE(results.at(0).volume) << results[0].detail;
  EXPECT_LT(landmark_error(phantom, *results[0].volume), 1e-3);
}

TEST(Mosaic, WhatIsAbsentOrContradictoryIsRefused) {
  const Phantom phantom = oblique();
  const auto refusal = [&](const std::function<void(Stated&)>& edit) {
    Stated stated = sound(phantom);
    edit(stated);
    return outcome(phantom, stated);
  };
  const std::string code = "UNSUPPORTED_OBJECT: a mosaic ";
  EXPECT_EQ(refusal([](Stated&) {}), "ok");
  EXPECT_EQ(refusal([](Stated& s) { s.csa.clear(), s.tiles = 0; }), code + "that does not state the number of its tiles");
  EXPECT_EQ(refusal([](Stated& s) { s.tiles = 6; }), code + "that states two numbers of tiles");
  EXPECT_EQ(refusal([](Stated& s) { s.csa[1].second = {"0"}, s.tiles = 0; }), code + "of an impossible number of tiles");
  EXPECT_EQ(refusal([](Stated& s) { s.csa[1].second = {"20"}, s.tiles = 0; }),
            code + "whose rows and columns do not divide into its tiles");
  EXPECT_EQ(refusal([](Stated& s) { s.distance = ""; }), code + "that does not state the distance of its slices");
  EXPECT_EQ(refusal([](Stated& s) { s.distance = "0"; }), code + "whose slice distance is not positive");
  EXPECT_EQ(refusal([](Stated& s) { s.csa.push_back({"SpacingBetweenSlices", {"3"}}); }), code + "that states two distances of its slices");
  EXPECT_EQ(refusal([](Stated& s) { s.csa[2].second = {"1", "0", "0"}; }), code + "whose slice normal is not that of its plane");
  EXPECT_EQ(refusal([](Stated& s) { s.csa[2].second = {"0", "0", "0"}; }), code + "whose slice normal is not that of its plane");
  EXPECT_EQ(refusal([](Stated& s) {
              s.csa.push_back({"ProtocolSliceNumber", {"4"}});
            }),
            code + "whose tiles do not start at the first slice");
}

// The source is one frame of one object: no frame of it has a number.
TEST(Mosaic, SegmentationRefersToTheWholeImage) {
  const Phantom phantom = oblique();
  Folder folder, out;
  write_mosaics(folder.path(), phantom, sound(phantom), {}, "1.2.840.10008.1.2.1");
  const ReadResult read = read_one(folder.path());
  ASSERT_TRUE(read.volume) << read.detail;
  Volume classes = *read.volume;
  classes.modality = "mask";
  classes.voxels = std::vector<uint8_t>(240, 1);
  write_segmentation(out.path() / "seg", read.group.headers, classes, {{"lesion"}, "model", "1", "digest"});
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile((out.path() / "seg").c_str()).good());
  for (long n = 0; n < 5; ++n) {
    DcmItem *frame = nullptr, *derivation = nullptr, *source = nullptr, *place = nullptr;
    ASSERT_TRUE(file.getDataset()->findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, n).good());
    ASSERT_TRUE(frame->findAndGetSequenceItem(DCM_DerivationImageSequence, derivation).good());
    ASSERT_TRUE(derivation->findAndGetSequenceItem(DCM_SourceImageSequence, source).good());
    EXPECT_FALSE(source->tagExists(DCM_ReferencedFrameNumber));
    ASSERT_TRUE(frame->findAndGetSequenceItem(DCM_PlanePositionSequence, place).good());
    for (unsigned long axis = 0; axis < 3; ++axis) {
      Float64 at = 0;
      ASSERT_TRUE(place->findAndGetFloat64(DCM_ImagePositionPatient, at, axis).good());
      EXPECT_NEAR(at, phantom.position(static_cast<int>(n))[axis], 1e-3);
    }
  }
}

TEST(Csa, EveryTruncationIsRefusedAndNeverReadBeyond) {
  const std::string whole = csa_bytes(sound(oblique()).csa);
  EXPECT_EQ(csa_numbers(parse_csa(whole), "NumberOfImagesInMosaic", 1), std::vector<double>{5});
  EXPECT_EQ(csa_numbers(parse_csa(whole), "SliceNormalVector", 3).size(), 3u);
  EXPECT_TRUE(csa_numbers(parse_csa(whole), "EchoLinePosition", 1).empty());
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_ANY_THROW(parse_csa(std::string_view(whole).substr(0, length))) << length;
  std::string huge = whole;
  huge.replace(16 + 64 + 12, 4, number(0xFFFFFFFF));
  EXPECT_ANY_THROW(parse_csa(huge));
}

// Files and truth by tests/golden/csa1.py.
TEST(Csa, TheOlderFormatIsReadAsNibabelReadsIt) {
  const fs::path folder = fs::path(CHIASM_SOURCE) / "tests/golden/csa1";
  const Json expected = read_json(folder / "expected.json");
  EXPECT_EQ(expected.size(), 2u);
  for (const auto& [name, tags] : expected.items()) {
    const CsaHeader header = parse_csa(read_file(folder / name));
    ASSERT_EQ(header.size(), tags.size()) << name;
    for (const auto& [tag, values] : tags.items()) {
      ASSERT_TRUE(header.count(tag)) << tag;
      ASSERT_EQ(header.at(tag).size(), values.size()) << tag;
      for (size_t n = 0; n < values.size(); ++n) {
        const auto text = values[n].get<std::string>();
        const auto truth = parse_number(text), found = parse_number(header.at(tag)[n]);
        EXPECT_TRUE(truth ? found == truth : header.at(tag)[n] == text) << tag;
      }
    }
  }
}

TEST(Csa, TheOlderFormatIsReadByWhateverRuleItsCheckWordsProve) {
  const Values values{{"First", {"", "", ""}}, {"Second", {""}}, {"Third", {"123", "12", "1234567", ""}}, {"Fourth", {"-1.5"}}};
  const CsaHeader expected{{"First", {}}, {"Second", {}}, {"Third", {"123", "12", "1234567"}}, {"Fourth", {"-1.5"}}};
  EXPECT_EQ(parse_csa(csa1_bytes(values, 0)), expected);  // GDCM
  Values second = values;
  second[0].second.clear();                                        // which nibabel cannot read otherwise
  EXPECT_EQ(parse_csa(csa1_bytes(second, 1)), expected);           // nibabel: by the second name
  EXPECT_EQ(parse_csa(csa1_bytes(values, 3, 1, '\0')), expected);  // SPM: by the first name
  EXPECT_ANY_THROW(parse_csa(csa1_bytes(values, 2)));
  EXPECT_ANY_THROW(parse_csa(csa1_bytes({}, 0)));
  for (const uint32_t shift : {0u, 1u}) {
    const std::string whole = csa1_bytes(second, shift);
    for (size_t length = 0; length < whole.size(); ++length)
      EXPECT_ANY_THROW(parse_csa(std::string_view(whole).substr(0, length))) << length;
    std::string other = whole;
    other[other.find("Third") + 64 + 16] = 76;  // its check word
    EXPECT_ANY_THROW(parse_csa(other));
  }
}

TEST(Csa, ReadingsThatDifferAreNone) {
  // Without its end mark a value is one byte longer for one rule than for the other.
  std::string bytes = csa1_bytes({{"First", {}}, {"Second", {"1234"}}}, 1);
  const size_t at = bytes.find("1234");
  bytes.replace(at, 8, "123456xx");
  EXPECT_ANY_THROW(parse_csa(bytes));
}

}  // namespace
}  // namespace chiasm::dicom::test
