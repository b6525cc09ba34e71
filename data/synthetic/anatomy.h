// The body as a scene of soft-edged shapes. One function gives the value at a point for a palette (what each tissue is worth in a
// modality), so that CT, MR and X-ray are views of one body. Points are RAS mm.
#pragma once

#include <array>
#include <vector>

#include "data/synthetic/hidden.h"
#include "data/synthetic/palette.h"

namespace chiasm::synthetic {

struct Point {
  float x, y, z;
};

enum class Posture { supine, upright };  // where pleural fluid gathers

// Shares of a voxel that belong to the mask classes.
struct Organs {
  float lungs = 0, heart = 0, lesion = 0, fluid = 0, marrow_lesion = 0;
};

inline constexpr double vertebra_pitch_mm = 26, vertebra_radius_mm = 19;

class Scene {
 public:
  Scene(const Anatomy& anatomy, const Visit& visit, Posture posture);

  // Edges are blended over `softness` mm on either side. `organs` may be null.
  float value(const Point& p, float softness, const Palette& palette, Organs* organs = nullptr) const;

  // Distance to the surface, mm, positive inside (exact or close to it).
  float body_depth(const Point& p) const;
  float lung_depth(const Point& p) const { return lung_depth(p, body_depth(p)); }
  float heart_depth(const Point& p) const;
  float nodule_depth(const Point& p) const;
  float fluid_depth(const Point& p) const;

 private:
  struct Capsule {
    Point from, along;  // along = to - from
    float radius, length2;
  };
  static Capsule capsule(Point from, Point to, float radius);
  static float capsule_depth(const Capsule& c, const Point& p);
  void build_vessels(float sign, std::vector<Capsule>& vessels) const;

  float lung_depth(const Point& p, float body) const;
  float lung_content(const Point& p, float softness, const Palette& palette, Organs& organs) const;
  void paint_heart(float& value, const Point& p, float softness, const Palette& palette, Organs& organs) const;
  void paint_spine(float& value, const Point& p, float softness, const Palette& palette, Organs& organs) const;
  void paint_chest_wall(float& value, const Point& p, float body, float softness, const Palette& palette) const;
  void paint_shoulders(float& value, const Point& p, float softness, const Palette& palette) const;
  void paint_device(float& value, const Point& p, float softness, const Palette& palette) const;

  float half_width_, half_depth_, fat_, wall_, dome_, heart_scale_, heart_cos_, heart_sin_, spine_z_;
  Posture posture_;
  FindingState nodule_, effusion_, marrow_, device_;
  Point device_centre_{0, 0, 0};
  std::vector<Capsule> left_vessels_, right_vessels_;
  Capsule left_clavicle_, right_clavicle_, lead_;
};

}  // namespace chiasm::synthetic
