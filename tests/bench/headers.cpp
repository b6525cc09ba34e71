// Reads the header of every file below a folder and prints one line a file: SOP instance UID and position.   bench_headers WAY THREADS
// FOLDER WAY: canonical (left out where the fast walk declines), library, or both as `chiasm scan` does. The time of the reading goes to
// stderr.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/dicom/dicom.h"
#include "data/dicom/header.h"

int main(int argc, char** argv) {
  using namespace chiasm;
  if (argc != 4) return 2;
  const std::string way = argv[1];
  dicom::start();
  const std::vector<fs::path> files = list_files(argv[3]);
  std::vector<std::optional<dicom::Header>> headers(files.size());
  const auto started = std::chrono::steady_clock::now();
  parallel_for(static_cast<int64_t>(files.size()), std::atoi(argv[2]), [&](int64_t n) {
    const auto i = static_cast<size_t>(n);
    headers[i] = way == "canonical" ? dicom::canonical_header(files[i])
                 : way == "library" ? dicom::library_header(files[i])
                                    : dicom::scan_file(files[i]).header;
  });
  std::cerr << std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() << "\n";
  for (const auto& header : headers) {
    if (!header) continue;
    std::string line = header->sop_uid;
    if (!header->frames.empty())
      for (const double x : header->frames.front().position) line += " " + format_number(x);
    std::puts(line.c_str());
  }
}
