// How a head lies: its own axes.
#pragma once

#include "data/deface/head.h"
#include "data/deface/mesh.h"

namespace chiasm::face {

// Unit, right-handed; right as an affine's first axis.
struct Axes {
  Point right{}, anterior{}, superior{};
};

// From side to side by the symmetry of the head's outline, within 24 degrees of the axes of the patient; the pitch by `brain`, the moments
// of the body of the brain, within 20 degrees.
Axes axes_of(const Head& head, const Moments& brain);

}  // namespace chiasm::face
