// The brain of a head image, and what speaks for it being one.
#pragma once

#include "data/deface/axes.h"
#include "data/deface/mesh.h"

namespace chiasm::face {

// What lies around the upper half of the brain, where no face is: along its normals, where they reach the air within the image.
struct Wall {
  int64_t rays = 0;
  double thickness = 0;    // mm from the brain to the air: median. About 0 when the skull was stripped
  double skull = 0;        // share of the rays that pass bone: CT above 250 HU; MR a layer darker than half of the brain, then tissue
  double dark_within = 0;  // share with something darker than 0.4 of the brain in the outer 14 mm of it: a skull within, or wide sulci
};

struct Brain : Axes {
  Mesh surface;
  double volume_ml = 0;
  Point centre{};
  Point extent{};         // mm along right, anterior, superior
  double typical = 0;     // median of `Head::soft` around the centre
  double unevenness = 0;  // mm by which its two sides differ at most, below and in front
  double cut = 0;         // share of the underside of its front half that the lower edge of the image cuts
  double underside = 0;   // how far it reaches 60 degrees below the front, over half its length: 0.74 to 0.78 in whole heads, more where
                          // the surface took in something below the brain
  Wall wall;
};

// What is darker than this share of the brightest voxel nearby bounds the brain; in the order of trying: MR contrasts differ.
const std::vector<double>& border_shares(bool ct);

// Throws Refused FACES where what was found is no brain: by its volume (600 to 2200 ml), its sides, its symmetry, its underside, or what
// lies within.
Brain find_brain(const Head& head, double share);

}  // namespace chiasm::face
