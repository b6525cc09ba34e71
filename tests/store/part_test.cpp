// Parts of images: the same voxels as the whole, read from the chunks they touch alone.
#include <algorithm>

#include "core/base/error.h"
#include "data/store/layout.h"
#include "tests/store/support.h"

namespace chiasm::testing {
namespace {

StudyRecord record_with(const Volume& image) {
  StudyRecord record = small_record(1);
  record.inputs["ct"] = {{image, "", {}, 0}};
  record.masks.clear();
  return record;
}

// Voxels of a box, taken from the whole by hand.
template <class T>
std::vector<T> cut(const std::vector<T>& whole, int64_t channels, const Size3& size, const VoxelBox& box) {
  std::vector<T> out;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t d = 0; d < box.size[0]; ++d)
      for (int64_t h = 0; h < box.size[1]; ++h) {
        const int64_t row = ((c * size[0] + box.first[0] + d) * size[1] + box.first[1] + h) * size[2] + box.first[2];
        out.insert(out.end(), whole.begin() + row, whole.begin() + row + box.size[2]);
      }
  return out;
}

VoxelBox random_box(const Size3& size, Random& random) {
  VoxelBox box;
  for (size_t axis = 0; axis < 3; ++axis) {
    box.first[axis] = random.integer(size[axis]);
    box.size[axis] = 1 + random.integer(size[axis] - box.first[axis]);
  }
  return box;
}

// The first voxel of the part lies where it lies in the whole.
void expect_same_place(const Volume& whole, const Volume& part, const VoxelBox& box) {
  const auto expected =
      apply(whole.affine, {static_cast<double>(box.first[2]), static_cast<double>(box.first[1]), static_cast<double>(box.first[0])});
  for (size_t axis = 0; axis < 3; ++axis) EXPECT_DOUBLE_EQ(apply(part.affine, {0, 0, 0})[axis], expected[axis]);
  EXPECT_EQ(spacing_mm(part), spacing_mm(whole));
}

TEST(Part, EveryBoxIsCutFromTheWhole) {
  Volume image = small_volume(5, {37, 130, 75});
  image.valid = pattern<uint8_t>(37 * 130 * 75, 8);
  for (uint8_t& value : image.valid) value &= 1;
  image.statistics = {{-1000, -990.5, 300, 400.25, -500, 123}};
  const TemporaryFolder folder;
  StoreWriter writer(folder / "store", small_schema());
  writer.add(record_with(image));
  writer.commit();
  const StoreReader reader(folder / "store");
  const auto study = reader.open(0);
  EXPECT_TRUE(study->record().inputs.at("ct")[0].volume.valid.empty());
  Random random(3);
  for (int n = 0; n < 200; ++n) {
    const VoxelBox box = random_box(image.size, random);
    const Volume part = study->image("ct", 0, box);
    EXPECT_EQ(part.size, box.size);
    EXPECT_EQ(std::get<std::vector<int16_t>>(part.voxels), cut(std::get<std::vector<int16_t>>(image.voxels), 1, image.size, box));
    EXPECT_EQ(part.valid, cut(image.valid, 1, image.size, box));
    EXPECT_EQ(part.statistics, image.statistics);
    expect_same_place(image, part, box);
  }
  expect_equal(image, study->image("ct", 0));
}

TEST(Part, ColourKeepsItsChannels) {
  Volume image = small_volume(5);
  image.channels = 3;
  image.size = {1, 300, 520};
  image.voxels = pattern<uint8_t>(3 * 300 * 520, 4);
  const TemporaryFolder folder;
  StoreWriter writer(folder / "store", small_schema());
  writer.add(record_with(image));
  writer.commit();
  const auto study = StoreReader(folder / "store").open(0);  // outlives its reader
  Random random(4);
  for (int n = 0; n < 40; ++n) {
    const VoxelBox box = random_box(image.size, random);
    EXPECT_EQ(std::get<std::vector<uint8_t>>(study->image("ct", 0, box).voxels),
              cut(std::get<std::vector<uint8_t>>(image.voxels), 3, image.size, box));
  }
}

TEST(Part, StoresOfVersionOneAreReadInPartToo) {
  const StoreReader reader(fs::path(CHIASM_SOURCE) / "tests/compat/version_1/store");
  Random random(5);
  int64_t images = 0;
  for (int64_t index = 0; index < reader.size(); ++index) {
    const auto study = reader.open(index);
    for (const auto& [name, items] : reader.read(index).inputs) {
      if (reader.schema().inputs.at(name).form != Form::image) continue;
      const Volume& whole = items[0].volume;
      const VoxelBox box = random_box(whole.size, random);
      const Volume part = study->image(name, 0, box);
      std::visit(
          [&]<class T>(const std::vector<T>& voxels) {
            EXPECT_EQ(std::get<std::vector<T>>(part.voxels), cut(voxels, whole.channels, whole.size, box));
          },
          whole.voxels);
      ++images;
    }
  }
  EXPECT_GT(images, 10);
}

TEST(Part, ReadsTheChunksItTouchesAlone) {
  const TemporaryFolder folder;
  const fs::path store = folder / "store", shard = store / "shards/00000.h5";
  StoreWriter writer(store, small_schema());
  const Volume image = small_volume(6, {32, 64, 128});
  writer.add(record_with(image));
  writer.commit();
  store::ChunkPlace last;
  {
    const store::Hdf5Lock lock;
    const store::Handle file = store::open_file(shard);
    const store::StoredArray array = store::find_array(store::open_group(file, study_name(1) + "/inputs/ct/0"), "voxels");
    EXPECT_EQ(array.chunk, (std::vector<int64_t>{1, 16, 32, 32}));
    ASSERT_EQ(array.places.size(), 16U);
    last = array.places.back();
  }
  std::string bytes = read_file(shard);
  bytes[last.address + last.bytes / 2] ^= 1;
  write_file_atomic(shard, bytes);
  const auto study = StoreReader(store).open(0);
  EXPECT_NO_THROW(study->image("ct", 0, {{0, 0, 0}, {16, 64, 128}}));
  EXPECT_NO_THROW(study->image("ct", 0, {{0, 0, 0}, {32, 32, 128}}));
  const std::string message = message_of<InputError>([&] { study->image("ct", 0, {{15, 31, 95}, {2, 2, 2}}); });
  EXPECT_NE(message.find("shards/00000.h5, study study1001: the checksum of a chunk is wrong"), std::string::npos) << message;
}

TEST(Part, ExamplesOfAClassAreItsVoxelsEvenlySpread) {
  StudyRecord record = small_record(1, {40, 60, 50});
  auto& classes = std::get<std::vector<uint8_t>>(record.masks["lesion"].voxels);
  std::fill(classes.begin(), classes.end(), uint8_t{0});
  for (size_t at = 10000; at < 90000; ++at) classes[at] = 1;
  classes[5] = 255;
  const TemporaryFolder folder;
  StoreWriter writer(folder / "store", small_schema());
  writer.add(record);
  record = small_record(2, {40, 60, 50});
  auto& few = std::get<std::vector<uint8_t>>(record.masks["lesion"].voxels);
  std::fill(few.begin(), few.end(), uint8_t{0});
  few[7] = few[119999] = 1;
  writer.add(record);
  writer.commit();
  const StoreReader reader(folder / "store");
  const auto examples = reader.open(0)->examples("lesion");
  ASSERT_EQ(examples.size(), 1024U);
  for (size_t n = 0; n < examples.size(); ++n) {
    EXPECT_EQ(examples[n].value, 1);
    EXPECT_EQ(examples[n].voxel, 10000 + static_cast<int64_t>((2 * n + 1) * 80000 / 2048));
  }
  const auto all = reader.open(1)->examples("lesion");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].voxel, 7);
  EXPECT_EQ(all[1].voxel, 119999);
}

// h5py's own sums stand in every chunk of every file it reads; these come from HDF5's definition: two sums of big-endian words modulo
// 65535.
TEST(Fletcher32, IsTheSumOfItsDefinition) {
  Random random(7);
  for (const size_t length : {0, 1, 2, 3, 511, 512, 513, 1024, 70001}) {
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.integer(256));
    if (length == 512) std::fill(bytes.begin(), bytes.end(), '\xff');  // a sum of 65535, not 0
    uint64_t sum1 = 0, sum2 = 0;
    for (size_t at = 0; at < length; at += 2) {
      const auto high = static_cast<uint8_t>(bytes[at]), low = at + 1 < length ? static_cast<uint8_t>(bytes[at + 1]) : uint8_t{0};
      const auto add = [](uint64_t& sum, uint64_t value) { sum = sum + value > 0 ? (sum + value - 1) % 65535 + 1 : 0; };
      add(sum1, static_cast<uint64_t>(high << 8 | low));
      add(sum2, sum1);
    }
    EXPECT_EQ(store::fletcher32(bytes), sum2 << 16 | sum1) << length;
  }
}

}  // namespace
}  // namespace chiasm::testing
