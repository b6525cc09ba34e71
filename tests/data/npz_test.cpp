// Arrays of numpy: files that numpy wrote, the bytes of the format, archives that lie.
#include "data/npz.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "data/image_file.h"
#include "tests/data/raw_npz.h"

namespace chiasm {
namespace {

using namespace test;

std::string refusal(const std::string& bytes) {
  try {
    parse_npz(bytes);
  } catch (const Refused& refused) {
    return refused.code;
  }
  return "ok";
}

template <class Item>
Voxels row(const std::string& type, const std::vector<Item>& items) {
  return parse_npz(raw_npy(type, "(1, " + std::to_string(items.size()) + ")", raw_bytes(items))).voxels;
}

std::string bytes_npy(const std::string& shape, size_t count) { return raw_npy("|u1", shape, std::string(count, '\7')); }

std::string spacing_npy(const std::vector<double>& mm) { return raw_npy("<f8", "(" + std::to_string(mm.size()) + ",)", raw_bytes(mm)); }

TEST(Npz, ReadsWhatNumpyWrote) {
  const char* python = std::getenv("CHIASM_TEST_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with numpy";
  const fs::path folder = fs::temp_directory_path() / ("chiasm_npz_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string script = CHIASM_SOURCE "/tests/data/write_npz.py";
  ASSERT_EQ(std::system(("'" + std::string(python) + "' '" + script + "' '" + folder.string() + "'").c_str()), 0);
  const Json expected = read_json(folder / "expected.json");
  ASSERT_EQ(expected.size(), 147u);
  for (const auto& [name, truth] : expected.items()) {
    const Volume volume = read_image_file(folder / name);
    EXPECT_EQ((std::vector<int64_t>(volume.size.begin(), volume.size.end())), truth["shape"].get<std::vector<int64_t>>()) << name;
    const Spacing3 spacing = spacing_mm(volume);
    EXPECT_EQ((std::vector<double>(spacing.begin(), spacing.end())), truth["spacing"].get<std::vector<double>>()) << name;
    EXPECT_EQ(volume.voxels.index(), truth["type"].get<size_t>()) << name;
    const std::vector<float> found = values(volume);
    ASSERT_EQ(found.size(), truth["values"].size()) << name;
    for (size_t n = 0; n < found.size(); ++n) EXPECT_EQ(found[n], truth["values"][n].get<float>()) << name << " " << n;
  }
  fs::remove_all(folder);
}

TEST(Npz, AnArrayOfTwoAxesIsAPicture) {
  const Volume volume = parse_npz(raw_npy("<i2", "(2, 3)", raw_bytes(std::vector<int16_t>{-1, 2, 3, 4, 5, 600})));
  EXPECT_EQ(volume.modality, "image");
  EXPECT_EQ(volume.size, (Size3{1, 2, 3}));
  EXPECT_EQ(volume.affine, (Affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(volume.voxels, Voxels(std::vector<int16_t>{-1, 2, 3, 4, 5, 600}));
}

TEST(Npz, IntegersKeepTheirValues) {
  EXPECT_EQ(row<uint8_t>("|b1", {0, 1, 1}), Voxels(std::vector<uint8_t>{0, 1, 1}));
  EXPECT_EQ(row<uint8_t>("|u1", {0, 255}), Voxels(std::vector<uint8_t>{0, 255}));
  EXPECT_EQ(row<int8_t>("|i1", {-128, 127}), Voxels(std::vector<int16_t>{-128, 127}));
  EXPECT_EQ(row<uint16_t>("<u2", {0, 65535}), Voxels(std::vector<uint16_t>{0, 65535}));
  EXPECT_EQ(row<uint16_t>(">u2", {0x0102, 0xFF00}), Voxels(std::vector<uint16_t>{0x0201, 0x00FF}));
  EXPECT_EQ(row<int32_t>("<i4", {std::numeric_limits<int32_t>::min(), 16777217}),
            Voxels(std::vector<int32_t>{std::numeric_limits<int32_t>::min(), 16777217}));
  EXPECT_EQ(row<int64_t>("<i8", {-2147483648LL, 2147483647}),
            Voxels(std::vector<int32_t>{std::numeric_limits<int32_t>::min(), 2147483647}));
  EXPECT_EQ(row<uint64_t>("<u8", {0, 2147483647}), Voxels(std::vector<int32_t>{0, 2147483647}));
}

TEST(Npz, WhatDoesNotFitIsRefused) {
  const auto refused = [](const std::string& type, const auto& items) { return refusal(raw_npy(type, "(1, 1)", raw_bytes(items))); };
  EXPECT_EQ(refused("<u4", std::vector<uint32_t>{2147483648}), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refused("<i8", std::vector<int64_t>{2147483648}), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refused("<i8", std::vector<int64_t>{-2147483649}), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refused("<u8", std::vector<uint64_t>{~uint64_t{0}}), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refused("<f8", std::vector<double>{1e39}), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refused("<f8", std::vector<double>{3e38}), "ok");
  EXPECT_EQ(refused("<f8", std::vector<double>{std::numeric_limits<double>::infinity()}), "ok");
}

TEST(Npz, RealNumbers) {
  EXPECT_EQ(row<float>("<f4", {-1.5f, 0.1f}), Voxels(std::vector<float>{-1.5f, 0.1f}));
  EXPECT_EQ(row<double>("<f8", {-1.5, 0.1}), Voxels(std::vector<float>{-1.5f, 0.1f}));
  const float infinite = std::numeric_limits<float>::infinity();
  EXPECT_EQ(row<uint16_t>("<f2", {0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x83FF, 0x7C00, 0xFC00, 0x0000}),
            Voxels(std::vector<float>{1, -2, 65504, std::ldexp(1.0f, -14), std::ldexp(1.0f, -24), std::ldexp(-1023.0f, -24), infinite,
                                      -infinite, 0}));
  EXPECT_TRUE(std::isnan(std::get<std::vector<float>>(row<uint16_t>("<f2", {0x7E00}))[0]));
}

// The value of a voxel says where it is: 100 z + 10 y + x.
TEST(Npz, BothOrdersOfAxesGiveTheSameVolume) {
  std::vector<uint16_t> c_order, fortran_order;
  for (uint16_t z = 0; z < 2; ++z)
    for (uint16_t y = 0; y < 3; ++y)
      for (uint16_t x = 0; x < 4; ++x) c_order.push_back(static_cast<uint16_t>(100 * z + 10 * y + x));
  for (uint16_t x = 0; x < 4; ++x)
    for (uint16_t y = 0; y < 3; ++y)
      for (uint16_t z = 0; z < 2; ++z) fortran_order.push_back(static_cast<uint16_t>(100 * z + 10 * y + x));
  const auto archive = [](const std::vector<uint16_t>& items, bool fortran) {
    return raw_zip({{"image.npy", raw_npy("<u2", "(2, 3, 4)", raw_bytes(items), fortran)}, {"spacing.npy", spacing_npy({3, 2, 0.5})}});
  };
  const Volume volume = parse_npz(archive(fortran_order, true));
  EXPECT_EQ(volume.voxels, Voxels(c_order));
  EXPECT_EQ(volume.voxels, parse_npz(archive(c_order, false)).voxels);
  EXPECT_EQ(volume.size, (Size3{2, 3, 4}));
  EXPECT_EQ(volume.affine, (Affine{0.5, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0}));
  EXPECT_EQ(spacing_mm(volume), (Spacing3{3, 2, 0.5}));
}

TEST(Npz, OtherElementsAreRefused) {
  for (const char* type : {"|O", "<c16", "<c8", "|S1", "<U1", "<M8", "|V1", "<f16", "<i3", "<f1", "|b2", "<i0", "", "<", "i2"})
    EXPECT_EQ(refusal(raw_npy(type, "(1, 1)", std::string(16, '\0'))), "UNSUPPORTED_OBJECT") << type;
  EXPECT_EQ(refusal(raw_npy("=i2", "(1, 1)", "xx")), "DAMAGED");
  EXPECT_EQ(refusal(raw_npy("|i2", "(1, 1)", "xx")), "DAMAGED");
  EXPECT_EQ(refusal(raw_npy_of("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1)}", "xxxx")), "UNSUPPORTED_OBJECT");
}

TEST(Npz, HeadersAreReadAsNumpyWritesThem) {
  for (const char* sound :
       {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }  \n", "{\"shape\":(1,2),\"descr\":\"|u1\",\"fortran_order\":True}"})
    for (const int major : {1, 2, 3}) EXPECT_EQ(refusal(raw_npy_of(sound, "xx", major)), "ok") << sound;
  EXPECT_EQ(refusal(raw_npy_of("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)}", "xx", 4)), "UNSUPPORTED_OBJECT");
  for (const char* broken :
       {"", "{", "{}", "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (1, 2)}", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, -2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), 'more': 1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)} x", "{'descr': '|u1', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': [1, 2]}", "{'descr': '|u1' 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 99999999999999999999)}"})
    EXPECT_EQ(refusal(raw_npy_of(broken, "xx")), "DAMAGED") << broken;
}

TEST(Npz, ShapeAndLengthMustAgree) {
  EXPECT_EQ(refusal(bytes_npy("(2, 3)", 6)), "ok");
  EXPECT_EQ(refusal(bytes_npy("(2, 3)", 5)), "TRUNCATED");
  EXPECT_EQ(refusal(bytes_npy("(2, 3)", 7)), "DAMAGED");
  EXPECT_EQ(refusal(bytes_npy("(0, 3)", 0)), "DAMAGED");
  EXPECT_EQ(refusal(bytes_npy("()", 1)), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(bytes_npy("(6,)", 6)), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(bytes_npy("(1, 1, 2, 3)", 6)), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(refusal(bytes_npy("(4294967296, 4294967296)", 6)), "TOO_LARGE");
  EXPECT_EQ(refusal(bytes_npy("(9223372036854775807, 2)", 6)), "TOO_LARGE");
  const std::string sound = bytes_npy("(2, 3)", 6);
  for (size_t n = 0; n < sound.size(); ++n) EXPECT_NE(refusal(sound.substr(0, n)), "ok") << n;
}

TEST(Npz, AVolumeNeedsItsSpacing) {
  EXPECT_EQ(refusal(bytes_npy("(2, 1, 3)", 6)), "BAD_GEOMETRY");
  EXPECT_EQ(refusal(bytes_npy("(1, 2, 3)", 6)), "ok");
  const auto with = [](const std::string& spacing) {
    return refusal(raw_zip({{"image.npy", bytes_npy("(2, 1, 3)", 6)}, {"spacing.npy", spacing}}));
  };
  EXPECT_EQ(refusal(raw_zip({{"image.npy", bytes_npy("(2, 1, 3)", 6)}})), "BAD_GEOMETRY");
  EXPECT_EQ(with(spacing_npy({1, 2, 3})), "ok");
  EXPECT_EQ(with(raw_npy("|u1", "(3,)", "\1\2\3")), "ok");
  EXPECT_EQ(with(spacing_npy({1, 2})), "BAD_GEOMETRY");
  EXPECT_EQ(with(spacing_npy({1, 0, 3})), "BAD_GEOMETRY");
  EXPECT_EQ(with(spacing_npy({1, -2, 3})), "BAD_GEOMETRY");
  EXPECT_EQ(with(spacing_npy({1, 2, std::nan("")})), "BAD_GEOMETRY");
  EXPECT_EQ(with(spacing_npy({1, 2, std::numeric_limits<double>::infinity()})), "BAD_GEOMETRY");
  EXPECT_EQ(with("no array"), "DAMAGED");
}

TEST(Npz, TheMemberNamedImageOrTheOnlyOne) {
  const std::string three = bytes_npy("(1, 3)", 3), four = bytes_npy("(1, 4)", 4);
  EXPECT_EQ(parse_npz(raw_zip({{"a.npy", three}, {"image.npy", four}})).size[2], 4);
  EXPECT_EQ(parse_npz(raw_zip({{"spacing.npy", spacing_npy({1, 1, 1})}, {"arr_0.npy", three}, {"notes.txt", "x"}})).size[2], 3);
  EXPECT_EQ(refusal(raw_zip({{"a.npy", three}, {"b.npy", four}})), "AMBIGUOUS");
  EXPECT_EQ(refusal(raw_zip({{"spacing.npy", spacing_npy({1, 1, 1})}})), "NO_IMAGE");
  EXPECT_EQ(refusal(raw_zip({})), "NO_IMAGE");
  EXPECT_EQ(refusal(raw_zip({{"image.npy", three}, {"image.npy", four}})), "DAMAGED");
}

TEST(Npz, ArchivesThatLieAreRefused) {
  const std::string array = bytes_npy("(30, 40)", 1200);
  const auto with = [&](auto change) {
    RawEntry entry{"image.npy", array, true};
    change(entry);
    return refusal(raw_zip({entry}));
  };
  EXPECT_EQ(with([](RawEntry&) {}), "ok");
  EXPECT_EQ(with([](RawEntry& entry) { entry.deflated = false; }), "ok");
  EXPECT_EQ(with([](RawEntry& entry) { entry.checksum = 1; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.deflated = false, entry.checksum = 1; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.size = 100; }), "TRUNCATED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.size = 1 << 20; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.size = 0xFFFFFFFE; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.size = 0xFFFFFFFF; }), "TOO_LARGE");
  EXPECT_EQ(with([](RawEntry& entry) { entry.deflated = false, entry.size = 1199; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.offset = 5; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.offset = 0x7FFFFFFF; }), "DAMAGED");
  EXPECT_EQ(with([](RawEntry& entry) { entry.flags = 1; }), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(with([](RawEntry& entry) { entry.method = 12; }), "UNSUPPORTED_OBJECT");
  EXPECT_EQ(with([](RawEntry& entry) { entry.method = 0; }), "DAMAGED");
  EXPECT_EQ(refusal("PK\x03\x04 and no end"), "TRUNCATED");
  EXPECT_EQ(refusal(""), "TRUNCATED");
}

// The content is one byte longer or shorter than both the directory and the array say.
TEST(Npz, TheStreamEndsWhereTheArrayDoes) {
  for (const int more : {-1, 1}) {
    const std::string array = bytes_npy("(30, 40)", 1200), packed = raw_deflated(bytes_npy("(30, 40)", static_cast<size_t>(1200 + more)));
    RawEntry entry{"image.npy", packed};
    entry.method = 8;
    entry.size = static_cast<int64_t>(array.size());
    EXPECT_EQ(refusal(raw_zip({entry})), "DAMAGED") << more;
  }
}

TEST(Npz, NoBrokenByteChangesAVoxel) {
  for (const bool deflated : {false, true}) {
    const std::string array = bytes_npy("(4, 5)", 20), sound = raw_zip({{"image.npy", array, deflated}});
    const Voxels truth = parse_npz(sound).voxels;
    for (size_t n = 0; n < sound.size(); ++n) {
      EXPECT_NE(refusal(sound.substr(0, n)), "ok") << n;
      for (const int bit : {0, 3, 7}) {
        std::string bytes = sound;
        bytes[n] = static_cast<char>(bytes[n] ^ 1 << bit);
        if (refusal(bytes) != "ok") continue;
        EXPECT_EQ(parse_npz(bytes).voxels, truth) << n;
      }
    }
  }
}

TEST(Npz, NoFileIsUnreadable) {
  try {
    read_npz("absent.npz");
    ADD_FAILURE() << "an absent file was read";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.code, "UNREADABLE");
  }
}

}  // namespace
}  // namespace chiasm
