// Segmentations and structure sets on the grid of their image: what our writer wrote, and contours of known shapes.
#include "data/dicom/annotation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "data/drawn_mask.h"
#include "tests/dicom/drawn_objects.h"

namespace chiasm::dicom::test {
namespace {

std::string refusal(const fs::path& path, const Volume& like, OtherGrid other = OtherGrid::refused) {
  try {
    regions_of(header_of(path), like, all, other);
  } catch (const Refused& refused) {
    return refused.code + ": " + refused.detail;
  }
  return "read";
}

Phantom tilted() {
  Phantom phantom;
  phantom.shear = {0, 0.4, 0};
  return phantom;
}

// ---- segmentations

TEST(Segmentation, WhatWasWrittenIsReadBackOnStraightObliqueAndTiltedGrids) {
  for (const Phantom& phantom : {Phantom{}, oblique(), tilted()}) {
    const Written written(phantom);
    const Header header = header_of(written.path);
    EXPECT_TRUE(is_annotation(header));
    EXPECT_TRUE(is_drawn_on(header, written.source.group));
    const std::vector<Region> regions = regions_of(header, *written.source.volume, all);
    ASSERT_EQ(regions.size(), 2u);
    EXPECT_EQ(regions[0].name, "lesion");
    EXPECT_EQ(regions[1].name, "organ: left");
    const auto& classes = std::get<std::vector<uint8_t>>(written.classes.voxels);
    for (size_t n = 0; n < classes.size(); ++n)
      for (size_t r = 0; r < 2; ++r) ASSERT_EQ(regions[r].inside[n] != 0, classes[n] == r + 1) << n;
  }
}

TEST(Segmentation, OnlyWantedSegmentsAreRead) {
  const Written written;
  const auto regions =
      regions_of(header_of(written.path), *written.source.volume, [](const std::string&, int64_t number) { return number == 2; });
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].number, 2);
}

TEST(Segmentation, FramesLieWhereTheirPositionsSayInAnyOrder) {
  const Written written;
  const std::vector<Region> before = regions_of(header_of(written.path), *written.source.volume, all);
  written.edit([](DcmDataset& dataset) {  // the first and the last frame change places, pixels and description
    DcmSequenceOfItems* frames = nullptr;
    ASSERT_TRUE(dataset.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames).good());
    const unsigned long last = frames->card() - 1;
    DcmItem* first = frames->remove(0ul);
    frames->append(first);
    DcmItem* old_last = frames->remove(last - 1);
    frames->prepend(old_last);
    const Uint8* bytes = nullptr;
    unsigned long length = 0;
    ASSERT_TRUE(dataset.findAndGetUint8Array(DCM_PixelData, bytes, &length).good());
    std::vector<Uint8> turned(bytes, bytes + length);
    const size_t pixels = 6 * 8 / 8;  // bytes of a frame
    std::swap_ranges(turned.begin(), turned.begin() + static_cast<std::ptrdiff_t>(pixels),
                     turned.begin() + static_cast<std::ptrdiff_t>(last * pixels));
    ASSERT_TRUE(dataset.putAndInsertUint8Array(DCM_PixelData, turned.data(), length).good());
  });
  const std::vector<Region> after = regions_of(header_of(written.path), *written.source.volume, all);
  for (size_t r = 0; r < 2; ++r) EXPECT_EQ(after[r].inside, before[r].inside);
}

TEST(Segmentation, AnotherGridIsRefusedUnlessTheNearestVoxelIsAskedFor) {
  const Written written{Phantom{}};
  Volume fine = *written.source.volume;  // twice as fine along each axis, on the same field
  fine.size = {2 * fine.size[0], 2 * fine.size[1], 2 * fine.size[2]};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t axis = 0; axis < 3; ++axis) {
      fine.affine[row * 4 + 3] -= fine.affine[row * 4 + axis] / 4;
      fine.affine[row * 4 + axis] /= 2;
    }
  }
  EXPECT_EQ(refusal(written.path, fine), "GRID_MISMATCH: a segmentation does not lie on the grid of its image");
  const auto regions = regions_of(header_of(written.path), fine, all, OtherGrid::nearest);
  const auto& classes = std::get<std::vector<uint8_t>>(written.classes.voxels);
  for (int64_t k = 0; k < 10; ++k)
    for (int64_t j = 0; j < 12; ++j)
      for (int64_t i = 0; i < 16; ++i)
        ASSERT_EQ(regions[0].inside[static_cast<size_t>((k * 12 + j) * 16 + i)] != 0,
                  classes[static_cast<size_t>(((k / 2) * 6 + j / 2) * 8 + i / 2)] == 1);
}

