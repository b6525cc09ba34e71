// Reads the header of every file below a folder, one after another, and prints a line for each: SOP instance UID and position. The seconds
// of the reading go to stderr.
// usage: bench_headers canonical|library|tree FOLDER      canonical leaves out what the fast walk declines; tree lists the files too and
// reads them as a scan does, with two threads
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "core/base/file.h"
#include "core/base/text.h"
#include "data/dicom/dicom.h"
#include "data/dicom/header.h"

int main(int argc, char** argv) {
  using namespace chiasm;
  if (argc != 3) return 2;
  const std::string way = argv[1];
  dicom::start();
  const std::vector<fs::path> files = list_files(argv[2]);
  std::vector<std::optional<dicom::Header>> headers;
  headers.reserve(files.size());
  const auto started = std::chrono::steady_clock::now();
  if (way == "tree") {
    for (dicom::ScannedFile& file : dicom::scan_tree(argv[2], 2)) headers.push_back(std::move(file.header));
  } else {
    for (const fs::path& file : files) headers.push_back(way == "canonical" ? dicom::canonical_header(file) : dicom::library_header(file));
  }
  std::cerr << std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() << "\n";
  for (const auto& header : headers) {
    if (!header) continue;
    std::string line = header->sop_uid;
    if (!header->frames.empty())
      for (const double x : header->frames.front().position) line += " " + format_number(x);
    std::puts(line.c_str());
  }
}
