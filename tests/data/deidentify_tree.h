// An archive of two patients for tests of deidentify_files().
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "data/deidentify_files.h"
#include "tests/data/data_fixture.h"
#include "tests/data/dicom_test.h"

namespace chiasm::test {

class DeidentifyTree : public DicomTest {
 protected:
  void SetUp() override {
    write_key(scratch / "site.key");
    write_ct(scratch / "dicom", {.folder = "Kestaburgen_Briana/1", .accession = "ACC00001", .date = "20220314"});
    write_ct(scratch / "dicom", {.folder = "Kestaburgen_Briana/2", .accession = "ACC00002", .date = "20220328"});
    write_ct(scratch / "dicom", {.folder = "3", .accession = "ACC00003", .patient = "PT2002", .name = "Velmosdovski^Tavemund"});
  }
  DeidentifyFiles options(const std::string& out = "out", int threads = 2) const {
    DeidentifyFiles o;
    o.source = scratch / "dicom";
    o.out = scratch / out;
    o.key = scratch / "site.key";
    o.threads = threads;
    for (const char* name : {"descriptors", "dates", "patient", "private"}) o.profile.options.insert(kept_options().at(name));
    return o;
  }
  std::string usage_error(const DeidentifyFiles& o) const {
    try {
      deidentify_files(o);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
  std::map<std::string, std::string> contents(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const fs::path& file : list_files(scratch / out)) files[file.lexically_relative(scratch / out).string()] = read_file(file);
    return files;
  }
  std::vector<dicom::Header> headers(const std::string& out = "out") const {
    std::vector<dicom::Header> all;
    for (const dicom::ScannedFile& file : dicom::scan_tree(scratch / out, 1))
      if (file.header) all.push_back(*file.header);
    return all;
  }
  Scratch scratch;
};

}  // namespace chiasm::test
