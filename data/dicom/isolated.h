// Whatever the library must parse or decode is read in a process of its own (core/base/isolate.h): a file that crashes it, fills its memory
// or keeps it busy costs that file or series, and a line of the ledger.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "core/base/isolate.h"
#include "data/dicom/annotation.h"
#include "data/dicom/dicom.h"

namespace chiasm::dicom {

// Limits of a reading process: 6 GiB of memory and 120 s of computing a call (core/base/isolate.h), all
// threads of the call together: they share the work that one thread would do, so a series needs no more of it with many.
// As scan_file() and read_group() read without isolation; else READER_DIED or READER_LATE.
ScannedFile scan_isolated(const std::filesystem::path& path);
ReadResult read_isolated(const Group& group, const ReadOptions& options);

// Limits of the reading processes, and what runs in them before each call: its task (scan, read, names or regions) and the first file that
// it opens.
struct ReaderOptions {
  IsolateLimits limits;
  std::function<void(std::string_view task, const std::filesystem::path& file)> before;
};
// New reading processes instead of the present ones: tests put faults there. Not while anything is read.
void restart_readers(const ReaderOptions& options = {});

// What runs in a reader; also in this process, for what is proved harmless.
ScannedFile scan_in_process(const std::filesystem::path& path);
ReadResult read_in_process(const Group& group, const ReadOptions& options);
// As read_regions(); here a region is handed over as soon as it is read.
void read_regions_in_process(const Header& annotation, const Volume& like, const Wanted& wanted, const TakeRegion& take, OtherGrid other);

}  // namespace chiasm::dicom
