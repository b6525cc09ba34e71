// NIfTI files: values of nibabel's files, the bytes of ours against the standard's offsets, damage.
#include "data/nifti.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"

namespace chiasm {
namespace {

class Nifti : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("chiasm_nifti_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string refusal(const std::string& name) {
    try {
      read_nifti(folder_ / name);
    } catch (const Refused& refused) {
      return refused.code;
    }
    return "ok";
  }
  void put(const std::string& name, const std::string& bytes) { std::ofstream(folder_ / name, std::ios::binary) << bytes; }

  fs::path folder_;
};

Volume sample() {
  Volume volume;
  volume.modality = "ct";
  volume.size = {2, 3, 4};
  volume.affine = {-1.9, 0.3, 0.1, 10.5, 0.2, 2.1, -0.4, -20.25, 0.05, 0.3, 3.2, 7};
  std::vector<int16_t> voxels(24);
  for (size_t n = 0; n < voxels.size(); ++n) voxels[n] = static_cast<int16_t>(static_cast<int>(n) * 37 - 400);
  voxels[3] = 3000;
  volume.voxels = voxels;
  return volume;
}

std::string unpacked(const fs::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string bytes(1 << 16, '\0');
  bytes.resize(static_cast<size_t>(gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()))));
  gzclose(file);
  return bytes;
}

