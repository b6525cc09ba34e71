#include "data/prove/pictures.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/burned_in.h"
#include "data/prove/letters.h"
#include "data/prove/texts.h"
#include "data/prove/values.h"
#include "data/synthetic/names.h"
#include "data/synthetic/render.h"

namespace chiasm::prove {
namespace {

constexpr float white = 255;
constexpr Page pages[] = {Page::capture, Page::ultrasound, Page::radiograph};

// Grey 0 to 255; `ground` gives the value at x and y from -1 to 1.
template <class Ground>
Canvas drawn_page(int64_t rows, int64_t columns, const Ground& ground) {
  Canvas page{rows, columns, std::vector<float>(static_cast<size_t>(rows * columns), 0)};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      page.values[static_cast<size_t>(r * columns + c)] =
          std::clamp(static_cast<float>(ground(2.0 * static_cast<double>(c) / static_cast<double>(columns) - 1,
                                               2.0 * static_cast<double>(r) / static_cast<double>(rows) - 1)),
                     0.0F, white);
  return page;
}

Canvas capture_page(Random& random) {
  return drawn_page(480, 640, [&](double x, double y) { return x * x + y * y < 0.7 ? 130 + 10 * random.normal() : 0.0; });
}

// Rayleigh-distributed speckle in a sector that opens downwards.
Canvas ultrasound_page(Random& random) {
  return drawn_page(480, 640, [&](double x, double y) {
    const double depth = std::hypot(x, y + 1.1);
    if (depth > 1.9 || depth < 0.2 || std::abs(x) > 0.8 * (y + 1.1)) return 0.0;
    return 45 * std::hypot(random.normal(), random.normal()) * std::exp(-0.3 * depth);
  });
}

Canvas radiograph_page(Random& random) {
  const synthetic::Patient patient = synthetic::draw_patient(random.next(), 0);
  const synthetic::ImageSeries series =
      synthetic::render_radiograph(patient, patient.visits.at(0), synthetic::View::frontal, random.next());
  const float scale = white / static_cast<float>((1 << series.bits_stored) - 1);
  constexpr int64_t finer = 4;  // the cohort's radiographs are small
  Canvas page{series.size[1] * finer, series.size[2] * finer, {}};
  for (int64_t r = 0; r < page.rows; ++r)
    for (int64_t c = 0; c < page.columns; ++c)
      page.values.push_back(scale * static_cast<float>(series.stored[static_cast<size_t>(r / finer * series.size[2] + c / finer)]));
  return page;
}

Canvas draw_page(Page page, Random& random) {
  switch (page) {
    case Page::capture:
      return capture_page(random);
    case Page::ultrasound:
      return ultrasound_page(random);
    default:
      return radiograph_page(random);
  }
}

std::string draw_text(int kind, Random& random) {
  if (kind == 1) return "ID " + draw_number(random).text;
  if (kind == 2) return write_date(random.integer(20000), "en", random).text;
  const Name name = draw_name("en", random);
  return name.family + (random.integer(2) == 0 ? ", " : "^") + name.given;
}

struct Lettered {
  Canvas page;
  std::vector<uint8_t> ink;
  double legible = 0;
};

// One text at one place.
Lettered lettered(const Canvas& page, const std::string& line, double row, double column, int height, bool bright) {
  const float value = bright ? white : 0;
  const double weight = std::max(1.0, height / 8.0);
  Lettered result{page, std::vector<uint8_t>(page.values.size(), 0)};
  draw_letters(result.page, line, row, column, height, weight, value);
  Canvas cover{page.rows, page.columns, std::vector<float>(page.values.size(), 0)};
  draw_letters(cover, line, row, column, height, weight, 1);
  double seen = 0, all = 0;
  for (size_t n = 0; n < cover.values.size(); ++n) {
    if (cover.values[n] < 0.5F) continue;
    result.ink[n] = std::abs(page.values[n] - value) >= 0.3F * white;
    all += 1;
    seen += result.ink[n];
  }
  result.legible = all > 0 ? seen / all : 0;
  return result;
}

// Where four of five pixels are legible; nothing where no such place is met.
std::optional<Lettered> lettered_somewhere(const Canvas& page, const std::string& text, int height, bool bright, Random& random) {
  const auto columns = static_cast<double>(page.columns), rows = static_cast<double>(page.rows);
  std::string line = upper(replace_all(synthetic::ascii(text), "_", "o"));  // as a device without other letters
  while (letters_width(line, height) > 0.6 * columns) line.pop_back();
  for (int attempt = 0; attempt < 60; ++attempt) {
    const double row = 4 + random.uniform() * (rows - height * 1.3 - 8);
    const double column = 4 + random.uniform() * (columns - 8 - letters_width(line, height));
    Lettered result = lettered(page, line, row, column, height, bright);
    if (result.legible >= 0.8) return result;
  }
  return std::nullopt;
}

Volume as_volume(const Canvas& canvas) {
  Volume volume;
  volume.modality = "xray";
  volume.size = {1, canvas.rows, canvas.columns};
  std::vector<uint8_t> voxels(canvas.values.size());
  std::transform(canvas.values.begin(), canvas.values.end(), voxels.begin(),
                 [](float value) { return static_cast<uint8_t>(std::lround(value)); });
  volume.voxels = std::move(voxels);
  return volume;
}

std::optional<PlantedPicture> plant(Page page, int height, bool bright, int number, Random& random) {
  std::optional<Lettered> picture = lettered_somewhere(draw_page(page, random), draw_text(number % 3, random), height, bright, random);
  if (!picture) return std::nullopt;
  return PlantedPicture{page, height, bright, as_volume(picture->page), std::move(picture->ink)};
}

// Notes which pixels were blanked: a black letter looks the same before and after.
class Watched : public TextFrames {
 public:
  explicit Watched(Volume& image) : frames_(frames_of(image)), covered_(static_cast<size_t>(image.size[1] * image.size[2]), 0) {}
  int64_t frames() const override { return frames_->frames(); }
  int64_t rows() const override { return frames_->rows(); }
  int64_t columns() const override { return frames_->columns(); }
  GreyPicture picture(int64_t frame) const override { return frames_->picture(frame); }
  void blank(const PixelBox& box) override {
    frames_->blank(box);
    for (int64_t r = box.row; r < box.row + box.rows; ++r)
      std::fill_n(covered_.begin() + r * columns() + box.column, box.columns, uint8_t{1});
  }
  // Share of the marked pixels that still stand.
  double left_of(const std::vector<uint8_t>& ink) const {
    double left = 0, all = 0;
    for (size_t n = 0; n < ink.size(); ++n) {
      all += ink[n];
      left += ink[n] != 0 && covered_[n] == 0 ? 1 : 0;
    }
    return all > 0 ? left / all : 0;
  }

