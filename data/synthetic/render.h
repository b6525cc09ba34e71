// A visit as its scanners see it.
#pragma once

#include <array>

#include "data/synthetic/hidden.h"
#include "data/synthetic/series.h"

namespace chiasm::synthetic {

// An image and its mask on the same grid. CT: 1 lungs, 2 heart, 3 lesion, 4 effusion. MR: 1 marrow lesion.
struct Scan {
  ImageSeries series;
  Volume mask;
};

// `key` seeds the acquisition: pose, grid, kernel, noise.
Scan render_ct(const Patient& patient, const Visit& visit, uint64_t key);

enum class Weighting { t1, t2 };
// Both weightings of a visit share the patient's pose; each has its own grid and noise.
Scan render_mr(const Patient& patient, const Visit& visit, Weighting weighting, uint64_t key);

enum class View { frontal, lateral };
// Beer-Lambert projection of the upright body through a diverging beam, log-compressed as computed radiography does.
ImageSeries render_radiograph(const Patient& patient, const Visit& visit, View view, uint64_t key);

}  // namespace chiasm::synthetic
