// Truth and prediction over an image. No LibTorch.
#pragma once

#include <optional>
#include <string>

#include "scripts/evaluate_page_parts.h"

namespace chiasm::page {

// One structure of one study, from a row of a mask task.
struct MaskCase {
  std::string study, structure;
  double dice, truth, predicted;  // voxels
};

// Cases whose truth is not empty, by structure, best Dice first.
std::map<std::string, std::vector<MaskCase>> mask_cases(const Rows& rows, const Json& metrics);

// The slice in which the structure is largest, with the outlines of the whole mask; empty when a file or the truth is missing.
std::string overlay(const Images& images, const MaskCase& chosen);

extern const char* const overlay_legend;

}  // namespace chiasm::page
