#include "data/loader.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/dist/cuda_library.h"
#include "tests/loader/loader_store.h"

namespace chiasm {
namespace {

using test::LoaderStore;
using test::shared_store;

void expect_same(const at::Tensor& a, const at::Tensor& b, const std::string& what) {
  ASSERT_EQ(a.defined(), b.defined()) << what;
  if (a.defined()) {
    ASSERT_TRUE(at::equal(a, b)) << what;
  }
}

void expect_same(const Batch& a, const Batch& b) {
  ASSERT_EQ(a.study_ids, b.study_ids);
  ASSERT_EQ(a.keys, b.keys);
  ASSERT_EQ(a.inputs.size(), b.inputs.size());
  for (const auto& [name, input] : a.inputs) {
    const Input& other = b.inputs.at(name);
    EXPECT_EQ(input.rows, other.rows) << name;
    expect_same(input.values, other.values, name + " values");
    expect_same(input.valid, other.valid, name + " valid");
    expect_same(input.where, other.where, name + " where");
  }
  for (const auto& [name, target] : a.targets) {
    expect_same(target.values, b.targets.at(name).values, name + " values");
    expect_same(target.known, b.targets.at(name).known, name + " known");
    EXPECT_EQ(target.on, b.targets.at(name).on);
  }
}

std::vector<Batch> walk(Loader& loader, int64_t batches) {
  std::vector<Batch> out;
  for (int64_t n = 0; n < batches; ++n) out.push_back(loader.next().value());
  return out;
}

TEST(Loader, SameBatchesForAnyNumberOfThreadsAndAnyCache) {
  LoaderOptions options = shared_store().options();
  options.augment.intensity = options.augment.geometry = "strong";
  options.augment.flip_lr = true;
  options.threads = 1;
  options.budget_bytes = 0;
  const auto single = walk(*shared_store().loader(options), 14);
  options.threads = 4;
  options.budget_bytes = int64_t{1} << 30;
  options.cache_bytes = 20000;
  const auto several = walk(*shared_store().loader(options), 14);
  for (size_t n = 0; n < single.size(); ++n) expect_same(single[n], several[n]);
}

TEST(Loader, SeekEqualsWalking) {
  const LoaderOptions options = shared_store().options();
  const auto loader = shared_store().loader(options);
  const int64_t per_epoch = loader->batches_per_epoch();
  ASSERT_EQ(per_epoch, 6);
  const auto walked = walk(*loader, 3 * per_epoch);
  for (const int64_t position : {13, 0, 6, 7, 17}) {
    loader->seek(position / per_epoch, position % per_epoch);
    expect_same(loader->next().value(), walked[static_cast<size_t>(position)]);
  }
  loader->seek(1, per_epoch);  // the end of an epoch is the start of the next
  expect_same(loader->next().value(), walked[12]);
  const auto fresh = shared_store().loader(options);
  fresh->seek(1, 3);
  expect_same(fresh->next().value(), walked[9]);
  expect_same(fresh->next().value(), walked[10]);
}

TEST(Loader, TwoRanksSeeTogetherWhatOneRankSees) {
  LoaderOptions options = shared_store().options();
  options.batch = 4;
  const auto whole = walk(*shared_store().loader(options), 6);
  options.batch = 2;
  options.ranks = 2;
  const auto first = walk(*shared_store().loader(options), 6);
  options.rank = 1;
  const auto second = walk(*shared_store().loader(options), 6);
  for (size_t n = 0; n < whole.size(); ++n) {
    std::vector<std::string> joined = first[n].study_ids;
    joined.insert(joined.end(), second[n].study_ids.begin(), second[n].study_ids.end());
    EXPECT_EQ(joined, whole[n].study_ids);
    EXPECT_TRUE(at::equal(at::cat({first[n].targets.at("finding").values, second[n].targets.at("finding").values}),
                          whole[n].targets.at("finding").values));
    // Rows of an input that both ranks have.
    const Input &a = first[n].inputs.at("mr"), &b = second[n].inputs.at("mr"), &both = whole[n].inputs.at("mr");
    if (a.valid.any().item<bool>() && b.valid.any().item<bool>()) {
      EXPECT_TRUE(at::equal(at::cat({a.values, b.values}), both.values));
      EXPECT_TRUE(at::equal(at::cat({a.where, b.where}), both.where));
    }
  }
}

TEST(Loader, EvaluationGoesThroughAllOnceInOrderWithoutAugmentation) {
  LoaderOptions options = shared_store().options();
  options.training = false;
  options.augment.geometry = "strong";
  options.batch = 8;
  const auto loader = shared_store().loader(options);
  EXPECT_EQ(loader->batches_per_epoch(), 3);
  std::vector<std::string> seen;
  while (auto batch = loader->next()) {
    seen.insert(seen.end(), batch->study_ids.begin(), batch->study_ids.end());
    const Input& ct = batch->inputs.at("ct");
    for (size_t r = 0; r < ct.rows.size(); ++r) {
      const int64_t study = std::stoll(batch->study_ids[static_cast<size_t>(ct.rows[r])].substr(1)) - 1000;
      const Prepared expected = prepare(test::loader_study(study).inputs.at("ct")[0].volume, options.preparations.at("ct"));
      const at::Tensor row = ct.values[static_cast<int64_t>(r)].flatten().contiguous();
      EXPECT_EQ(transform::Floats(row.data_ptr<float>(), row.data_ptr<float>() + row.numel()), expected.values);
    }
  }
  EXPECT_EQ(seen, shared_store().names);
  EXPECT_FALSE(loader->next());
  loader->seek(0, 2);
  EXPECT_EQ(loader->next()->study_ids.size(), 4U);
}

TEST(Loader, RowsWhereTablesAndTexts) {
  LoaderOptions options = shared_store().options();
  options.training = false;
  options.batch = 20;
  const Batch batch = shared_store().loader(options)->next().value();
  const Input& mr = batch.inputs.at("mr");
  std::vector<int64_t> rows;
  for (int64_t n = 0; n < 20; ++n)
    for (int64_t r = 0; r < n % 3; ++r) rows.push_back(n);
  EXPECT_EQ(mr.rows, rows);
  EXPECT_EQ(mr.values.sizes(), (std::vector<int64_t>{static_cast<int64_t>(rows.size()), 1, 8, 12, 12}));
  EXPECT_EQ(mr.valid.sizes(), (std::vector<int64_t>{static_cast<int64_t>(rows.size()), 8, 12, 12}));
  EXPECT_TRUE(at::equal(mr.where[2], at::tensor({2.0F, 2.0F, 2.0F, -30.0F, 0.0F})));  // second row of study 2
  const Input& film = batch.inputs.at("film");
  for (size_t r = 0; r < film.rows.size(); ++r)
    EXPECT_EQ(film.where[static_cast<int64_t>(r)][4].item<float>(), static_cast<float>(film.rows[r] % 4));  // PA 1, AP 2, lateral 3

  const Input& lab = batch.inputs.at("lab");
  EXPECT_EQ(lab.rows[1], 1);
  EXPECT_TRUE(at::allclose(lab.values[1], at::tensor({(1 - 10) / 5.0F, 1.0F, (51 - 60) / 10.0F, 1.0F})));
  EXPECT_TRUE(at::equal(lab.values[0], at::tensor({-2.0F, 1.0F, 0.0F, 0.0F})));  // study 0: age missing
  EXPECT_TRUE(at::equal(lab.valid[0], at::tensor({1, 1, 0, 0}).to(at::kBool)));

  const Input& note = batch.inputs.at("note");
  EXPECT_EQ(note.values.sizes(), (std::vector<int64_t>{10, 12}));
  const std::vector<int64_t> ids = shared_store().tokenizer->encode("cough and fever", 12);
  for (int64_t t = 0; t < 12; ++t) {
    const bool real = t < static_cast<int64_t>(ids.size());
    EXPECT_EQ(note.values[3][t].item<int64_t>(), real ? ids[static_cast<size_t>(t)] : TextIds::pad);
    EXPECT_EQ(note.valid[3][t].item<bool>(), real);
  }
}

TEST(Loader, Targets) {
  LoaderOptions options = shared_store().options();
  options.training = false;
  options.batch = 20;
  const Batch batch = shared_store().loader(options)->next().value();
  const Target& finding = batch.targets.at("finding");
  for (int64_t n = 0; n < 20; ++n) {
    EXPECT_EQ(finding.known[n][0].item<bool>(), n % 7 != 6);
    EXPECT_EQ(finding.known[n][1].item<bool>(), n % 2 == 0);
    EXPECT_EQ(finding.values[n][0].item<float>(), n % 7 != 6 && n % 3 == 0 ? 1.0F : 0.0F);
    EXPECT_EQ(finding.values[n][1].item<float>(), n % 2 == 0 ? 0.25F : 0.0F);
  }
  const Target& report = batch.targets.at("report");
  EXPECT_EQ(report.values.sizes(), (std::vector<int64_t>{20, 24}));
  EXPECT_EQ(report.values[4][0].item<int64_t>(), TextIds::begin);
  EXPECT_TRUE(at::equal(report.known, report.values.ne(TextIds::pad)));

  const Target& lesion = batch.targets.at("lesion");
  const Input& ct = batch.inputs.at("ct");
  EXPECT_EQ(lesion.on, "ct");
  EXPECT_EQ(lesion.values.sizes(), ct.valid.sizes());
  for (size_t r = 0; r < ct.rows.size(); ++r) {
    const at::Tensor values = lesion.values[static_cast<int64_t>(r)], known = lesion.known[static_cast<int64_t>(r)];
    if (ct.rows[r] % 2) {
      EXPECT_FALSE(known.any().item<bool>());
      continue;
    }
    EXPECT_EQ(values.eq(1).sum().item<int64_t>(), 15);
    EXPECT_EQ(values.eq(2).sum().item<int64_t>(), 15);
    EXPECT_EQ(known.logical_not().sum().item<int64_t>(), 1);  // the voxel that nobody annotated
    EXPECT_FALSE(known[0][11][11].item<bool>());              // stored first: left, posterior rows turned round
  }
}

TEST(Loader, AnInputThatNoStudyHasIsOneInvalidRow) {
  const LoaderStore& store = shared_store();
  LoaderOptions options = store.options();
  options.training = false;
  options.batch = 1;
  const auto loader = store.loader(options);
  loader->seek(0, 19);  // study 19: no CT, no note, no lab
  const Batch batch = loader->next().value();
  for (const std::string name : {"ct", "note", "lab"}) {
    const Input& input = batch.inputs.at(name);
    EXPECT_EQ(input.rows, std::vector<int64_t>{0}) << name;
    EXPECT_EQ(input.values.size(0), 1) << name;
    EXPECT_FALSE(input.valid.any().item<bool>()) << name;
    EXPECT_EQ(input.values.abs().sum().item<double>(), 0) << name;
    EXPECT_EQ(input.where.sizes(), (std::vector<int64_t>{1, 5})) << name;
  }
  EXPECT_FALSE(batch.targets.at("lesion").known.any().item<bool>());
  EXPECT_EQ(batch.targets.at("lesion").values.sizes(), (std::vector<int64_t>{1, 8, 12, 12}));
}

TEST(Loader, RequireKeepsOnlyStudiesThatQualify) {
  LoaderOptions options = shared_store().options();
  options.require = {"ct", "mr"};
  EXPECT_EQ(shared_store().loader(options)->studies(), 10);  // n % 5 != 4 and n % 3 != 0
  options.require = {};
  options.require_targets = {"lesion"};
  EXPECT_EQ(shared_store().loader(options)->studies(), 8);
  options.require_targets = {"lesion", "report"};
  EXPECT_EQ(shared_store().loader(options)->studies(), 20);
}

// With CUDA: every tensor of a pinned batch is page-locked and equal to that of a plain one, and arrives whole by a copy that does not
// wait.
TEST(Loader, PinnedBatchesAreTheSame) {
  std::string why;
  if (!dist::open_cuda_library(&why)) GTEST_SKIP() << "needs a CUDA device: " << why;
  LoaderOptions options = shared_store().options();
  const auto plain = walk(*shared_store().loader(options), 6);
  options.pin = true;
  const auto locked = walk(*shared_store().loader(options), 6);
  for (size_t n = 0; n < plain.size(); ++n) {
    expect_same(plain[n], locked[n]);
    for (const auto& [name, input] : locked[n].inputs) EXPECT_TRUE(input.values.is_pinned() && input.valid.is_pinned()) << name;
    for (const auto& [name, target] : locked[n].targets) EXPECT_TRUE(target.values.is_pinned()) << name;
    const Batch there = to_device(locked[n], at::kCUDA);
    for (const auto& [name, input] : there.inputs) EXPECT_TRUE(at::equal(input.values.cpu(), plain[n].inputs.at(name).values)) << name;
  }
}

TEST(Loader, CropsFindTheLabelledVoxels) {
  LoaderOptions options = shared_store().options();
  options.require_targets = {"lesion"};
  options.augment.geometry = "none";
  options.preparations["ct"].view.sample = "crop";
  options.preparations["ct"].view.size = {4, 4, 4};
  options.preparations["ct"].view.foreground = 1;
  options.batch = 8;
  const auto always = shared_store().loader(options);
  for (int n = 0; n < 5; ++n) {
    const Batch batch = always->next().value();
    EXPECT_TRUE(batch.targets.at("lesion").values.gt(0).flatten(1).any(1).all().item<bool>());
    EXPECT_TRUE(batch.inputs.at("ct").valid.all().item<bool>());  // inside the image
  }
  options.preparations["ct"].view.foreground = 0;
  const auto anywhere = shared_store().loader(options);
  int64_t with_lesion = 0;
  for (int n = 0; n < 5; ++n) {
    const Batch batch = anywhere->next().value();
    with_lesion += batch.targets.at("lesion").values.gt(0).flatten(1).any(1).sum().item<int64_t>();
    EXPECT_TRUE(batch.inputs.at("ct").valid.all().item<bool>());
  }
  EXPECT_LT(with_lesion, 35);
}

TEST(Loader, AugmentationChangesImagesFromEpochToEpochAndMasksWithThem) {
  LoaderOptions options = shared_store().options();
  options.require_targets = {"lesion"};
  options.batch = 8;
  options.augment.intensity = "none";
  options.augment.geometry = "none";
  options.augment.flip_lr = true;
  const auto loader = shared_store().loader(options);
  int64_t flipped = 0, straight = 0;
  for (int n = 0; n < 6; ++n) {
    const Batch batch = loader->next().value();
    const Input& ct = batch.inputs.at("ct");
    for (size_t r = 0; r < ct.rows.size(); ++r) {
      const auto row = static_cast<int64_t>(r);
      const int64_t study = std::stoll(batch.study_ids[static_cast<size_t>(ct.rows[r])].substr(1)) - 1000;
      const StudyRecord record = test::loader_study(study);
      Prepared expected = prepare(record.inputs.at("ct")[0].volume, options.preparations.at("ct"));
      std::vector<uint8_t> classes = prepare_mask(record.masks.at("lesion"), expected);
      const at::Tensor image = at::from_blob(expected.values.data(), {8, 12, 12}),
                       mask = at::from_blob(classes.data(), {8, 12, 12}, at::kByte).to(at::kLong);
      const bool is_straight = at::equal(ct.values[row][0], image), is_flipped = at::equal(ct.values[row][0], image.flip(2));
      EXPECT_TRUE(is_straight || is_flipped);
      const at::Tensor known = batch.targets.at("lesion").known[row];
      EXPECT_TRUE(
          at::equal(batch.targets.at("lesion").values[row].masked_select(known), (is_flipped ? mask.flip(2) : mask).masked_select(known)));
      flipped += is_flipped;
      straight += is_straight;
    }
  }
  EXPECT_GT(flipped, 5);
  EXPECT_GT(straight, 5);
}

TEST(Loader, TextsChangeInTrainingAndNeverAsTargets) {
  LoaderOptions options = shared_store().options();
  options.text_lengths["note"] = 12;
  const auto plain = shared_store().loader(options);
  options.augment.text.mask = 0.5;
  const auto masked = shared_store().loader(options);
  int64_t changed = 0;
  for (int n = 0; n < 6; ++n) {
    const Batch a = plain->next().value(), b = masked->next().value();
    EXPECT_TRUE(at::equal(a.targets.at("report").values, b.targets.at("report").values));
    const at::Tensor before = a.inputs.at("note").values, after = b.inputs.at("note").values, differ = before.ne(after);
    EXPECT_TRUE(after.masked_select(differ).eq(TextIds::mask).all().item<bool>());
    EXPECT_TRUE(at::equal(a.inputs.at("note").valid, b.inputs.at("note").valid));
    changed += differ.sum().item<int64_t>();
  }
  EXPECT_GT(changed, 10);
  options.training = false;
  const auto judged = shared_store().loader(options);
  EXPECT_FALSE(judged->next()->inputs.at("note").values.eq(TextIds::mask).any().item<bool>());
}

// A store in which the films of some studies have two channels, which no view takes.
struct DamagedStore : LoaderStore {
  DamagedStore(int64_t studies, const std::set<int64_t>& damaged) : LoaderStore(1) {
    StoreWriter writer(folder / "damaged", test::loader_schema());
    for (int64_t n = 0; n < studies; ++n) {
      StudyRecord record = test::loader_study(n);
      if (damaged.count(n)) {
        Volume& film = record.inputs.at("film")[0].volume;
        film.channels = 2;
        film.voxels = std::vector<int16_t>(static_cast<size_t>(voxel_count(film)));
      }
      writer.add(record);
    }
    writer.commit();
    reader = std::make_shared<StoreReader>(folder / "damaged");
    names.clear();
    for (int64_t n = 0; n < studies; ++n) names.push_back(reader->entry(n).study);
  }
};

TEST(Loader, AStudyThatCannotBeReadIsReplacedInTraining) {
  const DamagedStore store(40, {7});
  LoaderOptions options = store.options();
  options.batch = 4;
  std::vector<std::vector<std::string>> seen;
  for (const int threads : {1, 3}) {
    options.threads = threads;
    const auto loader = store.loader(options);
    seen.emplace_back();
    for (int n = 0; n < 10; ++n) {
      const Batch batch = loader->next().value();
      EXPECT_EQ(batch.studies(), 4);
      seen.back().insert(seen.back().end(), batch.study_ids.begin(), batch.study_ids.end());
    }
    EXPECT_EQ(loader->quarantined(), 1);
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(std::count(seen[0].begin(), seen[0].end(), "S1007"), 0);
  EXPECT_EQ(std::count(seen[0].begin(), seen[0].end(), "S1008"), 2);
}

TEST(Loader, AStudyThatCannotBeReadIsLeftOutOfEvaluation) {
  const DamagedStore store(40, {7, 21});
  LoaderOptions options = store.options();
  options.training = false;
  options.batch = 1;
  const auto loader = store.loader(options);
  int64_t batches = 0;
  while (auto batch = loader->next()) {
    ++batches;
    EXPECT_NE(batch->study_ids[0], "S1007");
  }
  EXPECT_EQ(batches, 38);
  EXPECT_EQ(loader->quarantined(), 2);
}

TEST(Loader, MoreThanOneInTwentyUnreadableIsAnError) {
  const DamagedStore store(20, {3, 5});
  LoaderOptions options = store.options();
  options.training = false;
  const auto loader = store.loader(options);
  try {
    while (loader->next()) {
    }
    FAIL() << "two of twenty studies are damaged";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("2 of 20 studies cannot be read"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace chiasm
