// Opens one DICOM file with DCMTK, after the guard. Values over 4 KiB stay on disk until they are asked for.
#pragma once

#include <filesystem>

class DcmFileFormat;

namespace chiasm::dicom {

// Registers codecs and checks that the data dictionary is there. Throws Error. Cheap when it is done already.
void prepare_library();

// Text is UTF-8 afterwards. Throws Refused: what guard() refuses, and TRUNCATED, DAMAGED or UNSUPPORTED_TRANSFER_SYNTAX.
void load(DcmFileFormat& file, const std::filesystem::path& path);

// The elements before the pixel data of a file that load() refused as truncated. Throws Refused TRUNCATED when it ends even earlier.
void load_header(DcmFileFormat& file, const std::filesystem::path& path);

}  // namespace chiasm::dicom
