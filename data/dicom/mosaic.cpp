#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/mosaic.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/base/error.h"
#include "data/dicom/attributes.h"
#include "data/dicom/csa.h"
#include "data/dicom/pixels.h"
#include "data/dicom/private_attributes.h"
#include "data/dicom/stack.h"
#include "dcmtk/dcmdata/dctk.h"

namespace chiasm::dicom {
namespace {

constexpr PrivateKey csa_key{0x0029, "SIEMENS CSA HEADER", 0x10}, tiles_key{0x0019, "SIEMENS MR HEADER", 0x0A};
constexpr double most_tiles = 4096;
constexpr double distance_tolerance = 1e-3;   // mm
constexpr double normal_tolerance_deg = 0.1;  // as of orientations inside a series

[[noreturn]] void refuse(const char* what) { throw Refused("UNSUPPORTED_OBJECT", what); }

// The one value that all places which state it agree on.
double agreed(const std::vector<std::optional<double>>& stated, double tolerance, const char* absent, const char* differs) {
  std::optional<double> value;
  for (const std::optional<double>& next : stated) {
    if (!next) continue;
    if (value && std::abs(*next - *value) > tolerance) refuse(differs);
    if (!value) value = next;
  }
  if (!value) refuse(absent);
  return *value;
}

std::optional<double> one(const std::vector<double>& numbers) { return numbers.empty() ? std::nullopt : std::optional(numbers[0]); }

CsaHeader csa_of(DcmItem& dataset) {
  const std::string bytes = private_bytes(dataset, csa_key);
  return bytes.empty() ? CsaHeader() : parse_csa(bytes);
}

int64_t tile_count(DcmItem& dataset, const CsaHeader& csa) {
  const double tiles = agreed({one(csa_numbers(csa, "NumberOfImagesInMosaic", 1)), private_number(dataset, tiles_key)}, 0,
                              "a mosaic that does not state the number of its tiles", "a mosaic that states two numbers of tiles");
  if (tiles < 1 || tiles > most_tiles || tiles != std::floor(tiles)) refuse("a mosaic of an impossible number of tiles");
  return static_cast<int64_t>(tiles);
}

double tile_distance(DcmItem& dataset, const CsaHeader& csa) {
  const double distance =
      agreed({one(csa_numbers(csa, "SpacingBetweenSlices", 1)), one(numbers(dataset, DCM_SpacingBetweenSlices, 1))}, distance_tolerance,
             "a mosaic that does not state the distance of its slices", "a mosaic that states two distances of its slices");
  if (!(distance > 0)) refuse("a mosaic whose slice distance is not positive");
  return distance;
}

// Along which the tiles follow each other. Its sign is Siemens' own: for sagittal and coronal stacks often against row x column.
std::vector<double> tile_normal(const std::vector<double>& o, const CsaHeader& csa, Mosaic& mosaic) {
  std::vector<double> normal{o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
  const std::vector<double> stated = csa_numbers(csa, "SliceNormalVector", 3);
  mosaic.normal_stated = !stated.empty();
  const double length = std::hypot(normal[0], normal[1], normal[2]);
  double sign = 1;
  if (mosaic.normal_stated) {
    const double dot = stated[0] * normal[0] + stated[1] * normal[1] + stated[2] * normal[2];
    const double cosine = dot / (length * std::hypot(stated[0], stated[1], stated[2]));
    if (!(std::abs(cosine) >= std::cos(normal_tolerance_deg * M_PI / 180))) refuse("a mosaic whose slice normal is not that of its plane");
    sign = cosine < 0 ? -1 : 1;
  }
  for (double& part : normal) part *= sign / length;
  return normal;
}

void lay_out(DcmItem& dataset, Mosaic& mosaic) {
  mosaic.across = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(mosaic.tiles))));
  const int64_t rows = integer(dataset, DCM_Rows).value_or(0), columns = integer(dataset, DCM_Columns).value_or(0);
  if (rows < 1 || columns < 1 || rows % mosaic.across != 0 || columns % mosaic.across != 0)
    refuse("a mosaic whose rows and columns do not divide into its tiles");
  mosaic.rows = rows / mosaic.across;
  mosaic.columns = columns / mosaic.across;
}

