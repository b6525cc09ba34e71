#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/random.h"
#include "core/base/text.h"
#include "data/synthetic/grid.h"
#include "data/synthetic/render.h"

namespace chiasm::synthetic {

namespace {

struct Kernel {
  const char* name;
  double softness, noise_hu;
  bool smoothed;  // noise is correlated in the plane
};

struct Protocol {
  Plane plane = Plane::axial;
  Grid grid;
  Kernel kernel;
  double enhancement_hu = 0, softness_mm = 0;
  bool is_signed = false, descending = false;
};

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

Protocol draw_protocol(const Patient& patient, Random& random) {
  static const std::array<Kernel, 3> kernels{{{"SOFT20", 1.2, 16, true}, {"STD35", 1.0, 24, true}, {"SHARP60", 0.75, 38, false}}};
  Protocol protocol;
  const double draw = random.uniform();
  protocol.plane = draw < 0.72 ? Plane::axial : draw < 0.86 ? Plane::coronal : Plane::sagittal;
  const bool oblique = random.chance(0.25);
  const double tilt = radians(random.uniform(-12, 12)), turn = radians(random.uniform(-8, 8));
  const double columns = random.uniform(5.0, 6.2), rows = random.chance(0.1) ? 1.15 * columns : columns;
  const double slices = protocol.plane == Plane::axial ? random.uniform(5.0, 8.0) : random.uniform(6.0, 8.0);
  Box box{{0, 0, -28}, {2 * patient.anatomy.half_width + 22, 2 * patient.anatomy.half_depth + 20, 252}};
  if (oblique) box.turned = rotation(tilt, 0, turn);
  const auto rounded = [](double mm) { return std::round(mm * 1000) / 1000; };
  protocol.grid = make_grid(box, protocol.plane, {rounded(slices), rounded(rows), rounded(columns)});
  protocol.kernel = kernels[static_cast<size_t>(random.integer(3))];
  protocol.enhancement_hu = random.uniform(75, 120);
  protocol.softness_mm = protocol.kernel.softness * (columns + slices) / 4;
  protocol.is_signed = random.chance(0.3);
  protocol.descending = random.chance(0.4);
  return protocol;
}

// White noise, or noise blurred by (1 2 1)/4 along rows and columns and brought back to its deviation.
std::vector<float> noise_plane(int64_t height, int64_t width, const Kernel& kernel, Random& random) {
  std::vector<float> noise(static_cast<size_t>(height * width));
  for (float& value : noise) value = static_cast<float>(kernel.noise_hu * random.normal());
  if (!kernel.smoothed) return noise;
  constexpr float gain = 1 / 0.375F;  // the blur leaves sqrt(6)/4 of the deviation per direction: 0.375 in both
  const auto blur = [](float* line, int64_t count, int64_t step) {
    float before = line[0];
    for (int64_t i = 0; i < count; ++i) {
      const float here = line[i * step], after = line[std::min(i + 1, count - 1) * step];
      line[i * step] = 0.25F * before + 0.5F * here + 0.25F * after;
      before = here;
    }
  };
  for (int64_t y = 0; y < height; ++y) blur(&noise[static_cast<size_t>(y * width)], width, 1);
  for (int64_t x = 0; x < width; ++x) blur(&noise[static_cast<size_t>(x)], height, width);
  for (float& value : noise) value *= gain;
  return noise;
}

uint8_t mask_class(const Organs& organs) {
  if (organs.lesion > 0.5F) return 3;
  if (organs.heart > 0.5F) return 2;
  if (organs.fluid > 0.5F) return 4;
  return organs.lungs > 0.5F ? 1 : 0;
}

uint16_t stored_value(double hu, bool is_signed) {
  if (is_signed) return static_cast<uint16_t>(static_cast<int16_t>(std::clamp(std::round(hu), -1024.0, 3071.0)));
  return static_cast<uint16_t>(std::clamp(std::round(hu) + 1024, 0.0, 4095.0));
}

std::vector<Element> ct_attributes(const Protocol& protocol) {
  return {{"ImageType", "ORIGINAL\\PRIMARY\\AXIAL"},
          {"BodyPartExamined", "CHEST"},
          {"PatientPosition", "HFS"},
          {"KVP", "120"},
          {"DataCollectionDiameter", "500"},
          {"ConvolutionKernel", protocol.kernel.name},
          {"ContrastBolusAgent", "Iodinated contrast"},
          {"RescaleIntercept", protocol.is_signed ? "0" : "-1024"},
          {"RescaleSlope", "1"},
          {"RescaleType", "HU"},
          {"WindowCenter", "40\\-600"},
          {"WindowWidth", "400\\1500"},
          {"WindowCenterWidthExplanation", "MEDIASTINUM\\LUNG"}};
}

}  // namespace

Scan render_ct(const Patient& patient, const Visit& visit, uint64_t key) {
  Random random(key);
  const Protocol protocol = draw_protocol(patient, random);
  const Pose pose(4, 6, random);
  const Scene scene(patient.anatomy, visit, Posture::supine);
  const Palette palette = ct_palette(protocol.enhancement_hu);
  const auto [depth, height, width] = protocol.grid.size;
  const Affine& a = protocol.grid.affine;
  Scan scan;
  ImageSeries& series = scan.series;
  series.stored.reserve(static_cast<size_t>(depth * height * width));
  std::vector<uint8_t> classes;
  classes.reserve(series.stored.capacity());
  for (int64_t k = 0; k < depth; ++k) {
    const std::vector<float> noise = noise_plane(height, width, protocol.kernel, random);
    for (int64_t j = 0; j < height; ++j)
      for (int64_t i = 0; i < width; ++i) {
        const auto mm = apply(a, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        Organs organs;
        const float hu = scene.value(pose.to_body(mm[0], mm[1], mm[2]), static_cast<float>(protocol.softness_mm), palette, &organs);
        series.stored.push_back(stored_value(hu + noise[static_cast<size_t>(j * width + i)], protocol.is_signed));
        classes.push_back(mask_class(organs));
      }
  }
  const Spacing3 spacing = {std::hypot(a[2], a[6], a[10]), std::hypot(a[1], a[5], a[9]), std::hypot(a[0], a[4], a[8])};
  series.modality = "CT";
  series.description = std::string("CT THORAX ") + protocol.kernel.name;
  series.size = protocol.grid.size;
  series.affine = a;
  series.pixel_mm = {spacing[1], spacing[2]};
  series.thickness_mm = spacing[0];
  series.is_signed = protocol.is_signed;
  series.bits_stored = protocol.is_signed ? 16 : 12;
  series.descending = protocol.descending;
  series.attributes = ct_attributes(protocol);
  scan.mask = mask_on(protocol.grid, std::move(classes));
  return scan;
}

}  // namespace chiasm::synthetic
