#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/random.h"
#include "data/synthetic/grid.h"
#include "data/synthetic/render.h"

namespace chiasm::synthetic {

namespace {

// The field of the receive coil: a smooth factor around 1.
class Bias {
 public:
  explicit Bias(Random& random) {
    for (double& slope : slopes_) slope = random.uniform(-0.22, 0.22);
    bend_ = random.uniform(-0.12, 0.12);
  }
  double at(const std::array<double, 3>& mm) const {
    const double x = mm[0] / 100, y = (mm[1] + 50) / 100, z = mm[2] / 100;
    return std::exp(slopes_[0] * x + slopes_[1] * y + slopes_[2] * z + bend_ * (x * x + y * y + z * z));
  }

 private:
  std::array<double, 3> slopes_{};
  double bend_ = 0;
};

struct Protocol {
  Grid grid;
  double gain = 1, noise = 0, softness_mm = 0;
  bool descending = false;
};

// The field of view keeps to the spine, so that lungs and pleura are outside it.
Protocol draw_protocol(Random& random) {
  const double draw = random.uniform();
  const Plane plane = draw < 0.6 ? Plane::sagittal : draw < 0.8 ? Plane::axial : Plane::coronal;
  Box box{{0, -48, 0}, {84, 152, 204}};
  if (random.chance(0.3)) box.turned = rotation(random.uniform(-8, 8) * std::numbers::pi / 180, 0, 0);
  const double in_plane = std::round(random.uniform(2.8, 3.6) * 1000) / 1000, slices = std::round(random.uniform(3.8, 5.2) * 1000) / 1000;
  Protocol protocol;
  protocol.grid = make_grid(box, plane, {slices, in_plane, in_plane});
  protocol.gain = random.uniform(1.2, 2.6);
  protocol.noise = random.uniform(18, 40);
  protocol.softness_mm = (in_plane + slices) / 4;
  protocol.descending = random.chance(0.4);
  return protocol;
}

std::string whole(double value) { return std::to_string(static_cast<long long>(std::round(value))); }

std::vector<Element> mr_attributes(Weighting weighting, double gain) {
  const bool t1 = weighting == Weighting::t1;
  return {{"ImageType", "ORIGINAL\\PRIMARY\\OTHER"},
          {"BodyPartExamined", "TSPINE"},
          {"PatientPosition", "HFS"},
          {"ScanningSequence", "SE"},
          {"SequenceVariant", t1 ? "NONE" : "SK"},
          {"ScanOptions", ""},
          {"MRAcquisitionType", "2D"},
          {"SequenceName", t1 ? "se2d1" : "tse2d15"},
          {"RepetitionTime", t1 ? "560" : "3400"},
          {"EchoTime", t1 ? "11" : "98"},
          {"EchoTrainLength", t1 ? "1" : "15"},
          {"MagneticFieldStrength", "1.5"},
          {"FlipAngle", "90"},
          {"WindowCenter", whole(400 * gain)},
          {"WindowWidth", whole(800 * gain)}};
}

}  // namespace

Scan render_mr(const Patient& patient, const Visit& visit, Weighting weighting, uint64_t key) {
  Random shared(hash_key(key, "pose")), random(hash_key(key, weighting == Weighting::t1 ? "t1" : "t2"));
  const Pose pose(2.5, 3, shared);
  const Protocol protocol = draw_protocol(random);
  const Bias bias(random);
  const Scene scene(patient.anatomy, visit, Posture::supine);
  const Palette palette = weighting == Weighting::t1 ? t1_palette(patient.anatomy.marrow) : t2_palette(patient.anatomy.marrow);
  const auto [depth, height, width] = protocol.grid.size;
  const Affine& a = protocol.grid.affine;
  Scan scan;
  ImageSeries& series = scan.series;
  series.stored.reserve(static_cast<size_t>(depth * height * width));
  std::vector<uint8_t> classes;
  classes.reserve(series.stored.capacity());
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t j = 0; j < height; ++j)
      for (int64_t i = 0; i < width; ++i) {
        const auto mm = apply(a, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        Organs organs;
        const double signal =
            bias.at(mm) * scene.value(pose.to_body(mm[0], mm[1], mm[2]), static_cast<float>(protocol.softness_mm), palette, &organs);
        const double real = signal + protocol.noise * random.normal(), imaginary = protocol.noise * random.normal();  // Rician magnitude
        series.stored.push_back(static_cast<uint16_t>(std::min(std::round(protocol.gain * std::hypot(real, imaginary)), 4095.0)));
        classes.push_back(organs.marrow_lesion > 0.5F ? 1 : 0);
      }
  series.modality = "MR";
  series.description = weighting == Weighting::t1 ? "T1 SE THORACIC SPINE" : "T2 TSE THORACIC SPINE";
  series.size = protocol.grid.size;
  series.affine = a;
  series.pixel_mm = {std::hypot(a[1], a[5], a[9]), std::hypot(a[0], a[4], a[8])};
  series.thickness_mm = std::hypot(a[2], a[6], a[10]);
  series.descending = protocol.descending;
  series.attributes = mr_attributes(weighting, protocol.gain);
  scan.mask = mask_on(protocol.grid, std::move(classes));
  return scan;
}

}  // namespace chiasm::synthetic
