// Reads every image file of a folder, in other processes or in this one. Seconds of each time go to stderr.
// usage: bench_image_files apart|here FOLDER THREADS REPEATS
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/image_file.h"
#include "data/image_file_apart.h"

int main(int argc, char** argv) {
  using namespace chiasm;
  if (argc != 5) return 2;
  const bool apart = std::string(argv[1]) == "apart";
  if (apart) start_image_readers();
  const std::vector<fs::path> files = list_files(argv[2]);
  for (int n = 0; n < std::atoi(argv[4]); ++n) {
    const auto started = std::chrono::steady_clock::now();
    parallel_for(static_cast<int64_t>(files.size()), std::atoi(argv[3]), [&](int64_t file) {
      const fs::path& path = files[static_cast<size_t>(file)];
      static_cast<void>(apart ? read_image_apart(path) : read_image_here(path));
    });
    std::cerr << std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() << "\n";
  }
}
