// Image files read in processes of their own (core/base/isolate.h), one for each thread that reads, each for many files: a file that
// crashes a parser, fills its memory or keeps it busy costs that file.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/isolate.h"
#include "data/volume.h"

namespace chiasm {

// Makes the process from which the readers come: call it before threads and large allocations. Cheap when it is done already.
void start_image_readers();

// As the readers of the file's ending (data/image_file.h); besides them throws Refused READER_DIED, READER_LATE.
Volume read_image_apart(const std::filesystem::path& path);

// What runs in a reader.
std::string answer_image_request(const std::string& path);

// New readers instead of the present ones, with other limits and a function that ends in answer_image_request(): tests put faults there.
// Not while anything is read.
void restart_image_readers(const Isolate::Function& function = answer_image_request, const IsolateLimits& limits = {});

}  // namespace chiasm
