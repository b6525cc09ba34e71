// Which studies the loader draws how often, and together, by the `data` section of a run.
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/loader/loader_store.h"

namespace chiasm {
namespace {

using test::shared_store;

TEST(Sampling, BalanceDrawsPositiveAndNegativeEvenly) {
  LoaderOptions options = shared_store().options();
  options.balance = "finding";
  options.batch = 2;
  const auto loader = shared_store().loader(options);
  for (int n = 0; n < 30; ++n) EXPECT_EQ(loader->next()->targets.at("finding").values.select(1, 0).sum().item<float>(), 1);
  options.balance = "lesion";
  EXPECT_THROW(shared_store().loader(options), UsageError);
}

TEST(Sampling, AMixtureFollowsItsRatios) {
  LoaderOptions options = shared_store().options();
  options.sampling.mix = "site";
  options.sampling.ratios = {{"A", 3}, {"B", 1}};
  options.batch = 4;
  const auto loader = shared_store().loader(options);
  for (int n = 0; n < 20; ++n) {
    int64_t odd = 0;  // site A
    const Batch batch = loader->next().value();
    for (const std::string& study : batch.study_ids) odd += std::stoll(study.substr(1)) % 2;
    EXPECT_EQ(odd, 3);
  }
  options.sampling.ratios = {{"A", 1}};
  const Batch of_one = shared_store().loader(options)->next().value();
  for (const std::string& study : of_one.study_ids) EXPECT_EQ(std::stoll(study.substr(1)) % 2, 1);
  const auto message = [&] {
    try {
      shared_store().loader(options);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  options.sampling.ratios = {{"C", 1}};
  EXPECT_EQ(message().find("data.sampling.ratios: no study has site 'C'"), 0U) << message();
  options.sampling.ratios.clear();
  options.sampling.mix = "scanner";
  EXPECT_EQ(message(), "data.sampling.mix: no study has the fact 'scanner'");
  options.sampling.mix = "site";
  options.balance = "finding";
  EXPECT_EQ(message(), "data.balance, data.sampling.mix and data.sampling.length_of exclude each other; choose one");
}

TEST(Sampling, BatchesByLengthHoldLikeTextsWithLittlePadding) {
  LoaderOptions options = shared_store().options();
  options.sampling.length_of = "note";  // every second study has none
  options.text_lengths["note"] = 64;
  options.batch = 2;
  const auto loader = shared_store().loader(options);
  int64_t mixed = 0, batches = 0;
  for (; batches < 20; ++batches) {
    const Batch batch = loader->next().value();
    const Input& note = batch.inputs.at("note");
    EXPECT_EQ(note.values.size(1), 16);  // of 64: the longest of the batch, rounded up
    mixed += note.valid.any().item<bool>() && note.rows.size() == 1;
  }
  EXPECT_LT(mixed, 4);  // one of eight buckets holds both kinds
  options.sampling.length_of = "lab";
  EXPECT_THROW(shared_store().loader(options), UsageError);
}
}  // namespace
}  // namespace chiasm
