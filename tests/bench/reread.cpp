// Reads the only image of a store's only study, as often as asked. Seconds of each time go to stderr; with OUT, the voxels as float32 to
// OUT. usage: bench_reread STORE REPEATS [OUT]
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "data/store/store.h"

int main(int argc, char** argv) {
  using namespace chiasm;
  if (argc < 3) return 2;
  const StoreReader store(argv[1]);
  const std::string input = store.entry(0).inputs.begin()->first;
  const int repeats = std::atoi(argv[2]);
  for (int n = 0; n < repeats; ++n) {
    const auto started = std::chrono::steady_clock::now();
    const StudyRecord record = store.read(0, {input});
    std::cerr << std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() << "\n";
    if (argc <= 3 || n + 1 < repeats) continue;
    const std::vector<float> all = values(record.inputs.at(input).front().volume);
    std::ofstream(argv[3], std::ios::binary)
        .write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size() * sizeof(float)));
  }
}
