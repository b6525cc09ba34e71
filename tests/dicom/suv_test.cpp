// SUV by body weight against closed forms: what the decay correction refers to, times over midnight, and what is missing.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "data/dicom/clock.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

constexpr double half_life = 6586.2, dose = 3.7e8, weight_g = 70500;

// An hour between injection and series; images of ten minutes.
void fill_pet(DcmDataset& dataset, int k) {
  set(dataset, 0x0054, 0x1001, "BQML");
  set(dataset, 0x0054, 0x1102, "START");
  set(dataset, 0x0028, 0x0051, "DECY\\ATTN\\SCAT");
  set(dataset, 0x0010, 0x1030, "70.5");
  set(dataset, 0x0008, 0x0021, "20200101");
  set(dataset, 0x0008, 0x0031, "110000");
  set(dataset, 0x0008, 0x0022, "20200101");
  set(dataset, 0x0008, 0x0032, k < 2 ? "110000" : "111000.0");
  set(dataset, 0x0018, 0x1242, "600000");
  DcmItem* drug = nullptr;
  ASSERT_TRUE(dataset.findOrCreateSequenceItem(DCM_RadiopharmaceuticalInformationSequence, drug, 0).good());
  set(*drug, 0x0018, 0x1072, "100000.000000");
  set(*drug, 0x0018, 0x1074, "370000000");
  set(*drug, 0x0018, 0x1075, "6586.2");
}

DcmItem& drug_of(DcmDataset& dataset) {
  DcmItem* drug = nullptr;
  EXPECT_TRUE(dataset.findAndGetSequenceItem(DCM_RadiopharmaceuticalInformationSequence, drug, 0).good());
  return *drug;
}

ReadResult read_pet(const Edit& edit) {
  Phantom phantom;
  phantom.modality = "PT";
  phantom.slices = 4;
  phantom.slope = "2.5";
  Folder folder;
  write_series(phantom, folder.path(), [&](DcmDataset& dataset, int k) {
    fill_pet(dataset, k);
    if (edit) edit(dataset, k);
  });
  ReadResult result = read_one(folder.path());
  EXPECT_TRUE(result.volume) << result.code << " " << result.detail;
  return result;
}

// Voxels are stored value x 2.5 x factor(slice).
void expect_factor(const ReadResult& result, const std::function<double(int k)>& factor, const std::string& units) {
  ASSERT_TRUE(result.volume);
  const std::vector<float> found = values(*result.volume);
  size_t n = 0;
  for (int k = 0; k < 4; ++k)
    for (const int stored : Phantom().stored(k)) {
      const double expected = stored * 2.5 * factor(k);
      ASSERT_NEAR(found[n++], expected, 1e-6 * expected) << k;
    }
  EXPECT_EQ(result.volume->facts.at("units"), units);
}

void expect_suv(const Edit& edit, double elapsed_s) {
  const ReadResult result = read_pet(edit);
  expect_factor(
      result, [&](int) { return weight_g / (dose * std::exp2(-elapsed_s / half_life)); }, "GML");
  EXPECT_TRUE(result.notes.empty());
}

void expect_activity(const Edit& edit, const std::string& why) {
  const ReadResult result = read_pet(edit);
  expect_factor(
      result, [](int) { return 1; }, "BQML");
  EXPECT_EQ(result.notes, std::vector<std::string>{"no SUV, values are Bq/ml: " + why});
}

TEST(Suv, StartRefersToTheSeries) {
  expect_suv({}, 3600);
  expect_suv([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1078, "20200101095900"); }, 3660);  // with a date: it goes first
  expect_suv([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1078, "20200101095900+0100"); }, 3660);
}

TEST(Suv, OffsetsFromUtcCountWhereBothAreStated) {
  expect_suv(
      [](DcmDataset& d, int) {
        set(d, 0x0008, 0x0201, "+0100");
        set(drug_of(d), 0x0018, 0x1078, "20200101093000+0030");
      },
      3600);
}

