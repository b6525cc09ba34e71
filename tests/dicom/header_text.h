// A header as text, to compare two ways of reading it.
#pragma once

#include <string>

#include "data/dicom/dicom.h"

namespace chiasm::dicom::test {

// Everything that a header says.
std::string written(const Header& header);

}  // namespace chiasm::dicom::test
