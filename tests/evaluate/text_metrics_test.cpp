#include "core/evaluate/text_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

#include "tests/evaluate/golden.h"

namespace chiasm::evaluate {

// For readable failures.
void PrintTo(const Mention& mention, std::ostream* out) { *out << mention.finding << "/" << mention.side << "/" << mention.polarity; }

namespace {

using Mentions = std::set<Mention>;

const Lexicon lexicon{{"nodule", {"nodule", "nodules", "nodular opacity"}},
                      {"effusion", {"effusion", "pleural fluid"}},
                      {"cardiomegaly", {"cardiomegaly", "heart is enlarged"}}};

Mentions label(const std::string& report) { return label_report(report, lexicon); }

TEST(TextMetrics, AgreeWithAnIndependentProgram) {
  const Json item = golden_values().at("texts");
  EXPECT_NEAR(bleu4(item["generated"], item["references"]), item["bleu4"].get<double>(), 1e-12);
  EXPECT_NEAR(rouge_l(item["generated"], item["references"]), item["rouge_l"].get<double>(), 1e-12);
}

TEST(TextMetrics, EqualTextsScoreOneAndUnrelatedZero) {
  const std::vector<std::string> one{"No nodule is seen in the left lung."}, other{"Heart enlarged."};
  EXPECT_DOUBLE_EQ(bleu4(one, one), 1);
  EXPECT_DOUBLE_EQ(rouge_l(one, one), 1);
  EXPECT_EQ(bleu4(one, other), 0);
  EXPECT_EQ(rouge_l(one, other), 0);
  EXPECT_EQ(rouge_l({""}, one), 0);
}

TEST(TextMetrics, BrevityIsPunished) {
  // Every n-gram matches, so that only the penalty exp(1 - 8 / 4) remains.
  EXPECT_NEAR(bleu4({"a b c d"}, {"a b c d e f g h"}), std::exp(-1.0), 1e-12);
  EXPECT_NEAR(bleu4({"a b c d e f g h"}, {"a b c d"}), std::pow(4.0 / 8 * 3 / 7 * 2 / 6 * 1 / 5, 0.25), 1e-12);
}

TEST(TextMetrics, WordsAreLowerCaseRuns) {
  EXPECT_EQ(words("No Nodule, 18 mm (left)."), (std::vector<std::string>{"no", "nodule", "18", "mm", "left"}));
  EXPECT_TRUE(words(" .,; ").empty());
  EXPECT_EQ(words("L\xC3\xA4sion"), (std::vector<std::string>{"l\xC3\xA4sion"}));
}

TEST(LabelReport, ReadsPresenceWithSide) {
  EXPECT_EQ(label("A nodule is seen in the left upper lobe."), (Mentions{{"nodule", "left", "present"}}));
  EXPECT_EQ(label("The heart is enlarged."), (Mentions{{"cardiomegaly", "", "present"}}));
  EXPECT_EQ(label("Bilateral pleural fluid."), (Mentions{{"effusion", "both", "present"}}));
  EXPECT_EQ(label("Nodules in the right and left lung."), (Mentions{{"nodule", "both", "present"}}));
  EXPECT_EQ(label("Normal study."), Mentions{});
}

TEST(LabelReport, WhatIsCalledNormalIsAbsent) {
  const Lexicon organs{{"effusion", {"effusion", "pleural spaces"}}, {"marrow_lesion", {"marrow lesion", "marrow signal"}}};
  EXPECT_EQ(label_report("The pleural spaces are clear.", organs), (Mentions{{"effusion", "", "absent"}}));
  EXPECT_EQ(label_report("Normal marrow signal of the spine.", organs), (Mentions{{"marrow_lesion", "", "absent"}}));
  EXPECT_EQ(label_report("Left effusion, the lungs are clear.", organs), (Mentions{{"effusion", "left", "present"}}));
  EXPECT_EQ(label_report("Fluid in both pleural spaces.", organs), (Mentions{{"effusion", "both", "present"}}));
}

TEST(LabelReport, ReadsNegation) {
  EXPECT_EQ(label("No pleural effusion."), (Mentions{{"effusion", "", "absent"}}));
  EXPECT_EQ(label("The lungs are free of nodules."), (Mentions{{"nodule", "", "absent"}}));
  EXPECT_EQ(label("Lungs without nodule or effusion."), (Mentions{{"nodule", "", "absent"}, {"effusion", "", "absent"}}));
  EXPECT_EQ(label("No right effusion."), (Mentions{{"effusion", "", "absent"}})) << "a side of nothing is no side";
}

TEST(LabelReport, NegationHoldsInItsSentenceOnly) {
  EXPECT_EQ(label("No effusion. Nodule in the right lung."), (Mentions{{"effusion", "", "absent"}, {"nodule", "right", "present"}}));
  EXPECT_EQ(label("No effusion; nodule in the right lung"), (Mentions{{"effusion", "", "absent"}, {"nodule", "right", "present"}}));
  EXPECT_EQ(label("Nodule in the right lung, no effusion."), (Mentions{{"effusion", "", "absent"}, {"nodule", "right", "present"}}));
  EXPECT_EQ(label("No effusion, but a nodule in the left lung."), (Mentions{{"effusion", "", "absent"}, {"nodule", "left", "present"}}));
}

TEST(LabelReport, ReadsUncertainty) {
  EXPECT_EQ(label("Possible nodule in the left lung."), (Mentions{{"nodule", "left", "uncertain"}}));
  EXPECT_EQ(label("A right effusion cannot be excluded."), (Mentions{{"effusion", "right", "uncertain"}}));
  EXPECT_EQ(label("Effusion may be present."), (Mentions{{"effusion", "", "uncertain"}}));
  EXPECT_EQ(label("Nodule not seen, but effusion cannot be excluded.").count({"effusion", "", "uncertain"}), 1U);
}

TEST(LabelReport, ADecimalPointEndsNoSentence) {
  EXPECT_EQ(label("A nodule of 1.5 cm in the left lung."), (Mentions{{"nodule", "left", "present"}}));
  EXPECT_EQ(label("No change of 1.5 cm nodule."), (Mentions{{"nodule", "", "absent"}}));
  EXPECT_EQ(label("Size 1.5. Nodule on the right."), (Mentions{{"nodule", "right", "present"}}));
}

TEST(LabelReport, MatchesWholeWords) {
  EXPECT_EQ(label("Nodulectomy was planned."), Mentions{});
  EXPECT_EQ(label("NODULE, LEFT"), (Mentions{{"nodule", "left", "present"}}));
}

TEST(MentionF1, CountsAllReportsTogether) {
  const Mention left{"nodule", "left", "present"}, right{"nodule", "right", "present"}, none{"effusion", "", "absent"};
  const MicroF1 figure = mention_f1({{left, none}, {right}}, {{left}, {left, none}});
  EXPECT_DOUBLE_EQ(figure.precision, 1.0 / 3);
  EXPECT_DOUBLE_EQ(figure.recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(figure.f1, 1.0 / 3);
  const MicroF1 equal = mention_f1({{left, none}}, {{left, none}});
  EXPECT_EQ(equal.f1, 1);
  EXPECT_EQ(mention_f1({{}}, {{left}}).f1, 0);
  EXPECT_EQ(mention_f1({}, {}).f1, 0);
}

}  // namespace
}  // namespace chiasm::evaluate
