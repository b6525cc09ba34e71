// Store to Batch. Threads, no worker processes; the same batches for any number of threads; each rank takes its own studies of every
// global batch, so two ranks with b studies see together what one rank with 2b sees.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/specs.h"
#include "data/fingerprint.h"
#include "data/loader_options.h"
#include "data/store/store.h"
#include "data/tokenizer.h"

namespace chiasm {

class Loader {
 public:
  // `studies`: pseudonyms of the part to read. `tokenizer` may be null when no text is delivered.
  Loader(std::shared_ptr<const StoreReader> store, std::vector<std::string> studies, std::shared_ptr<const Tokenizer> tokenizer,
         LoaderOptions options);
  ~Loader();
  int64_t studies() const;            // that meet `require`
  int64_t batches_per_epoch() const;  // of this rank; not training: the last rank may have one less
  // Position is (epoch, batch); O(1). Training wraps to the next epoch by itself; otherwise nothing is left after the last batch.
  void seek(int64_t epoch, int64_t batch);
  std::optional<Batch> next();
  double wait_seconds() const;  // time next() has blocked
  // Studies delivered so far that could not be read. In training the next study that can be read stands in for one of them, else it is left
  // out. More than LoaderOptions::most_unreadable make next() throw InputError.
  int64_t quarantined() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Fills `specs` of the inputs and targets from schema, preparations and tokenizer (priors from the given studies).
InputSpecs input_specs(const StoreSchema& schema, const LoaderOptions& options, const Tokenizer* tokenizer);
TargetSpecs target_specs(const StoreReader& store, const std::vector<std::string>& studies, const LoaderOptions& options,
                         const Tokenizer* tokenizer);
// Mean and deviation per column over the given studies.
std::vector<std::array<double, 2>> fit_table_scale(const StoreReader& store, const std::vector<std::string>& studies,
                                                   const std::string& input);
// Sizes, spacings and intensities of the first image of up to 64 of the studies, spread evenly; no images: none is readable.
InputFingerprint fit_fingerprint(const StoreReader& store, const std::vector<std::string>& studies, const std::string& input);
// Resolves zero spacing from the train part: whole views hold the field of view of nine in ten images along each axis, crops take the
// median spacing. Mean and deviation where the modality asks for them. Throws UsageError for a view that does not suit the modality.
Preparation fit_preparation(const StoreReader& store, const std::vector<std::string>& studies, const std::string& input,
                            const ViewConfig& view);

}  // namespace chiasm
