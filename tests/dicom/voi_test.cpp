// Display values against tables worked out by hand from PS3.3 C.11.2.1.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/voi.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

using Row = std::pair<double, double>;  // value, display value

void expect_table(const Window& window, const std::vector<Row>& rows) {
  for (const auto& [value, expected] : rows) EXPECT_NEAR(displayed(value, window), expected, 1e-12) << value;
}

// Center 40, width 401: from -160.5 to 239.5.
TEST(Voi, Linear) {
  expect_table({40, 401}, {{-1000, 0}, {-160.5, 0}, {-160, 0.00125}, {39.5, 0.5}, {40, 0.50125}, {139.5, 0.75}, {239.5, 1}, {3000, 1}});
  // The example of the standard: center 2048, width 4096 and 12 bits give the identity.
  expect_table({2048, 4096}, {{0, 0}, {1, 1 / 4095.0}, {1000, 1000 / 4095.0}, {4095, 1}});
  expect_table({0, 100}, {{-50, 0}, {-49, 1 / 99.0}, {0, 50 / 99.0}, {49, 1}});
}

TEST(Voi, LinearOfWidthOneIsAStep) {
  expect_table({100, 1}, {{99, 0}, {99.5, 0}, {99.6, 1}, {100, 1}});
  expect_table({0, 2}, {{-1, 0}, {0, 1}, {-0.5, 0.5}});
}

TEST(Voi, LinearExact) {
  expect_table({40, 400, VoiFunction::linear_exact}, {{-160.1, 0}, {-160, 0}, {-60, 0.25}, {40, 0.5}, {240, 1}, {240.1, 1}});
  expect_table({0.5, 0.5, VoiFunction::linear_exact}, {{0.25, 0}, {0.5, 0.5}, {0.625, 0.75}, {0.75, 1}, {1, 1}});
}

TEST(Voi, Sigmoid) {
  expect_table({40, 400, VoiFunction::sigmoid},
               {{40, 0.5}, {140, 1 / (1 + std::exp(-1.0))}, {-160, 1 / (1 + std::exp(2.0))}, {240, 1 / (1 + std::exp(-2.0))}});
}

TEST(Voi, UnsoundWindows) {
  EXPECT_TRUE(is_sound({0, 1}));
  EXPECT_FALSE(is_sound({0, 0.5}));
  EXPECT_TRUE(is_sound({0, 0.5, VoiFunction::linear_exact}));
  EXPECT_FALSE(is_sound({0, 0, VoiFunction::sigmoid}));
  EXPECT_FALSE(is_sound({std::nan(""), 10}));
  EXPECT_EQ(parse_window("40,400")->width, 400);
  EXPECT_EQ(parse_window("-600, 1500, linear_exact")->function, VoiFunction::linear_exact);
  for (const char* text : {"", "40", "40,0", "40,x", "40,400,cubic", "1,2,3,4"}) EXPECT_FALSE(parse_window(text)) << text;
}

Phantom radiograph() {
  Phantom phantom;
  phantom.modality = "DX";
  phantom.slices = 1;
  phantom.is_signed = false;
  phantom.bits_stored = 12;
  phantom.slope = phantom.intercept = "";
  return phantom;
}

void put_table(DcmDataset& dataset, const std::vector<Uint16>& descriptor, const std::vector<Uint16>& data) {
  DcmItem* item = nullptr;
  ASSERT_TRUE(dataset.findOrCreateSequenceItem(DCM_VOILUTSequence, item, 0).good());
  item->putAndInsertUint16Array(DcmTag(DCM_LUTDescriptor, EVR_US), descriptor.data(), 3);
  item->putAndInsertUint16Array(DcmTag(DCM_LUTData, EVR_US), data.data(), data.size());
}

// The first display values of a volume as it asks to be shown.
std::vector<float> shown(const Phantom& phantom, const std::vector<int>& stored, const Edit& edit) {
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    std::vector<int> pixels(static_cast<size_t>(phantom.rows * phantom.columns), 0);
    std::copy(stored.begin(), stored.end(), pixels.begin());
    set_pixels(dataset, pixels, 16);
    edit(dataset, k);
  });
  ReadResult result = read_one(folder.path());
  EXPECT_TRUE(result.volume && result.voi) << result.code << result.detail;
  if (!result.volume || !result.voi) return {};
  show(*result.volume, *result.voi);
  const std::vector<float> all = values(*result.volume);
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(stored.size())};
}

void expect_near(const std::vector<float>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t n = 0; n < found.size(); ++n) EXPECT_NEAR(found[n], expected[n], 1e-6) << n;
}

