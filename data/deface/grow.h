// A closed surface that grows in a head from within until what lies inward of it is no brain any more: the deformable surface of Smith,
// "Fast robust automated brain extraction", Human Brain Mapping 17 (2002). CT: after the window of Muschelli et al., "Validated automatic
// brain extraction of head CT images", NeuroImage 114 (2015), in which bone is as dark as it is in MR.
#pragma once

#include "data/deface/head.h"
#include "data/deface/mesh.h"

namespace chiasm::face {

struct Grown {
  Mesh surface;
  double typical = 0;  // median of `Head::soft` in the sphere that it grew from
};

// `share` of the brightest voxel inward: what is darker is no brain. Throws Refused FACES where the image holds no head.
Grown grow(const Head& head, double share);

}  // namespace chiasm::face
