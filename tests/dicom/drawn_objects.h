// What tests of annotations share: a segmentation by our writer, structure sets with given contours, and their images.
#pragma once

#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>

#include "data/dicom/annotation.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {

namespace fs = std::filesystem;

inline bool all(const std::string&, int64_t) { return true; }

inline std::vector<Region> regions_of(const Header& annotation, const Volume& like, const Wanted& wanted,
                                      OtherGrid other = OtherGrid::refused) {
  std::vector<Region> regions;
  read_regions(
      annotation, like, wanted, [&](const Region& region) { regions.push_back(region); }, other);
  return regions;
}

inline int64_t count(const Region& region) { return std::accumulate(region.inside.begin(), region.inside.end(), int64_t{0}); }

inline Header header_of(const fs::path& path) {
  ScannedFile scanned = scan_file(path);
  EXPECT_TRUE(scanned.header) << scanned.code << " " << scanned.detail;
  return scanned.header ? *scanned.header : Header{};
}

inline Phantom oblique() {
  Phantom phantom;
  phantom.row_direction = {std::cos(0.3), std::sin(0.3), 0};
  phantom.column_direction = {-std::sin(0.3) * std::cos(0.2), std::cos(0.3) * std::cos(0.2), std::sin(0.2)};
  return phantom;
}

inline Volume classes_of(const Volume& image) {
  Volume classes = image;
  std::vector<uint8_t> voxels;
  for (const float value : values(image)) voxels.push_back(static_cast<int>(value) % 7 == 0 ? 1 : static_cast<int>(value) % 5 == 0 ? 2 : 0);
  classes.voxels = voxels;
  return classes;
}

struct Written {
  Folder folder;
  ReadResult source;
  Volume classes;
  fs::path path;
  explicit Written(const Phantom& phantom = oblique()) {
    fs::create_directory(folder.path() / "image");
    write_series(phantom, folder.path() / "image");
    source = read_one(folder.path() / "image");
    classes = classes_of(*source.volume);
    path = folder.path() / "seg.dcm";
    write_segmentation(path, source.group.headers, classes, {{"lesion", "organ: left"}, "demo", "1", std::string(64, 'a')});
  }
  // Changes the object; DCMTK's own checks are not asked.
  void edit(const std::function<void(DcmDataset&)>& change) const {
    DcmFileFormat file;
    ASSERT_TRUE(file.loadFile(path.c_str()).good());
    ASSERT_TRUE(file.loadAllDataIntoMemory().good());
    change(*file.getDataset());
    ASSERT_TRUE(file.saveFile(path.c_str()).good());
  }
};

struct Drawn {
  std::string name;
  std::vector<std::vector<Vector>> contours;  // LPS mm
  std::string kind = "CLOSED_PLANAR";
};

inline DcmItem& item_of(DcmItem& dataset, const DcmTagKey& sequence, unsigned long number) {
  DcmItem* item = nullptr;
  EXPECT_TRUE(dataset.findOrCreateSequenceItem(sequence, item, static_cast<long>(number)).good());
  return *item;
}

inline fs::path write_structures(const fs::path& path, const Header& image, const std::vector<Drawn>& rois) {
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  dataset.putAndInsertString(DCM_SOPClassUID, UID_RTStructureSetStorage);
  dataset.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.9");
  dataset.putAndInsertString(DCM_StudyInstanceUID, image.study_uid.c_str());
  dataset.putAndInsertString(DCM_SeriesInstanceUID, "1.2.3.8");
  dataset.putAndInsertString(DCM_Modality, "RTSTRUCT");
  DcmItem& frame = item_of(dataset, DCM_ReferencedFrameOfReferenceSequence, 0);
  frame.putAndInsertString(DCM_FrameOfReferenceUID, image.frame_uid.c_str());
  DcmItem& series = item_of(item_of(frame, DCM_RTReferencedStudySequence, 0), DCM_RTReferencedSeriesSequence, 0);
  series.putAndInsertString(DCM_SeriesInstanceUID, image.series_uid.c_str());
  for (unsigned long n = 0; n < rois.size(); ++n) {
    const std::string number = std::to_string(n + 1);
    DcmItem& roi = item_of(dataset, DCM_StructureSetROISequence, n);
    roi.putAndInsertString(DCM_ROINumber, number.c_str());
    roi.putAndInsertString(DCM_ROIName, rois[n].name.c_str());
    DcmItem& drawn = item_of(dataset, DCM_ROIContourSequence, n);
    drawn.putAndInsertString(DCM_ReferencedROINumber, number.c_str());
    for (unsigned long c = 0; c < rois[n].contours.size(); ++c) {
      DcmItem& contour = item_of(drawn, DCM_ContourSequence, c);
      std::string data;
      for (const Vector& point : rois[n].contours[c])
        for (const double value : point) {
          char text[20];
          std::snprintf(text, sizeof text, "%.9g", value);
          data += (data.empty() ? "" : "\\") + std::string(text);
        }
      contour.putAndInsertString(DCM_ContourGeometricType, rois[n].kind.c_str());
      contour.putAndInsertString(DCM_NumberOfContourPoints, std::to_string(rois[n].contours[c].size()).c_str());
      contour.putAndInsertString(DCM_ContourData, data.c_str());
    }
  }
  save(dataset, path);
  return path;
}

// A place inside slice k of the phantom, in pixels.
inline Vector place(const Phantom& phantom, double column, double row, int k) {
  Vector point = phantom.position(k);
  for (size_t a = 0; a < 3; ++a)
    point[a] += column * phantom.column_spacing * phantom.row_direction[a] + row * phantom.row_spacing * phantom.column_direction[a];
  return point;
}

inline std::vector<Vector> box(const Phantom& phantom, double x0, double y0, double x1, double y1, int k) {
  return {place(phantom, x0, y0, k), place(phantom, x1, y0, k), place(phantom, x1, y1, k), place(phantom, x0, y1, k)};
}

struct Image {
  Folder folder;
  ReadResult source;
  explicit Image(const Phantom& phantom) {
    fs::create_directory(folder.path() / "image");
    write_series(phantom, folder.path() / "image");
    source = read_one(folder.path() / "image");
  }
  fs::path structures(const std::vector<Drawn>& rois) const {
    return write_structures(folder.path() / "rt.dcm", source.group.headers.front(), rois);
  }
};

}  // namespace chiasm::dicom::test
