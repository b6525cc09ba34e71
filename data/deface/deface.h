// The face out of a CT or MR of the head, from geometry and voxels alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/deface/region.h"
#include "data/volume.h"

namespace chiasm {

// For statements of what was done.
inline constexpr const char* kDefaceMethod = "shear in front of and below the brain, after Quickshear (2011); brain by BET (2002)";
inline constexpr int kDefaceVersion = 1;

struct FaceFound {
  bool removed = false;   // false: there is no face to remove (skull stripped, or defaced before)
  double brain_ml = 0;    // what is kept whole
  double removed_ml = 0;  // tissue
  double changed = 0;     // share of the face's surface, seen from the front, that lies at least 5 mm deeper now
};

// What is to be done to an image, and to others of the same grid in space.
struct FacePlan {
  FaceFound found;
  face::Region region;  // points (RAS, mm) that go
  double air = 0;       // what they get, in the modality's unit
};

// `volume`: one channel; CT (modality "ct") in HU, anything else as MR of any contrast. What lies in front of the brain and below it goes;
// no voxel within 8 mm of the brain's surface does. The outcome does not depend on the order or direction in which the voxels are stored.
// Throws Refused FACES when that is not certain: too coarse or too small an image, no whole brain (600 to 2200 ml) with a skull around it,
// a face that the image does not reach, or a surface that did not change on 95 % of the face.
FacePlan plan_deface(const Volume& volume, int threads = 1);

struct Defaced {
  FaceFound found;
  std::vector<uint8_t> voxels;  // DHW, 1: removed; empty when nothing was
};

// Does it: what goes gets the value of air (-1000 HU; MR: the median of the background) and stays valid. Throws as above, and leaves the
// volume as it is.
Defaced deface(Volume& volume, int threads = 1);

}  // namespace chiasm
