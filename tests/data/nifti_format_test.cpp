// Every version, byte order and type of voxel, and headers that break the standard.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "data/nifti.h"
#include "data/nifti_header.h"
#include "tests/data/raw_nifti.h"

namespace chiasm {
namespace {

using namespace test;

constexpr int uint8_type = 2, int16_type = 4, int32_type = 8, float_type = 16, double_type = 64, int8_type = 256, uint16_type = 512,
              uint32_type = 768, int64_type = 1024, uint64_type = 1280;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

class NiftiFormat : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("chiasm_nifti_format_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Volume read(const std::string& bytes, bool packed) {
    const fs::path path = folder_ / (packed ? "x.nii.gz" : "x.nii");
    gzFile file = gzopen(path.c_str(), packed ? "wb" : "wbT");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return read_nifti(path);
  }

  // Any of both versions in any of both byte orders, plain and packed.
  template <class Item>
  void expect_read(int datatype, const std::vector<Item>& items, size_t voxel_type, const std::string& what) {
    for (const int version : {1, 2})
      for (const bool big : {false, true})
        for (const bool scaled : {false, true}) {
          RawNifti raw(version, big);
          raw.voxels(datatype, items);
          raw.shape(static_cast<int64_t>(items.size()), 1, 1);
          if (scaled) raw.set(raw_slope, 0, 0.25), raw.set(raw_intercept, 0, -3);
          const std::string where = what + " version " + std::to_string(version) + (big ? " big" : " little") + (scaled ? " scaled" : "");
          const Volume volume = read(raw.bytes(), scaled);
          EXPECT_EQ(volume.voxels.index(), voxel_type) << where;
          const std::vector<float> found = values(volume);
          ASSERT_EQ(found.size(), items.size()) << where;
          for (size_t n = 0; n < items.size(); ++n) {
            const double value = static_cast<float>(items[n]);
            EXPECT_EQ(found[n], static_cast<float>(scaled ? value * 0.25 - 3 : value)) << where << " " << n;
          }
        }
  }

