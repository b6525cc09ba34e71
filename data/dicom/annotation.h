// Structures drawn on an image series, on the grid of that image: DICOM Segmentation (PS3.3 A.51, C.8.20) and RT Structure Set (PS3.3
// A.19.3, C.8.8.5, C.8.8.6).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/dicom/dicom.h"

namespace chiasm::dicom {

struct Region {
  std::string name;             // segment label or ROI name; free text of the sender, so it never leaves this process
  int64_t number = 0;           // segment or ROI number
  std::vector<uint8_t> inside;  // DHW on the grid asked for, 1 = inside
};

using Wanted = std::function<bool(const std::string& name, int64_t number)>;
using TakeRegion = std::function<void(const Region& region)>;
enum class OtherGrid { refused, nearest };

bool is_annotation(const Header& header);

// Whether it is drawn on that image: by the series it refers to, or, when it names none, by study and frame of reference.
bool is_drawn_on(const Header& annotation, const Group& image);

// Gives the wanted regions on the grid of `like` one by one, as they are listed in the object. The object is read in another process: first
// the names, then all that are wanted, one bit a voxel.
// Segmentations: frames lie where their positions say; a frame that is not there is background, and so is a segment without frames.
// Fractional values count from one half.
// Structure sets: a voxel is inside when its centre is (contour.h); contours of one region on one slice are combined by exclusive or, so
// that inner contours are holes; a contour repeated point by point counts once. Every contour must lie on a slice of the image, unless
// OtherGrid::nearest: then on planes parallel to the slices at one distance, which occurs twice at least (contour_planes.h), and each slice
// shows what is drawn on the nearest plane, straight along the normal, up to half that distance away. A region without contours is an entry
// of a template that nobody has drawn: it is left out.
// Throws Refused: GRID_MISMATCH (with OtherGrid::nearest for contours on oblique or irregular planes only), DUPLICATE_POSITION,
// UNSUPPORTED_OBJECT, UNSUPPORTED_TRANSFER_SYNTAX, INCONSISTENT_PIXELS, BAD_GEOMETRY, TRUNCATED, DAMAGED, TOO_LARGE, READER_DIED,
// READER_LATE.
void read_regions(const Header& annotation, const Volume& like, const Wanted& wanted, const TakeRegion& take,
                  OtherGrid other = OtherGrid::refused);

}  // namespace chiasm::dicom
