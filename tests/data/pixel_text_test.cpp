#include "data/pixel_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/data/text_reader.h"
#include "tests/support/scratch.h"

namespace chiasm {
namespace {

using test::grey;
using test::page;
using test::played;
using test::word_row;

TEST(PixelText, WordsAreFoundWhereTheyStand) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  for (const auto& [ground, ink] : {std::pair{0.F, 255.F}, {255.F, 0.F}, {-1000.F, 3071.F}, {120.F, 200.F}}) {
    const FoundText found = TextFinder().find(grey(page({"MARTINSSON", "4839201"}, ground, ink)));
    ASSERT_GE(found.words, 2) << ground;
    const auto covers = [&](int64_t row, int64_t column) {
      return std::any_of(found.boxes.begin(), found.boxes.end(), [&](const PixelBox& box) {
        return row >= box.row && row < box.row + box.rows && column >= box.column && column < box.column + box.columns;
      });
    };
    EXPECT_TRUE(covers(28, 20)) << ground;
    EXPECT_TRUE(covers(28, 165)) << ground;  // the last letter
    EXPECT_TRUE(covers(58, 60)) << ground;
    EXPECT_FALSE(covers(150, 60)) << ground;
  }
}

TEST(PixelText, ImagesWithoutWordsHaveNone) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  Random random(7);
  prove::Canvas noise = page({}), disc = page({}), flat = page({});
  for (float& value : noise.values) value = static_cast<float>(100 + 20 * random.normal());
  for (int64_t r = 0; r < disc.rows; ++r)
    for (int64_t c = 0; c < disc.columns; ++c)
      if (std::hypot(r - 120, c - 160) < 90)
        disc.values[static_cast<size_t>(r * disc.columns + c)] = static_cast<float>(1000 + random.normal());
  for (const prove::Canvas& canvas : {noise, disc, flat}) EXPECT_EQ(TextFinder().find(grey(canvas)).words, 0);
  EXPECT_EQ(TextFinder().find({}).words, 0);
}

// The places of the program's table are those of the enlarged picture; a box goes on to the end of
// the line of ink (60 to 140) and is half of a letter's height wider on each side.
TEST(PixelText, BoxesLieInThePixelsOfTheImage) {
  const Scratch scratch;
  const TextFinder finder(played(scratch / "reader", "cat > /dev/null; " + word_row("Nobody", 150, 90, 240, 30, 91)));
  prove::Canvas canvas = page({}, 0, 255, 100, 200);  // enlarged threefold
  for (int n = 60; n < 140; ++n) canvas.values[static_cast<size_t>(34 * 200 + n)] = 255;
  const FoundText found = finder.find(grey(canvas));
  EXPECT_EQ(found.words, 1);
  ASSERT_EQ(found.boxes.size(), 1U);
  EXPECT_EQ(found.boxes[0], (PixelBox{25, 45, 20, 100}));
}

TEST(PixelText, TheShorterAWordTheSurerItMustBe) {
  const Scratch scratch;
  prove::Canvas canvas = page({}, 0, 255, 100, 200);
  for (int n = 60; n < 140; ++n) canvas.values[static_cast<size_t>(34 * 200 + n)] = 255;
  const auto words = [&](const std::string& word, double confidence, int width, int height = 30) {
    return TextFinder(played(scratch / "reader", "cat > /dev/null; " + word_row(word, 150, 90, width, height, confidence)))
        .find(grey(canvas))
        .words;
  };
  EXPECT_EQ(words("ID", 89, 40), 0);
  EXPECT_EQ(words("ID", 91, 40), 1);
  EXPECT_EQ(words("abc", 81, 60), 0);
  EXPECT_EQ(words("abc", 83, 60), 1);
  EXPECT_EQ(words("abcde", 31, 100), 1);
  EXPECT_EQ(words("abcde", 29, 100), 0);
  EXPECT_EQ(words("abcdef", 21, 120), 1);
  EXPECT_EQ(words("|.,-", 99, 100), 0);      // no letter
  EXPECT_EQ(words("abcde", 99, 20), 0);      // letters an eighth as wide as they are high
  EXPECT_EQ(words("abcde", 99, 50, 10), 0);  // too low
  EXPECT_EQ(words("山田", 91, 60), 1);
}

// What is unsure by itself goes with a word beside it.
TEST(PixelText, PiecesNearAWordBelongToIt) {
  const Scratch scratch;
  prove::Canvas canvas = page({}, 0, 255, 100, 200);
  for (int n = 60; n < 140; ++n) canvas.values[static_cast<size_t>(34 * 200 + n)] = 255;
  std::string far = word_row("x", 150, 250, 30, 30, 5), near = word_row("y", 150, 140, 30, 30, 5);
  for (std::string* row : {&far, &near})
    row->replace(row->find("5\\t1\\t1\\t1\\t1"), 13, row == &far ? "5\\t1\\t7\\t1\\t1" : "5\\t1\\t8\\t1\\t1");
  const TextFinder finder(
      played(scratch / "reader", "cat > /dev/null; " + word_row("Nobody", 150, 90, 240, 30, 91) + "; " + far + "; " + near));
  const FoundText found = finder.find(grey(canvas));
  EXPECT_EQ(found.words, 1);
  EXPECT_EQ(found.boxes.size(), 2U);
}

std::string usage_error(TextFinderOptions options) {
  try {
    const TextFinder finder(std::move(options));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(PixelText, AMissingProgramIsToldWithTheMend) {
  EXPECT_EQ(usage_error({.program = "no-such-reader"}),
            "text in pixels is read by the program no-such-reader, which is not there; install the Debian package tesseract-ocr, or choose "
            "burned_in: refuse");
  const Scratch scratch;
  write_file_atomic(scratch / "reader", "#!/bin/sh\necho List\necho osd\n");
  std::filesystem::permissions(scratch / "reader", std::filesystem::perms::owner_all);
  EXPECT_NE(usage_error({.program = (scratch / "reader").string()}).find("tesseract-ocr-eng"), std::string::npos);
  write_file_atomic(scratch / "reader", "#!/bin/sh\nexit 3\n");
  std::filesystem::permissions(scratch / "reader", std::filesystem::perms::owner_all);
  EXPECT_NE(usage_error({.program = (scratch / "reader").string()}).find("does not work"), std::string::npos);
}

TEST(PixelText, TheLanguageOfTheTextsIsReadWhereItIsInstalled) {
  const Scratch scratch;
  TextFinderOptions options = played(scratch / "reader", "exit 1");
  options.language = "ja";
  EXPECT_EQ(TextFinder(options).languages(), "eng");
  write_file_atomic(scratch / "reader", "#!/bin/sh\necho 'List of (2)'\necho eng\necho jpn\n");
  std::filesystem::permissions(scratch / "reader", std::filesystem::perms::owner_all);
  EXPECT_EQ(TextFinder(options).languages(), "jpn+eng");
  options.language = "en";
  EXPECT_EQ(TextFinder(options).languages(), "eng");
}

std::string refusal(const TextFinder& finder) {
  try {
    finder.find(grey(page({"MARTINSSON"})));
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "";
}

TEST(PixelText, AReaderThatFailsOrHangsIsNoProofOfAbsence) {
  const Scratch scratch;
  EXPECT_EQ(refusal(TextFinder(played(scratch / "a", "exit 1"))), "TEXT_NOT_READ: the program that reads text failed");
  EXPECT_EQ(refusal(TextFinder(played(scratch / "b", "sleep 30", 1))), "TEXT_NOT_READ: reading text took longer than it may");
}

}  // namespace
}  // namespace chiasm
