// The loader without its tensors, from the store to prepared samples, by several threads. scripts/check.sh runs it under ThreadSanitizer.
#include <gtest/gtest.h>
#include <malloc.h>
#include <thread>

#include "data/dataset.h"
#include "data/loader_pipeline.h"
#include "data/sampler.h"
#include "tests/loader/stores.h"

namespace chiasm {
namespace {

using test::StudyStore;

const StudyStore& shared_store() {
  static const StudyStore store(20);
  return store;
}

LoaderOptions cropping(int threads, int64_t cache_bytes) {
  LoaderOptions options = shared_store().options();
  options.preparations["ct"].view.sample = options.preparations["mr"].view.sample = "crop";
  options.preparations["ct"].view.size = {4, 6, 6};
  options.augment.geometry = options.augment.intensity = "strong";
  options.threads = threads;
  options.cache_bytes = cache_bytes;
  return options;
}

// Batches of samples as the loader makes them, and what of them must be equal.
class Samples {
 public:
  explicit Samples(const LoaderOptions& options)
      : dataset_(shared_store().reader, shared_store().tokenizer, options),
        sampler_(20, {true, options.batch, 0, 1, options.seed}),
        pipeline_({[this] { return std::optional(draws()); }, [this](const Draw& draw) { return dataset_.sample(draw.study, draw.key); },
                   [](std::vector<Sample> parts) { return parts; }, [](const std::vector<Sample>& batch) { return bytes_of(batch); }},
                  options.threads, options.budget_bytes) {}
  std::vector<Sample> next() { return *pipeline_.next(); }
  void seek(int64_t batch) {
    pipeline_.restart([&] { batch_ = batch; });
  }
  int64_t most_ready_bytes() const { return pipeline_.most_ready_bytes(); }

 private:
  std::vector<Draw> draws() {
    const int64_t batch = batch_++;
    return sampler_.draws(batch / sampler_.batches_per_epoch(), batch % sampler_.batches_per_epoch());
  }
  static int64_t bytes_of(const std::vector<Sample>& batch) {
    int64_t bytes = 0;
    for (const Sample& sample : batch)
      for (const auto& [name, rows] : sample.inputs)
        for (const Prepared& image : rows.images) bytes += static_cast<int64_t>(4 * image.values.size() + image.valid.size());
    return bytes;
  }
  const Dataset dataset_;
  Sampler sampler_;
  int64_t batch_ = 0;
  Pipeline<Draw, Sample, std::vector<Sample>> pipeline_;  // last: its threads use all of the above
};

void expect_same(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t n = 0; n < a.size(); ++n) {
    EXPECT_EQ(a[n].study, b[n].study);
    EXPECT_EQ(a[n].masks, b[n].masks);
    EXPECT_EQ(a[n].texts, b[n].texts);
    for (const auto& [name, rows] : a[n].inputs)
      for (size_t row = 0; row < rows.images.size(); ++row) {
        EXPECT_EQ(rows.images[row].values, b[n].inputs.at(name).images[row].values) << a[n].study << " " << name;
        EXPECT_EQ(rows.images[row].valid, b[n].inputs.at(name).images[row].valid);
      }
  }
}

TEST(Race, SeveralThreadsMakeWhatOneMakes) {
  Samples alone(cropping(1, 0)), together(cropping(4, 20000));
  for (int64_t n = 0; n < 24; ++n) {
    if (n == 9) alone.seek(30), together.seek(30);
    expect_same(alone.next(), together.next());
  }
}

TEST(Race, ReadersShareAStore) {
  const StoreReader& reader = *shared_store().reader;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&reader, thread] {
      for (int64_t n = 0; n < 40; ++n) {
        const auto study =
            reader.open((n * 7 + thread) % reader.size(), n % 2 ? std::vector<std::string>{"ct", "lesion"} : std::vector<std::string>{});
        if (!study->record().inputs.count("ct")) continue;
        const Volume part = study->image("ct", 0, {{2, 3, 4}, {3, 4, 5}});
        EXPECT_EQ(part.size, (Size3{3, 4, 5}));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

// In use, of all arenas. (Resident pages also tell how threads took turns with the arenas.)
int64_t allocated_bytes() {
  const auto all = ::mallinfo2();
  return static_cast<int64_t>(all.uordblks + all.hblkhd);
}

struct Soaked {
  int64_t most = 0, left = 0;  // bytes in use while batches are made, and when all threads are gone
  int64_t most_ready = 0;
};

Soaked soak(int64_t batches) {
  LoaderOptions options = cropping(2, 50000);
  options.budget_bytes = 100000;
  Soaked out;
  {
    Samples samples(options);
    for (int64_t n = 0; n < batches; ++n) {
      samples.next();
      out.most = std::max(out.most, allocated_bytes());
    }
    out.most_ready = samples.most_ready_bytes();
  }
  out.left = allocated_bytes();
  return out;
}

// 10,000 batches with memory that does not grow. (Under sanitizers freed memory is kept back, so there the number is smaller and not
// judged.)
TEST(Soak, TenThousandBatchesInTheSameMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int64_t batches = 200;
  constexpr bool judged = false;
#else
  constexpr int64_t batches = 10000;
  constexpr bool judged = true;
#endif
  const Soaked few = soak(batches / 5), many = soak(batches);
  // A batch may turn out larger than any before: three in work, of at most 40 KB, of which at least half was foreseen.
  EXPECT_LE(many.most_ready, 100000 + 3 * 20000);
  if (!judged) return;
  // A leak in 1 of 4,000 batches of 40 KB would show.
  EXPECT_LT(many.left - few.left, 80000);
  // What piles up while the loader lives, too: 1 of 200 batches. Chance: batches ready and in work (0.4 MB), and small pieces that the
  // allocator keeps for each of four threads, which count as in use (seven of each size up to 1 KB: 0.24 MB).
  EXPECT_LT(many.most - few.most, 1400000);
}

}  // namespace
}  // namespace chiasm
