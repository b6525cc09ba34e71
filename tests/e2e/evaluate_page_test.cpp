// Parts of an evaluation's page over a small store with known pictures.
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "core/base/file.h"
#include "core/evaluate/summary.h"
#include "core/report/html.h"
#include "data/nifti.h"
#include "scripts/evaluate_page_overlay.h"
#include "scripts/evaluate_page_parts.h"
#include "scripts/evaluate_page_slice.h"
#include "tests/support/markup.h"
#include "tests/support/scratch.h"

namespace chiasm::page {
namespace {

using report::count_of;

constexpr int studies = 12;
const Size3 grid{4, 8, 8};

std::string study_name(int number) { return "study" + std::to_string(100 + number); }

// Rows and columns grow to the patient's left and back, as in most CT; a block of 3 x 3 at `column`, in slices 1 and 2.
Volume block(int64_t column, bool mask) {
  Volume volume;
  volume.modality = mask ? "mask" : "ct";
  volume.size = grid;
  volume.affine = {-2, 0, 0, 7, 0, -2, 0, 7, 0, 0, 5, -7.5};
  std::vector<uint8_t> inside;
  std::vector<int16_t> values;
  for (int64_t k = 0; k < 4; ++k)
    for (int64_t j = 0; j < 8; ++j)
      for (int64_t i = 0; i < 8; ++i) {
        const bool in = (k == 1 || k == 2) && j >= 2 && j < 5 && i >= column && i < column + 3;
        inside.push_back(in ? 1 : 0);
        values.push_back(static_cast<int16_t>(in ? 200 : -200 + i));
      }
  if (mask) {
    volume.voxels = inside;
  } else {
    volume.voxels = values;
  }
  return volume;
}

Volume radiograph(const std::string& view) {
  Volume volume;
  volume.modality = "xray";
  volume.size = {1, 10, 8};
  volume.facts["view"] = view;
  std::vector<uint16_t> values;
  for (uint16_t i = 0; i < 80; ++i) values.push_back(i);
  volume.voxels = values;
  return volume;
}

evaluate::Row row_of(int number, const std::string& task, const std::string& target, double label, double raw, double score) {
  evaluate::Row row;
  row.study = study_name(number);
  row.patient = "p" + std::to_string(number);
  row.subset = "all";
  row.task = task;
  row.target = target;
  row.label = label;
  row.raw = raw;
  row.score = score;
  return row;
}

// Study i's segmentation is shifted by i % 3 columns; the classifier errs on study 5.
class PageParts : public testing::Test {
 protected:
  void SetUp() override {
    StoreSchema schema;
    schema.inputs["ct"] = {Form::image, "ct", false, {}, 1};
    schema.inputs["xray"] = {Form::image, "xray", false, {}, 1};
    schema.targets["disease"] = {TargetKind::labels, {"nodule"}, "", {}};
    schema.targets["lesions"] = {TargetKind::mask, {"lesion"}, "ct", {}};
    StoreWriter writer(scratch_ / "store", schema);
    for (int i = 0; i < studies; ++i) add_study(writer, i);
    writer.set_funnel("input,stage,code,count\nct,found,,14\nct,accepted,,12\nct,refused,LOCALIZER,2\nxray,found,,6\n");
    writer.commit();
    store_ = std::make_unique<StoreReader>(scratch_ / "store");
    preparations_["ct"] = {"ct", {.size = {4, 8, 8}, .spacing_mm = {5, 2, 2}}, 0, 1};
    preparations_["xray"] = {"xray", {.size = {1, 10, 10}, .spacing_mm = {1, 1, 1}}, 0, 1};
    targets_["lesions"] = {TargetKind::mask, {"lesion"}, "ct", {}, 0, 0, {}};
    targets_["disease"] = {TargetKind::labels, {"nodule"}, "", {}, 0, 0, {}};
    metrics_["tasks"]["classify"] = evaluate::summarise(rows("classify"), evaluate::Reading::scores, {50});
    metrics_["tasks"]["segment"] = evaluate::summarise(rows("segment"), evaluate::Reading::masks, {50});
  }

