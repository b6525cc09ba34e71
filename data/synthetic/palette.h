// What each tissue is worth in a modality. A finding that a modality must not show has the value of its surroundings there.
#pragma once

#include <array>
#include <cstddef>

namespace chiasm::synthetic {

enum class Tissue {
  air,
  fat,
  muscle,
  organ,
  lung,
  blood,
  cortical,
  marrow,
  marrow_lesion,
  disc,
  spinal_fluid,
  cord,
  nodule,
  effusion,
  device
};
inline constexpr size_t tissue_count = 15;

struct Palette {
  std::array<float, tissue_count> values;
  float operator[](Tissue tissue) const { return values[static_cast<size_t>(tissue)]; }
  float& operator[](Tissue tissue) { return values[static_cast<size_t>(tissue)]; }
};

// HU, with contrast agent in the blood. A marrow lesion looks like marrow.
Palette ct_palette(double enhancement_hu);
// Arbitrary units up to about 1000; `marrow` scales the marrow signal of the patient. A nodule looks like lung.
Palette t1_palette(double marrow);
Palette t2_palette(double marrow);
// Linear attenuation, 1/mm: water scaled by HU, bone with its photoelectric share. A nodule looks like lung.
Palette attenuation_palette();

}  // namespace chiasm::synthetic
