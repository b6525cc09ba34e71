#include "data/synthetic/anatomy.h"

#include <algorithm>
#include <cmath>

namespace chiasm::synthetic {

namespace {

constexpr float rib_pitch = 26, canal_radius = 9;

// Share of a voxel inside a surface at `depth`.
float cover(float depth, float softness) { return std::clamp(0.5F + depth / (2 * softness), 0.0F, 1.0F); }

void paint(float& value, float tissue, float weight) { value += weight * (tissue - value); }

float square(float x) { return x * x; }

float ramp(float x, float from, float to) { return std::clamp((x - from) / (to - from), 0.0F, 1.0F); }

// First-order distance to an ellipsoid around the origin.
float ellipsoid_depth(const Point& p, const Point& r) {
  const float unit = std::sqrt(square(p.x / r.x) + square(p.y / r.y) + square(p.z / r.z));
  const float slope = std::sqrt(square(p.x / (r.x * r.x)) + square(p.y / (r.y * r.y)) + square(p.z / (r.z * r.z)));
  return slope < 1e-6F ? std::min({r.x, r.y, r.z}) : unit * (1 - unit) / slope;
}

float sign_of(Side side) { return side == Side::right ? 1.0F : -1.0F; }

}  // namespace

Scene::Capsule Scene::capsule(Point from, Point to, float radius) {
  const Point along{to.x - from.x, to.y - from.y, to.z - from.z};
  return {from, along, radius, square(along.x) + square(along.y) + square(along.z)};
}

float Scene::capsule_depth(const Capsule& c, const Point& p) {
  const Point d{p.x - c.from.x, p.y - c.from.y, p.z - c.from.z};
  const float t = std::clamp((d.x * c.along.x + d.y * c.along.y + d.z * c.along.z) / c.length2, 0.0F, 1.0F);
  return c.radius - std::sqrt(square(d.x - t * c.along.x) + square(d.y - t * c.along.y) + square(d.z - t * c.along.z));
}

void Scene::build_vessels(float sign, std::vector<Capsule>& vessels) const {
  const Point hilum{sign * 34, -4, 8};
  const std::array<Point, 7> ends{
      {{95, 40, 55}, {70, -30, 85}, {115, 10, 15}, {100, -50, 10}, {90, -45, -50}, {110, 20, -45}, {75, 55, -10}}};
  for (const Point& end : ends) {
    const Point middle{hilum.x + sign * 0.5F * (end.x - 34), hilum.y + 0.5F * (end.y + 4), hilum.z + 0.5F * (end.z - 8)};
    vessels.push_back(capsule(hilum, middle, 4));
    vessels.push_back(capsule(middle, {sign * end.x, end.y, end.z}, 2.5F));
  }
}

Scene::Scene(const Anatomy& anatomy, const Visit& visit, Posture posture)
    : half_width_(static_cast<float>(anatomy.half_width)),
      half_depth_(static_cast<float>(anatomy.half_depth)),
      fat_(static_cast<float>(anatomy.fat)),
      wall_(static_cast<float>(anatomy.fat) + 20),
      dome_(static_cast<float>(anatomy.dome)),
      heart_scale_(static_cast<float>(anatomy.heart)),
      heart_cos_(static_cast<float>(std::cos(anatomy.heart_turn))),
      heart_sin_(static_cast<float>(std::sin(anatomy.heart_turn))),
      spine_z_(static_cast<float>(anatomy.spine_z)),
      posture_(posture),
      nodule_(visit.of(Finding::nodule)),
      effusion_(visit.of(Finding::effusion)),
      marrow_(visit.of(Finding::marrow_lesion)),
      device_(visit.of(Finding::device)),
      left_clavicle_(capsule({-20, 62, 116}, {-150, 20, 150}, 7)),
      right_clavicle_(capsule({20, 62, 116}, {150, 20, 150}, 7)),
      lead_(left_clavicle_) {
  build_vessels(-1, left_vessels_);
  build_vessels(1, right_vessels_);
  // Above every CT and outside every MR field of view, so that the radiograph alone shows it.
  const float sign = sign_of(device_.side);
  device_centre_ = {sign * 108, 25, 166};
  lead_ = capsule(device_centre_, {sign * 25, 20, 215}, 2);
}

float Scene::body_depth(const Point& p) const {
  const float shoulders = ramp(p.z, 95, 150);
  const float depth = half_depth_ - 38 * shoulders, width = half_width_ + 32 * shoulders;
  const float side = std::max(std::abs(p.x) - (width - depth), 0.0F);
  const float torso = depth - std::sqrt(side * side + p.y * p.y);
  const float top = 0.95F * (208 - 0.38F * std::max(std::abs(p.x) - 55, 0.0F) - p.z);
  const float neck = 58 - std::sqrt(p.x * p.x + square(p.y - 5));
  return std::max(std::min(torso, top), neck);
}

// Right and left lung: an ellipsoid within the chest wall, above the diaphragm, beside the mediastinum.
float Scene::lung_depth(const Point& p, float body) const {
  const float side = std::abs(p.x);
  const float middle = 0.47F * half_width_, base = p.x > 0 ? -98.0F : -106.0F;
  const float dome = base + dome_ * (1 - square((side - middle) / 75) - square((p.y - 10) / 100));
  float depth = std::min({body - wall_, side - 26, p.z - dome});
  if (depth < -8) return depth;
  return std::min(depth, ellipsoid_depth({side - middle, p.y - 2, p.z + 12}, {0.40F * half_width_, 0.86F * half_depth_, 122}));
}

float Scene::heart_depth(const Point& p) const {
  const float x = p.x + 24, y = p.y - 26, z = p.z + 46;
  const Point turned{heart_cos_ * x + heart_sin_ * y, -heart_sin_ * x + heart_cos_ * y, z};
  return ellipsoid_depth(turned, {64 * heart_scale_, 47 * heart_scale_, 52 * heart_scale_});
}

float Scene::nodule_depth(const Point& p) const {
  if (!nodule_.present) return -1000;
  const auto radius = static_cast<float>(nodule_.size_mm / 2);
  const Point d{p.x - static_cast<float>(nodule_.place[0]), p.y - static_cast<float>(nodule_.place[1]),
                p.z - static_cast<float>(nodule_.place[2])};
  return ellipsoid_depth(d, {radius, 0.9F * radius, radius});
}

// Lying, the fluid lies along the back; standing, it fills the base and rises along the side wall (meniscus).
float Scene::fluid_depth(const Point& p) const {
  const float side = sign_of(effusion_.side) * p.x;
  if (!effusion_.present || side < 0) return -1000;
  const auto size = static_cast<float>(effusion_.size_mm);
  if (posture_ == Posture::upright) {
    const float level = -95 + 1.3F * size + 28 * square(ramp(side, 60, half_width_ - wall_));
    return level - p.z;
  }
  const float surface = -(half_depth_ - wall_) - 6 + size * ramp(p.z, 75, 10);
  return std::min(surface - p.y, side - 58);
}

float Scene::lung_content(const Point& p, float softness, const Palette& palette, Organs& organs) const {
  float value = palette[Tissue::lung];
  organs.lungs = 1;
  if (const float depth = nodule_depth(p); depth > -softness) {
    organs.lesion = cover(depth, softness);
    paint(value, palette[Tissue::nodule], organs.lesion);
  }
  for (const Capsule& vessel : p.x > 0 ? right_vessels_ : left_vessels_) {
    const float depth = capsule_depth(vessel, p);
    if (depth > -softness) paint(value, palette[Tissue::blood], cover(depth, softness));
  }
  if (const float depth = fluid_depth(p); depth > -softness) {
    const float share = cover(depth, softness);
    organs.lungs -= share;
    organs.lesion *= 1 - share;
    organs.fluid = share;
    paint(value, palette[Tissue::effusion], share);
  }
  organs.lungs = std::max(0.0F, organs.lungs - organs.lesion);
  return value;
}

void Scene::paint_heart(float& value, const Point& p, float softness, const Palette& palette, Organs& organs) const {
  if (const float depth = heart_depth(p); depth > -softness) {
    organs.heart = cover(depth, softness);
    organs.lungs *= 1 - organs.heart;
    organs.lesion *= 1 - organs.heart;
    organs.fluid *= 1 - organs.heart;
    paint(value, palette[Tissue::blood], organs.heart);
  }
  const float aorta = 12 - std::sqrt(square(p.x + 24) + square(p.y + 48));
  if (aorta > -softness && p.z < 60) paint(value, palette[Tissue::blood], cover(std::min(aorta, 60 - p.z), softness));
  const float trachea = std::min(9 - std::sqrt(square(p.x) + square(p.y + 14)), p.z - 38);
  if (trachea > -softness) paint(value, palette[Tissue::air], cover(trachea, softness));
}

void Scene::paint_spine(float& value, const Point& p, float softness, const Palette& palette, Organs& organs) const {
  const float middle_y = -(half_depth_ - 52) - 10 * square(p.z / 130);
  if (std::abs(p.x) > 30 || p.y > middle_y + 24) return;
  const auto radius = static_cast<float>(vertebra_radius_mm), pitch = static_cast<float>(vertebra_pitch_mm);
  const float column = 16 * (1 - std::sqrt(square(p.x / radius) + square((p.y - middle_y) / 16)));
  const float level = std::round((p.z - spine_z_) / pitch);
  const float height = 10.8F - std::abs(p.z - spine_z_ - level * pitch);
  const float bone = std::min(column, height);
  if (column > -softness) paint(value, palette[Tissue::disc], cover(column, softness));
  if (bone > -softness) {
    const bool lesion = marrow_.present && static_cast<int>(level) == marrow_.level;
    paint(value, palette[Tissue::cortical], cover(bone, softness));
    const float share = cover(bone - 1.8F, softness);
    organs.marrow_lesion = lesion ? share : 0;
    paint(value, palette[lesion ? Tissue::marrow_lesion : Tissue::marrow], share);
  }
  const float canal = canal_radius - std::sqrt(square(p.x) + square(p.y - middle_y + 27));
  const float spinous = std::min({4 - std::abs(p.x), middle_y - 36 - p.y, p.y - middle_y + 52});
  const float arch = std::min(std::max(canal + 4, spinous), height + 3);
  if (arch > -softness) paint(value, palette[Tissue::cortical], cover(arch, softness));
  if (canal > -softness) paint(value, palette[Tissue::spinal_fluid], cover(canal, softness));
  if (canal - 4 > -softness) paint(value, palette[Tissue::cord], cover(canal - 4, softness));
}

// Ribs are bands of a layer of the wall that fall towards the front.
void Scene::paint_chest_wall(float& value, const Point& p, float body, float softness, const Palette& palette) const {
  const float layer = 4 - std::abs(body - (wall_ - 6));
  if (layer < -softness || p.z > 112) return;
  if (p.y > 0 && std::abs(p.x) < 34) {
    const float sternum = std::min({layer, 17 - std::abs(p.x), 45 - std::abs(p.z - 40)});
    if (sternum > -softness) paint(value, palette[Tissue::cortical], cover(sternum, softness));
    return;
  }
  const float fallen = (p.z + 0.5F * (p.y + 80)) / rib_pitch;
  const float rib = std::min(layer, 5.5F - rib_pitch * std::abs(fallen - std::round(fallen)));
  if (rib > -softness && p.z > -125) paint(value, palette[Tissue::cortical], 0.75F * cover(rib, softness));
}

void Scene::paint_shoulders(float& value, const Point& p, float softness, const Palette& palette) const {
  const float clavicle = capsule_depth(p.x > 0 ? right_clavicle_ : left_clavicle_, p);
  const float head = 23 - std::sqrt(square(std::abs(p.x) - 172) + p.y * p.y + square(p.z - 132));
  const float bone = std::max(clavicle, head);
  if (bone > -softness) paint(value, palette[Tissue::cortical], 0.6F * cover(bone, softness));
}

void Scene::paint_device(float& value, const Point& p, float softness, const Palette& palette) const {
  const float disc = static_cast<float>(device_.size_mm / 2) - std::sqrt(square(p.x - device_centre_.x) + square(p.z - device_centre_.z));
  const float can = std::min(disc, 5 - std::abs(p.y - device_centre_.y));
  const float depth = std::max(can, capsule_depth(lead_, p));
  if (depth > -softness) paint(value, palette[Tissue::device], cover(depth, softness));
}

float Scene::value(const Point& p, float softness, const Palette& palette, Organs* organs) const {
  const float body = body_depth(p);
  if (body < -softness) return palette[Tissue::air];
  Organs shares;
  float value = palette[Tissue::muscle];
  paint(value, palette[Tissue::fat], cover(fat_ - body, softness));
  const float cavity = std::min(body - wall_, 118 - p.z);
  if (cavity > -softness) paint(value, palette[Tissue::organ], cover(cavity, softness));
  if (const float lung = lung_depth(p, body); lung > -softness) {
    const float content = lung_content(p, softness, palette, shares), share = cover(lung, softness);
    shares.lungs *= share;
    shares.lesion *= share;
    shares.fluid *= share;
    paint(value, content, share);
  }
  paint_heart(value, p, softness, palette, shares);
  paint_chest_wall(value, p, body, softness, palette);
  if (p.y < 0) paint_spine(value, p, softness, palette, shares);
  if (p.z > 95) paint_shoulders(value, p, softness, palette);
  if (device_.present && p.z > 135) paint_device(value, p, softness, palette);
  if (organs) *organs = shares;
  const float outside = 1 - cover(body, softness);
  paint(value, palette[Tissue::air], outside);
  return value;
}

}  // namespace chiasm::synthetic
