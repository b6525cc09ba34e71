#include "data/transform/augment.h"

#include <algorithm>

#include "data/transform/geometry.h"
#include "data/transform/grid.h"
#include "data/transform/intensity.h"
#include "data/transform/normalise.h"

namespace chiasm::transform {
namespace {

constexpr int64_t elastic_spans = 5;
constexpr double elastic_share = 0.25;  // of a span, below largest_elastic_share

Spacing3 units(const Preparation& preparation, bool planar) { return planar ? Spacing3{1, 1, 1} : preparation.view.spacing_mm; }

Change recorded(const Geometry& g) {
  return {"geometry", {g.shift[0], g.shift[1], g.shift[2], g.rotation[0], g.rotation[1], g.rotation[2], g.scale, g.flip_lr ? 1.0 : 0.0}};
}

Geometry geometry_of(const Change& change) {
  const std::vector<double>& p = change.parameters;
  return {{p.at(0), p.at(1), p.at(2)}, {p.at(3), p.at(4), p.at(5)}, p.at(6), p.at(7) > 0};
}

// Spans of at least four voxels; moves along each axis up to a quarter of its spans, so that nothing folds.
Change draw_elastic_change(const Size3& size, Random& random) {
  Change out{"elastic", {}};
  for (const int64_t length : size) out.parameters.push_back(static_cast<double>(std::clamp<int64_t>((length - 1) / 4, 1, elastic_spans)));
  const double share = random.uniform(0, elastic_share);
  for (size_t axis = 0; axis < 3; ++axis)
    out.parameters.push_back(share * static_cast<double>(size[2 - axis] - 1) / out.parameters[2 - axis]);
  out.key = random.next();
  return out;
}

Elastic elastic_of(const Change& change, const Size3& size) {
  const std::vector<double>& p = change.parameters;
  Random random(change.key);
  return draw_elastic({static_cast<int64_t>(p.at(0)), static_cast<int64_t>(p.at(1)), static_cast<int64_t>(p.at(2))},
                      {p.at(3), p.at(4), p.at(5)}, size, random);
}

}  // namespace

Changes draw_changes(const AugmentConfig& config, const Preparation& preparation, bool planar, bool flip_lr, Random& random) {
  Geometry geometry = draw_geometry(config.geometry, planar, random);
  geometry.flip_lr = flip_lr;
  const Size3& size = preparation.view.size;
  const Spacing3 spacing = units(preparation, planar);
  Changes out{recorded(geometry)};
  if (config.geometry == "elastic" && random.chance(0.5)) out.push_back(draw_elastic_change(size, random));
  const Changes intensity = draw_intensity(config.intensity, preparation.modality, size, spacing, random);
  out.insert(out.end(), intensity.begin(), intensity.end());
  return out;
}

Placement place(const Volume& image, const Preparation& preparation, const std::array<double, 3>* centre_mm, const Changes& changes) {
  const ViewConfig& view = preparation.view;
  Placement out{model_grid(image, view, centre_mm), {}};
  for (const Change& change : changes) {
    if (change.name == "geometry")
      out.grid = with_geometry(out.grid, view.size, units(preparation, is_planar(image.size, view.size)), geometry_of(change));
    if (change.name == "elastic") out.elastic = elastic_of(change, view.size);
  }
  return out;
}

Prepared prepare_changed(const Volume& volume, const Preparation& preparation, Placement placement, const Changes& changes) {
  Prepared out = prepare_on(volume, preparation, placement.grid, std::move(placement.elastic));
  apply_intensity({out.values, out.valid, out.size}, changes, outside_value(preparation));
  out.changes = changes;
  return out;
}

Prepared prepare_changed(const Volume& volume, const Preparation& preparation, const std::array<double, 3>* centre_mm,
                         const Changes& changes) {
  return prepare_changed(volume, preparation, place(volume, preparation, centre_mm, changes), changes);
}

}  // namespace chiasm::transform