  fs::path folder_;
};

// The code with which a changed header is refused, in both versions alike.
template <class Change>
std::string refusal(const Change& change) {
  std::string first;
  for (const int version : {1, 2})
    for (const bool big : {false, true}) {
      RawNifti raw(version, big);
      raw.set(raw_type, 0, uint8_type);
      change(raw);
      std::string code = "ok";
      try {
        read_nifti_header(raw.bytes());
      } catch (const Refused& refused) {
        code = refused.code;
      }
      if (first.empty()) first = code;
      EXPECT_EQ(code, first) << "version " << version << (big ? " big" : " little");
    }
  return first;
}

template <class Item>
std::vector<Item> ends() {
  return {std::numeric_limits<Item>::lowest(), 0, 1, 100, std::numeric_limits<Item>::max()};
}

TEST_F(NiftiFormat, EveryTypeInEveryVersionAndByteOrder) {
  expect_read(uint8_type, ends<uint8_t>(), 0, "uint8");
  expect_read(int8_type, ends<int8_t>(), 1, "int8");
  expect_read(int16_type, ends<int16_t>(), 1, "int16");
  expect_read(uint16_type, ends<uint16_t>(), 2, "uint16");
  expect_read(float_type, std::vector<float>{-1.5f, 0, 1e-30f, 3e30f}, 4, "float32");
  expect_read(double_type, std::vector<double>{-1.5, 0, 0.1, 3e30}, 4, "float64");
}

// float holds not every 32-bit integer, so the voxels themselves are compared.
TEST_F(NiftiFormat, WideIntegersStayExactWhereTheyFit) {
  const std::vector<int32_t> truth{std::numeric_limits<int32_t>::min(), 16777217, std::numeric_limits<int32_t>::max()};
  for (const int version : {1, 2})
    for (const bool big : {false, true}) {
      const auto voxels = [&](int datatype, const auto& items) {
        RawNifti raw(version, big);
        raw.voxels(datatype, items);
        raw.shape(1, 1, static_cast<int64_t>(items.size()));
        return read(raw.bytes(), false).voxels;
      };
      EXPECT_EQ(voxels(int32_type, truth), Voxels(truth));
      EXPECT_EQ(voxels(int64_type, std::vector<int64_t>(truth.begin(), truth.end())), Voxels(truth));
      EXPECT_EQ(voxels(uint32_type, std::vector<uint32_t>{7, 2147483647}), Voxels(std::vector<int32_t>{7, 2147483647}));
      EXPECT_EQ(voxels(uint64_type, std::vector<uint64_t>{7, 2147483647}), Voxels(std::vector<int32_t>{7, 2147483647}));
      EXPECT_EQ(voxels(uint32_type, std::vector<uint32_t>{7, 2147483648}), Voxels(std::vector<float>{7, 2147483648.0f}));
      EXPECT_EQ(voxels(int64_type, std::vector<int64_t>{7, -2147483649}), Voxels(std::vector<float>{7, -2147483648.0f}));
    }
}

TEST_F(NiftiFormat, WhatNibabelWritesInEveryCombination) {
  const char* python = std::getenv("CHIASM_TEST_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with nibabel";
  const std::string script = CHIASM_SOURCE "/tests/data/write_nifti.py";
  ASSERT_EQ(std::system(("'" + std::string(python) + "' '" + script + "' '" + folder_.string() + "'").c_str()), 0);
  const Json expected = read_json(folder_ / "expected.json");
  ASSERT_GE(expected.size(), 80u);
  for (const auto& [name, truth] : expected.items()) {
    const Volume volume = read_nifti(folder_ / name);
    EXPECT_EQ((std::vector<int64_t>{volume.size[2], volume.size[1], volume.size[0]}), truth["shape"].get<std::vector<int64_t>>()) << name;
    for (size_t n = 0; n < 12; ++n) EXPECT_NEAR(volume.affine[n], truth["affine"][n].get<double>(), 1e-4) << name << " " << n;
    const std::vector<float> found = values(volume);
    ASSERT_EQ(found.size(), truth["values"].size()) << name;
    for (size_t n = 0; n < found.size(); ++n)
      EXPECT_FLOAT_EQ(found[n], static_cast<float>(truth["values"][n].get<double>())) << name << " " << n;
  }
}

TEST_F(NiftiFormat, RoundTripOfEveryVoxelTypeIsExact) {
  Volume volume;
  volume.size = {1, 1, 5};
  volume.affine = {-0.5, 0.125, 0, 10, 0.25, 2, -0.5, -20.25, 0, 0.25, 3, 7};
  const std::vector<Voxels> all{ends<uint8_t>(), ends<int16_t>(), ends<uint16_t>(), ends<int32_t>(),
                                std::vector<float>{-1.5f, 0.1f, 1e-38f, std::numeric_limits<float>::infinity(), 3e38f}};
  for (const Voxels& voxels : all)
    for (const char* name : {"a.nii", "a.nii.gz"}) {
      volume.voxels = voxels;
      write_nifti(folder_ / name, volume);
      const Volume back = read_nifti(folder_ / name);
      EXPECT_EQ(back.voxels, voxels) << voxels.index();
      EXPECT_EQ(back.affine, volume.affine);
      EXPECT_EQ(back.size, volume.size);
    }
}

TEST_F(NiftiFormat, AnAffineThatNoReaderWouldAcceptIsNotWritten) {
  Volume volume;
  volume.size = {1, 1, 1};
  volume.voxels = std::vector<uint8_t>{7};
  const auto is_written = [&](size_t place, double value) {
    volume.affine = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    volume.affine[place] = value;
    try {
      write_nifti(folder_ / "a.nii", volume);
    } catch (const Error&) {
      return false;
    }
    return true;
  };
  EXPECT_TRUE(is_written(0, 0.5));
  for (const size_t place : {0, 3})
    for (const double value : {1e39, -1e39, not_a_number, infinite}) EXPECT_FALSE(is_written(place, value)) << place << " " << value;
  EXPECT_FALSE(is_written(0, 1e-60));  // zero as a 32-bit number
  EXPECT_FALSE(is_written(5, 0));
}

TEST_F(NiftiFormat, SoundHeaders) {
  EXPECT_EQ(refusal([](RawNifti&) {}), "ok");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_start, 0, 0); }), "ok");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_slope, 0, not_a_number), raw.set(raw_intercept, 0, not_a_number); }), "ok");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_units, 0, 2 + 8); }), "ok");
  const auto header = [](int version) {
    RawNifti raw(version, false);
    raw.set(raw_type, 0, uint8_type);
    raw.set(raw_start, 0, 0);
    return read_nifti_header(raw.bytes());
  };
  EXPECT_EQ(header(1).start, 352);  // an offset of 0 stands for the first byte behind header and extension mark
  EXPECT_EQ(header(2).start, 544);
}

