// HTJ2K: what OpenJPH, of another hand than the decoder, encodes here must come back, alone and inside DICOM; real files must decode as
// OpenJPH decodes them.
#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/htj2k.h"

#include <gtest/gtest.h>
#include <openjph/ojph_arch.h>
#include <openjph/ojph_base.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_file.h>
#include <openjph/ojph_mem.h>
#include <openjph/ojph_params.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "data/dicom/annex_e.h"
#include "data/dicom/isolated.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dctk.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

namespace fs = std::filesystem;

struct Coding {
  uint32_t bits = 16;
  bool is_signed = true, lossless = true;
  uint32_t tile = 0;  // side; 0: one tile
};

std::string encode(const std::vector<int>& values, int rows, int columns, const Coding& coding) {
  ojph::codestream stream;
  ojph::param_siz size = stream.access_siz();
  const auto width = static_cast<ojph::ui32>(columns), height = static_cast<ojph::ui32>(rows);
  size.set_image_extent(ojph::point(width, height));
  if (coding.tile > 0) size.set_tile_size(ojph::size(coding.tile, coding.tile));
  size.set_num_components(1);
  size.set_component(0, ojph::point(1, 1), coding.bits, coding.is_signed);
  stream.access_cod().set_reversible(coding.lossless);
  stream.access_cod().set_num_decomposition(3);
  stream.access_cod().set_color_transform(false);
  if (!coding.lossless) stream.access_qcd().set_irrev_quant(1e-4F);
  ojph::mem_outfile file;
  file.open();
  stream.write_headers(&file);
  ojph::ui32 component = 0;
  ojph::line_buf* line = stream.exchange(nullptr, component);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) line->i32[column] = values[static_cast<size_t>(row * columns + column)];
    line = stream.exchange(line, component);
  }
  stream.flush();
  std::string bytes(reinterpret_cast<const char*>(file.get_data()), static_cast<size_t>(file.tell()));
  stream.close();
  return bytes;
}

PixelFormat format_of(int rows, int columns, int bits_stored, bool is_signed) {
  PixelFormat format;
  format.rows = rows;
  format.columns = columns;
  format.bits_allocated = 16;
  format.bits_stored = bits_stored;
  format.high_bit = bits_stored - 1;
  format.is_signed = is_signed;
  return format;
}

std::vector<int> decoded(const std::string& code_stream, const PixelFormat& format) {
  std::vector<uint8_t> bytes(static_cast<size_t>(format.frame_bytes()));
  decode_htj2k(code_stream, format, bytes.data());
  std::vector<int> values;
  for (size_t n = 0; n < bytes.size(); n += 2) {
    const auto word = static_cast<uint16_t>(bytes[n] | bytes[n + 1] << 8);
    values.push_back(format.is_signed ? static_cast<int16_t>(word) : word);
  }
  return values;
}

std::string refusal(const std::string& code_stream, const PixelFormat& format) {
  std::vector<uint8_t> bytes(static_cast<size_t>(format.frame_bytes()));
  try {
    decode_htj2k(code_stream, format, bytes.data());
  } catch (const Refused& refused) {
    return refused.code;
  }
  return "ok";
}

constexpr int side = 48;

std::vector<int> texture(int low, int high) {
  Random random(7);
  std::vector<int> values;
  for (int n = 0; n < side * side; ++n) values.push_back(low + static_cast<int>(random.integer(high - low + 1)));
  values[0] = low;
  values[1] = high;
  return values;
}

TEST(Htj2k, LosslessValuesComeBack) {
  start();
  const std::vector<int> words = texture(0, 65535), negative = texture(-32768, 32767), twelve = texture(0, 4095);
  EXPECT_EQ(decoded(encode(words, side, side, {16, false}), format_of(side, side, 16, false)), words);
  EXPECT_EQ(decoded(encode(negative, side, side, {16, true}), format_of(side, side, 16, true)), negative);
  EXPECT_EQ(decoded(encode(twelve, side, side, {12, false}), format_of(side, side, 12, false)), twelve);
  EXPECT_EQ(decoded(encode(twelve, side, side, {16, false}), format_of(side, side, 12, false)), twelve);
  EXPECT_EQ(decoded(encode(negative, side, side, {16, true, true, 32}), format_of(side, side, 16, true)), negative);  // four tiles
}