TEST(Segmentation, AMissingFrameIsBackgroundAndDamageIsRefused) {
  const Written written;
  EXPECT_EQ(refusal(written.path, *written.source.volume), "read");
  written.edit([](DcmDataset& dataset) { dataset.putAndInsertString(DCM_SegmentationType, "OTHER"); });
  EXPECT_EQ(refusal(written.path, *written.source.volume),
            "UNSUPPORTED_OBJECT: the segmentation is neither binary nor fractional nor a label map");
  written.edit([](DcmDataset& dataset) {
    dataset.putAndInsertString(DCM_SegmentationType, "BINARY");
    const Uint8 few[2] = {1, 2};
    dataset.putAndInsertUint8Array(DCM_PixelData, few, 2);
  });
  EXPECT_EQ(refusal(written.path, *written.source.volume), "TRUNCATED: the pixel data are shorter than rows, columns and frames say");
}

TEST(Segmentation, ASegmentBeyondTheImageIsRefused) {
  const Written written{Phantom{}};
  Volume shorter = *written.source.volume;
  shorter.size[0] -= 1;
  EXPECT_EQ(refusal(written.path, shorter), "GRID_MISMATCH: a segment reaches beyond its image");
}

// `steps` voxels of the new grid stand for one of the old; the first voxel keeps its centre.
Volume finer(Volume like, const Size3& steps) {
  for (size_t axis = 0; axis < 3; ++axis) {
    like.size[axis] *= steps[axis];
    for (size_t row = 0; row < 3; ++row) like.affine[row * 4 + 2 - axis] /= static_cast<double>(steps[axis]);
  }
  return like;
}

// Every centre of the coarse grid is one of the fine grid, and yet most of the fine ones would stay empty.
TEST(Segmentation, ACoarserGridIsAnotherGridThoughItsCentresMeet) {
  for (const Phantom& phantom : {Phantom{}, oblique(), tilted()}) {
    const Written written(phantom);
    for (const Size3& steps : {Size3{1, 1, 2}, Size3{1, 2, 1}, Size3{2, 1, 1}, Size3{3, 2, 2}}) {
      const Volume fine = finer(*written.source.volume, steps);
      EXPECT_EQ(refusal(written.path, fine), "GRID_MISMATCH: a segmentation does not lie on the grid of its image");
      EXPECT_GT(count(regions_of(header_of(written.path), fine, all, OtherGrid::nearest)[0]),
                count(regions_of(header_of(written.path), *written.source.volume, all)[0]));
    }
  }
}

TEST(Segmentation, SlicesThatNobodyDrewOnAreBackground) {
  const Written written{Phantom{}};
  written.edit([](DcmDataset& dataset) {
    DcmItem& shared = item_of(dataset, DCM_SharedFunctionalGroupsSequence, 0);
    item_of(shared, DCM_PixelMeasuresSequence, 0)
        .putAndInsertString(DCM_SpacingBetweenSlices, "1.25", true);  // of the image, not of the frames
  });
  const Volume fine = finer(*written.source.volume, {2, 1, 1});
  const auto regions = regions_of(header_of(written.path), fine, all);
  const auto& classes = std::get<std::vector<uint8_t>>(written.classes.voxels);
  for (size_t n = 0; n < regions[0].inside.size(); ++n) {
    const size_t slice = n / 48, pixel = n % 48;
    ASSERT_EQ(regions[0].inside[n] != 0, slice % 2 == 0 && classes[slice / 2 * 48 + pixel] == 1) << n;
  }
}

TEST(Segmentation, TheNearestVoxelIsFoundWhateverTheObjectSaysOfItsSlices) {
  const Written written{Phantom{}};
  Volume shifted = *written.source.volume;
  shifted.affine[3] += 0.3;  // a third of a pixel
  const Region truth = regions_of(header_of(written.path), *written.source.volume, all)[0];
  for (const char* spacing : {"2.5", "1.25", "7", "0", "-2.5", ""}) {
    written.edit([&](DcmDataset& dataset) {
      DcmItem& measures = item_of(item_of(dataset, DCM_SharedFunctionalGroupsSequence, 0), DCM_PixelMeasuresSequence, 0);
      measures.putAndInsertString(DCM_SpacingBetweenSlices, spacing, true);
      measures.putAndInsertString(DCM_SliceThickness, "1", true);  // there are gaps between the slices
    });
    EXPECT_EQ(regions_of(header_of(written.path), shifted, all, OtherGrid::nearest)[0].inside, truth.inside) << spacing;
  }
}