TEST(Voi, WindowOfTheFileActsOnRescaledValues) {
  Phantom phantom;
  phantom.slope = "2";
  phantom.intercept = "-1000";
  const auto window = [](const char* function) {
    return [=](DcmDataset& dataset, int) {
      set(dataset, 0x0028, 0x1050, "40\\-600");
      set(dataset, 0x0028, 0x1051, "400\\1500");
      if (*function != '\0') set(dataset, 0x0028, 0x1056, function);
    };
  };
  const std::vector<int> stored{0, 470, 520, 620};  // -1000, -60, 40, 240
  expect_near(shown(phantom, stored, window("")), {0, (-60 - 39.5) / 399 + 0.5, (40 - 39.5) / 399 + 0.5, 1});
  expect_near(shown(phantom, stored, window("LINEAR_EXACT")), {0, 0.25, 0.5, 1});
  expect_near(shown(phantom, stored, window("SIGMOID")),
              {1 / (1 + std::exp(10.4)), 1 / (1 + std::exp(1.0)), 0.5, 1 / (1 + std::exp(-2.0))});
}

TEST(Voi, TableOfTheFile) {
  const auto table = [](DcmDataset& dataset, int) { put_table(dataset, {3, 2, 16}, {0, 13107, 65535}); };
  expect_near(shown(radiograph(), {0, 2, 3, 4, 9}, table), {0, 0, 0.2, 1, 1});  // before a window, and its ends beyond
  const auto both = [&](DcmDataset& dataset, int k) {
    table(dataset, k);
    set(dataset, 0x0028, 0x1050, "2000");
    set(dataset, 0x0028, 0x1051, "4000");
  };
  expect_near(shown(radiograph(), {0, 2, 3, 4, 9}, both), {0, 0, 0.2, 1, 1});
}

TEST(Voi, FirstEntryMayBeNegative) {
  const auto table = [](DcmDataset& dataset, int) { put_table(dataset, {3, 0xFFFE, 8}, {0, 51, 255}); };  // from -2
  expect_near(shown(Phantom(), {-3, -2, -1, 0, 5}, table), {0, 0, 0.2, 1, 1});
}

TEST(Voi, BrokenTableLeavesTheWindow) {
  const auto edit = [](DcmDataset& dataset, int) {
    put_table(dataset, {9, 0, 16}, {1, 2});
    set(dataset, 0x0028, 0x1050, "2048");
    set(dataset, 0x0028, 0x1051, "4096");
  };
  expect_near(shown(radiograph(), {0, 1000, 4095}, edit), {0, 1000 / 4095.0, 1});
}

// The window speaks of the file's values, the volume holds their complement: bright stays much.
TEST(Voi, Monochrome1) {
  Phantom phantom = radiograph();
  phantom.photometric = "MONOCHROME1";
  const auto window = [](DcmDataset& dataset, int) {
    set(dataset, 0x0028, 0x1050, "1000");
    set(dataset, 0x0028, 0x1051, "200");
    set(dataset, 0x0028, 0x1056, "LINEAR_EXACT");
  };
  expect_near(shown(phantom, {0, 900, 950, 1000, 1100, 4095}, window), {1, 1, 0.75, 0.5, 0, 0});
}

TEST(Voi, NothingStatedOrSoundIsNothing) {
  const auto has_voi = [](const Edit& edit) {
    Folder folder;
    write_series(radiograph(), folder.path(), edit);
    return read_one(folder.path()).voi.has_value();
  };
  EXPECT_FALSE(has_voi({}));
  const auto window = [](const char* width, const char* function) {
    return [=](DcmDataset& dataset, int) {
      set(dataset, 0x0028, 0x1050, "40");
      set(dataset, 0x0028, 0x1051, width);
      set(dataset, 0x0028, 0x1056, function);
    };
  };
  EXPECT_TRUE(has_voi(window("1", "LINEAR")));
  EXPECT_FALSE(has_voi(window("0", "LINEAR")));
  EXPECT_FALSE(has_voi(window("400", "CUBIC")));
  EXPECT_FALSE(has_voi(window("NaN", "")));
}

TEST(Voi, FramesOfAnEnhancedObjectHaveTheirOwn) {
  Phantom phantom;
  phantom.modality = "MR";
  Folder folder;
  write_enhanced(phantom, folder.path() / "enhanced", {0, 1, 2, 3, 4}, {}, [](DcmItem& frame, int n) {
    DcmItem* item = nullptr;
    frame.findOrCreateSequenceItem(DCM_FrameVOILUTSequence, item, 0);
    set(*item, 0x0028, 0x1050, std::to_string(100 * n));
    set(*item, 0x0028, 0x1051, "50");
  });
  const ReadResult result = read_one(folder.path());
  ASSERT_TRUE(result.voi && result.voi->window);
  EXPECT_EQ(result.voi->window->center, 200);  // of the middle slice
}

// Of a PET series in SUV, the window still speaks of the file's Bq/ml.
TEST(Voi, ScaledValuesAreTakenBack) {
  Voi voi;
  voi.window = Window{1000, 2000, VoiFunction::linear_exact};
  voi.scale = 0.001;
  EXPECT_DOUBLE_EQ(displayed(0.5, voi), 0.25);
}

}  // namespace
}  // namespace chiasm::dicom::test
