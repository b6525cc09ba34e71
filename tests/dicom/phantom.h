// DICOM series whose stored values encode the voxel index, so that each voxel can be traced to its place in the patient.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/dicom/dicom.h"

class DcmItem;
class DcmDataset;

namespace chiasm::dicom::test {

using Vector = std::array<double, 3>;

// A new, empty folder that is removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Phantom {
  int columns = 8, rows = 6, slices = 5;
  double row_spacing = 0.7, column_spacing = 0.9, distance = 2.5;
  Vector row_direction{1, 0, 0}, column_direction{0, 1, 0}, origin{-20, -30, -40};
  Vector shear{0, 0, 0};  // mm of sideways shift from slice to slice
  std::string modality = "CT", series_uid = "1.2.3.4", photometric = "MONOCHROME2";
  int bits_allocated = 16, bits_stored = 16;
  bool is_signed = true;
  std::string slope = "1", intercept = "0";

  // Index of column, row and slice in 4 bits each, plus 1.
  static int code(int i, int j, int k) { return 1 + i + 16 * j + 256 * k; }
  Vector position(int k) const;             // LPS mm
  Vector point(int i, int j, int k) const;  // LPS mm
  std::string sop_uid(int k) const;

  std::vector<int> stored(int k) const;  // default values of a slice
  // A complete data set of slice k.
  void fill(DcmDataset& dataset, int k) const;
};

using Edit = std::function<void(DcmDataset&, int)>;

// DCMTK's encoders of RLE, JPEG and JPEG-LS, for files that tests compress; once a process.
void register_encoders();
void set(DcmItem& item, uint16_t group, uint16_t element, const std::string& value);
void set_pixels(DcmDataset& dataset, const std::vector<int>& values, int bits_allocated);
// Saves as explicit little endian unless said otherwise.
void save(DcmDataset& dataset, const std::filesystem::path& path, const std::string& syntax = "1.2.840.10008.1.2.1");

// Writes slices 0..n-1 as "slice_K.dcm"; `edit` changes each data set before it is saved.
void write_series(const Phantom& phantom, const std::filesystem::path& folder, const Edit& edit = {});

// One enhanced MR object; frame n shows slice order[n] at time times[n] (empty: one time).
void write_enhanced(const Phantom& phantom, const std::filesystem::path& path, const std::vector<int>& order,
                    const std::vector<int>& times = {}, const std::function<void(DcmItem& frame, int n)>& edit = {});

std::vector<ReadResult> read_all(const std::filesystem::path& folder);
// The only volume of a folder; a failed expectation when there is another number.
ReadResult read_one(const std::filesystem::path& folder);

// Every voxel of the volume stands at the place that its value names. Largest distance in mm; infinite when a value is unknown.
double landmark_error(const Phantom& phantom, const Volume& volume);

}  // namespace chiasm::dicom::test