// The stated position is that of a frame as large as the mosaic around the centre of the first slice.
std::vector<double> first_position(const Frame& whole, const Mosaic& mosaic) {
  const double half = static_cast<double>(mosaic.across - 1) / 2;
  std::vector<double> position = whole.position;
  for (size_t axis = 0; axis < 3; ++axis)
    position[axis] += whole.orientation[axis] * whole.spacing[1] * half * static_cast<double>(mosaic.columns) +
                      whole.orientation[3 + axis] * whole.spacing[0] * half * static_cast<double>(mosaic.rows);
  return position;
}

Frame whole_frame(DcmItem& dataset) {
  Frame frame;
  frame.position = numbers(dataset, DCM_ImagePositionPatient, 3);
  frame.orientation = numbers(dataset, DCM_ImageOrientationPatient, 6);
  frame.spacing = numbers(dataset, DCM_PixelSpacing, 2);
  check_plane(frame);
  return frame;
}

void copy_tile(const StoredFrames& from, int64_t across, int64_t tile, const PixelFormat& to, uint8_t* target) {
  const auto row_bytes = static_cast<size_t>(to.columns * to.samples * (to.bits_allocated / 8));
  const auto whole_row = row_bytes * static_cast<size_t>(across);
  const uint8_t* source =
      from.bytes.data() + static_cast<size_t>(tile / across * to.rows) * whole_row + static_cast<size_t>(tile % across) * row_bytes;
  for (int64_t row = 0; row < to.rows; ++row, source += whole_row, target += row_bytes) std::memcpy(target, source, row_bytes);
}

}  // namespace

bool is_mosaic(const Header& header) {
  return std::find(header.image_type.begin(), header.image_type.end(), "MOSAIC") != header.image_type.end();
}

Mosaic read_mosaic(DcmItem& dataset) {
  if (first_item(dataset, DCM_SharedFunctionalGroupsSequence) != nullptr || integer(dataset, DCM_NumberOfFrames).value_or(1) != 1)
    refuse("a mosaic in an object of several frames");
  const Frame whole = whole_frame(dataset);
  const CsaHeader csa = csa_of(dataset);
  // The first tile is then not the first slice of the protocol, and which way the tiles run is not known.
  if (one(csa_numbers(csa, "ProtocolSliceNumber", 1)).value_or(0) > 1) refuse("a mosaic whose tiles do not start at the first slice");
  Mosaic mosaic;
  mosaic.tiles = tile_count(dataset, csa);
  lay_out(dataset, mosaic);
  const double distance = tile_distance(dataset, csa);
  const std::vector<double> normal = tile_normal(whole.orientation, csa, mosaic), first = first_position(whole, mosaic);
  for (int64_t tile = 0; tile < mosaic.tiles; ++tile) {
    const double along = distance * static_cast<double>(tile);
    mosaic.positions.push_back({first[0] + along * normal[0], first[1] + along * normal[1], first[2] + along * normal[2]});
  }
  return mosaic;
}

void place_tiles(DcmItem& dataset, Header& header) {
  Mosaic mosaic;
  try {
    mosaic = read_mosaic(dataset);
  } catch (const Refused&) {
    return;
  }
  header.tiles = mosaic.tiles;
  header.rows = mosaic.rows;
  header.columns = mosaic.columns;
  header.frames.assign(static_cast<size_t>(mosaic.tiles), Frame(header.frames.front()));
  for (size_t n = 0; n < header.frames.size(); ++n) header.frames[n].position = mosaic.positions[n];
}

void untile(StoredFrames& stored, int64_t tiles) {
  const auto across = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(tiles))));
  if (tiles < 1 || stored.format.frames != 1 || stored.format.rows % across != 0 || stored.format.columns % across != 0)
    throw Refused("INCONSISTENT_PIXELS", "the file changed after it was scanned");
  StoredFrames result;
  result.format = stored.format;
  result.format.rows /= across;
  result.format.columns /= across;
  result.format.frames = tiles;
  result.bytes.resize(static_cast<size_t>(tiles * result.format.frame_bytes()));
  for (int64_t tile = 0; tile < tiles; ++tile)
    copy_tile(stored, across, tile, result.format, result.bytes.data() + tile * result.format.frame_bytes());
  stored = std::move(result);
}

}  // namespace chiasm::dicom
