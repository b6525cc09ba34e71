#include <gtest/gtest.h>

#include "data/text_sections.h"

namespace chiasm {
namespace {

using Sections = std::map<std::string, std::string>;

TEST(Sections, CutsThePlainReport) {
  EXPECT_EQ(sections("INDICATION: Cough.\nFINDINGS: Clear lungs.\nNo effusion.\nIMPRESSION: Normal."),
            (Sections{{"indication", "Cough."}, {"findings", "Clear lungs.\nNo effusion."}, {"impression", "Normal."}}));
}

TEST(Sections, KnowsSynonyms) {
  const std::vector<std::pair<std::string, std::string>> synonyms{{"CLINICAL HISTORY", "indication"},
                                                                  {"HISTORY", "indication"},
                                                                  {"REASON FOR EXAM", "indication"},
                                                                  {"Clinical information", "indication"},
                                                                  {"TECHNIQUE", "technique"},
                                                                  {"COMPARISON", "comparison"},
                                                                  {"Observations", "findings"},
                                                                  {"CONCLUSION", "impression"},
                                                                  {"OPINION", "impression"},
                                                                  {"Impressions", "impression"},
                                                                  {"RECOMMENDATION", "recommendation"},
                                                                  {"REASON FOR EXAMINATION", "indication"}};
  for (const auto& [heading, name] : synonyms) EXPECT_EQ(sections(heading + ": x y"), (Sections{{name, "x y"}})) << heading;
}

TEST(Sections, BearsCaseMarksAndMissingColons) {
  const Sections wanted{{"findings", "Clear."}, {"impression", "Normal."}};
  EXPECT_EQ(sections("findings: Clear.\nimpression: Normal."), wanted);
  EXPECT_EQ(sections("**Findings:** Clear.\n**Impression**: Normal."), wanted);
  EXPECT_EQ(sections("## FINDINGS\nClear.\n\n__Impression__\nNormal.\n"), wanted);
  EXPECT_EQ(sections("FINDINGS\r\n\r\nClear.\r\nIMPRESSION :\r\n Normal.\r\n"), wanted);
  EXPECT_EQ(sections("Findings\xEF\xBC\x9A"
                     "Clear.\nImpression\xEF\xBC\x9ANormal."),
            wanted);
}

TEST(Sections, FindsCapitalHeadingsInsideALine) {
  EXPECT_EQ(sections("CHEST PA. CLINICAL HISTORY: pain FINDINGS: Clear. IMPRESSION: Normal."),
            (Sections{{"", "CHEST PA."}, {"indication", "pain"}, {"findings", "Clear."}, {"impression", "Normal."}}));
}

TEST(Sections, LeavesWordsInSentencesAlone) {
  const std::string text = "Findings are unchanged. The history is long. Impression of the diaphragm: smooth.";
  EXPECT_EQ(sections(text), (Sections{{"", text}}));
  EXPECT_EQ(sections("FINDINGS: Comparison with the prior: no change."), (Sections{{"findings", "Comparison with the prior: no change."}}));
}

TEST(Sections, JoinsRepeatedAndDropsEmptyOnes) {
  EXPECT_EQ(sections("FINDINGS: Lungs clear.\nIMPRESSION:\nFINDINGS: Heart normal."),
            (Sections{{"findings", "Lungs clear.\nHeart normal."}}));
  EXPECT_TRUE(sections("").empty());
  EXPECT_TRUE(sections(" \n ").empty());
}

}  // namespace
}  // namespace chiasm
