// One slice of a prepared image as a picture of a page. No LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/view.h"

namespace chiasm::page {

using Colour = std::array<uint8_t, 3>;

struct SlicePicture {
  int64_t rows = 0, columns = 0;
  std::vector<uint8_t> rgb;
  double aspect = 1;        // width over height as shown
  std::string left, right;  // "R", "L" where the sides are known
};

// How a slice is laid out: the patient's right at the left and the front at the top where the geometry tells.
struct Layout {
  bool flip_columns = false, flip_rows = false;
  std::string left, right;
};
// `image` was prepared from `source`. A frontal X-ray has its sides by the convention of its view.
Layout layout_of(const Prepared& image, const Volume& source);

// How to prepare the whole of an image on a small grid, for a look.
Preparation small_view(const Volume& volume, const std::string& modality);

// Grey between the 0.5 and 99.5 percentiles of the valid voxels; blue where the image ends and padding begins. Each pixel is `enlarge`
// pixels wide and high.
SlicePicture draw_slice(const Prepared& image, const Layout& layout, int64_t slice, int64_t enlarge = 1);

// Values of one slice of a DHW mask in the layout and enlargement of its picture.
std::vector<uint8_t> lay_out(const std::vector<uint8_t>& mask, const Size3& size, const Layout& layout, int64_t slice, int64_t enlarge);
// Outlines of the classes 1..254 of both masks: `first`, `second`, and white where they meet.
void draw_outlines(SlicePicture& picture, const std::vector<uint8_t>& first, Colour first_colour, const std::vector<uint8_t>& second,
                   Colour second_colour);

std::string figure(const SlicePicture& picture, const std::string& caption);

// "48 x 64 x 64"
std::string size_text(const Size3& size);
// "5.00 x 1.50 x 1.50 mm"
std::string spacing_text(const Spacing3& spacing);
// Lengths of the columns of an affine, D, H, W.
Spacing3 spacing_of(const Affine& affine);

}  // namespace chiasm::page
