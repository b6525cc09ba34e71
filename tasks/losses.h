// Losses as sums over what counts; the trainer divides by counts of all ranks. All compute in float32 at least and are finite when nothing
// counts.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace chiasm {

// Half precision becomes float32; float32 and float64 stay.
at::Tensor widened(const at::Tensor& values);

// SigLIP (Zhai et al., arXiv 2303.15343): - sum over i, j of log sigmoid(z_ij (t u_i . v_j + b)), z = 1 where j is i's partner, else -1.
// `mine` BE are this rank's unit vectors, `all` NE those of all ranks on the other side; i's partner is `all`[offset + i]. Rows and columns
// whose flag (B and N bool) is false do not count.
at::Tensor siglip_sum(const at::Tensor& mine, const at::Tensor& all, const at::Tensor& mine_counts, const at::Tensor& all_counts,
                      int64_t offset, const at::Tensor& temperature, const at::Tensor& bias);

// Binary cross-entropy with soft labels in [0, 1], over known labels only. BK each; `weight` B may be undefined.
at::Tensor binary_entropy_sum(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& known, const at::Tensor& weight);
// The count that goes with it.
double known_weight(const at::Tensor& known, const at::Tensor& weight);

// Segmentation: logits RK.. with class 0 = background, classes R.. int64, known R.. bool. Sums over rows with any known voxel.
// Cross-entropy of a row's known voxels: (1 - balance) times the mean over voxels plus balance times the mean over the row's classes of the
// mean over their voxels. With balance above 0 a lesion of a few voxels counts as much as an organ from the first step on.
at::Tensor voxel_entropy_sum(const at::Tensor& logits, const at::Tensor& classes, const at::Tensor& known, double balance = 0.0);
// Whether classes are present in cells: logits and presence (0 or 1) RVK, known RV bool. Binary cross-entropy, mean over classes, sum over
// rows: cells with and cells without the class count alike, however few there are.
at::Tensor presence_entropy_sum(const at::Tensor& logits, const at::Tensor& presence, const at::Tensor& known);
// 1 - soft Dice, (2 sum pg + 1) / (sum p + sum g + 1), mean over classes but the background. `whole_batch`: one Dice over all rows,
// counted once per row, so that counts stay the same.
at::Tensor soft_dice_sum(const at::Tensor& logits, const at::Tensor& classes, const at::Tensor& known, bool whole_batch);
// R bool: rows with any known voxel.
at::Tensor known_rows(const at::Tensor& known);

// Cross-entropy of the next id: logits BTV, ids BT, counts BT bool. `smoothing` moves that share of the target to the uniform distribution.
at::Tensor token_entropy_sum(const at::Tensor& logits, const at::Tensor& ids, const at::Tensor& counts, double smoothing);

// Masked patches: predicted and real RNP, weight of each value RNP (0 or 1), chosen RN bool. The mean squared error of a patch over its
// weighted values, summed over chosen patches with any weight.
at::Tensor patch_error_sum(const at::Tensor& predicted, const at::Tensor& real, const at::Tensor& weight, const at::Tensor& chosen);
// Patches RNP normalised to mean 0 and variance 1 over their weighted values (He et al., arXiv 2111.06377). Patches flatter than a standard
// deviation of 0.03 are not blown up to pure noise.
at::Tensor normalised_patches(const at::Tensor& patches, const at::Tensor& weight);

}  // namespace chiasm