TEST(Segmentation, TwoFramesOfOneSegmentAtOnePlaceMustBeAlike) {
  const Written written{Phantom{}};
  written.edit([](DcmDataset& dataset) {
    OFString position;
    item_of(item_of(dataset, DCM_PerFrameFunctionalGroupsSequence, 0), DCM_PlanePositionSequence, 0)
        .findAndGetOFStringArray(DCM_ImagePositionPatient, position);
    item_of(item_of(dataset, DCM_PerFrameFunctionalGroupsSequence, 1), DCM_PlanePositionSequence, 0)
        .putAndInsertString(DCM_ImagePositionPatient, position.c_str(), true);
  });
  const std::string conflict = "DUPLICATE_POSITION: two frames of one segment lie at one place and differ";
  EXPECT_EQ(refusal(written.path, *written.source.volume), conflict);
  Volume shifted = *written.source.volume;
  shifted.affine[3] += 0.3;
  EXPECT_EQ(refusal(written.path, shifted, OtherGrid::nearest), conflict);
  written.edit([](DcmDataset& dataset) {
    const Uint8* bytes = nullptr;
    unsigned long length = 0;
    ASSERT_TRUE(dataset.findAndGetUint8Array(DCM_PixelData, bytes, &length).good());
    std::vector<Uint8> alike(bytes, bytes + length);
    std::copy_n(alike.begin(), 6, alike.begin() + 6);  // 6 x 8 bits a frame
    ASSERT_TRUE(dataset.putAndInsertUint8Array(DCM_PixelData, alike.data(), length).good());
  });
  EXPECT_EQ(refusal(written.path, *written.source.volume), "read");
}

TEST(Segmentation, PlacesBeyondAnyPatientAreRefused) {
  for (const char* position : {"1e308\\1e308\\1e308", "0\\0\\-1e308", "1e9\\0\\1e9"})
    for (const OtherGrid other : {OtherGrid::refused, OtherGrid::nearest}) {
      const Written written;
      written.edit([&](DcmDataset& dataset) {
        item_of(item_of(dataset, DCM_PerFrameFunctionalGroupsSequence, 0), DCM_PlanePositionSequence, 0)
            .putAndInsertString(DCM_ImagePositionPatient, position, true);
      });
      EXPECT_EQ(refusal(written.path, *written.source.volume, other),
                "BAD_GEOMETRY: a frame lies beyond any patient, or its orientation is none");
    }
}

TEST(Segmentation, WiderPixelsAndManySegmentsOfOneNameAreRefused) {
  const Written written;
  const auto frames = static_cast<size_t>(header_of(written.path).frames.size());
  written.edit([](DcmDataset& dataset) {
    DcmSequenceOfItems* segments = nullptr;
    ASSERT_TRUE(dataset.findAndGetSequence(DCM_SegmentSequence, segments).good());
    segments->append(new DcmItem(*segments->getItem(0)));
  });
  EXPECT_EQ(refusal(written.path, *written.source.volume), "DAMAGED: two segments or ROIs have one number");
  written.edit([&](DcmDataset& dataset) {
    dataset.putAndInsertString(DCM_SegmentationType, "FRACTIONAL");
    dataset.putAndInsertUint16(DCM_BitsAllocated, 32);
    dataset.putAndInsertUint16(DCM_BitsStored, 32);
    dataset.putAndInsertUint16(DCM_HighBit, 31);
    const std::vector<Uint8> bytes(frames * 48 * 4, 1);
    ASSERT_TRUE(dataset.putAndInsertUint8Array(DCM_PixelData, bytes.data(), static_cast<unsigned long>(bytes.size())).good());
  });
  EXPECT_EQ(refusal(written.path, *written.source.volume),
            "UNSUPPORTED_OBJECT: the pixels of the segmentation are in colour or wider than 16 bits");
}

// ---- structure sets

TEST(StructureSet, ARegionThatNobodyHasDrawnIsLeftOut) {
  const Phantom phantom;
  const Image image(phantom);
  const auto regions = regions_of(header_of(image.structures({{"template", {}}, {"drawn", {box(phantom, 0.5, 0.5, 6.5, 4.5, 2)}}})),
                                  *image.source.volume, all);
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].name, "drawn");
}