TEST(Suv, AdminRefersToTheInjection) {
  expect_suv([](DcmDataset& d, int) { set(d, 0x0054, 0x1102, "ADMIN"); }, 0);
}

TEST(Suv, NoneRefersToEachImage) {
  const ReadResult result = read_pet([](DcmDataset& d, int) {
    set(d, 0x0054, 0x1102, "NONE");
    set(d, 0x0028, 0x0051, "ATTN");
  });
  const double decays = 600 * std::log(2.0) / half_life, mean = (1 - std::exp(-decays)) / decays;
  expect_factor(
      result, [&](int k) { return weight_g / (dose * std::exp2(-(k < 2 ? 3600 : 4200) / half_life) * mean); }, "GML");
}

TEST(Suv, OverMidnight) {
  const auto night = [](DcmDataset& d, int k) {
    set(d, 0x0008, 0x0021, "20200102");
    set(d, 0x0008, 0x0031, "002000");
    set(d, 0x0008, 0x0022, "20200102");
    set(d, 0x0008, 0x0032, k < 2 ? "002000" : "003000");
    set(drug_of(d), 0x0018, 0x1072, "233000");
  };
  expect_suv(night, 3000);
  expect_suv(
      [&](DcmDataset& d, int k) {
        night(d, k);
        set(drug_of(d), 0x0018, 0x1072, "");
        set(drug_of(d), 0x0018, 0x1078, "20200101233000.000");
      },
      3000);
  // The images lie after midnight, the series' start before.
  expect_suv(
      [](DcmDataset& d, int) {
        set(d, 0x0008, 0x0031, "235000");
        set(d, 0x0008, 0x0022, "20200102");
        set(d, 0x0008, 0x0032, "000500");
        set(drug_of(d), 0x0018, 0x1072, "225000");
      },
      3600);
}

TEST(Suv, ADynamicScanMayStartBeforeTheInjection) {
  expect_suv([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1072, "110015"); }, -15);
}

// A later processing put its own time into the series: the frame reference time leads back to the start.
TEST(Suv, StartFollowsFromTheFrameReferenceTime) {
  const double decays = 600 * std::log(2.0) / half_life, to_mean = std::log(decays / (1 - std::exp(-decays))) * half_life / std::log(2.0);
  expect_suv(
      [&](DcmDataset& d, int k) {
        set(d, 0x0008, 0x0031, "150000");
        std::ostringstream reference;
        reference.precision(12);
        reference << (to_mean + (k < 2 ? 0 : 600)) * 1000;
        set(d, 0x0054, 0x1300, reference.str());
      },
      3600);
  expect_activity([](DcmDataset& d, int) { set(d, 0x0008, 0x0031, "150000"); }, "the reference time of the decay correction is not stated");
}

TEST(Suv, WhatIsMissingIsSaidAndNeverGuessed) {
  expect_activity([](DcmDataset& d, int) { set(d, 0x0010, 0x1030, ""); }, "the patient's weight is not stated");
  expect_activity([](DcmDataset& d, int) { set(d, 0x0010, 0x1030, "0"); }, "the patient's weight is not stated");
  expect_activity([](DcmDataset& d, int) { set(d, 0x0010, 0x1030, "70500"); }, "the patient's weight is implausible in kg");
  expect_activity([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1074, ""); }, "the injected dose is not stated");
  expect_activity([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1074, "370"); }, "the injected dose is implausible in Bq");
  expect_activity([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1075, ""); }, "the half-life is not stated");
  expect_activity([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1072, ""); }, "the time of injection is not stated");
  expect_activity([](DcmDataset& d, int) { set(d, 0x0054, 0x1102, ""); }, "the kind of decay correction is not stated");
  expect_activity([](DcmDataset& d, int) { d.findAndDeleteElement(DCM_RadiopharmaceuticalInformationSequence); },
                  "not exactly one radiopharmaceutical is stated");
}