TEST(Htj2k, UnsignedCodeStreamOfASignedObject) {
  start();
  const std::vector<int> values = texture(0, 4095);
  const std::vector<int> found = decoded(encode(values, side, side, {12, false}), format_of(side, side, 12, true));
  for (size_t n = 0; n < values.size(); ++n) ASSERT_EQ(found[n], values[n] >= 2048 ? values[n] - 4096 : values[n]);
}

TEST(Htj2k, LossyValuesAreNearAndInsideTheStoredBits) {
  start();
  const std::vector<int> values = texture(0, 4095);
  const std::vector<int> found = decoded(encode(values, side, side, {12, false, false}), format_of(side, side, 12, false));
  for (size_t n = 0; n < values.size(); ++n) {
    ASSERT_NEAR(found[n], values[n], 4);
    ASSERT_GE(found[n], 0);
    ASSERT_LE(found[n], 4095);
  }
}

TEST(Htj2k, AnotherSizeOrRangeIsRefused) {
  start();
  const std::string stream = encode(texture(0, 65535), side, side, {16, false});
  EXPECT_EQ(refusal(stream, format_of(side, side, 16, false)), "ok");
  EXPECT_EQ(refusal(stream, format_of(side + 1, side, 16, false)), "INCONSISTENT_PIXELS");
  EXPECT_EQ(refusal(stream, format_of(side, side - 1, 16, false)), "INCONSISTENT_PIXELS");
  EXPECT_EQ(refusal(stream, format_of(side, side, 12, false)), "INCONSISTENT_PIXELS");  // values of 4096 and more
  EXPECT_EQ(refusal(encode(texture(-5, 5), side, side, {16, true}), format_of(side, side, 16, false)), "INCONSISTENT_PIXELS");
  PixelFormat narrow = format_of(side, side, 8, false), colour = format_of(side, side, 16, false);
  narrow.bits_allocated = 8;
  colour.samples = 3;
  EXPECT_EQ(refusal(stream, narrow), "INCONSISTENT_PIXELS");
  EXPECT_EQ(refusal(stream, colour), "INCONSISTENT_PIXELS");
}

TEST(Htj2k, DamageIsRefusedAndNeverCrashes) {
  start();
  const PixelFormat format = format_of(side, side, 16, false);
  const std::string stream = encode(texture(0, 65535), side, side, {16, false});
  EXPECT_EQ(refusal(stream + '\0', format), "ok");
  for (size_t length = 0; length + 1 < stream.size(); length += 61) EXPECT_NE(refusal(stream.substr(0, length), format), "ok") << length;
  EXPECT_NE(refusal("", format), "ok");
  Random random(11);
  for (int round = 0; round < 400; ++round) {
    std::string mutated = stream;
    const int64_t within = round % 2 == 0 ? 120 : static_cast<int64_t>(stream.size());  // headers, then anywhere
    for (int64_t n = 0; n <= random.integer(3); ++n)
      mutated[static_cast<size_t>(random.integer(within))] = static_cast<char>(random.integer(256));
    static_cast<void>(refusal(mutated, format));
  }
}

// DCMTK does not know these transfer syntaxes: written as JPEG 2000 and renamed in the meta information.
void rename_syntax(const fs::path& path, const std::string& syntax) {
  std::string bytes = read_file(path);
  const std::string element = "\x02" + std::string(1, '\0') + "\x10" + std::string(1, '\0') + "UI";
  const size_t at = bytes.find(element);
  ASSERT_NE(at, std::string::npos);
  const auto before = static_cast<size_t>(static_cast<unsigned char>(bytes[at + 6]));
  std::string value = syntax;
  if (value.size() % 2 != 0) value += '\0';
  bytes.replace(at + 8, before, value);
  bytes[at + 6] = static_cast<char>(value.size());
  uint32_t group = 0;
  std::memcpy(&group, bytes.data() + 140, sizeof group);
  group += static_cast<uint32_t>(value.size() - before);
  std::memcpy(bytes.data() + 140, &group, sizeof group);
  std::ofstream(path, std::ios::binary) << bytes;
}

void save_encoded(DcmDataset& dataset, const std::vector<std::string>& streams, const fs::path& path, const std::string& syntax) {
  auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
  ASSERT_TRUE(sequence->insert(new DcmPixelItem(DcmTag(DCM_PixelItemTag, EVR_OB))).good());
  for (std::string stream : streams) {
    DcmOffsetList offsets;
    ASSERT_TRUE(
        sequence->storeCompressedFrame(offsets, reinterpret_cast<Uint8*>(stream.data()), static_cast<Uint32>(stream.size()), 0).good());
  }
  auto pixels = std::make_unique<DcmPixelData>(DCM_PixelData);
  pixels->putOriginalRepresentation(EXS_JPEG2000LosslessOnly, nullptr, sequence.release());
  ASSERT_TRUE(dataset.insert(pixels.release(), OFTrue).good());
  DcmFileFormat file(&dataset);
  ASSERT_TRUE(file.saveFile(path.c_str(), EXS_JPEG2000LosslessOnly).good());
  rename_syntax(path, syntax);
}

