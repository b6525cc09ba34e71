// The page of a scan: how many items were found, matched, refused and why, how the labels are spread, and sixteen studies as pictures.
#pragma once

#include <string>

#include "data/scan.h"

namespace chiasm {

// One HTML file. It shows images of patients before de-identification: as confidential as the manifest. Images that cannot be read are
// named by their code.
std::string scan_page(const DatasetFile& dataset, const ScanResult& result);

}  // namespace chiasm
