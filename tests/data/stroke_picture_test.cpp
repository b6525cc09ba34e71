#include "data/stroke_picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace chiasm {
namespace {

constexpr int64_t side = 60;

// 60 x 60, `value` at row and column.
template <class Value>
GreyPicture picture(const Value& value, int64_t rows = side, int64_t columns = side) {
  GreyPicture result{rows, columns, {}, {}};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) result.bright.push_back(static_cast<float>(value(r, c)));
  return result;
}

uint8_t at(const StrokePicture& strokes, int64_t row, int64_t column) {  // of the image
  const double scale = strokes.scale;
  const auto place = [&](int64_t n) { return static_cast<int64_t>((static_cast<double>(n) + 0.5) * scale); };
  return strokes.pixels[static_cast<size_t>(place(row) * strokes.columns + place(column))];
}

bool in_line(int64_t r, int64_t c) { return r >= 29 && r < 31 && c >= 10 && c < 50; }

// Steps as wide as letters are not.
double terrace(int64_t c) { return c < 20 ? 0 : c < 40 ? 100 : 300; }

TEST(StrokePicture, ALineOnATerraceIsDrawnBlackWhereItLies) {
  for (const double sign : {1.0, -1.0}) {
    const auto pictures = stroke_pictures(picture([&](int64_t r, int64_t c) { return terrace(c) + (in_line(r, c) ? sign * 400 : 0); }));
    ASSERT_EQ(pictures.size(), 1U) << sign;  // of the other polarity there is none
    EXPECT_EQ(pictures[0].scale, 3);         // a small image is enlarged
    EXPECT_EQ(pictures[0].rows, 3 * side);
    EXPECT_EQ(pictures[0].columns, 3 * side);
    for (int64_t r = 0; r < side; r += 1)
      for (int64_t c = 0; c < side; c += 1)
        if (std::abs(r - 29.5) < 1 || std::abs(r - 29.5) > 3) {
          EXPECT_EQ(at(pictures[0], r, c), in_line(r, c) ? 0 : 255) << r << " " << c;
        }
  }
}

TEST(StrokePicture, WhatIsWideOrEvenHasNoStrokes) {
  EXPECT_TRUE(stroke_pictures(picture([](int64_t, int64_t) { return 7; })).empty());
  EXPECT_TRUE(stroke_pictures(picture([](int64_t, int64_t c) { return terrace(c); })).empty());
  // A bright square of 20 pixels and its dark surroundings are wider than letters' strokes.
  EXPECT_TRUE(
      stroke_pictures(picture([](int64_t r, int64_t c) { return std::max(std::abs(r - 30), std::abs(c - 30)) <= 10 ? 100 : 0; })).empty());
  EXPECT_TRUE(stroke_pictures({}).empty());
}

TEST(StrokePicture, ValuesMayBeOfAnyRangeAndShift) {
  const auto value = [](int64_t r, int64_t c) { return in_line(r, c) ? 1.0 : 0.0; };
  const auto plain = stroke_pictures(picture(value));
  const auto shifted = stroke_pictures(picture([&](int64_t r, int64_t c) { return value(r, c) * 4096 - 1024; }));
  ASSERT_EQ(plain.size(), 1U);
  ASSERT_EQ(shifted.size(), 1U);
  EXPECT_EQ(plain[0].pixels, shifted[0].pixels);
}

TEST(StrokePicture, WhatIsNoNumberIsNothing) {
  auto image = picture([](int64_t r, int64_t c) { return in_line(r, c) ? 100.0 : 0.0; });
  image.bright[0] = std::numeric_limits<float>::quiet_NaN();
  image.bright[1] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(stroke_pictures(image).size(), 1U);
}

// Noise has strokes everywhere and none that stands out; a page full of lines has as many and is full of strokes.
TEST(StrokePicture, NoiseIsNoStrokeAndDenseLinesAre) {
  Random random(3);
  for (const StrokePicture& strokes : stroke_pictures(picture([&](int64_t, int64_t) { return 100 + 20 * random.normal(); }, 128, 128)))
    EXPECT_LT(std::count_if(strokes.pixels.begin(), strokes.pixels.end(), [](uint8_t value) { return value < 128; }),
              static_cast<int64_t>(strokes.pixels.size() / 200));
  const auto dense = stroke_pictures(picture([&](int64_t r, int64_t c) { return r % 6 < 2 && c > 4 ? 100.0 : 0.0; }, 128, 128));
  ASSERT_FALSE(dense.empty());
  EXPECT_EQ(at(dense[0], 60, 60), 0);
  EXPECT_EQ(at(dense[0], 63, 60), 255);
}

// Light letters are looked for in the greatest sample of a pixel, dark ones in the least: blue on black and blue on white.
TEST(StrokePicture, DarkStrokesComeFromTheLeastSample) {
  GreyPicture image = picture([](int64_t, int64_t) { return 255; });
  image.dark = picture([](int64_t r, int64_t c) { return in_line(r, c) ? 0 : 255; }).bright;
  const auto pictures = stroke_pictures(image);
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(at(pictures[0], 29, 30), 0);
}

// Strokes of 16 pixels are too wide at the size of the image, and 4 pixels wide at a quarter of it.
TEST(StrokePicture, GreatLettersShowInTheSmallerCopy) {
  const auto pictures =
      stroke_pictures(picture([](int64_t r, int64_t c) { return r >= 200 && r < 216 && c >= 80 && c < 320 ? 100.0 : 0.0; }, 400, 400));
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0].scale, 0.75);
  EXPECT_EQ(pictures[0].rows, 300);
  EXPECT_EQ(at(pictures[0], 207, 200), 0);
  EXPECT_EQ(at(pictures[0], 180, 200), 255);
}

TEST(StrokePicture, GreatImagesAreHalved) {
  const auto pictures =
      stroke_pictures(picture([](int64_t r, int64_t c) { return r >= 40 && r < 44 && c >= 200 && c < 300 ? 100.0 : 0.0; }, 80, 2600));
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0].scale, 0.5);
  EXPECT_EQ(pictures[0].columns, 1300);
  EXPECT_EQ(at(pictures[0], 42, 250), 0);
  EXPECT_EQ(at(pictures[0], 60, 250), 255);
}

// A line of 10 beside a block of 10 000: faint in the whole range, plain when the values are clipped to their inner 98 %.
TEST(StrokePicture, FewValuesFarAwayDoNotHideTheRest) {
  const auto pictures = stroke_pictures(picture([](int64_t r, int64_t c) {
    if (r < 5 && c < 5) return 10000.0;
    return in_line(r, c) ? 10.0 : 0.0;
  }));
  EXPECT_TRUE(std::any_of(pictures.begin(), pictures.end(), [](const StrokePicture& p) { return at(p, 29, 30) == 0; }));
}

}  // namespace
}  // namespace chiasm
