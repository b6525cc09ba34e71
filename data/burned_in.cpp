#include "data/burned_in.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>
#include <string>
#include <variant>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/threads.h"

namespace chiasm {
namespace {

constexpr int most_rounds = 3;
constexpr double most_blanked = 0.5;  // of the area

class VolumeFrames : public TextFrames {
 public:
  explicit VolumeFrames(Volume& volume) : volume_(volume) {}
  int64_t frames() const override { return volume_.size[0]; }
  int64_t rows() const override { return volume_.size[1]; }
  int64_t columns() const override { return volume_.size[2]; }

  GreyPicture picture(int64_t frame) const override {
    const auto plane = static_cast<size_t>(rows() * columns());
    GreyPicture result{rows(), columns(), {}, {}};
    std::visit(
        [&](const auto& voxels) {
          for (int64_t channel = 0; channel < volume_.channels; ++channel) {
            const auto first = voxels.begin() + static_cast<int64_t>(plane) * (channel * frames() + frame);
            std::vector<float> values(first, first + static_cast<int64_t>(plane));
            if (channel == 0) {
              result.dark = result.bright = std::move(values);
              continue;
            }
            for (size_t n = 0; n < plane; ++n) {
              result.bright[n] = std::max(result.bright[n], values[n]);
              result.dark[n] = std::min(result.dark[n], values[n]);
            }
          }
        },
        volume_.voxels);
    return result;
  }

  void blank(const PixelBox& box) override {
    std::visit(
        [&](auto& voxels) {
          const auto value = least(voxels);
          for (int64_t slice = 0; slice < volume_.channels * frames(); ++slice)
            for (int64_t row = box.row; row < box.row + box.rows; ++row) {
              const auto first = voxels.begin() + (slice * rows() + row) * columns() + box.column;
              std::fill(first, first + box.columns, value);
            }
        },
        volume_.voxels);
  }

 private:
  // Of what is real content; padding may have a value that stands for nothing.
  template <class Items>
  typename Items::value_type least(const Items& voxels) const {
    bool any = false;
    typename Items::value_type value{};
    for (size_t n = 0; n < voxels.size(); ++n) {
      if (!volume_.valid.empty() && volume_.valid[n % volume_.valid.size()] == 0) continue;
      if (!any || voxels[n] < value) value = voxels[n];
      any = true;
    }
    return value;
  }

  Volume& volume_;
};

std::string digest_of(const GreyPicture& picture) {
  Sha256 digest;
  digest.add(picture.bright.data(), picture.bright.size() * sizeof(float));
  digest.add(picture.dark.data(), picture.dark.size() * sizeof(float));
  return hex(digest.finish());
}

// The first frames of each look, in order.
std::vector<int64_t> unlike_frames(const TextFrames& image, int threads) {
  std::vector<std::string> digests(static_cast<size_t>(image.frames()));
  if (digests.size() > 1)
    parallel_for(image.frames(), threads, [&](int64_t frame) { digests[static_cast<size_t>(frame)] = digest_of(image.picture(frame)); });
  std::set<std::string> seen;
  std::vector<int64_t> frames;
  for (int64_t frame = 0; frame < image.frames(); ++frame)
    if (seen.insert(digests[static_cast<size_t>(frame)]).second) frames.push_back(frame);
  return frames;
}

// Of each frame that looks like none before it; `until_first`: those behind the first with a word may be left out. What is found up to
// there does not depend on the number of threads.
std::vector<FoundText> read_frames(const TextFrames& image, const TextFinder& finder, int threads, bool until_first) {
  const std::vector<int64_t> frames = unlike_frames(image, threads);
  std::vector<FoundText> found(frames.size());
  std::atomic<int64_t> first = std::numeric_limits<int64_t>::max();
  parallel_for(static_cast<int64_t>(frames.size()), threads, [&](int64_t n) {
    if (until_first && n > first) return;
    FoundText& text = found[static_cast<size_t>(n)];
    text = finder.find(image.picture(frames[static_cast<size_t>(n)]));
    if (text.words == 0) return;
    int64_t before = first;
    while (n < before && !first.compare_exchange_weak(before, n)) {
    }
  });
  return found;
}

int64_t words_of(const std::vector<FoundText>& found) {
  int64_t words = 0;
  for (const FoundText& each : found) words += each.words;
  return words;
}

// Which pixels the boxes cover.
class Cover {
 public:
  explicit Cover(const TextFrames& image)
      : columns_(image.columns()), covered_(static_cast<size_t>(image.rows() * image.columns()), false) {}
  void add(const PixelBox& box) {
    for (int64_t row = box.row; row < box.row + box.rows; ++row)
      for (int64_t column = box.column; column < box.column + box.columns; ++column)
        covered_[static_cast<size_t>(row * columns_ + column)] = true;
  }
  double share() const {
    return static_cast<double>(std::count(covered_.begin(), covered_.end(), true)) /
           static_cast<double>(std::max<size_t>(1, covered_.size()));
  }

 private:
  int64_t columns_;
  std::vector<bool> covered_;
};

}  // namespace

std::unique_ptr<TextFrames> frames_of(Volume& volume) { return std::make_unique<VolumeFrames>(volume); }

std::string burned_in_statement(const std::string& policy, const TextFinder* finder) {
  if (finder == nullptr) return policy + ", by header; pixels were not read for text";
  return policy + ", images at risk by header; their pixels were read for text by tesseract (" + finder->languages() +
         "), which does not find all text";
}

void require_no_text(const TextFrames& image, const TextFinder& finder, int threads) {
  for (const FoundText& each : read_frames(image, finder, threads, /*until_first=*/true))
    if (each.words > 0) throw Refused("BURNED_IN_TEXT", "words in the pixels: " + std::to_string(each.words) + " or more");
}

BlankedText blank_text(TextFrames& image, const TextFinder& finder, int threads) {
  BlankedText blanked;
  Cover cover(image);
  for (int round = 0;; ++round) {
    const std::vector<FoundText> found = read_frames(image, finder, threads, /*until_first=*/false);
    const int64_t words = words_of(found);
    if (words == 0) return blanked;
    if (round == most_rounds) throw Refused("BURNED_IN_TEXT", "words left in the pixels after blanking: " + std::to_string(words));
    blanked.words += words;
    for (const FoundText& each : found)
      for (const PixelBox& box : each.boxes) {
        cover.add(box);
        image.blank(box);
        ++blanked.boxes;
      }
    if (cover.share() > most_blanked) throw Refused("BURNED_IN_TEXT", "words in the pixels over more than half of the image");
  }
}

}  // namespace chiasm
