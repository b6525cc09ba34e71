// Retrieval on the page of an evaluation, and what baselines go by.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/evaluate/retrieval.h"
#include "scripts/baselines.h"
#include "scripts/evaluate_page_parts.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

// Twelve studies; even ones are positive, and were taken lying; a value grows with the number.
std::string name_of(int number) { return "s" + std::to_string(10 + number); }

void write_store(const std::filesystem::path& folder) {
  StoreSchema schema;
  schema.inputs["labs"].form = Form::table;
  schema.inputs["labs"].modality = "table";
  schema.inputs["labs"].columns = {"crp", "ldh"};
  schema.targets["outcome"].kind = TargetKind::labels;
  schema.targets["outcome"].classes = {"icu"};
  StoreWriter writer(folder, schema);
  for (int i = 0; i < 12; ++i) {
    StudyRecord record;
    record.study = name_of(i);
    record.patient = "p" + std::to_string(10 + i);
    record.labels["outcome"] = {i % 2 == 0 ? 1.0 : 0.0};
    if (i != 11) record.facts["position"] = i % 2 == 0 ? "lying" : "standing";
    StudyItem labs;
    labs.table = {static_cast<double>(i), i % 2 == 0 ? std::nan("") : 1.0};
    record.inputs["labs"].push_back(labs);
    writer.add(record);
  }
  writer.commit();
}

std::vector<std::string> names(int from, int to) {
  std::vector<std::string> out;
  for (int i = from; i < to; ++i) out.push_back(name_of(i));
  return out;
}

class Baselines : public ::testing::Test {
 protected:
  Baselines() {
    write_store(scratch_ / "store");
    store_ = std::make_unique<StoreReader>(scratch_ / "store");
    features_ = std::make_unique<BaselineFeatures>(*store_, names(0, 8), std::vector<std::string>{"labs"});
  }
  const Scratch scratch_;
  std::unique_ptr<StoreReader> store_;
  std::unique_ptr<BaselineFeatures> features_;
};

TEST_F(Baselines, AFactIsOneNumberAValueOfTheTrainPart) {
  const StudyFeatures found = features_->of("fact:position", names(9, 12));
  EXPECT_EQ(found.values, (std::vector<std::vector<double>>{{0, 1}, {1, 0}, {0, 0}}));  // the last study lacks the fact
}

TEST_F(Baselines, AColumnIsOneNumberAndTheTableAll) {
  EXPECT_EQ(features_->of("column:labs.crp", names(3, 5)).values, (std::vector<std::vector<double>>{{3}, {4}}));
  const StudyFeatures table = features_->of("table", names(3, 5));
  EXPECT_EQ(table.values[0], (std::vector<double>{3, 1}));
  EXPECT_TRUE(std::isnan(table.values[1][1]));
  EXPECT_TRUE(features_->of("prevalence", names(3, 5)).values[0].empty());
}

TEST_F(Baselines, AFactAloneTellsWhatItTells) {
  LabelTable labels{{"icu"}, {}};
  std::vector<evaluate::Row> rows;
  for (int i = 0; i < 12; ++i) {
    labels.of_study[name_of(i)] = store_->entry(i).labels.at("outcome");
    if (i < 8) continue;
    rows.push_back({name_of(i), "p", "test", 0, "all", "classify", "icu", labels.of_study[name_of(i)][0], 0, 0.5});
  }
  const auto judged = baseline_rows("fact:position", rows, labels, features_->of("fact:position", names(0, 8)),
                                    features_->of("fact:position", names(8, 12)));
  ASSERT_EQ(judged.size(), 4u);
  EXPECT_EQ(judged[0].task, "baseline:fact:position");
  EXPECT_GT(judged[0].score, 0.7);  // lying
  EXPECT_LT(judged[1].score, 0.3);  // standing
  EXPECT_DOUBLE_EQ(judged[0].score, judged[2].score);
}

TEST_F(Baselines, AWrongNameIsToldWithANearOne) {
  const auto told = [&](const std::string& baseline) {
    try {
      features_->of(baseline, names(0, 2));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_NE(told("fact:positoin").find("no fact 'positoin'; did you mean 'position'?"), std::string::npos);
  EXPECT_NE(told("column:labs.crq").find("no column 'labs.crq'; did you mean 'labs.crp'?"), std::string::npos);
  EXPECT_EQ(baseline_mistake("fact:position"), "");
  EXPECT_NE(baseline_mistake("prob").find("no baseline 'prob'; known: prevalence"), std::string::npos);
  EXPECT_NE(baseline_mistake("fact:"), "");
}

TEST(RetrievalPage, ShowsEveryCutOffBesideChance) {
  const std::vector<evaluate::PairEmbedding> pairs{{"a", "a", {1, 0}, {1, 0}}, {"b", "b", {0, 1}, {0, 1}}};
  Json metrics;
  metrics["retrieval_pool"] = "the first study of each patient";
  metrics["tasks"]["contrast"] = evaluate::retrieval_figures(pairs, "image", "text", {.draws = 100});
  const std::string page = page::figures(metrics);
  for (const std::string part :
       {"image to text", "text to image", "R@10 over chance", "the first study of each patient", "1.000 [1.000, 1.000]", "0.500"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("AUROC</th>"), std::string::npos);
}

}  // namespace
}  // namespace chiasm
