#include "data/prove/pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/prove/letters.h"
#include "tests/data/text_reader.h"
#include "tests/support/scratch.h"

namespace chiasm::prove {
namespace {

// A capital L of 12 pixels: a vertical stroke of 12 and a horizontal one of 8 pixels, 2 pixels wide.
TEST(Letters, StandWhereTheyAreDrawn) {
  Canvas canvas{20, 20, std::vector<float>(400, 10)};
  draw_letters(canvas, "L", 4, 5, 12, 2, 200);
  const auto at = [&](int row, int column) { return canvas.values[static_cast<size_t>(row * 20 + column)]; };
  for (int row = 4; row <= 16; ++row) EXPECT_EQ(at(row, 5), 200) << row;
  for (int column = 5; column <= 13; ++column) EXPECT_EQ(at(16, column), 200) << column;
  EXPECT_EQ(at(10, 8), 10);
  EXPECT_EQ(at(4, 13), 10);
  EXPECT_EQ(at(2, 5), 10);
  EXPECT_EQ(letters_width("L", 12), 8);
  EXPECT_EQ(letters_width("LL", 12), 20);
  EXPECT_EQ(letters_width("", 12), 0);
}

TEST(Letters, EveryLetterAndDigitIsAShapeOfItsOwn) {
  std::vector<std::vector<float>> shapes;
  for (const char c : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,/:^")) {
    Canvas canvas{40, 40, std::vector<float>(1600, 0)};
    draw_letters(canvas, std::string(1, c), 8, 8, 24, 2, 1);
    EXPECT_GT(std::accumulate(canvas.values.begin(), canvas.values.end(), 0.0), 3) << c;
    EXPECT_EQ(std::count(shapes.begin(), shapes.end(), canvas.values), 0) << c;
    shapes.push_back(canvas.values);
  }
}

TEST(PlantedPictures, AreLegibleAndTheSameForASeed) {
  const std::vector<PlantedPicture> pictures = plant_pictures(1, 5), again = plant_pictures(1, 5);
  EXPECT_GE(pictures.size(), 20U);
  ASSERT_EQ(pictures.size(), again.size());
  for (size_t n = 0; n < pictures.size(); ++n) {
    const auto& voxels = std::get<std::vector<uint8_t>>(pictures[n].image.voxels);
    EXPECT_EQ(voxels, std::get<std::vector<uint8_t>>(again[n].image.voxels));
    int64_t ink = 0, as_drawn = 0;
    for (size_t i = 0; i < voxels.size(); ++i) {
      if (pictures[n].ink[i] == 0) continue;
      ++ink;
      as_drawn += pictures[n].bright ? voxels[i] > 127 : voxels[i] < 128;
    }
    EXPECT_GT(ink, 20) << n;
    EXPECT_GT(as_drawn, ink * 9 / 10) << n;
  }
  EXPECT_NE(std::get<std::vector<uint8_t>>(plant_pictures(1, 6)[0].image.voxels), std::get<std::vector<uint8_t>>(pictures[0].image.voxels));
}

std::vector<PlantedPicture> some(int height) {
  std::vector<PlantedPicture> pictures = plant_pictures(1, 5);
  std::erase_if(pictures, [&](const PlantedPicture& p) { return p.height != height || p.page != Page::capture; });
  return pictures;
}

// A reader that sees nothing finds nothing and leaves everything; one that sees words everywhere leaves nothing and refuses everything.
TEST(PlantedPictures, ABlindReaderLeaksAndAFearfulOneRefuses) {
  const Scratch scratch;
  const std::vector<PictureRecall> blind = measure_pictures(some(16), TextFinder(test::played(scratch / "blind", "cat > /dev/null")), 2);
  ASSERT_EQ(blind.size(), 2U);  // white and black
  for (const PictureRecall& recall : blind) {
    EXPECT_EQ(recall.planted, 1);
    EXPECT_EQ(recall.found, 0);
    EXPECT_EQ(recall.leaked, 1);
    EXPECT_EQ(recall.low, 0);
  }
  const std::string everywhere = "cat > /dev/null; " + test::word_row("Nobody", 0, 0, 1280, 500, 91);
  for (const PictureRecall& recall : measure_pictures(some(16), TextFinder(test::played(scratch / "fearful", everywhere)), 2)) {
    EXPECT_EQ(recall.refused, 1);
    EXPECT_EQ(recall.leaked, 0);
  }
}

TEST(PlantedPictures, PlainLettersAreFoundAndBlanked) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  for (const PictureRecall& recall : measure_pictures(some(24), TextFinder(), 2)) {
    EXPECT_EQ(recall.found, 1) << recall.bright;
    EXPECT_EQ(recall.leaked, 0) << recall.bright;
  }
}

}  // namespace
}  // namespace chiasm::prove