 private:
  std::unique_ptr<TextFrames> frames_;
  std::vector<uint8_t> covered_;
};

struct Outcome {
  bool found = false, refused = false, leaked = false;
};

// Leaked: more than one pixel in twenty of the letters still stands.
Outcome blank(PlantedPicture& planted, const TextFinder& finder) {
  Watched frames(planted.image);
  Outcome outcome;
  try {
    blank_text(frames, finder, 1);
  } catch (const Refused&) {
    outcome.refused = true;
  }
  const double left = frames.left_of(planted.ink);
  outcome.found = left < 1;
  outcome.leaked = !outcome.refused && left > 0.05;
  return outcome;
}

}  // namespace

const char* name_of(Page page) { return page == Page::capture ? "capture" : page == Page::ultrasound ? "ultrasound" : "radiograph"; }

std::vector<int> planted_heights() { return {8, 12, 16, 24, 48}; }

std::vector<PlantedPicture> plant_pictures(int count, uint64_t seed) {
  std::vector<PlantedPicture> pictures;
  for (const Page page : pages)
    for (const int height : planted_heights())
      for (const bool bright : {true, false})
        for (int n = 0; n < count; ++n) {
          Random random(
              hash_key(seed, std::string("picture ") + name_of(page) + std::to_string(height) + (bright ? "w" : "b") + std::to_string(n)));
          if (std::optional<PlantedPicture> planted = plant(page, height, bright, n, random)) pictures.push_back(std::move(*planted));
        }
  return pictures;
}

std::vector<Volume> clean_pictures(int count, uint64_t seed) {
  std::vector<Volume> pictures;
  for (const Page page : pages)
    for (int n = 0; n < count; ++n) {
      Random random(hash_key(seed, std::string("clean ") + name_of(page) + std::to_string(n)));
      pictures.push_back(as_volume(draw_page(page, random)));
    }
  return pictures;
}

std::vector<PictureRecall> measure_pictures(std::vector<PlantedPicture> pictures, const TextFinder& finder, int threads) {
  std::vector<Outcome> outcomes(pictures.size());
  parallel_for(static_cast<int64_t>(pictures.size()), threads,
               [&](int64_t i) { outcomes[static_cast<size_t>(i)] = blank(pictures[static_cast<size_t>(i)], finder); });
  std::vector<PictureRecall> recalls;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PlantedPicture& p = pictures[i];
    if (recalls.empty() || recalls.back().page != p.page || recalls.back().height != p.height || recalls.back().bright != p.bright)
      recalls.push_back({p.page, p.height, p.bright});
    PictureRecall& recall = recalls.back();
    ++recall.planted;
    recall.found += outcomes[i].found ? 1 : 0;
    recall.refused += outcomes[i].refused ? 1 : 0;
    recall.leaked += outcomes[i].leaked ? 1 : 0;
  }
  for (PictureRecall& recall : recalls) std::tie(recall.low, recall.high) = wilson(recall.found, recall.planted);
  return recalls;
}

int64_t false_alarms(const std::vector<Volume>& pictures, const TextFinder& finder, int threads) {
  std::vector<uint8_t> alarms(pictures.size());
  parallel_for(static_cast<int64_t>(pictures.size()), threads, [&](int64_t i) {
    Volume picture = pictures[static_cast<size_t>(i)];
    alarms[static_cast<size_t>(i)] = finder.find(frames_of(picture)->picture(0)).words > 0;
  });
  return std::count(alarms.begin(), alarms.end(), 1);
}

}  // namespace chiasm::prove
