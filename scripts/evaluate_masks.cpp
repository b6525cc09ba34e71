#include "scripts/evaluate_masks.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "data/nifti.h"
#include "data/view.h"

namespace chiasm {
namespace {

std::vector<uint8_t> bytes_of(const at::Tensor& classes) {
  const at::Tensor plain = classes.to(at::kByte).cpu().contiguous();
  return {plain.data_ptr<uint8_t>(), plain.data_ptr<uint8_t>() + plain.numel()};
}

at::Tensor tensor_of(const Volume& mask) {
  const auto* voxels = std::get_if<std::vector<uint8_t>>(&mask.voxels);
  if (voxels == nullptr) throw InputError("a stored mask is not 8-bit");
  return at::tensor(at::ArrayRef<uint8_t>(*voxels), at::kByte);
}

}  // namespace

Volume native_mask(const Finding::Mask& mask, const Trained& trained, const StoreReader& store, int64_t store_index) {
  const StudyRecord record = store.read(store_index, {mask.on});
  const Volume& image = record.inputs.at(mask.on).front().volume;
  const Prepared prepared = prepare(image, trained.preprocess.preparations.at(mask.on));
  return restore_mask(bytes_of(mask.classes), prepared, image);
}

void add_native_masks(Findings& findings, const Finding& finding, const std::string& task, const Batch& batch, const Trained& trained,
                      const StoreReader& store, const std::map<std::string, int64_t>& index_of, const RowContext& context,
                      const std::filesystem::path& folder) {
  for (const Finding::Mask& mask : finding.masks) {
    const std::string& study = batch.study_ids[static_cast<size_t>(mask.study)];
    const int64_t index = index_of.at(study);
    const Volume native = native_mask(mask, trained, store, index);
    if (!folder.empty()) write_nifti(folder / (study + "_" + mask.target + ".nii.gz"), native);
    const StudyRecord truth = store.read(index, {mask.target});
    const auto stored = truth.masks.find(mask.target);
    if (stored == truth.masks.end()) continue;
    Finding restored;
    restored.masks.push_back({mask.row, mask.study, mask.target, mask.on, tensor_of(native), tensor_of(stored->second)});
    add_finding(findings, restored, task, batch, context);
  }
}

}  // namespace chiasm
