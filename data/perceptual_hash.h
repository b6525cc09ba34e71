// What an image shows, as a hash and as details: near for copies that were windowed, packed with loss, made a little noisy or rescaled;
// far for images of two patients. Crops are mostly not found, those of X-rays never.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/volume.h"

namespace chiasm {

// Method: the image with its axes towards right, anterior and superior (a picture as it is stored) is averaged on a grid of 16 x 16 x 16
// cells (1 x 64 x 64 for a picture); cells are replaced by their ranks, so that no monotone grey curve matters; of the cosine transform of
// the ranks (DCT-II, as in the pHash of Zauner, 2010) the signs of low frequencies are kept: 511 of 8 x 8 x 8, or 483 of 22 x 22.
struct PerceptualHash {
  std::array<uint64_t, 8> bits{};
  int64_t used = 0;  // bits that count; 0: the image has too little to tell: all cells equal, or fewer voxels than bits
};

PerceptualHash perceptual_hash(const Volume& volume);

// Share of differing bits, 0 to 1; about 0.5 for unrelated images. 1 when either tells nothing, or one is a picture and the other a volume.
double distance(const PerceptualHash& a, const PerceptualHash& b);

// The second look, at a pair whose hashes are near: what stands out from its surroundings, compared place by place. Correlation of the
// ranks of cells (24 x 24 x 24, or 96 x 96 of a picture) after the mean of the cells around each is taken away: near 1 for copies, near 0
// for two patients whose bodies are alike in the large.
struct Detail {
  std::vector<float> cells;  // of mean 0 and length 1; empty: nothing stands out
};
Detail detail(const Volume& volume);
double likeness(const Detail& a, const Detail& b);  // -1 to 1; 0 when either is empty or their grids differ

// Two images count as copies when their hashes are nearer than the first and their details more alike than the second. Chosen by
// measurement: tests/bench/README.md.
inline constexpr double kNearHash = 0.12, kAlikeDetail = 0.85;

}  // namespace chiasm