TEST(Suv, WhatContradictsIsSaid) {
  expect_activity([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1078, "20200103100000"); },
                  "the times of injection and image do not belong together");
  expect_activity([](DcmDataset& d, int) { set(drug_of(d), 0x0018, 0x1078, "20191230100000"); },
                  "the times of injection and image do not belong together");
  expect_activity([](DcmDataset& d, int) { set(d, 0x0028, 0x0051, "ATTN"); }, "decay correction is stated in two ways that differ");
  expect_activity([](DcmDataset& d, int) { set(d, 0x0028, 0x0051, "DECY"); }, "the image is not corrected for attenuation");
}

TEST(Suv, OneUnitForTheVolume) {
  const ReadResult result = read_pet([](DcmDataset& d, int k) {
    if (k == 2) set(d, 0x0010, 0x1030, "");
  });
  expect_factor(
      result, [](int) { return 1; }, "BQML");
  EXPECT_EQ(result.notes.at(0), "no SUV: it can be computed for some slices only");
}

TEST(Suv, SuvPasses) {
  const ReadResult result = read_pet([](DcmDataset& d, int) { set(d, 0x0054, 0x1001, "GML"); });
  expect_factor(
      result, [](int) { return 1; }, "GML");
  EXPECT_TRUE(result.notes.empty());
  const ReadResult lean = read_pet([](DcmDataset& d, int) {
    set(d, 0x0054, 0x1001, "GML");
    set(d, 0x0054, 0x1006, "LBM");
  });
  EXPECT_EQ(lean.notes, std::vector<std::string>{"SUV is not by body weight"});
}

TEST(Suv, CountsByPhilipsFactors) {
  const auto counts = [](const char* suv, const char* activity) {
    return [=](DcmDataset& d, int) {
      set(d, 0x0054, 0x1001, "CNTS");
      d.putAndInsertString(DcmTag(0x7053, 0x0010, EVR_LO), "Philips PET Private Group");
      if (suv != nullptr) d.putAndInsertString(DcmTag(0x7053, 0x1000, EVR_DS), suv);
      if (activity != nullptr) d.putAndInsertString(DcmTag(0x7053, 0x1009, EVR_DS), activity);
    };
  };
  expect_factor(
      read_pet(counts("0.000551", "1.5")), [](int) { return 0.000551; }, "GML");
  expect_factor(
      read_pet(counts("0.0", "1.5")), [](int) { return 1.5 * weight_g / (dose * std::exp2(-3600 / half_life)); }, "GML");
  const ReadResult activity = read_pet([&](DcmDataset& d, int k) {
    counts(nullptr, "1.5")(d, k);
    set(d, 0x0010, 0x1030, "");
  });
  expect_factor(
      activity, [](int) { return 1.5; }, "BQML");
  const ReadResult none = read_pet(counts(nullptr, nullptr));
  expect_factor(
      none, [](int) { return 1; }, "CNTS");
  EXPECT_EQ(none.notes, std::vector<std::string>{"no SUV, values are counts: no factor to activity is stated"});
}

TEST(Clock, TimesAndDates) {
  EXPECT_EQ(parse_time("101530.25"), 36930.25);
  EXPECT_EQ(parse_time("1015"), 36900);
  for (const char* bad : {"", "1", "24", "1060", "10:15", "101530.", "1015.5", "10a5"}) EXPECT_FALSE(parse_time(bad)) << bad;
  EXPECT_EQ(parse_date_time("19700102", "00"), day_seconds);
  EXPECT_FALSE(parse_date_time("20200230", "10"));
  EXPECT_EQ(parse_date_time("197001020100", std::nullopt), day_seconds + 3600);
  EXPECT_EQ(parse_date_time("197001020100-0100", 3600), day_seconds + 3 * 3600);
  EXPECT_FALSE(parse_date_time("19700102", std::nullopt));
  EXPECT_FALSE(parse_date_time("197001020100+1", std::nullopt));
}

}  // namespace
}  // namespace chiasm::dicom::test
