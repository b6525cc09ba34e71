#include "scripts/predict_outputs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/export/model_program.h"
#include "data/image.h"
#include "data/nifti.h"
#include "scripts/evaluate_masks.h"

namespace chiasm {
namespace {

constexpr std::array<std::array<uint8_t, 3>, 6> colours{
    {{230, 60, 60}, {60, 160, 230}, {250, 200, 40}, {90, 200, 90}, {190, 100, 220}, {240, 140, 50}}};

// The slice with most labelled voxels, the middle one when there are none.
int64_t busiest_slice(const std::vector<uint8_t>& classes, const Size3& size) {
  const int64_t plane = size[1] * size[2];
  int64_t best = size[0] / 2, most = 0;
  for (int64_t d = 0; d < size[0]; ++d) {
    const auto start = classes.begin() + d * plane;
    const int64_t count = plane - std::count(start, start + plane, uint8_t{0});
    if (count > most) {
      most = count;
      best = d;
    }
  }
  return best;
}

void write_overlay(const fs::path& path, const Volume& image, const Volume& mask) {
  const auto& classes = std::get<std::vector<uint8_t>>(mask.voxels);
  const int64_t plane = mask.size[1] * mask.size[2], slice = busiest_slice(classes, mask.size);
  const std::vector<float> all = values(image);
  const float* grey = all.data() + slice * plane;
  const auto [low, high] = std::minmax_element(grey, grey + plane);
  const float scale = *high > *low ? 255.0f / (*high - *low) : 0.0f;
  std::vector<uint8_t> picture;
  for (int64_t p = 0; p < plane; ++p) {
    const auto shade = static_cast<uint8_t>((grey[p] - *low) * scale);
    const uint8_t label = classes[static_cast<size_t>(slice * plane + p)];
    for (size_t c = 0; c < 3; ++c)
      picture.push_back(label == 0 ? shade : static_cast<uint8_t>((shade + colours[(label - 1u) % colours.size()][c]) / 2));
  }
  write_png(path, mask.size[2], mask.size[1], 3, picture);
}

Json write_mask(const StudyResult& result, const Finding::Mask& mask, int64_t store_index, const fs::path& folder) {
  const Volume native = native_mask(mask, result.bundle, result.store, store_index);
  const std::vector<std::string>& classes = result.bundle.preprocess.targets.at(mask.target).classes;
  Json out = {{"target", mask.target},
              {"on", mask.on},
              {"nifti", mask.target + ".nii.gz"},
              {"overlay", mask.target + ".png"},
              {"classes", classes}};
  const Spacing3 spacing = spacing_mm(native);
  const double voxel_ml = spacing[0] * spacing[1] * spacing[2] / 1000.0;
  const auto& labels = std::get<std::vector<uint8_t>>(native.voxels);
  for (size_t c = 0; c < classes.size(); ++c)
    out["volume_ml"][classes[c]] = voxel_ml * static_cast<double>(std::count(labels.begin(), labels.end(), static_cast<uint8_t>(c + 1)));
  write_nifti(folder / (mask.target + ".nii.gz"), native);
  const Volume& image = result.gathered.record.inputs.at(mask.on).front().volume;
  write_overlay(folder / (mask.target + ".png"), image, native);
  const auto source = result.gathered.source.find(mask.on);
  if (source != result.gathered.source.end()) {
    const std::string digest = sha256_file(fs::path(result.bundle.folder) / "model.safetensors");
    try {
      dicom::write_segmentation(folder / (mask.target + "_seg.dcm"), source->second, native, {classes, "chiasm", "0.1", digest});
      out["dicom_seg"] = mask.target + "_seg.dcm";
    } catch (const Refused& refused) {  // a projection has no position in the patient; the NIfTI file holds the mask all the same
      out["dicom_seg_refused"] = {{"code", refused.code}, {"detail", refused.detail}};
    }
  }
  return out;
}

int64_t index_in(const StoreReader& store, const std::string& study) {
  for (int64_t i = 0; i < store.size(); ++i)
    if (store.entry(i).study == study) return i;
  return -1;
}

// Which inputs were used and absent, and what that subset reached in the evaluation.
void add_inputs(Json& out, const StudyResult& result) {
  std::vector<std::string> used, absent;
  for (const std::string& name : read_inputs(*result.bundle.model))
    (result.gathered.record.inputs.count(name) ? used : absent).push_back(name);
  const std::string subset = absent.empty() ? "all" : join(used, "+");
  out["inputs_used"] = used;
  out["inputs_absent"] = absent;
  const Json& evaluated = result.contract.at("evaluated_subsets");
  out["figures_of_this_subset"] = evaluated.contains(subset) ? evaluated.at(subset) : Json("not evaluated");
}

}  // namespace

Json write_study(const StudyResult& result, const fs::path& folder) {
  const std::string& study = result.gathered.record.study;
  fs::create_directories(folder);
  Json out = {{"study", study},
              {"status", "ok"},
              {"input", result.path},
              {"notice", "Output of a research model. Not verified; not for diagnosis or treatment."}};
  add_inputs(out, result);
  out["notes"] = result.gathered.notes;
  for (const auto& [task, finding] : result.findings) {
    for (const Finding::Score& score : finding.scores)
      if (score.study == result.index) out["tasks"][task]["scores"][score.target] = score.score;
    for (const Finding::Mask& mask : finding.masks)
      if (mask.study == result.index && result.gathered.record.inputs.count(mask.on))
        out["tasks"][task]["masks"].push_back(write_mask(result, mask, index_in(result.store, study), folder));
    for (const Finding::Text& text : finding.texts)
      if (text.study == result.index) out["tasks"][task]["draft_text"][text.target] = result.bundle.tokenizer->decode(text.ids);
  }
  write_json(folder / "result.json", out);
  return out;
}

}  // namespace chiasm