TEST(Htj2k, SeriesReadsAsItsUncompressedTwin) {
  Phantom phantom;
  phantom.columns = phantom.rows = 16;
  const auto stored = [&](int k) {
    std::vector<int> values;
    for (int n = 0; n < 256; ++n) values.push_back(-3000 + 100 * k + 17 * n);
    return values;
  };
  Folder plain;
  write_series(phantom, plain.path(), [&](DcmDataset& dataset, int k) { set_pixels(dataset, stored(k), 16); });
  const ReadResult expected = read_one(plain.path());
  ASSERT_TRUE(expected.volume) << expected.detail;
  for (const char* syntax : {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"}) {
    Folder folder;
    for (int k = 0; k < phantom.slices; ++k) {
      DcmDataset dataset;
      phantom.fill(dataset, k);
      save_encoded(dataset, {encode(stored(k), 16, 16, {})}, folder.path() / std::to_string(k), syntax);
    }
    const ReadResult result = read_one(folder.path());
    ASSERT_TRUE(result.volume) << syntax << " " << result.code << " " << result.detail;
    EXPECT_EQ(result.stored_sha256, expected.stored_sha256) << syntax;
    EXPECT_EQ(result.group.headers.front().transfer_syntax, syntax);
  }
}

ReadResult read_by(int threads, const fs::path& file) {
  const std::vector<Group> groups = group_files({scan_file(file)});
  EXPECT_EQ(groups.size(), 1u);
  return read_in_process(groups.at(0), {.threads = threads});
}

TEST(Htj2k, FramesOfOneObjectAreTheSameForAnyNumberOfThreads) {
  start();
  const Folder folder;
  const fs::path native = folder.path() / "native", encoded = folder.path() / "encoded", damaged = folder.path() / "damaged";
  const Phantom phantom;
  write_enhanced(phantom, native, {2, 0, 1, 4, 3});
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(native.c_str()).good());
  const Uint16* words = nullptr;
  ASSERT_TRUE(file.getDataset()->findAndGetUint16Array(DCM_PixelData, words).good());
  const int size = phantom.rows * phantom.columns;
  std::vector<std::string> streams;
  for (int frame = 0; frame < 5; ++frame) {
    std::vector<int> values;
    for (int n = 0; n < size; ++n) values.push_back(static_cast<int16_t>(words[frame * size + n]));
    streams.push_back(encode(values, phantom.rows, phantom.columns, {}));
  }
  DcmDataset dataset(*file.getDataset());
  save_encoded(dataset, streams, encoded, "1.2.840.10008.1.2.4.201");
  const ReadResult expected = read_by(1, native);
  ASSERT_TRUE(expected.volume) << expected.detail;
  // Two frames are unsound in two ways: the first of them gives the reason.
  streams[1] = encode(std::vector<int>(16, 1), 4, 4, {});
  streams[3].resize(streams[3].size() - 4);
  save_encoded(dataset, streams, damaged, "1.2.840.10008.1.2.4.201");
  for (const int threads : {1, 2, 7}) {
    const ReadResult result = read_by(threads, encoded);
    ASSERT_TRUE(result.volume) << threads << result.code << result.detail;
    EXPECT_EQ(result.volume->voxels, expected.volume->voxels) << threads;
    EXPECT_EQ(result.stored_sha256, expected.stored_sha256) << threads;
    EXPECT_EQ(read_by(threads, damaged).code, "INCONSISTENT_PIXELS") << threads;
  }
}

// The whole element of the pixel data, as it lies in a file: the last one that is written.
std::string pixel_bytes(const fs::path& file) {
  const std::string bytes = read_file(file), tag("\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF", 12);
  const size_t at = bytes.rfind(tag);
  return at == std::string::npos ? "" : bytes.substr(at);
}

// What stands in the file meta information of a file with a preamble: its stated length leads to the first element of the data set.
bool meta_ends_where_it_says(const fs::path& file) {
  const std::string bytes = read_file(file);
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 140, sizeof length);
  return bytes.size() > 144 + length + 2 && bytes[144 + length] == 8 && bytes[144 + length + 1] == 0;
}

