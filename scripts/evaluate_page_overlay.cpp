#include "scripts/evaluate_page_overlay.h"

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/report/html.h"
#include "core/report/picture.h"
#include "data/nifti.h"
#include "data/transform/grid.h"
#include "scripts/evaluate_page_slice.h"

namespace chiasm::page {
namespace {

constexpr Colour truth_colour{60, 210, 255}, predicted_colour{255, 150, 30};
constexpr size_t shown_overlays = 8;

struct Place {
  std::string target;
  uint8_t value = 0;  // of the class in the mask
};

// The mask target with this class and a prediction on disk.
std::optional<Place> find_mask(const Images& images, const MaskCase& chosen) {
  for (const auto& [name, target] : images.targets) {
    const auto found = std::find(target.classes.begin(), target.classes.end(), chosen.structure);
    if (target.kind != TargetKind::mask || found == target.classes.end()) continue;
    if (!std::filesystem::exists(images.predictions / (chosen.study + "_" + name + ".nii.gz"))) continue;
    return Place{name, static_cast<uint8_t>(found - target.classes.begin() + 1)};
  }
  return std::nullopt;
}

// The whole field of view at twice the model's resolution in the plane: masks are judged on the source's grid, finer than the model's.
Preparation finer(Preparation preparation, const Volume& source) {
  constexpr int64_t longest_side = 512;
  ViewConfig& view = preparation.view;
  const bool whole = view.sample == "whole";
  if (source.size[0] == 1 && view.size[0] == 1) return preparation;
  const transform::Extent extent = transform::extent_mm(source);
  for (size_t axis = 0; axis < 3; ++axis) {
    if (axis > 0) view.spacing_mm[axis] /= 2;
    const double mm = extent.high[2 - axis] - extent.low[2 - axis];
    const auto covered = static_cast<int64_t>(std::ceil(mm / view.spacing_mm[axis]));
    view.size[axis] = whole ? view.size[axis] * (axis > 0 ? 2 : 1) : std::clamp<int64_t>(covered, 1, longest_side);
  }
  view.sample = "whole";
  return preparation;
}

int64_t largest_slice(const std::vector<uint8_t>& mask, const Size3& size, uint8_t value) {
  const auto plane = static_cast<size_t>(size[1] * size[2]);
  int64_t best = size[0] / 2, most = 0;
  for (int64_t slice = 0; slice < size[0]; ++slice) {
    const auto first = mask.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(slice) * plane);
    const int64_t voxels = std::count(first, first + static_cast<std::ptrdiff_t>(plane), value);
    if (voxels > most) {
      most = voxels;
      best = slice;
    }
  }
  return best;
}

}  // namespace

const char* const overlay_legend =
    "Outlines: blue is the truth, orange the prediction, white both. Dice is that of the named structure on the grid of the source.";

std::map<std::string, std::vector<MaskCase>> mask_cases(const Rows& rows, const Json& metrics) {
  std::map<std::string, std::vector<MaskCase>> out;
  for (const evaluate::Row& row : rows)
    if (row.subset == "all" && row.label > 0 && is_mask_task(metrics, row.task))
      out[row.target].push_back({row.study, row.target, row.score, row.label, row.raw});
  for (auto& [structure, list] : out)
    std::stable_sort(list.begin(), list.end(), [](const MaskCase& a, const MaskCase& b) { return a.dice > b.dice; });
  return out;
}

std::string overlay(const Images& images, const MaskCase& chosen) {
  const std::optional<Place> place = find_mask(images, chosen);
  if (!place) return "";
  const std::string& on = images.targets.at(place->target).on;
  const StudyRecord record = images.store.read(images.index_of.at(chosen.study), {on, place->target});
  const auto image = record.inputs.find(on);
  const auto truth = record.masks.find(place->target);
  const auto preparation = images.preparations.find(on);
  if (image == record.inputs.end() || truth == record.masks.end() || preparation == images.preparations.end()) return "";
  const Volume& source = image->second.front().volume;
  const Prepared prepared = prepare(source, finer(preparation->second, source));
  const std::vector<uint8_t> wanted = prepare_mask(truth->second, prepared);
  const std::vector<uint8_t> found =
      prepare_mask(read_nifti(images.predictions / (chosen.study + "_" + place->target + ".nii.gz")), prepared);
  const int64_t slice = largest_slice(wanted, prepared.size, place->value);
  const int64_t enlarge = std::max<int64_t>(1, 256 / prepared.size[2]);
  const Layout layout = layout_of(prepared, source);
  SlicePicture picture = draw_slice(prepared, layout, slice, enlarge);
  draw_outlines(picture, lay_out(wanted, prepared.size, layout, slice, enlarge), truth_colour,
                lay_out(found, prepared.size, layout, slice, enlarge), predicted_colour);
  return figure(picture, chosen.structure + ", study " + chosen.study + ": Dice " + fixed(chosen.dice, 3) + "; voxels " +
                             fixed(chosen.truth, 0) + " true, " + fixed(chosen.predicted, 0) + " predicted.");
}

std::string overlays(const Images& images, const Rows& rows, const Json& metrics) {
  std::string out;
  for (const auto& [structure, list] : mask_cases(rows, metrics)) {
    const size_t count = std::min(list.size(), shown_overlays);
    std::vector<std::string> pictures;
    for (size_t i = 0; i < count; ++i) pictures.push_back(overlay(images, list[count == 1 ? 0 : i * (list.size() - 1) / (count - 1)]));
    std::erase(pictures, "");
    if (!pictures.empty())
      out += report::heading(3, structure + ", from the best to the worst") + report::gallery(pictures, /*large=*/true);
  }
  return out.empty() ? "" : report::paragraph(overlay_legend) + out;
}

}  // namespace chiasm::page
