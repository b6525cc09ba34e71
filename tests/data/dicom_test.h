// A suite that reads DICOM files, and quietly.
#pragma once

#include <gtest/gtest.h>

#include "core/base/progress.h"
#include "data/dicom/dicom.h"

namespace chiasm::test {

class DicomTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dicom::start();
    Progress::set_quiet(true);
  }
};

}  // namespace chiasm::test