Surrogates plain_surrogates() {
  Surrogates out;
  out.patient = "PSEUDONYM";
  out.uid = [](const std::string&) { return "2.25.1"; };
  out.accession = [](const std::string&) { return "A"; };
  out.text = [](const std::string&) { return ""; };
  out.identifies = [](const std::string&) { return false; };
  return out;
}

// Also of JPEG XL and deflated frames: nobody looks into the fragments.
TEST(Htj2k, WithoutIdentitiesTheFragmentsAreTheSameBytes) {
  start();
  const Folder folder;
  Phantom phantom;
  phantom.columns = phantom.rows = side;
  const std::vector<int> values = texture(-32768, 32767);
  for (const char* syntax : {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.4.110",
                             "1.2.840.10008.1.2.8.1"}) {
    const fs::path from = folder.path() / "from", to = folder.path() / "to";
    DcmDataset dataset;
    phantom.fill(dataset, 0);
    save_encoded(dataset, {encode(values, side, side, {})}, from, syntax);
    deidentify_file(from, to, {}, plain_surrogates());
    ASSERT_FALSE(pixel_bytes(from).empty());
    EXPECT_EQ(pixel_bytes(to), pixel_bytes(from)) << syntax;
    EXPECT_TRUE(meta_ends_where_it_says(to)) << syntax;
    const ScannedFile scanned = scan_in_process(to);
    ASSERT_TRUE(scanned.header) << scanned.code;
    EXPECT_EQ(scanned.header->transfer_syntax, syntax);
    EXPECT_EQ(scanned.header->patient_id, "PSEUDONYM");
  }
}

// By OpenJPH; 8 bits, colour by pixel.
std::vector<uint8_t> by_openjph(const std::string& code_stream, int rows, int columns, size_t samples) {
  ojph::mem_infile file;
  file.open(reinterpret_cast<const ojph::ui8*>(code_stream.data()), code_stream.size());
  ojph::codestream stream;
  stream.read_headers(&file);
  stream.set_planar(false);
  stream.create();
  std::vector<uint8_t> bytes(static_cast<size_t>(rows * columns) * samples);
  std::vector<size_t> next(samples);
  for (size_t n = 0; n < samples; ++n) next[n] = n;
  for (size_t line = 0; line < static_cast<size_t>(rows) * samples; ++line) {
    ojph::ui32 sample = 0;
    const ojph::line_buf* values = stream.pull(sample);
    for (int column = 0; column < columns; ++column, next[sample] += samples)
      bytes[next[sample]] = static_cast<uint8_t>(std::clamp(values->i32[column], 0, 255));
  }
  return bytes;
}

// Of pydicom's test data: lossless and lossy colour.
TEST(Htj2k, RealFilesDecodeAsTheOtherLibraryDecodesThem) {
  const char* stated = std::getenv("CHIASM_SHARED");
  const fs::path folder =
      (stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data") / "open/dicom_pydicom_data";
  if (!fs::exists(folder)) GTEST_SKIP() << "no shared data";
  start();
  PixelFormat format = format_of(480, 640, 8, false);
  format.bits_allocated = 8;
  format.samples = 3;
  for (const char* name : {"HTJ2KLossless_08_RGB.dcm", "HTJ2K_08_RGB.dcm"}) {
    const std::string bytes = read_file(folder / name);
    const size_t first = bytes.find("\xFF\x4F\xFF\x51"), last = bytes.rfind("\xFF\xD9");
    ASSERT_NE(first, std::string::npos);
    const std::string code_stream = bytes.substr(first, last + 2 - first);
    std::vector<uint8_t> ours(static_cast<size_t>(format.frame_bytes()));
    decode_htj2k(code_stream, format, ours.data());
    const std::vector<uint8_t> theirs = by_openjph(code_stream, 480, 640, 3);
    ASSERT_EQ(ours.size(), theirs.size());
    int worst = 0;
    for (size_t n = 0; n < ours.size(); ++n) worst = std::max(worst, std::abs(int{ours[n]} - int{theirs[n]}));
    EXPECT_LE(worst, std::string(name).find("Lossless") != std::string::npos ? 0 : 1) << name;
    EXPECT_EQ(read_one(folder / name).stored_sha256, sha256_hex(std::string(ours.begin(), ours.end()))) << name;  // the way through DICOM
  }
}

}  // namespace
}  // namespace chiasm::dicom::test
