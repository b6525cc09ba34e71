// The store: a folder of HDF5 shards with an index. Immutable but for appending; a study is never split over shards.
//   dataset.json   {"format":"chiasm.store","format_version":2,"schema":...,"counts":...,"studies":N,
//                   "shards":[{"file","sha256","bytes","studies"}],"index_sha256":...,"data_sha256":...}
//   index.csv      study,patient,shard,position,bytes,input.NAME (rows),length.NAME (of texts),label.TARGET.CLASS (value, empty =
//   unknown),mask.NAME,fact.NAME shards/*.h5    /STUDY/inputs/NAME/ROW/{voxels,valid,text,table}, /STUDY/labels/NAME,
//   /STUDY/masks/NAME/{voxels,valid,examples},
//                  attributes beside them; Fletcher32 on every data set, checksums on all metadata (latest format, HDF5 1.10 or newer).
//                  voxels and valid: chunks of at most 16 x 32 x 32 (pictures 256 x 256), Blosc LZ4HC with shuffle (filter 32001), and
//                  tables of the chunks' places, {voxels,valid}_chunks. Format version 1 (shuffle, deflate, whole slices) is still read.
//   aliases.csv    patient,person (data/relations.h); no part of data_sha256, as the next two
//   ledger.csv     study,input,item,action,code,detail;   funnel.csv
// A shard takes its final name when it is whole: closed, fsynced and read back. A killed writer leaves private names (*.partial, .tmp-*)
// that the next writer removes, and whole shards that it takes in; until commit() a new store cannot be read.
// Names are the store's pseudonyms. HDF5 calls are serialised by one lock inside; decoding of voxels is not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/labelled_voxels.h"
#include "data/schema.h"
#include "data/study.h"

namespace chiasm {

// One line of the ledger: what happened to an item. `code` from data/reasons.h.
struct LedgerLine {
  std::string study, input, item, action, code, detail;
};

// Of a store, or of a part of one; nothing where there is none.
std::vector<LedgerLine> read_ledger(const std::filesystem::path& folder);

struct StudyEntry {
  std::string study, patient;
  std::map<std::string, int64_t> inputs;              // rows per input present
  std::map<std::string, std::vector<double>> labels;  // as stored, so that sampling and splits need no shard
  std::vector<std::string> masks;                     // mask targets present
  std::map<std::string, int64_t> lengths;             // bytes of each text input, all rows; not in stores of format version 1
  std::map<std::string, std::string> facts;
};

namespace store {
struct PackedStudy;
}

class StoreWriter {
 public:
  // Creates the folder, or opens it for appending (same schema, else InputError). Holds the store's lock: Error when another has it.
  StoreWriter(const std::filesystem::path& folder, StoreSchema schema, int64_t shard_bytes = int64_t{256} << 20);
  ~StoreWriter();
  bool has(const std::string& study) const;  // there already: resuming skips it
  // Checks and compresses a record, which is most of the work: threads do it side by side. InputError or Refused when the record breaks the
  // schema; nothing is written then and the writer stays usable.
  std::shared_ptr<const store::PackedStudy> pack(const StudyRecord& record) const;
  // Thread-safe. InputError: the store has the study. Error on a full disk (the open shard is lost, later calls fail).
  void add(const std::shared_ptr<const store::PackedStudy>& packed);
  void add(const StudyRecord& record) { add(pack(record)); }
  void refuse(LedgerLine line);  // thread-safe; equal lines are kept once
  void set_funnel(std::string csv);
  // Closes the last shard and publishes ledger.csv, funnel.csv, index.csv, dataset.json. Without it nothing of the open shard stays.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A study where it lies: voxels are read on demand and in part, by any number of threads at once. Stays usable after its reader is gone.
// All reads throw InputError when a checksum fails.
class StoredStudy {
 public:
  struct Layout;
  explicit StoredStudy(std::unique_ptr<const Layout> layout);
  ~StoredStudy();
  const StudyRecord& record() const;  // without `voxels` and `valid` of images and masks
  Volume image(const std::string& input, size_t row) const;
  // Reads only the chunks that the box, which lies inside the image, touches. The affine is that of the part; `facts` and `statistics` are
  // those of the whole.
  Volume image(const std::string& input, size_t row, const VoxelBox& box) const;
  Volume mask(const std::string& target) const;
  Volume mask(const std::string& target, const VoxelBox& box) const;
  // labelled_voxels() of a mask as ingest found them; nothing in stores of format version 1.
  const std::vector<LabelledVoxel>& examples(const std::string& target) const;
  StudyRecord whole() const;  // with all voxels

 private:
  std::unique_ptr<const Layout> layout_;
};

class StoreReader {
 public:
  explicit StoreReader(const std::filesystem::path& folder);  // InputError: not a store, wrong version, damaged index
  ~StoreReader();
  const StoreSchema& schema() const;
  const std::string& data_sha256() const;
  const std::filesystem::path& folder() const;
  int64_t size() const;
  const StudyEntry& entry(int64_t index) const;  // sorted by study
  // Thread-safe, as read. Only the named inputs and targets (empty = all). What was opened last is kept, so opening again is cheap.
  std::shared_ptr<const StoredStudy> open(int64_t index, const std::vector<std::string>& names = {}) const;
  // open()->whole().
  StudyRecord read(int64_t index, const std::vector<std::string>& names = {}) const;
  // SHA-256 of every shard and of the index against dataset.json; the damaged files.
  std::vector<std::string> verify() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chiasm
