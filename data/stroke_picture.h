// Pictures in which letters stand dark on white, made from an image of any range, so that a reader of printed text sees what an eye sees
// at some window: strokes thinner than letters' strokes are, brighter or darker than what surrounds them, in pieces of several sizes.
#pragma once

#include <cstdint>
#include <vector>

namespace chiasm {

// One plane of an image. Of colours: the greatest and the least sample of each pixel, so that no colour hides on another.
struct GreyPicture {
  int64_t rows = 0, columns = 0;
  std::vector<float> bright;  // row-major
  std::vector<float> dark;    // empty: the same as `bright`
};

struct StrokePicture {
  int64_t rows = 0, columns = 0;
  double scale = 1;             // pixels of this picture to one of the image
  std::vector<uint8_t> pixels;  // 0: a stroke, 255: none
};

// White and black top-hat (Serra 1982: the image less its opening by a square) over a threshold: half of the strongest strokes, no more
// than one pixel in twenty, and four times what strokes are everywhere around, so that noise and speckle are none. Each at the size of the
// image, enlarged when that is small and halved while a side is above 2500, and at a quarter of that for great letters; and once more with
// the values clipped to their inner 98 % where those are a small part of the range. Empty for an image without strokes.
std::vector<StrokePicture> stroke_pictures(const GreyPicture& picture);

}  // namespace chiasm
