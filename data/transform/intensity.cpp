// apply_intensity of intensity.h.
#include "data/transform/intensity.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"
#include "data/transform/range.h"

namespace chiasm::transform {
namespace {

std::array<double, 3> three(const std::vector<double>& p, size_t first = 0) { return {p.at(first), p.at(first + 1), p.at(first + 2)}; }

void noise(Picture picture, const Change& change) {
  Random random(change.key);
  add_noise(picture, change.parameters.at(0), random);
}

void bias_field(Picture picture, const Change& change) {
  BiasField coefficients{};
  check(change.parameters.size() == coefficients.size(), "a bias field has nine coefficients");
  std::copy(change.parameters.begin(), change.parameters.end(), coefficients.begin());
  add_bias_field(picture, coefficients);
}

void motion(Picture picture, const Change& change) {
  const std::vector<double>& p = change.parameters;
  std::vector<Pose> poses;
  for (size_t first = 1; first + 13 <= p.size(); first += 13) {
    Pose pose{p[first], {}};
    std::copy_n(p.begin() + static_cast<int64_t>(first) + 1, 12, pose.pose.begin());
    poses.push_back(pose);
  }
  add_motion(picture, static_cast<int>(p.at(0)), poses);
}

using Apply = void (*)(Picture, const Change&);
const std::map<std::string, Apply>& transforms() {
  using P = Picture;
  using C = const Change&;
  static const std::map<std::string, Apply> list{
      {"bias_field", bias_field},
      {"blur", [](P p, C c) { blur(p, c.parameters.at(0)); }},
      {"contrast", [](P p, C c) { change_contrast(p, c.parameters.at(0), c.parameters.at(1)); }},
      {"cut_out", [](P p, C c) { cut_out(p, three(c.parameters), three(c.parameters, 3)); }},
      {"gamma", [](P p, C c) { change_gamma(p, c.parameters.at(0)); }},
      {"gamma_keeping", [](P p, C c) { change_gamma_keeping(p, c.parameters.at(0), c.parameters.at(1) > 0); }},
      {"ghosting",
       [](P p, C c) {
         add_ghosts(p, static_cast<int>(c.parameters.at(0)), static_cast<int64_t>(c.parameters.at(1)), c.parameters.at(2),
                    c.parameters.at(3));
       }},
      {"low_resolution", [](P p, C c) { low_resolution(p, three(c.parameters)); }},
      {"motion", motion},
      {"noise", noise},
      {"stretch", [](P p, C c) { stretch_contrast(p, c.parameters.at(0)); }},
  };
  return list;
}

}  // namespace

void apply_intensity(Picture picture, const Changes& changes, float outside) {
  bool any = false;
  for (const Change& change : changes) {
    const auto found = transforms().find(change.name);
    if (found == transforms().end()) continue;
    found->second(picture, change);
    any = true;
  }
  if (!any) return;
  set_outside(picture.values, picture.valid, outside);
}

}  // namespace chiasm::transform