template <class T>
T at(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <class T>
void put_at(std::string& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

TEST_F(Nifti, ReadsWhatNibabelWrote) {
  const fs::path golden = fs::path(CHIASM_SOURCE) / "tests" / "golden" / "nifti";
  const Json expected = read_json(golden / "expected.json");
  ASSERT_GE(expected.size(), 11u);
  for (const auto& [name, truth] : expected.items()) {
    const Volume volume = read_nifti(golden / name);
    EXPECT_EQ((std::vector<int64_t>{volume.size[2], volume.size[1], volume.size[0]}), truth["shape"].get<std::vector<int64_t>>()) << name;
    for (size_t n = 0; n < 12; ++n) EXPECT_NEAR(volume.affine[n], truth["affine"][n].get<double>(), 1e-5) << name << " " << n;
    const std::vector<float> found = values(volume);
    ASSERT_EQ(found.size(), truth["values"].size()) << name;
    for (size_t n = 0; n < found.size(); ++n)
      EXPECT_FLOAT_EQ(found[n], static_cast<float>(truth["values"][n].get<double>())) << name << " " << n;
  }
}

TEST_F(Nifti, KeepsTheStoredType) {
  const fs::path golden = fs::path(CHIASM_SOURCE) / "tests" / "golden" / "nifti";
  const auto type = [&](const char* name) { return read_nifti(golden / name).voxels.index(); };
  EXPECT_EQ(type("uint8.nii"), 0u);
  EXPECT_EQ(type("int8.nii"), 1u);
  EXPECT_EQ(type("big_endian.nii"), 1u);
  EXPECT_EQ(type("uint16.nii.gz"), 2u);
  EXPECT_EQ(type("nifti2_int64.nii.gz"), 3u);
  EXPECT_EQ(type("float64.nii.gz"), 4u);
  const Volume scaled = read_nifti(golden / "scaled.nii.gz");
  EXPECT_EQ(scaled.slope, 0.5);
  EXPECT_EQ(scaled.intercept, -3);
}

TEST_F(Nifti, RoundTrip) {
  const Volume volume = sample();
  for (const char* name : {"a.nii.gz", "a.nii"}) {
    write_nifti(folder_ / name, volume);
    const Volume back = read_nifti(folder_ / name);
    EXPECT_EQ(back.size, volume.size);
    EXPECT_EQ(std::get<std::vector<int16_t>>(back.voxels), std::get<std::vector<int16_t>>(volume.voxels));
    for (size_t n = 0; n < 12; ++n) EXPECT_EQ(back.affine[n], static_cast<double>(static_cast<float>(volume.affine[n])));
  }
}

TEST_F(Nifti, HeaderFollowsTheStandard) {
  Volume volume = sample();
  volume.affine = {-1.5, 0, 0, 10, 0, 2, 0, -20, 0, 0, 3, 7};
  write_nifti(folder_ / "a.nii.gz", volume);
  const std::string bytes = unpacked(folder_ / "a.nii.gz");
  ASSERT_EQ(bytes.size(), 352 + 48u);
  EXPECT_EQ(at<int32_t>(bytes, 0), 348);
  const int16_t dims[] = {3, 4, 3, 2};
  for (size_t n = 0; n < 4; ++n) EXPECT_EQ(at<int16_t>(bytes, 40 + 2 * n), dims[n]);
  EXPECT_EQ(at<int16_t>(bytes, 70), 4);   // datatype int16
  EXPECT_EQ(at<int16_t>(bytes, 72), 16);  // bits
  EXPECT_EQ(at<float>(bytes, 80), 1.5f);  // pixdim
  EXPECT_EQ(at<float>(bytes, 108), 352);  // vox_offset
  EXPECT_EQ(at<float>(bytes, 112), 1);    // scl_slope
  EXPECT_EQ(at<uint8_t>(bytes, 123), 2);  // mm
  EXPECT_EQ(at<int16_t>(bytes, 252), 1);  // qform_code
  EXPECT_EQ(at<int16_t>(bytes, 254), 1);  // sform_code
  EXPECT_EQ(at<float>(bytes, 280), -1.5f);
  EXPECT_EQ(at<float>(bytes, 292), 10);
  EXPECT_EQ(bytes.substr(344, 4), std::string("n+1\0", 4));
  EXPECT_EQ(at<int16_t>(bytes, 352 + 6), 3000);  // voxel (3, 0, 0): i runs fastest
}

TEST_F(Nifti, QformSaysTheSameOrNothing) {
  Volume volume = sample();
  volume.affine = {-1.5, 0, 0, 10, 0, 2, 0, -20, 0, 0, 3, 7};
  write_nifti(folder_ / "a.nii", volume);
  std::string bytes = unpacked(folder_ / "a.nii");
  put_at<int16_t>(bytes, 254, 0);  // without sform the qform counts
  put("q.nii", bytes);
  const Volume by_qform = read_nifti(folder_ / "q.nii");
  for (size_t n = 0; n < 12; ++n) EXPECT_NEAR(by_qform.affine[n], volume.affine[n], 1e-5);
  volume.affine[1] = 0.8;  // shear
  write_nifti(folder_ / "s.nii", volume);
  EXPECT_EQ(at<int16_t>(unpacked(folder_ / "s.nii"), 252), 0);
}

TEST_F(Nifti, IntegersOnlyWhenExact) {
  Volume volume = sample();
  volume.slope = 0.5;
  write_nifti(folder_ / "half.nii", volume);
  const Volume half = read_nifti(folder_ / "half.nii");
  EXPECT_EQ(half.voxels.index(), 4u);
  EXPECT_EQ(values(half), values(volume));
  volume.slope = 2;
  volume.intercept = -1024;
  write_nifti(folder_ / "whole.nii", volume);
  const Volume whole = read_nifti(folder_ / "whole.nii");
  EXPECT_EQ(whole.voxels.index(), 1u);
  EXPECT_EQ(values(whole), values(volume));
  Volume mask = sample();
  mask.voxels = std::vector<uint8_t>(24, 3);
  write_nifti(folder_ / "mask.nii", mask);
  EXPECT_EQ(read_nifti(folder_ / "mask.nii").voxels.index(), 0u);
}

TEST_F(Nifti, NotANumberSurvives) {
  Volume volume = sample();
  volume.voxels = std::vector<float>(24, std::nanf(""));
  write_nifti(folder_ / "nan.nii.gz", volume);
  EXPECT_TRUE(std::isnan(values(read_nifti(folder_ / "nan.nii.gz"))[5]));
}

TEST_F(Nifti, DamageIsRefused) {
  write_nifti(folder_ / "a.nii", sample());
  const std::string sound = unpacked(folder_ / "a.nii");
  EXPECT_EQ(refusal("absent.nii"), "UNREADABLE");
  for (size_t part = 0; part < 8; ++part) {
    put("cut.nii", sound.substr(0, sound.size() * part / 8));
    EXPECT_NE(refusal("cut.nii"), "ok") << part;
  }
  put("cut.nii", sound.substr(0, sound.size() - 1));
  EXPECT_EQ(refusal("cut.nii"), "TRUNCATED");
  put("text.nii", "this is no image");
  EXPECT_EQ(refusal("text.nii"), "DAMAGED");
  write_nifti(folder_ / "b.nii.gz", sample());
  const std::string packed = read_file(folder_ / "b.nii.gz");
  put("b.nii.gz", packed.substr(0, packed.size() / 2));
  EXPECT_NE(refusal("b.nii.gz"), "ok");
}

TEST_F(Nifti, HeaderThatLiesIsRefused) {
  write_nifti(folder_ / "a.nii", sample());
  const std::string sound = unpacked(folder_ / "a.nii");
  const auto changed = [&](auto change) {
    std::string bytes = sound;
    change(bytes);
    put("c.nii", bytes);
    return refusal("c.nii");
  };
  EXPECT_EQ(changed([](std::string&) {}), "ok");
  EXPECT_EQ(changed([](std::string& b) { put_at<int16_t>(b, 40, 4), put_at<int16_t>(b, 48, 2); }), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(changed([](std::string& b) { put_at<int16_t>(b, 40, 4), put_at<int16_t>(b, 48, 1); }), "ok");
  EXPECT_EQ(changed([](std::string& b) {
              for (size_t n = 0; n < 3; ++n) put_at<int16_t>(b, 42 + 2 * n, 32767);
            }),
            "TOO_LARGE");
  EXPECT_EQ(changed([](std::string& b) { put_at<int16_t>(b, 42, 5000); }), "TRUNCATED");
  EXPECT_NE(changed([](std::string& b) { put_at<int16_t>(b, 42, -5); }), "ok");
  EXPECT_EQ(changed([](std::string& b) { put_at<int16_t>(b, 70, 128), put_at<int16_t>(b, 72, 24); }), "COLOUR");
  EXPECT_EQ(changed([](std::string& b) { put_at<int16_t>(b, 70, 32), put_at<int16_t>(b, 72, 64); }), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(changed([](std::string& b) {
              for (size_t n = 0; n < 4; ++n) put_at<float>(b, 280 + 4 * n, 0);
            }),
            "BAD_AFFINE");
  EXPECT_EQ(changed([](std::string& b) { put_at<float>(b, 280, std::nanf("")), put_at<float>(b, 284, 0), put_at<float>(b, 288, 0); }),
            "BAD_AFFINE");
  EXPECT_EQ(changed([](std::string& b) { put_at<int16_t>(b, 252, 0), put_at<int16_t>(b, 254, 0); }), "BAD_AFFINE");
}

TEST_F(Nifti, SeveralChannelsAreNotWritten) {
  Volume volume = sample();
  volume.channels = 2;
  EXPECT_THROW(write_nifti(folder_ / "two.nii", volume), Error);
  EXPECT_FALSE(fs::exists(folder_ / "two.nii"));
}

}  // namespace
}  // namespace chiasm