  void add_study(StoreWriter& writer, int i) {
    StudyRecord record;
    record.study = study_name(i);
    record.patient = "p" + std::to_string(i);
    record.inputs["ct"] = {{block(1, false), "", {}, 0}};
    if (i % 2 == 0) record.inputs["xray"] = {{radiograph(i % 4 == 0 ? "PA" : "LL"), "", {}, 0}};
    record.labels["disease"] = {i % 2 ? 1.0 : 0.0};
    record.masks["lesions"] = block(1, true);
    writer.add(record);
    write_nifti(scratch_ / "predictions" / (record.study + "_lesions.nii.gz"), block(1 + i % 3, true));
    const double positive = i % 2, score = i == 5 ? 0.02 : positive > 0 ? 0.7 + 0.02 * i : 0.1;
    rows_.push_back(row_of(i, "classify", "nodule", positive, 0, score));
    rows_.push_back(row_of(i, "segment", "lesion", 18, 18, 1.0 - (i % 3) / 3.0));
  }

  Rows rows(const std::string& task) const {
    Rows out;
    for (const evaluate::Row& row : rows_)
      if (row.task == task) out.push_back(row);
    return out;
  }

  Images images() const {
    Images out{*store_, preparations_, targets_, scratch_ / "predictions", {}};
    for (int64_t i = 0; i < store_->size(); ++i) out.index_of[store_->entry(i).study] = i;
    return out;
  }

