// Random changes of texts: probabilities in closed form, replay, and nothing lost.
#include "data/transform/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/specs.h"
#include "data/transform/sentences.h"

namespace chiasm::transform {
namespace {

using Strings = std::vector<std::string>;

Strings texts_of(const std::string& text) {
  Strings out;
  for (const Sentence& sentence : sentences(text)) out.push_back(sentence.text);
  return out;
}

Strings sorted(Strings list) {
  std::sort(list.begin(), list.end());
  return list;
}

// A share of `trials` within four standard deviations of its probability.
void expect_share(int64_t count, int64_t trials, double probability) {
  const double n = static_cast<double>(trials);
  EXPECT_NEAR(static_cast<double>(count) / n, probability, 4 * std::sqrt(probability * (1 - probability) / n));
}

TEST(Sentences, EndAtClosingMarks) {
  EXPECT_EQ(texts_of("  The lungs are clear. Is there an effusion? No!  Heart 3.5 cm."),
            (Strings{"The lungs are clear.", "Is there an effusion?", "No!", "Heart 3.5 cm."}));
  EXPECT_EQ(texts_of("He said \"no pain.\" (See above.) End"), (Strings{"He said \"no pain.\"", "(See above.)", "End"}));
  EXPECT_EQ(texts_of("Unclear... Repeat?!"), (Strings{"Unclear...", "Repeat?!"}));
  EXPECT_TRUE(texts_of(" \n ").empty());
}

TEST(Sentences, AbbreviationsInitialsAndNumbersEndNone) {
  EXPECT_EQ(texts_of("Seen by Dr. J. Smith vs. Fig. 2 (e.g. series No. 4). Next."),
            (Strings{"Seen by Dr. J. Smith vs. Fig. 2 (e.g. series No. 4).", "Next."}));
  EXPECT_EQ(texts_of("1. No nodule.\n2. Small effusion"), (Strings{"1. No nodule.", "2. Small effusion"}));
  EXPECT_EQ(texts_of("Lesion of 12. Stable."), (Strings{"Lesion of 12.", "Stable."}));
  EXPECT_EQ(texts_of("Zone b. Zone c."), (Strings{"Zone b.", "Zone c."}));
}

TEST(Sentences, WrappedLinesGoOnAndListsAndParagraphsEnd) {
  EXPECT_EQ(texts_of("No focal\nconsolidation\n\nHeart normal\n- a line\n- another\n2) third"),
            (Strings{"No focal\nconsolidation", "Heart normal", "- a line", "- another", "2) third"}));
}

TEST(Sentences, FullWidthMarks) {
  EXPECT_EQ(texts_of("肺野は清明です。胸水なし！「異常なし。」次"), (Strings{"肺野は清明です。", "胸水なし！", "「異常なし。」", "次"}));
}

TEST(Sentences, TextsAndGapsGiveTheText) {
  Random random(3);
  const std::string letters = "ab .!?\n-1)\"\xE3\x80\x82\xFF";
  for (int64_t n = 0; n < 3000; ++n) {
    std::string text = "x";
    for (int64_t length = random.integer(30); length > 0; --length) text += letters[static_cast<size_t>(random.integer(15))];
    std::string joined;
    for (const Sentence& sentence : sentences(text)) joined += sentence.text + sentence.gap;
    ASSERT_EQ(joined, text);
  }
}

const std::map<std::string, std::string> report{{"", "head"}, {"comparison", "none"}, {"findings", "clear"}, {"impression", "normal"}};

TEST(ChooseSections, EverySubsetAsOftenAsItsProbability) {
  std::map<Strings, int64_t> counts;
  Random random(1);
  const int64_t trials = 20000;
  for (int64_t n = 0; n < trials; ++n) {
    const ChosenSections chosen = choose_sections(report, {0.3}, random);
    ++counts[chosen.kept];
    ASSERT_EQ(chosen.sections.size(), chosen.kept.size() + 1);
    ASSERT_EQ(chosen.sections.at(""), "head");
    for (const std::string& name : chosen.kept) ASSERT_EQ(chosen.sections.at(name), report.at(name));
  }
  ASSERT_EQ(counts.size(), 7U);
  const double none = 0.7 * 0.7 * 0.7;
  for (const auto& [kept, count] : counts) {
    const double k = static_cast<double>(kept.size());
    expect_share(count, trials, std::pow(0.3, k) * std::pow(0.7, 3 - k) + (kept.size() == 1 ? none / 3 : 0));
  }
}

TEST(ChooseSections, AllOneAndNone) {
  Random random(2);
  EXPECT_EQ(choose_sections(report, {1}, random).sections, report);
  for (int n = 0; n < 20; ++n) EXPECT_EQ(choose_sections(report, {0}, random).kept.size(), 1U);
  EXPECT_EQ(choose_sections({{"", "only"}}, {0}, random).sections, (std::map<std::string, std::string>{{"", "only"}}));
  EXPECT_TRUE(choose_sections({}, {0.5}, random).sections.empty());
}

TEST(ShuffleSentences, FollowsTheStreamAndReplays) {
  const std::string text = "One. Two!  Three?\nFour. Five";
  Random random(7), again(7), stream(7);
  const ShuffledText out = shuffle_sentences(text, {}, random), replay = shuffle_sentences(text, {}, again);
  std::vector<int64_t> order{0, 1, 2, 3, 4};
  stream.chance(1);
  stream.shuffle(order);
  EXPECT_EQ(out.order, order);
  EXPECT_EQ(out.text, replay.text);
  EXPECT_EQ(out.order, replay.order);
  const Strings source = texts_of(text), found = texts_of(out.text);
  ASSERT_EQ(found.size(), source.size());
  for (size_t n = 0; n < found.size(); ++n) EXPECT_EQ(found[n], source[static_cast<size_t>(order[n])]);
}

TEST(ShuffleSentences, EveryOrderAsOften) {
  std::map<std::string, int64_t> counts;
  Random random(4);
  for (int64_t n = 0; n < 12000; ++n) ++counts[shuffle_sentences("A b. C d. E f.", {}, random).text];
  ASSERT_EQ(counts.size(), 6U);
  EXPECT_TRUE(counts.contains("E f. A b. C d."));
  for (const auto& [text, count] : counts) expect_share(count, 12000, 1.0 / 6);
}

// Pieces that need care where they meet: without marks, list items, abbreviations at the end, full-width marks.
TEST(ShuffleSentences, NothingIsLost) {
  const Strings pieces{"Lungs clear.", "Heart normal",   "- an item", "2. Second.",     "seen by Dr.", "胸水なし。",   "「なし。」",
                       "Size 3.5 cm?", "wrapped\nline.", "No.",       "(In brackets.)", "e.g. this!",  "\xFF\xFE raw."};
  const Strings gaps{" ", "\n", "\n\n", "  ", "\n- "};
  Random random(5);
  for (int64_t n = 0; n < 5000; ++n) {
    std::string text;
    for (int64_t count = random.integer(8); count >= 0; --count)
      text += pieces[static_cast<size_t>(random.integer(static_cast<int64_t>(pieces.size())))] +
              (count ? gaps[static_cast<size_t>(random.integer(5))] : "");
    const ShuffledText out = shuffle_sentences(text, {}, random);
    ASSERT_EQ(sorted(texts_of(out.text)), sorted(texts_of(text))) << text << "\n->\n" << out.text;
    const std::set<int64_t> places(out.order.begin(), out.order.end());
    ASSERT_EQ(places.size(), texts_of(text).size());
  }
}

TEST(ShuffleSentences, StaysToTheByteWithoutChance) {
  const std::string text = "  One.\tTwo. \n";
  Random random(6);
  const ShuffledText out = shuffle_sentences(text, {0}, random);
  EXPECT_EQ(out.text, text);
  EXPECT_EQ(out.order, (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(shuffle_sentences(" Single. ", {}, random).text, " Single. ");
  EXPECT_EQ(shuffle_sentences("", {}, random).text, "");
}

TEST(MaskTokens, ExactlyTheShareAndNeverSpecialIds) {
  std::vector<int64_t> tokens{TextIds::begin, 10,           11,          TextIds::unknown, 13, TextIds::mask, 14, 15,
                              TextIds::end,   TextIds::pad, TextIds::pad};
  std::map<int64_t, int64_t> counts;
  Random random(8);
  for (int64_t n = 0; n < 6000; ++n) {
    const MaskedTokens out = mask_tokens(tokens, {0.3}, random);
    ASSERT_EQ(out.places.size(), 2U);  // round(0.3 * 6)
    ASSERT_TRUE(std::is_sorted(out.places.begin(), out.places.end()));
    std::vector<int64_t> back = out.tokens;
    for (const int64_t place : out.places) {
      ++counts[place];
      ASSERT_EQ(back[static_cast<size_t>(place)], TextIds::mask);
      back[static_cast<size_t>(place)] = tokens[static_cast<size_t>(place)];
    }
    ASSERT_EQ(back, tokens);
  }
  ASSERT_EQ(counts.size(), 6U);
  for (const int64_t place : {1, 2, 3, 4, 6, 7}) expect_share(counts[place], 6000, 2.0 / 6);
}

TEST(MaskTokens, AllNoneAndReplay) {
  const std::vector<int64_t> tokens{TextIds::begin, 5, 6, 7, 8, 9, TextIds::end};
  Random random(9), again(9);
  EXPECT_EQ(mask_tokens(tokens, {0.5}, random).tokens, mask_tokens(tokens, {0.5}, again).tokens);
  EXPECT_EQ(mask_tokens(tokens, {0}, random).tokens, tokens);
  EXPECT_EQ(mask_tokens(tokens, {1}, random).places, (std::vector<int64_t>{1, 2, 3, 4, 5}));
  EXPECT_TRUE(mask_tokens({TextIds::begin, TextIds::end}, {1}, random).places.empty());
}

TEST(TextTransforms, SharesOutsideTheRangeAreRefused) {
  Random random(10);
  EXPECT_THROW(choose_sections(report, {1.5}, random), UsageError);
  EXPECT_THROW(shuffle_sentences("a", {-0.1}, random), UsageError);
  EXPECT_THROW(mask_tokens({5}, {std::nan("")}, random), UsageError);
}

}  // namespace
}  // namespace chiasm::transform