// A half turn about z: (b, c, d) = (0, 0, 1).
TEST_F(NiftiFormat, QformOfATurn) {
  for (const int version : {1, 2}) {
    RawNifti raw(version, version == 2);
    raw.set(raw_type, 0, uint8_type);
    raw.set(raw_sform, 0, 0);
    raw.set(raw_qform, 0, 1);
    raw.set(raw_quaternion, 2, 1);
    raw.set(raw_pixdim, 0, -1);
    const double spacing[] = {0.5, 2, 3}, offset[] = {10, -20, 7};
    for (size_t n = 0; n < 3; ++n) raw.set(raw_pixdim, n + 1, spacing[n]), raw.set(raw_offset, n, offset[n]);
    EXPECT_EQ(read_nifti_header(raw.bytes()).affine, (Affine{-0.5, 0, 0, 10, 0, -2, 0, -20, 0, 0, -3, 7}));
  }
}

TEST_F(NiftiFormat, BadAffinesAreRefused) {
  const auto by_qform = [](RawNifti& raw) { raw.set(raw_sform, 0, 0), raw.set(raw_qform, 0, 1); };
  EXPECT_EQ(refusal(by_qform), "ok");
  for (const double bad : {not_a_number, infinite}) {
    for (size_t n = 0; n < 12; ++n) EXPECT_EQ(refusal([=](RawNifti& raw) { raw.set(raw_rows, n, bad); }), "BAD_AFFINE") << n;
    for (size_t n = 0; n < 3; ++n) {
      EXPECT_EQ(refusal([=](RawNifti& raw) { by_qform(raw), raw.set(raw_quaternion, n, bad); }), "BAD_AFFINE") << n;
      EXPECT_EQ(refusal([=](RawNifti& raw) { by_qform(raw), raw.set(raw_offset, n, bad); }), "BAD_AFFINE") << n;
      EXPECT_EQ(refusal([=](RawNifti& raw) { by_qform(raw), raw.set(raw_pixdim, n + 1, bad); }), "BAD_AFFINE") << n;
    }
  }
  for (const double spacing : {0.0, -1.0})
    EXPECT_EQ(refusal([=](RawNifti& raw) { by_qform(raw), raw.set(raw_pixdim, 2, spacing); }), "BAD_AFFINE");
  EXPECT_EQ(refusal([=](RawNifti& raw) { by_qform(raw), raw.set(raw_quaternion, 0, 1.1); }), "BAD_AFFINE");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_rows, 5, 0); }), "BAD_AFFINE");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_sform, 0, 0); }), "BAD_AFFINE");
  for (const double unit : {1.0, 3.0}) EXPECT_EQ(refusal([=](RawNifti& raw) { raw.set(raw_units, 0, unit); }), "BAD_AFFINE");
}

TEST_F(NiftiFormat, HeadersThatBreakTheStandardAreRefused) {
  for (const double dims : {0.0, 8.0, -3.0}) EXPECT_EQ(refusal([=](RawNifti& raw) { raw.set(raw_dim, 0, dims); }), "DAMAGED");
  for (size_t n = 1; n <= 3; ++n)
    for (const double side : {0.0, -5.0}) EXPECT_EQ(refusal([=](RawNifti& raw) { raw.set(raw_dim, n, side); }), "DAMAGED") << n;
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.shape(32767, 32767, 32767); }), "TOO_LARGE");
  for (const double start : {-1.0, 1.0, 348.0, 1e12})
    EXPECT_EQ(refusal([=](RawNifti& raw) { raw.set(raw_start, 0, start); }), "DAMAGED") << start;
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_slope, 0, infinite); }), "BAD_RESCALE");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.set(raw_slope, 0, 1), raw.set(raw_intercept, 0, not_a_number); }), "BAD_RESCALE");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.magic("ni1"); }), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal([](RawNifti& raw) { raw.magic("abc"); }), "DAMAGED");
  for (const double type : {0.0, 1.0, 32.0, 1536.0, -7.0})
    EXPECT_EQ(refusal([=](RawNifti& raw) { raw.set(raw_type, 0, type); }), "UNSUPPORTED_OBJECT") << type;
}

TEST_F(NiftiFormat, AnyFlippedBitOfAPackedFileIsSeen) {
  RawNifti raw(1, false);
  raw.voxels(uint8_type, std::vector<uint8_t>(24, 77));
  read(raw.bytes(), true);
  const std::string sound = read_file(folder_ / "x.nii.gz");
  for (size_t at = sound.size() - 8; at < sound.size(); ++at) {  // checksum and length
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(folder_ / "y.nii.gz", std::ios::binary) << bytes;
    EXPECT_THROW(read_nifti(folder_ / "y.nii.gz"), Refused) << at;
  }
}

}  // namespace
}  // namespace chiasm
