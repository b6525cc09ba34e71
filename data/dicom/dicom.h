// DICOM files to volumes. The only folder that includes DCMTK; no DCMTK type appears in a header.
// Rules: PS3.3 C.7.6 (image plane, pixel description), C.11 (modality and VOI LUT); slices are ordered and judged by their positions
// along the slice normal, never by name, number or SliceLocation.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dicom/voi.h"
#include "data/volume.h"

namespace chiasm::dicom {

// Makes the library ready (data/dicom/load.h) and starts the process from which those that read files come (data/dicom/isolated.h): call it
// in main before any thread. Throws Error.
void start();

// Where one frame lies and what it shows, as far as grouping and ordering need it. Patient coordinates are DICOM's (LPS, mm).
struct Frame {
  std::vector<double> position, orientation,
      spacing;                      // 3; 6 (row, then column direction); 2 (between rows, between columns); empty when absent
  std::string kind;                 // image type, echo, b-value, kernel, stack: frames of different kinds share no volume
  std::vector<std::string> phases;  // temporal position, acquisition, trigger, ...: split only where positions repeat
  int64_t instance = 0, times = 0;  // instance or frame number; stated number of temporal positions, 0 when absent
};

// Header of one file. Identity stands here and nowhere else: it leaves this struct only through de-identification.
struct Header {
  std::filesystem::path path;
  std::string sop_class, sop_uid, study_uid, series_uid, frame_uid, transfer_syntax;
  std::string modality;  // DICOM code: CT, MR, CR, DX, PT, SEG, ...
  std::string accession, study_date, study_time, series_date, series_description, study_description, body_part, view_position, kernel,
      protocol;
  std::string manufacturer, scanner, contrast, sequence, laterality;
  std::string burned_in;  // YES, NO or empty
  std::vector<std::string> image_type;
  std::string patient_id, issuer, patient_name, birth_date, sex, age;
  std::map<std::string, std::string>
      identity;            // further identifying values by keyword: ReferringPhysicianName, InstitutionName, PatientAddress, ...
  bool image = false;      // has pixel data
  bool truncated = false;  // the file ends inside its pixels
  bool canonical = false;  // read by the fast walk, which proves order and lengths (data/dicom/fast_header.h)
  int64_t rows = 0, columns = 0, samples = 0;
  bool enhanced = false;  // multi-frame object with functional groups
  int64_t tiles = 0;      // of a mosaic: rows and columns are those of a tile, and each tile is a frame; 0 for all other objects
  std::vector<std::string> drawn_on;  // of a segmentation or structure set: the series that it refers to
  std::string photometric;
  std::vector<Frame> frames;  // one, or one for each frame of a multi-frame object
};

// Reads the header; never throws for a bad file: Refused is returned as code and detail.
struct ScannedFile {
  std::optional<Header> header;
  std::filesystem::path path;
  std::string code, detail;  // when refused: NOT_DICOM, UNREADABLE, TRUNCATED, ...
};
ScannedFile scan_file(const std::filesystem::path& path);
// All files below `root` (or `root` itself), in parallel, in sorted order.
std::vector<ScannedFile> scan_tree(const std::filesystem::path& root, int threads);

// One frame of one header of a group.
struct Slice {
  size_t header = 0, frame = 0;
};
// Files that form one volume: grouped by the volume key (study, series, frame of reference, rows, columns, spacing, orientation, samples,
// photometric, image type, then acquisition, echo, temporal position, b-value), not by series alone.
struct Group {
  std::vector<Header> headers;       // in slice order once read, without dropped duplicates
  std::vector<Slice> slices;         // the frames of the headers that belong to the volume; in slice order once read
  std::string series_uid, modality;  // DICOM code
};
std::vector<Group> group_files(std::vector<ScannedFile> files);

// One volume, or the reason why not (data/reasons.h).
struct ReadResult {
  std::optional<Volume> volume;
  Group group;
  std::string code, detail;  // refused: e.g. MISSING_SLICES, IRREGULAR_SPACING, UID_CONFLICT, NO_POSITION, UNSUPPORTED_TRANSFER_SYNTAX
  std::vector<std::string> notes;  // e.g. "3 exact duplicates dropped", "gantry tilt 13.5 deg kept as shear"
  std::optional<Voi> voi;          // how the middle slice asks to be shown
  std::string stored_sha256;       // of the decoded stored values, little-endian, frame after frame, before rescale
};
struct ReadOptions {
  int threads = 1;
  bool digest = true;        // else stored_sha256 stays empty: hashing plain pixels takes longer than reading them
  bool plain_pixels = true;  // else the library reads every file: for tests
  bool isolate = true;       // what the library decodes is decoded in another process; false: for benchmarks
};
ReadResult read_group(const Group& group, const ReadOptions& options = {});

// Writes a DICOM SEG (binary) of `classes` (uint8 indices, on the grid of the source series in slice order). Marked as AI output, for
// research, not verified; patient and study attributes copied from the source. Returns the SOP instance UID.
struct SegmentationInfo {
  std::vector<std::string> names;  // class 1, 2, ...
  std::string algorithm, version, model_digest;
};
std::string write_segmentation(const std::filesystem::path& path, const std::vector<Header>& source, const Volume& classes,
                               const SegmentationInfo& info);

}  // namespace chiasm::dicom
