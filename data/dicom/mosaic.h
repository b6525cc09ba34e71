// Siemens mosaics: the slices of one volume side by side in one frame, of which only the whole mosaic has a stated position.
#pragma once

#include <cstdint>
#include <vector>

class DcmItem;

namespace chiasm::dicom {

struct Header;
struct StoredFrames;

struct Mosaic {
  int64_t tiles = 0, across = 0;               // `across` tiles in each direction, the last ones unused
  int64_t rows = 0, columns = 0;               // of a tile
  std::vector<std::vector<double>> positions;  // of each tile, as Image Position (Patient)
  bool normal_stated = true;                   // else the tiles are taken to follow the row x column direction
};

// Image type MOSAIC.
bool is_mosaic(const Header& header);

// Throws Refused. UNSUPPORTED_OBJECT: the number, direction or distance of the tiles is absent or stated in two ways that differ;
// NO_POSITION, BAD_GEOMETRY: the plane of the whole mosaic.
Mosaic read_mosaic(DcmItem& dataset);

// Turns the one frame of a mosaic's header into one a tile. Left as it is when the tiles cannot be placed: the reader refuses it and says
// why.
void place_tiles(DcmItem& dataset, Header& header);

// The decoded frame as one frame a tile. Throws Refused INCONSISTENT_PIXELS.
void untile(StoredFrames& stored, int64_t tiles);

}  // namespace chiasm::dicom
