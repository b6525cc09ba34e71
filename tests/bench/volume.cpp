// Reads the only volume of a folder from its files, as often as asked: scan, group, sort, voxels. Seconds of each time go to stderr, beside
// them those of read() of the same files into one small buffer and of a copy of the voxels in memory, which are the physical limits.
// usage: bench_volume plain|digest|library FOLDER THREADS REPEATS [OUT]
//   plain: without a digest of the stored values; digest: with it; library: DCMTK reads the pixels, with the digest
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

// Into memory that is there already.
double copy_seconds(const std::vector<float>& from, std::vector<float>& into, int threads) {
  const auto started = std::chrono::steady_clock::now();
  const size_t part = from.size() / 2 / static_cast<size_t>(threads);  // as many bytes as 16-bit voxels have
  parallel_for(threads, threads, [&](int64_t n) {
    std::memcpy(into.data() + static_cast<size_t>(n) * part, from.data() + static_cast<size_t>(n) * part, part * sizeof(float));
  });
  return since(started);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const std::string way = argv[1];
  const int threads = std::atoi(argv[3]);
  dicom::start();
  const std::vector<fs::path> files = list_files(argv[2]);
  std::vector<float> last, copy;
  for (int n = 0; n < std::atoi(argv[4]); ++n) {
    auto started = std::chrono::steady_clock::now();
    const Volume volume = read(way, argv[2], threads);
    const double seconds = since(started);
    started = std::chrono::steady_clock::now();
    read_only(files, threads);
    const double limit = since(started);
    if (last.empty()) last = values(volume);
    copy.resize(last.size());
    std::cerr << seconds << " " << limit << " " << copy_seconds(last, copy, threads) << "\n";
  }
  if (argc > 5)
    std::ofstream(argv[5], std::ios::binary)
        .write(reinterpret_cast<const char*>(last.data()), static_cast<std::streamsize>(last.size() * sizeof(float)));
}
