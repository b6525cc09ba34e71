#include "data/view.h"

namespace chiasm {

void fields(config::Visitor& v, ViewConfig& c) {
  v.field("sample", c.sample,
          "What of the image: 'whole', the field of view resampled to `size`, or 'crop', a window of `size` at `spacing_mm`.",
          {.choices = {"whole", "crop"}});
  v.field("size", c.size, "Voxels along D, H, W (superior, anterior, right); pictures have D = 1.", {.at_least = 1, .at_most = 4096});
  v.field("spacing_mm", c.spacing_mm, "Voxel spacing along D, H, W; 0: chosen from the train part.", {.at_least = 0.0, .at_most = 100.0});
  v.field("foreground", c.foreground, "crop: share of training crops around a labelled voxel of a mask target.",
          {.at_least = 0.0, .at_most = 1.0});
  v.field("trim", c.trim, "Pictures: share cut off at top, bottom, left, right before resizing.", {.at_least = 0.0, .below = 1.0});
  v.field("fit", c.fit, "Pictures: 'pad' keeps the aspect ratio, 'crop' cuts the longer side, 'stretch' fills the grid.",
          {.choices = {"pad", "crop", "stretch"}});
  v.field("interpolation", c.interpolation,
          "Between voxels: 'linear', or 'cubic', a B-spline: sharper, slower, may overshoot at edges. Masks: always nearest.",
          {.choices = {"linear", "cubic"}});
  v.field("window", c.window, "Low and high value mapped to [-1, 1]; empty: the modality's default (CT: -1000 to 1000 HU).",
          {.max_size = 2});
  v.field("intensity", c.intensity,
          "'modality': its window, percentiles or z-score; 'fingerprint': clipped to the 0.5 and 99.5 percentiles of the train part, then "
          "z-score by its mean and deviation.",
          {.choices = {"modality", "fingerprint"}});
  v.require(c.trim[0] + c.trim[1] < 1 && c.trim[2] + c.trim[3] < 1,
            "trim cuts the whole picture away; top + bottom and left + right must stay below 1");
  v.require(c.window.empty() || (c.window.size() == 2 && c.window[0] < c.window[1]), "window needs two values, the lower one first");
}

void fields(config::Visitor& v, AugmentConfig& c) {
  v.field("flip_lr", c.flip_lr, "Mirror left and right at random; only where sides carry no meaning.");
  v.field("intensity", c.intensity,
          "'light', 'strong': gain, offset, gamma, noise, blur and, for MR, a bias field; 'full': strong, and low resolution, cut-out and, "
          "for MR, motion and ghosts; 'nnunet': as nnU-Net by default.",
          {.choices = {"none", "light", "strong", "full", "nnunet"}});
  v.field("geometry", c.geometry,
          "'light', 'strong': shift, rotation and scale; 'elastic': strong, and in half of the samples a smooth deformation; 'nnunet': "
          "rotation and scale as nnU-Net by default.",
          {.choices = {"none", "light", "strong", "elastic", "nnunet"}});
  v.field("text", c.text, "Of text inputs.");
}

void fields(config::Visitor& v, TextAugmentConfig& c) {
  v.field("keep_sections", c.keep_sections, "Chance that a section of a report stays; one always does.", {.above = 0, .at_most = 1});
  v.field("shuffle", c.shuffle, "Chance that the sentences change places.", {.at_least = 0, .at_most = 1});
  v.field("mask", c.mask, "Share of the tokens that are masked.", {.at_least = 0, .below = 1});
}

}  // namespace chiasm
