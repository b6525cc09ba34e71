#include "data/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/specs.h"

namespace chiasm {
namespace {

// Sentences of a small grammar: enough for a few hundred pieces.
std::vector<std::string> corpus(int64_t count) {
  const std::vector<std::string> sides{"left", "right", "bilateral"},
      places{"upper lobe", "lower lobe", "hilum", "costophrenic angle", "apex"};
  const std::vector<std::string> things{"nodule", "pleural effusion", "consolidation", "pneumothorax", "atelectasis"};
  const std::vector<std::string> starts{"There is a", "No", "Possible", "Unchanged", "New"};
  Random random(5);
  std::vector<std::string> texts;
  for (int64_t i = 0; i < count; ++i) {
    const auto pick = [&](const std::vector<std::string>& list) {
      return list[static_cast<size_t>(random.integer(static_cast<int64_t>(list.size())))];
    };
    texts.push_back(pick(starts) + " " + pick(sides) + " " + pick(things) + " in the " + pick(places) + ", " +
                    std::to_string(random.integer(60)) + " mm.\nHeart size is normal.");
  }
  return texts;
}

const std::string& trained() {
  static const std::string model = Tokenizer::train(corpus(300), {320, 0.9995});
  return model;
}

TEST(Tokenizer, ReservesTheFirstIds) {
  const Tokenizer tokenizer(trained());
  const auto ids = tokenizer.encode("No left nodule.", 64);
  EXPECT_EQ(ids.front(), TextIds::begin);
  EXPECT_EQ(ids.back(), TextIds::end);
  for (size_t i = 1; i + 1 < ids.size(); ++i) {
    EXPECT_GT(ids[i], TextIds::mask);
    EXPECT_LT(ids[i], tokenizer.vocabulary());
  }
  // Text that looks like a special piece is text: nobody smuggles in an end.
  for (const char* text : {"<mask>", "</s>", "<s>", "<pad>", "<unk>"}) {
    const auto smuggled = tokenizer.encode(text, 64);
    for (size_t i = 1; i + 1 < smuggled.size(); ++i) EXPECT_GT(smuggled[i], TextIds::mask) << text;
    EXPECT_EQ(tokenizer.decode(smuggled), text);
  }
}

TEST(Tokenizer, DecodesWhatItEncoded) {
  const Tokenizer tokenizer(trained());
  std::vector<std::string> texts = corpus(20);
  texts.insert(texts.end(), {"", "a", "line one\nline two", "two  spaces", "5.25 x 13 mm", "\xE8\x83\xB8\xE9\x83\xA8",
                             "caf\xC3\xA9 \xF0\x9F\xAB\x81", "\tTab"});
  for (const std::string& text : texts) EXPECT_EQ(tokenizer.decode(tokenizer.encode(text, 4096)), text);
}

TEST(Tokenizer, SpellsUnseenCharactersInBytes) {
  const Tokenizer tokenizer(trained());
  const auto ids = tokenizer.encode("\xE8\x83\xB8", 64);  // one character of three bytes, never seen
  EXPECT_EQ(std::count(ids.begin(), ids.end(), TextIds::unknown), 0);
  EXPECT_GE(ids.size(), 5u);
  EXPECT_EQ(tokenizer.decode(ids), "\xE8\x83\xB8");
}

TEST(Tokenizer, SplitsNumbersIntoDigits) {
  const Tokenizer tokenizer(trained());
  const auto length = [&](const std::string& text) { return tokenizer.encode(text, 64).size(); };
  EXPECT_EQ(length("7 12 mm") + 2, length("7 1234 mm"));
}

TEST(Tokenizer, CutsToLengthAndKeepsTheEnd) {
  const Tokenizer tokenizer(trained());
  const std::string text = corpus(1)[0];
  const auto whole = tokenizer.encode(text, 4096), cut = tokenizer.encode(text, 6);
  ASSERT_EQ(cut.size(), 6u);
  EXPECT_EQ(cut.back(), TextIds::end);
  EXPECT_TRUE(std::equal(cut.begin(), cut.end() - 1, whole.begin()));
  EXPECT_EQ(tokenizer.encode("", 2), (std::vector<int64_t>{TextIds::begin, TextIds::end}));
  EXPECT_THROW(tokenizer.encode(text, 1), UsageError);
}

TEST(Tokenizer, LeavesSpecialAndForeignIdsOut) {
  const Tokenizer tokenizer(trained());
  auto ids = tokenizer.encode("No left nodule.", 64);
  ids.insert(ids.begin() + 2, {TextIds::pad, TextIds::mask, TextIds::unknown, -7, tokenizer.vocabulary(), int64_t{1} << 40});
  EXPECT_EQ(tokenizer.decode(ids), "No left nodule.");
}

TEST(Tokenizer, TrainingIsDeterministic) {
  EXPECT_EQ(Tokenizer::train(corpus(300), {320, 0.9995}), trained());
  EXPECT_NE(Tokenizer::train(corpus(200), {320, 0.9995}), trained());
}

TEST(Tokenizer, TakesTheVocabularyThatTheTextSupports) {
  EXPECT_EQ(Tokenizer(trained()).vocabulary(), 320);
  const Tokenizer small(Tokenizer::train({"abc abd abc", "abd"}, {5000, 1.0}));
  EXPECT_LT(small.vocabulary(), 300);
  EXPECT_EQ(small.decode(small.encode("abc xyz", 64)), "abc xyz");
}

TEST(Tokenizer, MessagesSayWhatToDo) {
  try {
    Tokenizer::train(corpus(50), {100, 0.9995});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("choose a larger vocabulary"), std::string::npos);
  }
  EXPECT_THROW(Tokenizer::train({"", " \n"}, {}), InputError);
  EXPECT_THROW(Tokenizer::train({"\xff\xfe"}, {}), InputError);
  EXPECT_THROW(Tokenizer("not a model"), InputError);
  EXPECT_THROW(Tokenizer(trained().substr(0, trained().size() / 2)), InputError);
}

TEST(Tokenizer, RefusesAModelWithOtherReservedPieces) {
  std::string foreign = trained();
  const size_t at = foreign.find("<mask>");
  ASSERT_NE(at, std::string::npos);
  for (size_t i = foreign.find("<mask>"); i != std::string::npos; i = foreign.find("<mask>", i)) foreign[i + 1] = 'M';
  try {
    Tokenizer tokenizer(foreign);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("must have ids 0 to 4"), std::string::npos);
  }
}

}  // namespace
}  // namespace chiasm
