#include "data/deface/deface.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/threads.h"
#include "data/deface/region.h"

namespace chiasm {

namespace {

using namespace face;

constexpr double kVoxelMl = kStep * kStep * kStep / 1000;
constexpr double kNoFaceMl = 10;                                            // less tissue in the region is no face
constexpr double kSeenMl = 200;                                             // of the region in the image, to say that no face is there
constexpr double kThinnest = 4, kThickest = 26;                             // mm of skull and scalp
constexpr double kLowest = 0.87;                                            // of the underside of the brain, where no face was found
constexpr double kSkull = 0.4;                                              // share of the rays through it
constexpr double kDeeper = 5, kChanged = 0.95;                              // mm, share of the face
constexpr int64_t kFewestRays = 200;                                        // of 2 x 2 mm
constexpr double kHalfFace = 40, kBrow = 38, kChin = 118, kFarthest = 200;  // mm; brow and chin below the centre of a brain of 1500 ml

struct Tissue {
  double seen_ml = 0, tissue_ml = 0;  // of the region: in the image; what is no air
};

Tissue tissue_in(const Region& region, const Head& head) {
  Tissue found;
  for (int64_t n = 0; n < std::ssize(head.image); ++n) {
    if (head.image[static_cast<size_t>(n)] == 0 || !region.holds(head.point(n))) continue;
    found.seen_ml += kVoxelMl;
    if (head.foreground[static_cast<size_t>(n)] != 0) found.tissue_ml += kVoxelMl;
  }
  return found;
}

// A brain whose skull was stripped has next to nothing around it.
bool is_stripped(const Brain& brain, const Head& head) {
  if (brain.wall.thickness >= kThinnest || brain.wall.skull >= kSkull) return false;
  return static_cast<double>(count(head.foreground)) * kVoxelMl < 1.25 * brain.volume_ml;
}

struct Surface {
  int64_t rays = 0, deeper = 0;
};

// The face as one sees it from the front: the first tissue on each line, before and after.
Surface look_from_front(const Brain& brain, const Region& region, const Head& head) {
  Surface seen;
  const double size = std::cbrt(brain.volume_ml / 1500);
  for (double side = -kHalfFace; side <= kHalfFace; side += kStep)
    for (double below = kBrow * size; below <= kChin * size; below += kStep) {
      const Point line = plus(plus(brain.centre, brain.right, side), brain.superior, -below);
      double before = -1, after = -1;
      for (double depth = kFarthest; depth >= 0 && after < 0; depth -= kStep / 2) {
        const Point at = plus(line, brain.anterior, depth);
        const int64_t voxel = head.index(at);
        if (voxel < 0 || head.tissue[static_cast<size_t>(voxel)] == 0) continue;
        if (before < 0) before = depth;
        if (!region.holds(at)) after = depth;
      }
      if (before < 0) continue;
      ++seen.rays;
      if (before - std::max(after, 0.0) >= kDeeper) ++seen.deeper;
    }
  return seen;
}

double air_of(const Head& head) {
  if (head.ct) return -1000;
  std::vector<float> background;
  for (size_t n = 0; n < head.values.size(); ++n)
    if (head.image[n] != 0 && head.values[n] < head.threshold) background.push_back(head.values[n]);
  if (background.empty()) return head.low;
  const auto middle = background.begin() + std::ssize(background) / 2;
  std::nth_element(background.begin(), middle, background.end());
  return *middle;
}

template <class T>
T stored(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    return static_cast<T>(std::clamp<double>(std::round(value), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
}

// Marks the voxels whose centres the region holds.
std::vector<uint8_t> voxels_in(const Region& region, const Volume& volume, int threads) {
  const auto [depth, height, width] = volume.size;
  std::vector<uint8_t> marked(static_cast<size_t>(depth * height * width), 0);
  parallel_for(depth, threads, [&](int64_t k) {
    for (int64_t j = 0; j < height; ++j)
      for (int64_t i = 0; i < width; ++i)
        marked[static_cast<size_t>((k * height + j) * width + i)] =
            region.holds(chiasm::apply(volume.affine, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
  });
  return marked;
}

void blank(Volume& volume, const std::vector<uint8_t>& marked, double air) {
  std::visit(
      [&](auto& voxels) {
        using T = typename std::decay_t<decltype(voxels)>::value_type;
        const T value = stored<T>((air - volume.intercept) / volume.slope);
        for (size_t n = 0; n < marked.size(); ++n)
          if (marked[n] != 0) voxels[n] = value;
      },
      volume.voxels);
}

void check_head(const Brain& brain) {
  if (brain.wall.thickness < kThinnest || brain.wall.thickness > kThickest || brain.wall.skull < kSkull)
    throw Refused("FACES", "no skull was found around the brain, so the face cannot be removed safely");
}

FacePlan plan_for(const Brain& brain, const Head& head) {
  FacePlan plan{{}, region_of(brain), air_of(head)};
  FaceFound& result = plan.found;
  const Tissue tissue = tissue_in(plan.region, head);
  const bool stripped = is_stripped(brain, head);
  result.brain_ml = brain.volume_ml;
  if (!stripped) check_head(brain);
  if (tissue.tissue_ml < kNoFaceMl) {
    if (!stripped && tissue.seen_ml < kSeenMl) throw Refused("FACES", "the image does not reach the face");
    return plan;
  }
  const Surface seen = look_from_front(brain, plan.region, head);
  if (seen.rays < kFewestRays) throw Refused("FACES", "too little of the face is in the image to see that it was removed");
  result.removed = true;
  result.removed_ml = tissue.tissue_ml;
  result.changed = static_cast<double>(seen.deeper) / static_cast<double>(seen.rays);
  if (result.changed < kChanged) throw Refused("FACES", "the surface of the face changed on less than 95 % of it");
  return plan;
}

// By the first brain that leads to a certain outcome.
FacePlan plan_of(const Head& head) {
  const std::vector<double>& shares = border_shares(head.ct);
  for (const double share : shares) {
    try {
      return plan_for(find_brain(head, share), head);
    } catch (const Refused&) {
      if (share == shares.back()) throw;
    }
  }
  throw Refused("FACES", "no brain was found");
}

}  // namespace

FacePlan plan_deface(const Volume& volume, int threads) { return plan_of(head_of(volume, threads)); }

Defaced deface(Volume& volume, int threads) {
  const FacePlan plan = plan_deface(volume, threads);
  Defaced result{plan.found, {}};
  if (!plan.found.removed) return result;
  result.voxels = voxels_in(plan.region, volume, threads);
  blank(volume, result.voxels, plan.air);
  return result;
}

}  // namespace chiasm