TEST(StructureSet, TheLaterClassLiesOnTopWhicheverIsDrawnFirst) {
  const Phantom phantom;
  const Image image(phantom);
  const Drawn liver{"liver", {box(phantom, 0.5, 0.5, 6.5, 4.5, 2)}}, tumour{"tumour", {box(phantom, 2.5, 1.5, 3.5, 2.5, 2)}};
  TargetConfig target;
  target.kind = "mask";
  target.classes = {"liver", "tumour"};
  for (const auto& rois : {std::vector<Drawn>{liver, tumour}, {tumour, liver}}) {
    const auto object = std::make_shared<const Header>(header_of(image.structures(rois)));
    const Volume mask = drawn_mask({object}, "organs", target, *image.source.volume);
    const auto& found = std::get<std::vector<uint8_t>>(mask.voxels);
    EXPECT_EQ(std::count(found.begin(), found.end(), 1), 6 * 4 - 1);
    EXPECT_EQ(std::count(found.begin(), found.end(), 2), 1);
    EXPECT_EQ(found[(2 * 6 + 2) * 8 + 3], 2);
  }
}

TEST(StructureSet, MoreRegionsThanClassesAreRefused) {
  const Phantom phantom;
  const Image image(phantom);
  const std::vector<Drawn> many(1025, {"GTV", {box(phantom, 0.5, 0.5, 6.5, 4.5, 2)}});
  EXPECT_EQ(refusal(image.structures(many), *image.source.volume), "TOO_LARGE: more segments or ROIs than any target has classes");
}

TEST(StructureSet, ContoursFillTheirSlicesOnStraightObliqueAndTiltedGrids) {
  for (const Phantom& phantom : {Phantom{}, oblique(), tilted()}) {
    const Image image(phantom);
    const fs::path path = image.structures(
        {{"GTV", {box(phantom, 1.5, 0.5, 5.5, 3.5, 1), box(phantom, 2.5, 1.5, 3.5, 2.5, 1), box(phantom, 0.5, 0.5, 1.5, 1.5, 3)}}});
    const Header header = header_of(path);
    EXPECT_TRUE(is_annotation(header));
    EXPECT_TRUE(is_drawn_on(header, image.source.group));
    EXPECT_EQ(header.frame_uid, image.source.group.headers.front().frame_uid);
    const std::vector<Region> regions = regions_of(header, *image.source.volume, all);
    ASSERT_EQ(regions.size(), 1u);
    EXPECT_EQ(regions[0].name, "GTV");
    std::vector<uint8_t> expected(5 * 6 * 8, 0);
    for (size_t j = 1; j <= 3; ++j)
      for (size_t i = 2; i <= 5; ++i) expected[(1 * 6 + j) * 8 + i] = !(j == 2 && i == 3);  // a hole
    expected[(3 * 6 + 1) * 8 + 1] = 1;
    EXPECT_EQ(regions[0].inside, expected);
  }
}

TEST(StructureSet, AContourThatStandsTwiceCountsOnce) {
  const Phantom phantom;
  const Image image(phantom);
  const auto once = box(phantom, 1.5, 0.5, 5.5, 3.5, 1);
  EXPECT_EQ(count(regions_of(header_of(image.structures({{"a", {once, once}}})), *image.source.volume, all)[0]), 4 * 3);
}

TEST(StructureSet, RegionsMayOverlap) {
  const Phantom phantom;
  const Image image(phantom);
  const auto regions = regions_of(
      header_of(image.structures({{"organ", {box(phantom, 0.5, 0.5, 6.5, 4.5, 2)}}, {"lesion", {box(phantom, 2.5, 1.5, 3.5, 2.5, 2)}}})),
      *image.source.volume, all);
  EXPECT_EQ(count(regions[0]), 6 * 4);
  EXPECT_EQ(count(regions[1]), 1);
}

TEST(StructureSet, WhatHasNoPlaceOnTheImageIsRefused) {
  const Phantom phantom;
  const Image image(phantom);
  const auto code = [&](const std::vector<Drawn>& rois) { return refusal(image.structures(rois), *image.source.volume); };
  auto between = box(phantom, 1.5, 0.5, 5.5, 3.5, 1);
  for (Vector& point : between) point[2] += phantom.distance / 2;
  EXPECT_EQ(code({{"a", {between}}}), "GRID_MISMATCH: a contour does not lie in a slice of the image");
  auto beyond = box(phantom, 1.5, 0.5, 5.5, 3.5, 1);
  for (Vector& point : beyond) point[2] += phantom.distance * 10;
  EXPECT_EQ(code({{"a", {beyond}}}), "GRID_MISMATCH: a contour lies before the first or behind the last slice of the image");
  EXPECT_EQ(code({{"a", {{place(phantom, 1, 1, 0), place(phantom, 3, 1, 1), place(phantom, 1, 3, 2)}}}}),
            "GRID_MISMATCH: a contour does not lie in a slice of the image");
  EXPECT_EQ(code({{"a", {{place(phantom, 1, 1, 0)}}, "POINT"}}),
            "UNSUPPORTED_OBJECT: points and open lines have no inside; only closed contours are read");
}

