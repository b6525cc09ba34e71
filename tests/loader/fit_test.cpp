#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/loader/loader_store.h"

namespace chiasm {
namespace {

using test::LoaderStore;

// Ten CTs of 8 x 12 x 12 voxels whose spacing runs from 1 to 10 mm; sagittal ones have their axes exchanged.
struct SpacingStore {
  SpacingStore() {
    StoreSchema schema;
    schema.inputs["ct"] = test::stored_input(Form::image, "ct");
    schema.inputs["film"] = test::stored_input(Form::image, "xray");
    schema.inputs["pet"] = test::stored_input(Form::image, "pet");
    StoreWriter writer(folder / "store", schema);
    for (int64_t n = 0; n < 10; ++n) {
      StudyRecord record;
      record.study = record.patient = "S" + std::to_string(n);
      record.inputs["ct"] = {test::image_item("ct", {8, 12, 10}, static_cast<double>(n + 1), 1)};
      // Stored as sagittal: i to posterior, j to inferior, k to left.
      const double s = static_cast<double>(n + 1);
      record.inputs["ct"][0].volume.affine = {0, 0, -s, 0, -s, 0, 0, 0, 0, -2 * s, 0, 0};
      record.inputs["film"] = {test::image_item("xray", {1, 20, 30}, 0.5, 2)};
      record.inputs["pet"] = {test::image_item("pet", {2, 2, 2}, 4, 3)};
      record.inputs["pet"][0].volume.voxels = std::vector<float>{1, 1, 1, 1, 3, 3, 3, 3};
      names.push_back(record.study);
      writer.add(record);
    }
    writer.commit();
    reader = std::make_shared<StoreReader>(folder / "store");
  }
  Scratch folder;
  std::shared_ptr<const StoreReader> reader;
  std::vector<std::string> names;
};

TEST(FitPreparation, WholeViewsHoldTheFieldOfViewOfNineInTen) {
  const SpacingStore store;
  ViewConfig view;
  view.size = {12, 10, 16};
  const Preparation p = fit_preparation(*store.reader, store.names, "ct", view);
  // Field of view: superior 12 voxels of 2 s, anterior 10 of s, right 8 of s; the 90th percentile of s = 1 ... 10 is taken upwards: 10.
  EXPECT_NEAR(p.view.spacing_mm[0], 12 * 20 / 12.0, 1e-9);
  EXPECT_NEAR(p.view.spacing_mm[1], 10 * 10 / 10.0, 1e-9);
  EXPECT_NEAR(p.view.spacing_mm[2], 8 * 10 / 16.0, 1e-9);
  EXPECT_EQ(p.modality, "ct");
  const Preparation few = fit_preparation(*store.reader, {"S0", "S1"}, "ct", view);  // only the studies given
  EXPECT_NEAR(few.view.spacing_mm[1], 2, 1e-9);
  view.spacing_mm = {0, 3, 0};  // what is given stays
  EXPECT_EQ(fit_preparation(*store.reader, store.names, "ct", view).view.spacing_mm[1], 3);
}

TEST(FitPreparation, CropsTakeTheMedianSpacing) {
  const SpacingStore store;
  ViewConfig view;
  view.sample = "crop";
  const Preparation p = fit_preparation(*store.reader, store.names, "ct", view);
  EXPECT_NEAR(p.view.spacing_mm[0], 12, 1e-9);
  EXPECT_NEAR(p.view.spacing_mm[1], 6, 1e-9);
  EXPECT_NEAR(p.view.spacing_mm[2], 6, 1e-9);
}

TEST(FitPreparation, PicturesHaveNoSpacingAndNeedOneSlice) {
  const SpacingStore store;
  ViewConfig view;
  EXPECT_THROW(fit_preparation(*store.reader, store.names, "film", view), UsageError);
  view.size = {1, 16, 16};
  EXPECT_EQ(fit_preparation(*store.reader, store.names, "film", view).view.spacing_mm, (std::array<double, 3>{1, 1, 1}));
}

TEST(FitPreparation, MomentsWhereTheModalityAsks) {
  const SpacingStore store;
  ViewConfig view;
  view.size = {2, 2, 2};
  const Preparation p = fit_preparation(*store.reader, store.names, "pet", view);
  EXPECT_NEAR(p.mean, 2, 1e-9);
  EXPECT_NEAR(p.deviation, 1, 1e-9);
  EXPECT_EQ(fit_preparation(*store.reader, store.names, "ct", view).deviation, 1);
}

TEST(FitPreparation, FingerprintOfTheTrainPart) {
  const SpacingStore store;
  ViewConfig view;
  view.sample = "crop";
  view.intensity = "fingerprint";
  const Preparation p = fit_preparation(*store.reader, store.names, "pet", view);
  EXPECT_EQ(p.view.window, (std::vector<double>{1, 3}));
  EXPECT_NEAR(p.mean, 2, 1e-9);  // of 1, 1, 1, 1, 3, 3, 3, 3
  EXPECT_NEAR(p.deviation, 1, 1e-9);
  view.window = {0, 5};
  EXPECT_THROW(fit_preparation(*store.reader, store.names, "pet", view), UsageError);
}

TEST(FitTableScale, MeanAndDeviationOfKnownValues) {
  const LoaderStore store(8);
  // Studies 0 1 2 4 5 6 have a table; crp = n; age = 50 + n but for 0 and 6.
  const auto scales = fit_table_scale(*store.reader, store.names, "lab");
  const double crp = (0 + 1 + 2 + 4 + 5 + 6) / 6.0, age = 50 + (1 + 2 + 4 + 5) / 4.0;
  EXPECT_NEAR(scales[0][0], crp, 1e-12);
  EXPECT_NEAR(scales[0][1], std::sqrt((0 + 1 + 4 + 16 + 25 + 36) / 6.0 - crp * crp), 1e-9);
  EXPECT_NEAR(scales[1][0], age, 1e-12);
  EXPECT_NEAR(scales[1][1], std::sqrt((4 + 1 + 1 + 4) / 4.0), 1e-9);
  const auto constant = fit_table_scale(*store.reader, {store.names[0]}, "lab");  // one value, and none
  EXPECT_EQ(constant[0], (std::array<double, 2>{0, 1}));
  EXPECT_EQ(constant[1], (std::array<double, 2>{0, 1}));
}

TEST(Specs, SayWhatTheLoaderDelivers) {
  const LoaderStore store(20);
  const LoaderOptions options = store.options();
  const InputSpecs inputs = input_specs(store.reader->schema(), options, store.tokenizer.get());
  EXPECT_EQ(inputs.size(), 5U);
  EXPECT_EQ(inputs.at("film").size, (std::array<int64_t, 3>{1, 12, 12}));
  EXPECT_EQ(inputs.at("mr").max_rows, 2);
  EXPECT_EQ(inputs.at("note").length, 12);
  EXPECT_EQ(inputs.at("note").vocabulary, store.tokenizer->vocabulary());
  EXPECT_EQ(inputs.at("lab").columns, (std::vector<std::string>{"crp", "age"}));
  const TargetSpecs targets = target_specs(*store.reader, store.names, options, store.tokenizer.get());
  // Nodule: 18 known, 6 positive (0 3 9 12 15 18; 6 is unknown). Effusion: 10 known of 0.25.
  EXPECT_NEAR(targets.at("finding").priors[0], (6 + 1) / (18 + 2.0), 1e-12);
  EXPECT_NEAR(targets.at("finding").priors[1], (2.5 + 1) / (10 + 2.0), 1e-12);
  EXPECT_EQ(targets.at("finding").derived_from, std::vector<std::string>{"report"});
  // Eight masks of 8 * 12 * 12 voxels, one of them not annotated, 15 of each class.
  EXPECT_NEAR(targets.at("lesion").priors[0], (8 * 15 + 1) / (8 * 1151 + 3.0), 1e-12);
  EXPECT_EQ(targets.at("lesion").on, "ct");
  EXPECT_EQ(targets.at("report").kind, TargetKind::text);
  EXPECT_EQ(targets.at("report").length, 24);
}

}  // namespace
}  // namespace chiasm
