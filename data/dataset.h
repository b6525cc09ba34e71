// One study of a store, read and prepared for the model. No tensors: collate.h makes them.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/random.h"
#include "data/loader_options.h"
#include "data/store/store.h"
#include "data/tokenizer.h"
#include "data/transform/augment.h"

namespace chiasm {

// The rows of one input of one study; which list is filled follows from the input's form.
struct SampleRows {
  std::vector<Prepared> images;
  std::vector<std::vector<int64_t>> texts;  // token ids, not padded
  std::vector<std::vector<double>> tables;  // NaN = missing
  std::vector<std::array<float, 5>> where;  // one for each row: see Input::where
};

struct Sample {
  std::string study;
  uint64_t key = 0;
  std::map<std::string, SampleRows> inputs;  // absent input: no entry
  std::map<std::string, std::vector<double>> labels;
  std::map<std::string, std::vector<uint8_t>> masks;  // on the grid of the first row of their input; 255 = unknown
  std::map<std::string, std::vector<int64_t>> texts;  // text targets
};

// Decoded images and masks in memory, up to a number of bytes; what comes later is read from the store each time. Every epoch asks for
// every study once, so keeping the first ones serves as many requests as any exchange would.
class VolumeCache {
 public:
  using Key = std::tuple<int64_t, std::string, size_t>;  // store index, input or mask target, row
  explicit VolumeCache(int64_t bytes) : left_(bytes) {}
  std::shared_ptr<const Volume> find(const Key& key) const;
  void keep(const Key& key, std::shared_ptr<const Volume> volume);

 private:
  mutable std::mutex mutex_;
  int64_t left_;
  std::map<Key, std::shared_ptr<const Volume>> volumes_;
};

class Dataset {
 public:
  // Throws UsageError: an input or target that the store lacks, an image without preparation, a text without tokenizer or length, a table
  // without scale, a mask whose image is not delivered.
  Dataset(std::shared_ptr<const StoreReader> store, std::shared_ptr<const Tokenizer> tokenizer, LoaderOptions options);

  const StoreReader& store() const { return *store_; }
  const LoaderOptions& options() const { return options_; }
  const Tokenizer* tokenizer() const { return tokenizer_.get(); }

  // Thread-safe; the same for the same study and key. Throws what reading and preparing throw: InputError, Refused.
  Sample sample(int64_t index, uint64_t key) const;

 private:
  // A study that is being made into a sample.
  struct Opened {
    int64_t index;
    std::shared_ptr<const StoredStudy> stored;
  };
  std::shared_ptr<const Volume> whole_image(const Opened& study, const std::string& input, size_t row) const;
  std::shared_ptr<const Volume> whole_mask(const Opened& study, const std::string& target) const;
  std::shared_ptr<const Volume> image_for(const Opened& study, const std::string& input, size_t row,
                                          const transform::Placement& placement) const;
  std::array<double, 3> draw_centre(const Opened& study, const std::string& input, size_t row, Random& random) const;
  Prepared image(const Opened& study, const std::string& input, size_t row, uint64_t key) const;
  std::vector<int64_t> tokens(const std::string& input, size_t row, const std::string& text, uint64_t key) const;
  std::vector<uint8_t> mask(const Opened& study, const std::string& target, const Prepared& on) const;
  SampleRows rows(const Opened& study, const std::string& input, uint64_t key) const;

  std::shared_ptr<const StoreReader> store_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  LoaderOptions options_;
  std::vector<std::string> names_;  // to read
  mutable VolumeCache cache_;
};

// Store indices of the studies, ascending. Throws UsageError for a study that the store lacks.
std::vector<int64_t> store_indices(const StoreReader& store, const std::vector<std::string>& studies);

// Code of Input::where for a projection: 1 PA, 2 AP, 3 lateral, 0 unknown or not a projection.
float view_code(const Volume& volume);

}  // namespace chiasm
