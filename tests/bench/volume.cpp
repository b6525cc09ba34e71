// Reads the only volume of a folder from its files, as often as asked: scan, group, sort, voxels. Seconds of each time go to stderr.
// usage: bench_volume plain|digest|library|limits FOLDER THREADS REPEATS [OUT]
//   plain: without a digest of the stored values; digest: with it; library: DCMTK reads the pixels, with the digest
//   limits: read() of the same files into a small buffer, and a copy of as many bytes in memory that is there already
//   OUT: a file for the voxels as float32 values
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

#include "core/base/file.h"
#include "core/base/threads.h"
#include "data/dicom/dicom.h"

namespace {
using namespace chiasm;

double since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

Volume read(const std::string& way, const fs::path& folder, int threads) {
  const std::vector<dicom::Group> groups = dicom::group_files(dicom::scan_tree(folder, threads));
  if (groups.size() != 1) throw std::runtime_error("the folder holds another number of volumes than one");
  dicom::ReadResult result = dicom::read_group(groups[0], {.threads = threads, .digest = way != "plain", .plain_pixels = way != "library"});
  if (!result.volume) throw std::runtime_error(result.code + ": " + result.detail);
  return std::move(*result.volume);
}

void read_only(const std::vector<fs::path>& files, int threads) {
  parallel_for(static_cast<int64_t>(files.size()), threads, [&](int64_t n) {
    std::vector<char> buffer(256 << 10);
    const int file = ::open(files[static_cast<size_t>(n)].c_str(), O_RDONLY | O_CLOEXEC);
    while (::read(file, buffer.data(), buffer.size()) > 0) {
    }
    ::close(file);
  });
}

void measure_limits(const std::vector<fs::path>& files, int threads, int repeats) {
  uintmax_t bytes = 0;
  for (const fs::path& file : files) bytes += fs::file_size(file);
  const std::vector<char> from(bytes, 1);
  std::vector<char> into(bytes, 2);
  const size_t part = bytes / static_cast<size_t>(threads);
  for (int n = 0; n < repeats; ++n) {
    auto started = std::chrono::steady_clock::now();
    read_only(files, threads);
    const double read = since(started);
    started = std::chrono::steady_clock::now();
    parallel_for(threads, threads, [&](int64_t t) {
      std::memcpy(into.data() + static_cast<size_t>(t) * part, from.data() + static_cast<size_t>(t) * part, part);
    });
    std::cerr << read << " " << since(started) << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const std::string way = argv[1];
  const int threads = std::atoi(argv[3]), repeats = std::atoi(argv[4]);
  if (way == "limits") {
    measure_limits(list_files(argv[2]), threads, repeats);
    return 0;
  }
  dicom::start();
  for (int n = 0; n < repeats; ++n) {
    const auto started = std::chrono::steady_clock::now();
    const Volume volume = read(way, argv[2], threads);
    std::cerr << since(started) << "\n";
    if (argc <= 5 || n + 1 < repeats) continue;
    const std::vector<float> all = values(volume);
    std::ofstream(argv[5], std::ios::binary)
        .write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size() * sizeof(float)));
  }
}
