#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "data/synthetic/grid.h"
#include "data/synthetic/render.h"

namespace chiasm::synthetic {

namespace {

constexpr double source_mm = 1650, detector_mm = 150, step_mm = 5, softness_mm = 2.5;

struct Exposure {
  int64_t rows = 0, columns = 0;
  double pixel_mm = 0, dark = 0, bright = 0, noise = 0;  // line integrals shown as black and white
  bool monochrome1 = false;
};

Exposure draw_exposure(View view, Random& random) {
  Exposure exposure;
  exposure.rows = 104 + random.integer(21);
  exposure.pixel_mm = std::round(416.0 / static_cast<double>(exposure.rows) * 1000) / 1000;
  const double width = view == View::frontal ? 424 : 330;
  exposure.columns = static_cast<int64_t>(std::round(width / exposure.pixel_mm));
  exposure.dark = random.uniform(0.1, 0.4);
  exposure.bright = view == View::frontal ? random.uniform(5.4, 6.4) : random.uniform(7.0, 8.0);
  exposure.noise = random.uniform(0.002, 0.004);
  exposure.monochrome1 = random.chance(0.2);
  return exposure;
}

// Line integral of the attenuation from the source to a point of the detector (across, up), mm. The beam runs along +y (frontal: back to
// front) or from the right to the left side (lateral).
double line_integral(const Scene& scene, const Pose& pose, const Palette& palette, View view, double across, double up) {
  const double reach = view == View::frontal ? 132 : 216;
  const double stretch = std::sqrt(1 + (across * across + up * up) / ((source_mm + detector_mm) * (source_mm + detector_mm)));
  double sum = 0;
  for (double along = -reach; along <= reach; along += step_mm) {
    const double share = (along + source_mm) / (source_mm + detector_mm);
    const double a = across * share, z = 20 + (up - 20) * share;
    const Point p = view == View::frontal ? pose.to_body(a, along, z) : pose.to_body(-along, a, z);
    sum += scene.value(p, static_cast<float>(softness_mm), palette);
  }
  return sum * step_mm * stretch;
}

std::vector<Element> radiograph_attributes(View view) {
  const bool frontal = view == View::frontal;
  return {{"ImageType", "ORIGINAL\\PRIMARY"},
          {"BodyPartExamined", "CHEST"},
          {"ViewPosition", frontal ? "PA" : "LL"},
          {"PatientOrientation", frontal ? "L\\F" : "P\\F"},
          {"KVP", "110"},
          {"DistanceSourceToDetector", "1800"},
          {"WindowCenter", "2048"},
          {"WindowWidth", "4096"}};
}

}  // namespace

ImageSeries render_radiograph(const Patient& patient, const Visit& visit, View view, uint64_t key) {
  Random random(hash_key(key, view == View::frontal ? "frontal" : "lateral"));
  const Exposure exposure = draw_exposure(view, random);
  const Pose pose(4, 6, random);
  const Scene scene(patient.anatomy, visit, Posture::upright);
  const Palette palette = attenuation_palette();
  ImageSeries series;
  for (int64_t row = 0; row < exposure.rows; ++row)
    for (int64_t column = 0; column < exposure.columns; ++column) {
      // Columns run to the patient's left (-x), or to the back (-y).
      const double across = (0.5 * static_cast<double>(exposure.columns - 1) - static_cast<double>(column)) * exposure.pixel_mm;
      const double up = 22 + (0.5 * static_cast<double>(exposure.rows - 1) - static_cast<double>(row)) * exposure.pixel_mm;
      const double integral = line_integral(scene, pose, palette, view, across, up);
      const double noisy = integral + exposure.noise * std::exp(0.5 * integral) * random.normal();  // photon noise of -log(counts)
      const double share = std::clamp((noisy - exposure.dark) / (exposure.bright - exposure.dark), 0.0, 1.0);
      const double level = exposure.monochrome1 ? 1 - share : share;
      series.stored.push_back(static_cast<uint16_t>(std::round(4095 * level)));
    }
  series.modality = "CR";
  series.description = view == View::frontal ? "CHEST PA" : "CHEST LATERAL";
  series.size = {1, exposure.rows, exposure.columns};
  series.pixel_mm = {exposure.pixel_mm, exposure.pixel_mm};
  series.monochrome1 = exposure.monochrome1;
  series.attributes = radiograph_attributes(view);
  return series;
}

}  // namespace chiasm::synthetic