  Scratch scratch_;
  std::unique_ptr<StoreReader> store_;
  std::map<std::string, Preparation> preparations_;
  TargetSpecs targets_;
  Rows rows_;
  Json metrics_;
};

TEST_F(PageParts, SixteenInputsWithTheirSides) {
  std::vector<std::string> names;
  for (int i = 0; i < studies; ++i) names.push_back(study_name(i));
  const std::string part = inputs(images(), names);
  // Eight of the CT; of the six X-rays three are frontal and have sides.
  EXPECT_EQ(count_of(part, "<img "), 14U);
  EXPECT_EQ(count_of(part, "<span class=\"mark left\">R</span>"), 11U);
  EXPECT_NE(part.find("Grid 4 x 8 x 8 of 5.00 x 2.00 x 2.00 mm, slice 3"), std::string::npos);
  EXPECT_NE(part.find("view LL"), std::string::npos);
  EXPECT_EQ(report::markup_error(part), "");
  EXPECT_EQ(inputs(images(), {}), "");
}

TEST_F(PageParts, TheFunnelIsOneLineAnItem) {
  const std::string part = funnel(scratch_ / "store");
  EXPECT_EQ(count_of(part, "<tr>"), 3U);
  EXPECT_NE(part.find("LOCALIZER 2"), std::string::npos);
  EXPECT_EQ(funnel(scratch_ / "nowhere"), "");
}

TEST_F(PageParts, WeightsAreCountedWhereTheRunTells) {
  EXPECT_EQ(weights(scratch_.path()), "");
  write_json(scratch_ / "run.json", {{"seed", 1}});
  EXPECT_EQ(weights(scratch_.path()), "");
  write_json(scratch_ / "run.json", {{"weights", {{"loaded", 120}, {"new", {"a", "b"}}}}});
  EXPECT_NE(weights(scratch_.path()).find("<td>new in this run</td><td class=\"number\">2</td>"), std::string::npos);
}

TEST_F(PageParts, ShowsTheSurestErrorAndTheWorstMask) {
  const std::string part = cases(images(), rows_, metrics_);
  EXPECT_NE(part.find("Surest right finding: nodule, study " + study_name(11)), std::string::npos) << part.substr(0, 300);
  EXPECT_NE(part.find("Surest wrong finding: nodule, study " + study_name(5)), std::string::npos);
  EXPECT_NE(part.find("Dice 1.000"), std::string::npos);
  EXPECT_NE(part.find("Dice 0.333"), std::string::npos);
  EXPECT_EQ(report::markup_error(part), "");
}

TEST_F(PageParts, OverlaysNeedTheirFiles) {
  const auto list = mask_cases(rows_, metrics_);
  ASSERT_EQ(list.at("lesion").size(), 12U);
  EXPECT_EQ(list.at("lesion").front().dice, 1);
  EXPECT_EQ(count_of(overlays(images(), rows_, metrics_), "<img "), 8U);
  fs::remove_all(scratch_ / "predictions");
  EXPECT_EQ(overlays(images(), rows_, metrics_), "");
}

TEST_F(PageParts, FiguresStandBesideBaselines) {
  metrics_["baselines"]["classify"]["table"] = metrics_["tasks"]["classify"];
  metrics_["baselines"]["classify"]["table"]["nodule"]["auroc"] = {{"value", 0.61}, {"low", 0.5}, {"high", 0.72}};
  const std::string part = figures(metrics_);
  EXPECT_NE(part.find("baseline: table"), std::string::npos);
  EXPECT_NE(part.find("0.610 [0.500, 0.720]"), std::string::npos);
  EXPECT_NE(part.find("<td>lesion</td>"), std::string::npos);
  EXPECT_EQ(report::markup_error(part), "");
  EXPECT_EQ(figures(Json::object()) + subsets(Json::object()) + subgroups(Json::object()), "");
  EXPECT_EQ(figure_text({{"value", nullptr}}), "");
}

TEST_F(PageParts, CurvesPassOverACutOffLine) {
  write_file_atomic(scratch_ / "log.jsonl",
                    "{\"step\":1,\"loss\":2.0,\"parts\":{\"a\":1.0,\"b\":1.0}}\n{\"step\":2,\"loss\":1.0,\"parts\":{\"a\":0.5,\"b\":0.5}}\n"
                    "{\"step\":2,\"validation\":{\"auroc\":0.8}}\n{\"step\":3,\"lo");
  const std::string part = training(scratch_.path());
  EXPECT_EQ(count_of(part, "<svg"), 4U);
  EXPECT_EQ(report::markup_error(part), "");
  EXPECT_EQ(training(scratch_ / "nowhere"), "");
  EXPECT_EQ(count_of(roc(rows_, metrics_), "<svg"), 1U);
}

// A grey picture whose only bright voxel is at the patient's right and front.
TEST(Slice, PatientsRightIsAtTheLeftAndTheFrontAtTheTop) {
  Prepared image;
  image.size = {1, 3, 4};
  image.values.assign(12, 0);
  image.values.back() = 1;
  image.valid.assign(12, 1);
  image.valid[0] = 0;
  image.affine = {2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  Volume source;
  source.size = {5, 3, 4};
  const Layout layout = layout_of(image, source);
  const SlicePicture picture = draw_slice(image, layout, 0, 2);
  EXPECT_EQ(picture.left, "R");
  EXPECT_EQ(picture.right, "L");
  EXPECT_EQ(picture.columns, 8);
  EXPECT_EQ(picture.rows, 6);
  EXPECT_EQ(picture.rgb[0], 255);
  EXPECT_EQ(picture.rgb[3], 255) << "enlarged to two pixels";
  EXPECT_EQ(picture.rgb[6], 0);
  const auto last = picture.rgb.end() - 3;
  EXPECT_NE(last[0], last[2]) << "padding is not grey";
  image.affine[0] = -2;
  EXPECT_EQ(draw_slice(image, layout_of(image, source), 0).rgb[3 * 3], 255) << "rows that grow to the left are not turned";
}

TEST(Slice, OutlinesOfTruthPredictionAndBoth) {
  SlicePicture picture{5, 5, std::vector<uint8_t>(75, 0), 1, "", ""};
  std::vector<uint8_t> first(25, 0), second(25, 0);
  for (size_t r = 0; r < 5; ++r)
    for (size_t c = 0; c < 3; ++c) first[r * 5 + c] = 1;
  second[2] = second[4] = 1;
  second[10] = 255;  // unknown is no structure
  draw_outlines(picture, first, {1, 2, 3}, second, {4, 5, 6});
  const auto red = [&](size_t pixel) { return static_cast<int>(picture.rgb[3 * pixel]); };
  EXPECT_EQ(red(0), 1) << "the edge of the picture closes the outline";
  EXPECT_EQ(red(6), 0) << "inside";
  EXPECT_EQ(red(7), 1);
  EXPECT_EQ(red(2), 255) << "both";
  EXPECT_EQ(red(4), 4);
  EXPECT_EQ(red(3), 0);
}

}  // namespace
}  // namespace chiasm::page
