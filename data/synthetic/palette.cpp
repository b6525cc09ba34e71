#include "data/synthetic/palette.h"

namespace chiasm::synthetic {

Palette ct_palette(double enhancement_hu) {
  const auto blood = static_cast<float>(45 + enhancement_hu);
  //       air    fat   muscle organ lung   blood  cortical marrow lesion disc csf cord nodule effusion device
  return {{-1000, -100, 55, 45, -840, blood, 650, 210, 210, 90, 10, 35, 40, 8, 2500}};
}

Palette t1_palette(double marrow) {
  const auto bone = static_cast<float>(520 * marrow);
  return {{4, 820, 290, 320, 30, 70, 35, bone, 0.36F * bone, 320, 130, 330, 30, 150, 4}};
}

Palette t2_palette(double marrow) {
  const auto bone = static_cast<float>(360 * marrow);
  return {{4, 560, 170, 240, 25, 60, 30, bone, 2.1F * bone, 280, 900, 300, 25, 850, 4}};
}

Palette attenuation_palette() {
  constexpr float water = 0.0185F;  // 1/mm near 80 keV
  Palette palette = ct_palette(0);
  for (float& value : palette.values) value = water * (1 + value / 1000);
  palette[Tissue::cortical] = 0.042F;
  palette[Tissue::marrow] = palette[Tissue::marrow_lesion] = 0.027F;
  palette[Tissue::nodule] = palette[Tissue::lung];
  palette[Tissue::device] = 0.2F;
  return palette;
}

}  // namespace chiasm::synthetic