TEST(StructureSet, DamagedContoursAreRefused) {
  const Phantom phantom;
  const Image image(phantom);
  const auto damaged = [&](const DcmTagKey& key, const char* value) {
    const fs::path path = image.structures({{"a", {box(phantom, 1.5, 0.5, 5.5, 3.5, 1)}}});
    DcmFileFormat file;
    EXPECT_TRUE(file.loadFile(path.c_str()).good());
    item_of(item_of(*file.getDataset(), DCM_ROIContourSequence, 0), DCM_ContourSequence, 0).putAndInsertString(key, value, true);
    EXPECT_TRUE(file.saveFile(path.c_str()).good());
    return refusal(path, *image.source.volume);
  };
  EXPECT_EQ(damaged(DCM_ContourData, "1\\2\\x"), "DAMAGED: a contour holds something that is no number");
  EXPECT_EQ(damaged(DCM_ContourData, "1\\2\\1e999"), "DAMAGED: a contour holds something that is no number");
  for (const char* point : {"1e308\\0\\0", "0\\1e308\\0", "0\\0\\1e308", "1e308\\1e308\\1e308", "1e300\\-1e300\\1e300", "1e12\\0\\-40"})
    EXPECT_EQ(damaged(DCM_ContourData, point), "DAMAGED: a contour lies beyond any image") << point;
  EXPECT_EQ(damaged(DCM_ContourData, "1\\2\\3\\4"), "DAMAGED: a contour's numbers are not three a point");
  EXPECT_EQ(damaged(DCM_NumberOfContourPoints, "5"), "DAMAGED: a contour has another number of points than it says");
}

// As other writers store more than 64 KiB of contour data in an explicit transfer syntax.
TEST(StructureSet, ContoursOfUnknownRepresentationAreRead) {
  const Phantom phantom;
  const Image image(phantom);
  const auto with_data = [&](const std::string& data) {
    const fs::path path = image.structures({{"a", {box(phantom, 1.5, 0.5, 5.5, 3.5, 1)}}});
    DcmFileFormat file;
    EXPECT_TRUE(file.loadFile(path.c_str()).good());
    DcmItem& contour = item_of(item_of(*file.getDataset(), DCM_ROIContourSequence, 0), DCM_ContourSequence, 0);
    const auto text = [&] {
      OFString found;
      contour.findAndGetOFStringArray(DCM_ContourData, found);
      return std::string(found.c_str());
    }();
    const std::string bytes = data.empty() ? text : data;
    auto unknown = std::make_unique<DcmOtherByteOtherWord>(DcmTag(DCM_ContourData, EVR_UN));
    unknown->putUint8Array(reinterpret_cast<const Uint8*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
    contour.findAndDeleteElement(DCM_NumberOfContourPoints);
    EXPECT_TRUE(contour.insert(unknown.release(), true).good());
    EXPECT_TRUE(file.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
    return path;
  };
  EXPECT_EQ(count(regions_of(header_of(with_data("")), *image.source.volume, all)[0]), 4 * 3);
  EXPECT_EQ(refusal(with_data(std::string("1\\1\\1\0\\2\\2\\2 ", 13)), *image.source.volume),
            "DAMAGED: a contour holds something that is no number");
  std::string many;
  for (int n = 0; n <= 1'000'000; ++n) many += n == 0 ? "0\\0\\0" : "\\0\\0\\0";
  EXPECT_EQ(refusal(with_data(many), *image.source.volume), "TOO_LARGE: a contour of more than a million points");
}

TEST(Annotation, ItIsTiedToItsImageBySeriesElseByStudyAndFrameOfReference) {
  const Image image{Phantom{}};
  Header drawn;
  drawn.drawn_on = {"9.9", image.source.group.series_uid};
  EXPECT_TRUE(is_drawn_on(drawn, image.source.group));
  drawn.drawn_on = {"9.9"};
  EXPECT_FALSE(is_drawn_on(drawn, image.source.group));
  drawn.drawn_on.clear();
  EXPECT_FALSE(is_drawn_on(drawn, image.source.group));
  drawn.study_uid = image.source.group.headers.front().study_uid;
  drawn.frame_uid = image.source.group.headers.front().frame_uid;
  EXPECT_TRUE(is_drawn_on(drawn, image.source.group));
  drawn.frame_uid = "7.7";
  EXPECT_FALSE(is_drawn_on(drawn, image.source.group));
}

}  // namespace
}  // namespace chiasm::dicom::test
