// Views: how a stored input becomes the model's input. No LibTorch.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/config/fields.h"
#include "core/specs.h"
#include "data/transform/change.h"
#include "data/transform/elastic.h"
#include "data/transform/large.h"
#include "data/volume.h"

namespace chiasm {

// View of an image input. Model grids are RAS-oriented for volumes: D grows superior, H anterior, W right; 2-D images keep their rows and
// columns.
struct ViewConfig {
  std::string sample = "whole";               // whole: the field of view, resampled to `size`; crop: a window of `size` at `spacing_mm`
  std::array<int64_t, 3> size{48, 64, 64};    // D, H, W; 2-D inputs need D = 1
  std::array<double, 3> spacing_mm{0, 0, 0};  // 0: chosen so that the typical field of view fits; fixed for the run and kept in the bundle
  double foreground = 0.33;                   // crop: share of crops that contain labelled voxels
  std::array<double, 4> trim{0, 0, 0, 0};     // 2-D: share cut off top, bottom, left, right before resizing
  std::string fit = "pad";                    // 2-D: pad keeps the aspect ratio; crop cuts the longer side to it; stretch fills
  std::string interpolation = "linear";       // linear; cubic: a B-spline through the voxels. Masks: always nearest
  std::vector<double> window{};               // CT: low, high HU mapped to [-1, 1]; empty: the modality's default
  // modality: as above. fingerprint: of the train part (data/fingerprint.h): clipped to the 0.5 and 99.5 percentiles, which become
  // `window`, then less the mean, over the deviation (nnU-Net's rule for CT, with all valid voxels instead of the labelled ones).
  std::string intensity = "modality";
};
void fields(config::Visitor& v, ViewConfig& c);

// Of text inputs, never of texts that are targets; see transform/text.h.
struct TextAugmentConfig {
  double keep_sections = 1;  // chance that a section of a report stays; one always does
  double shuffle = 0;        // chance that the sentences change places
  double mask = 0;           // share of the tokens that are masked
};
void fields(config::Visitor& v, TextAugmentConfig& c);

struct AugmentConfig {
  bool flip_lr = false;             // sides carry meaning: off unless asked for
  std::string intensity = "light";  // none, light, strong, full, nnunet
  std::string geometry = "light";   // none, light, strong: shift, rotation, scale; elastic: strong and a deformation; nnunet
  TextAugmentConfig text;
};
void fields(config::Visitor& v, AugmentConfig& c);

// What prepare() must know to be repeatable elsewhere: goes into the bundle as preprocess.json.
struct Preparation {
  std::string modality;
  ViewConfig view;                 // resolved: no zero spacing
  double mean = 0, deviation = 1;  // after windowing, over the train part; used where the modality asks for it
};

// An image on the model grid, and the way back.
struct Prepared {
  transform::Floats values;    // CDHW of Preparation.view.size
  std::vector<uint8_t> valid;  // DHW: inside the source image and not padding
  Affine affine{};             // model voxel (i, j, k) -> RAS mm (2-D: -> source pixel (column, row, 0))
  Size3 size{};
  transform::Elastic elastic{};  // training only: deforms the model grid before `affine`, for masks too
  transform::Changes changes{};  // training only: what was drawn for this sample
};

// Orientation, resampling (linear or cubic, with anti-aliasing), cropping or padding, normalisation (CT window; MR percentile clip and
// z-score over the valid voxels; X-ray percentile to [-1, 1]). `centre_mm` chooses the crop's middle in RAS mm (nullptr: the image's
// middle).
Prepared prepare(const Volume& volume, const Preparation& preparation, const std::array<double, 3>* centre_mm = nullptr);
// A mask on the same model grid, nearest neighbour; 255 outside the mask's own grid.
std::vector<uint8_t> prepare_mask(const Volume& mask, const Prepared& on);
// Class indices on the model grid back to the grid of `native`, nearest neighbour; 0 outside.
Volume restore_mask(const std::vector<uint8_t>& classes, const Prepared& from, const Volume& native);

}  // namespace chiasm
