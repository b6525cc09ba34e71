// Random crops out of a compressed store; tests/bench/crops.py runs it beside h5py and blosc2.
//   bench_crops make RAW D H W STORE            int16 voxels of RAW as one study of a new store
//   bench_crops run STORE PLACES SIDE THREADS   PLACES: int32 triples (d, h, w); prints seconds and the sum of all voxels read
//   bench_crops copy RAW D H W PLACES SIDE THREADS   the limit: the same crops copied out of memory
#include <atomic>
#include <chrono>
#include <cstring>
#include <iostream>
#include <numeric>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/store/store.h"
#include "tests/bench/program.h"

namespace chiasm {
namespace {

using Place = std::array<int32_t, 3>;

template <class T>
std::vector<T> read_raw(const fs::path& path) {
  const std::string bytes = read_file(path);
  std::vector<T> out(bytes.size() / sizeof(T));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  return out;
}

Volume volume_of(const fs::path& raw, const Size3& size) {
  Volume volume;
  volume.modality = "ct";
  volume.size = size;
  volume.voxels = read_raw<int16_t>(raw);
  return volume;
}

void make(const fs::path& raw, const Size3& size, const fs::path& folder) {
  StoreSchema schema;
  schema.inputs["ct"] = {Form::image, "ct", false, {}, 1};
  StudyRecord record;
  record.patient = "patient";
  record.study = "study";
  record.inputs["ct"] = {{volume_of(raw, size), "", {}, 0}};
  StoreWriter writer(folder, schema, int64_t{1} << 40);
  writer.add(record);
  writer.commit();
}

// The seconds that crop(place) takes for all places, and the sum of all voxels, which a second pass adds up.
template <class Crop>
void timed(const std::vector<Place>& places, int threads, const Crop& crop) {
  const auto all = [&](const auto& use) {
    parallel_for(static_cast<int64_t>(places.size()), threads, [&](int64_t n) { use(crop(places[static_cast<size_t>(n)])); });
  };
  std::atomic<int64_t> sum = 0, size = 0;
  crop(places.front());
  const auto begun = std::chrono::steady_clock::now();
  all([&](const std::vector<int16_t>& voxels) { size += static_cast<int64_t>(voxels.size()); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  all([&](const std::vector<int16_t>& voxels) { sum += std::accumulate(voxels.begin(), voxels.end(), int64_t{0}); });
  std::cout << seconds << " " << sum << "\n";
}

void run(const fs::path& folder, const std::vector<Place>& places, int64_t side, int threads) {
  const StoreReader reader(folder);
  timed(places, threads, [&](const Place& at) {
    Volume crop = reader.open(0)->image("ct", 0, {{at[0], at[1], at[2]}, {side, side, side}});
    return std::get<std::vector<int16_t>>(std::move(crop.voxels));
  });
}

void copy(const fs::path& raw, const Size3& size, const std::vector<Place>& places, int64_t side, int threads) {
  const std::vector<int16_t> whole = read_raw<int16_t>(raw);
  timed(places, threads, [&](const Place& at) {
    std::vector<int16_t> crop(static_cast<size_t>(side * side * side));
    for (int64_t d = 0; d < side; ++d)
      for (int64_t h = 0; h < side; ++h)
        std::memcpy(crop.data() + (d * side + h) * side, whole.data() + ((at[0] + d) * size[1] + at[1] + h) * size[2] + at[2],
                    static_cast<size_t>(side) * sizeof(int16_t));
    return crop;
  });
}

int run_all(const std::vector<std::string>& words) {
  const auto number = [&](size_t n) { return std::stoll(words.at(n)); };
  const auto size = [&](size_t n) { return Size3{number(n), number(n + 1), number(n + 2)}; };
  if (words.at(0) == "make") return make(words.at(1), size(2), words.at(5)), 0;
  if (words.at(0) == "run") return run(words.at(1), read_raw<Place>(words.at(2)), number(3), static_cast<int>(number(4))), 0;
  if (words.at(0) == "copy") return copy(words.at(1), size(2), read_raw<Place>(words.at(5)), number(6), static_cast<int>(number(7))), 0;
  throw UsageError("make, run or copy");
}

}  // namespace
}  // namespace chiasm

int main(int count, char** words) { return chiasm::bench::program(count, words, chiasm::run_all); }
