// Store to augmented batch through the whole loader; tests/bench/loader.py runs it beside MONAI.
//   bench_loader make FOLDER D H W STORE     int16 voxels of each FOLDER/*.raw, 1 mm apart, as one study of a new store
//   bench_loader run STORE SIDE BATCH BATCHES THREADS CACHE_MB STRENGTH
//     crops of SIDE^3; prints seconds of BATCHES batches after a first one, and the sum of their values; STRENGTH: none, light, strong
//   bench_loader seek STUDIES SEEKS          prints seconds of so many jumps to a random batch of a random epoch, with its draws
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iomanip>
#include <iostream>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "data/loader.h"
#include "data/sampler.h"
#include "tests/bench/program.h"

namespace chiasm {
namespace {

Volume volume_of(const fs::path& raw, const Size3& size) {
  const std::string bytes = read_file(raw);
  std::vector<int16_t> voxels(bytes.size() / sizeof(int16_t));
  std::memcpy(voxels.data(), bytes.data(), voxels.size() * sizeof(int16_t));
  Volume volume;
  volume.modality = "ct";
  volume.size = size;
  volume.affine = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
  volume.voxels = std::move(voxels);
  return volume;
}

void make(const fs::path& folder, const Size3& size, const fs::path& store) {
  StoreSchema schema;
  schema.inputs["ct"] = {Form::image, "ct", false, {}, 1};
  StoreWriter writer(store, schema, int64_t{1} << 40);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".raw") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    StudyRecord record;
    record.patient = record.study = file.stem().string();
    record.inputs["ct"] = {{volume_of(file, size), "", {}, 0}};
    writer.add(record);
  }
  writer.commit();
}

LoaderOptions options_of(int64_t side, int64_t batch, const std::string& strength) {
  Preparation preparation;
  preparation.modality = "ct";
  preparation.view.sample = "crop";
  preparation.view.size = {side, side, side};
  preparation.view.spacing_mm = {1, 1, 1};
  preparation.view.foreground = 0;
  preparation.view.window = {-1000, 1000};
  LoaderOptions options;
  options.inputs = {"ct"};
  options.preparations["ct"] = preparation;
  options.augment.geometry = options.augment.intensity = strength;
  options.batch = batch;
  return options;
}

void run(const fs::path& folder, LoaderOptions options, int64_t batches) {
  const auto store = std::make_shared<const StoreReader>(folder);
  std::vector<std::string> studies;
  for (int64_t n = 0; n < store->size(); ++n) studies.push_back(store->entry(n).study);
  Loader loader(store, studies, nullptr, std::move(options));
  loader.next();
  double sum = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (int64_t n = 0; n < batches; ++n) sum += loader.next()->inputs.at("ct").values.sum().item<double>();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::cout << std::setprecision(17) << seconds << " " << sum << "\n";
}

void seek(int64_t studies, int64_t seeks) {
  Sampler sampler(studies, {.batch = 2, .seed = 7});
  Random random(3);
  int64_t sum = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (int64_t n = 0; n < seeks; ++n)
    for (const Draw& draw : sampler.draws(random.integer(100), random.integer(sampler.batches_per_epoch()))) sum += draw.study;
  std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count() << " " << sum << "\n";
}

int run_all(const std::vector<std::string>& words) {
  const auto number = [&](size_t n) { return std::stoll(words.at(n)); };
  if (words.at(0) == "make") return make(words.at(1), {number(2), number(3), number(4)}, words.at(5)), 0;
  if (words.at(0) == "seek") return seek(number(1), number(2)), 0;
  if (words.at(0) != "run") throw UsageError("make, run or seek");
  LoaderOptions options = options_of(number(2), number(3), words.at(7));
  options.threads = static_cast<int>(number(5));
  options.cache_bytes = number(6) << 20;
  return run(words.at(1), std::move(options), number(4)), 0;
}

}  // namespace
}  // namespace chiasm

int main(int count, char** words) { return chiasm::bench::program(count, words, chiasm::run_all); }
