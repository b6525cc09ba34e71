// Text in volumes and files: read, blanked, refused; from the pixels to the store and to de-identified files.
#include "data/burned_in.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "data/deidentify_files.h"
#include "data/deidentify_key.h"
#include "data/image.h"
#include "data/ingest.h"
#include "data/store/store.h"
#include "tests/data/data_fixture.h"
#include "tests/data/dicom_test.h"
#include "tests/data/text_reader.h"

namespace chiasm {
namespace {

using test::page;
using test::played;
using test::word_row;

// Slices of 240 x 320, each a page of its own text; values of a CT.
Volume volume(const std::vector<std::vector<std::string>>& texts) {
  Volume result;
  result.size = {static_cast<int64_t>(texts.size()), 240, 320};
  std::vector<int16_t> voxels;
  for (const std::vector<std::string>& lines : texts)
    for (const float value : page(lines, 40, 3000).values) voxels.push_back(static_cast<int16_t>(std::lround(value)));
  voxels[0] = -1024;
  result.voxels = voxels;
  return result;
}

const std::vector<int16_t>& voxels_of(const Volume& volume) { return std::get<std::vector<int16_t>>(volume.voxels); }

int64_t bright_voxels(const Volume& volume) {
  return std::count_if(voxels_of(volume).begin(), voxels_of(volume).end(), [](int16_t value) { return value > 1500; });
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "";
}

TEST(BurnedIn, OnlyAnImageWithWordsIsRefused) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  Volume clean = volume({{}, {}}), text = volume({{}, {"MARTINSSON", "1957-03-14"}, {}});
  EXPECT_NO_THROW(require_no_text(*frames_of(clean), TextFinder(), 2));
  const std::string message = refusal([&] { require_no_text(*frames_of(text), TextFinder(), 2); });
  EXPECT_TRUE(message.starts_with("BURNED_IN_TEXT: ")) << message;
  EXPECT_NE(message.find("words in the pixels: "), std::string::npos) << message;
  EXPECT_EQ(message.find("MART"), std::string::npos);
  EXPECT_EQ(message.find("1957"), std::string::npos);
}

TEST(BurnedIn, WordsAreBlankedOnEverySliceAndTheRestStays) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  Volume image = volume({{}, {"MARTINSSON", "ID 4839201"}, {}});
  const std::vector<int16_t> before = voxels_of(image);
  ASSERT_GT(bright_voxels(image), 500);
  const BlankedText blanked = blank_text(*frames_of(image), TextFinder(), 2);
  EXPECT_GE(blanked.words, 2);
  EXPECT_EQ(bright_voxels(image), 0);
  const std::vector<int16_t>& after = voxels_of(image);
  constexpr size_t slice = 240 * 320;
  for (size_t n = 0; n < before.size(); ++n) {
    const bool same = after[n] == before[n];
    EXPECT_TRUE(same || after[n] == -1024) << n;      // the least value
    EXPECT_TRUE(same || n % slice < 100 * 320) << n;  // nothing below the text
  }
  for (size_t n = 1; n < slice; ++n) EXPECT_EQ(after[n] == -1024, after[n + slice] == -1024) << n;  // as on the slice with the text
  EXPECT_EQ(blank_text(*frames_of(image), TextFinder(), 2).words, 0);
}

TEST(BurnedIn, CleanImagesStayAsTheyAre) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  Volume image = volume({{}});
  const std::vector<int16_t> before = voxels_of(image);
  EXPECT_EQ(blank_text(*frames_of(image), TextFinder(), 1).words, 0);
  EXPECT_EQ(voxels_of(image), before);
}

TEST(BurnedIn, ColouredTextOfEqualBrightnessIsFound) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  Volume image;
  image.channels = 3;
  image.size = {1, 240, 320};
  const std::vector<float> letters = page({"MARTINSSON"}).values;
  std::vector<uint8_t> voxels;  // blue on the green of the same brightness
  for (const float value : letters) voxels.push_back(static_cast<uint8_t>(value > 128 ? 0 : 10));
  for (const float value : letters) voxels.push_back(static_cast<uint8_t>(value > 128 ? 0 : 50));
  for (const float value : letters) voxels.push_back(static_cast<uint8_t>(value > 128 ? 255 : 0));
  image.voxels = voxels;
  EXPECT_GE(blank_text(*frames_of(image), TextFinder(), 1).words, 1);
  const auto& left = std::get<std::vector<uint8_t>>(image.voxels);
  EXPECT_LE(*std::max_element(left.begin(), left.end()), 50);
}

// Padding may have a value that no tissue has.
TEST(BurnedIn, TheBlankedVoxelsGetTheLeastValidValue) {
  const Scratch scratch;
  Volume image = volume({{"MARTINSSON"}});
  image.valid.assign(voxels_of(image).size(), 1);
  image.valid[0] = 0;  // the voxel of -1024
  frames_of(image)->blank({20, 10, 5, 5});
  EXPECT_EQ(voxels_of(image)[20 * 320 + 10], 40);
}

// A reader that finds a word whatever is blanked.
TEST(BurnedIn, TextThatStaysIsRefused) {
  const Scratch scratch;
  const TextFinder finder(played(scratch / "reader", "cat > /dev/null; " + word_row("Nobody", 60, 60, 200, 30, 91)));
  Volume image = volume({{"MARTINSSON"}});
  for (const auto n : {200, 210, 220}) std::get<std::vector<int16_t>>(image.voxels)[static_cast<size_t>(n * 320 + 9)] = 3000;
  EXPECT_EQ(refusal([&] { blank_text(*frames_of(image), finder, 1); }).find("BURNED_IN_TEXT: words left in the pixels after blanking: "),
            0U);
}

TEST(BurnedIn, WhatLooksLikeTextEverywhereIsRefused) {
  const Scratch scratch;
  const TextFinder finder(played(scratch / "reader", "cat > /dev/null; " + word_row("Nobody", 0, 0, 640, 300, 91)));
  Volume image = volume({{"MARTINSSON"}});
  EXPECT_EQ(refusal([&] { blank_text(*frames_of(image), finder, 1); }),
            "BURNED_IN_TEXT: words in the pixels over more than half of the image");
}

// Real CT and MR without text in them. Radiographs are not so quiet: of some a word is read that is none.
TEST(BurnedIn, CleanScansHoldNoWord) {
  ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
  dicom::start();
  const char* stated = std::getenv("CHIASM_SHARED");
  const fs::path shared = (stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data") / "open";
  for (const char* folder : {"ct_lidc", "mr_forrest_t1_32slices"}) {
    if (!fs::exists(shared / folder)) GTEST_SKIP() << "the shared data is not there: " << folder;
    int images = 0;
    for (const dicom::ScannedFile& file : dicom::scan_tree(shared / folder, 1)) {
      if (!file.header || !file.header->image || images++ % 8 != 0) continue;
      dicom::ObjectPixels pixels = dicom::read_object_pixels(*file.header);
      EXPECT_NO_THROW(require_no_text(*frames_of(pixels), TextFinder(), 1)) << file.path;
    }
    EXPECT_GT(images, 0) << folder;
  }
}

class BurnedInFiles : public test::DicomTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(test::has_tesseract()) << test::no_tesseract;
    test::write_key(scratch / "site.key");
    write("text", "ACC00001", "YES", {"KESTABURGEN BRIANA", "PT1001"});
    write("clean", "ACC00002", "YES", {});
    write("denied", "ACC00003", "NO", {"KESTABURGEN BRIANA"});
  }

  // A series of three slices, the text on the second.
  void write(const std::string& folder, const std::string& accession, const std::string& burned_in, const std::vector<std::string>& lines) {
    Random random(hash_key(1, folder));
    const std::string stem = synthetic::draw_uid_stem(random);
    synthetic::ImageSeries series;
    series.modality = "CT";
    series.size = {3, 240, 320};
    series.affine = {-1, 0, 0, 10, 0, -1, 0, 20, 0, 0, 2, -30};
    series.thickness_mm = 2;
    for (const int k : {0, 1, 2})
      for (const float value : page(k == 1 ? lines : std::vector<std::string>(), 1000, 4000).values)
        series.stored.push_back(static_cast<uint16_t>(std::lround(value)));
    series.stored[0] = 24;
    const std::vector<synthetic::Element> elements{{"PatientName", "Kestaburgen^Briana"},
                                                   {"PatientID", "PT1001"},
                                                   {"StudyInstanceUID", synthetic::uid_of(stem, 900)},
                                                   {"StudyDate", "20230314"},
                                                   {"AccessionNumber", accession},
                                                   {"Modality", "CT"},
                                                   {"SeriesInstanceUID", synthetic::uid_of(stem, 901)},
                                                   {"FrameOfReferenceUID", synthetic::uid_of(stem, 902)},
                                                   {"ImageType", "ORIGINAL\\PRIMARY\\AXIAL"},
                                                   {"BurnedInAnnotation", burned_in},
                                                   {"RescaleSlope", "1"},
                                                   {"RescaleIntercept", "-1024"}};
    synthetic::write_series(scratch / "dicom" / folder, series, elements, stem, {"0.dcm", "1.dcm", "2.dcm"});
  }

  IngestReport ingest_with(const std::string& policy, const std::string& store = "") {
    return ingest(test::dataset(scratch,
                                "sources: {pacs: {dicom: dicom}}\ninputs: {ct: {modality: ct, source: pacs}}\n"
                                "deidentify: {key: site.key, burned_in: " +
                                    policy + "}\n"),
                  {scratch / (store.empty() ? policy : store), 0, false, 2});
  }
  StudyRecord record(const std::string& store, const std::string& accession) const {
    const StoreReader reader(scratch / store);
    const std::string name = deid::Pseudonyms(deid::read_key(scratch / "site.key")).study(accession);
    for (int64_t n = 0; n < reader.size(); ++n)
      if (const StudyRecord study = reader.read(n); study.study == name) return study;
    throw std::runtime_error("no such study");
  }
  DeidentifyFilesReport deidentify_with(const std::string& policy) {
    DeidentifyFiles options;
    options.source = scratch / "dicom";
    options.out = scratch / policy;
    options.key = scratch / "site.key";
    options.burned_in = policy;
    options.threads = 2;
    options.profile.options.insert(kept_options().at("dates"));
    return deidentify_files(options);
  }
  std::string everything_in(const std::string& folder) const {
    std::string all;
    for (const fs::path& file : list_files(scratch / folder)) all += read_file(file);
    return all;
  }
  const Scratch scratch;
};

TEST_F(BurnedInFiles, IngestTakesWhatHoldsNoWord) {
  const IngestReport report = ingest_with("ocr");
  EXPECT_EQ(report.stored, 2);
  EXPECT_EQ(report.refused.at("BURNED_IN_TEXT"), 1);
  EXPECT_EQ(record("ocr", "ACC00002").inputs.at("ct")[0].volume.facts.at("burned_in"), "none_read");
  EXPECT_FALSE(record("ocr", "ACC00003").inputs.at("ct")[0].volume.facts.count("burned_in"));  // the header denies it: not read
  EXPECT_NE(read_json(scratch / "ocr" / "deid.json").at("burned_in").get<std::string>().find("tesseract (eng)"), std::string::npos);
  EXPECT_EQ(everything_in("ocr").find("KESTABURGEN"), std::string::npos);
}

TEST_F(BurnedInFiles, IngestBlanksWords) {
  const IngestReport report = ingest_with("blank");
  EXPECT_EQ(report.stored, 3);
  EXPECT_EQ(report.refused.size(), 0U);
  const Volume blanked = record("blank", "ACC00001").inputs.at("ct")[0].volume;
  EXPECT_EQ(blanked.facts.at("burned_in"), "blanked");
  const std::vector<float> voxels = values(blanked);
  EXPECT_LE(*std::max_element(voxels.begin(), voxels.end()), 0);  // letters are at 2976, the page at -24
  EXPECT_NEAR(blanked.statistics->at(3), -24, 1);                 // measured after blanking
}

// What tables name by path: a PNG file has no header, a DICOM file is judged by its own.
TEST_F(BurnedInFiles, IngestLooksAtWhatTablesName) {
  std::vector<uint8_t> pixels;
  for (const float value : page({"KESTABURGEN"}).values) pixels.push_back(static_cast<uint8_t>(value));
  write_png(scratch / "a.png", 320, 240, 1, pixels);
  write_png(scratch / "b.png", 320, 240, 1, std::vector<uint8_t>(320 * 240, 9));
  write_file_atomic(scratch / "t.csv", "study,patient,path\nS1,P1,a.png\nS2,P2,b.png\nS3,P3,dicom/text\n");
  const auto run = [&](const std::string& policy) {
    return ingest(test::dataset(scratch,
                                "sources: {t: {csv: t.csv, study: study, patient: patient, file: path}}\n"
                                "inputs: {x: {modality: ct, source: t}}\n"
                                "deidentify: {key: site.key, burned_in: " +
                                    policy + "}\n"),
                  {scratch / ("t-" + policy), 0, false, 2});
  };
  const IngestReport refused = run("refuse"), read = run("ocr"), accepted = run("accept");
  EXPECT_EQ(refused.stored, 2);
  EXPECT_EQ(refused.refused.at("BURNED_IN_TEXT"), 1);  // the DICOM file that declares it
  EXPECT_EQ(read.stored, 1);
  EXPECT_EQ(read.refused.at("BURNED_IN_TEXT"), 2);
  EXPECT_EQ(accepted.stored, 3);
}

TEST_F(BurnedInFiles, FilesWithWordsAreRefused) {
  const DeidentifyFilesReport report = deidentify_with("ocr");
  EXPECT_EQ(report.written, 8);
  EXPECT_EQ(report.refused.at("BURNED_IN_TEXT"), 1);
  EXPECT_EQ(report.blanked, 0);
  const std::string ledger = read_file(scratch / "ocr" / "ledger.csv");
  EXPECT_NE(ledger.find("words in the pixels: "), std::string::npos) << ledger;
  EXPECT_EQ(ledger.find("KESTA"), std::string::npos);
}

TEST_F(BurnedInFiles, FilesAreBlankedAndSayIt) {
  const DeidentifyFilesReport report = deidentify_with("blank");
  EXPECT_EQ(report.written, 9);
  EXPECT_EQ(report.blanked, 1);
  int blanked = 0, said = 0;
  for (const dicom::ScannedFile& file : dicom::scan_tree(scratch / "blank", 1)) {
    if (!file.header) continue;
    const bool cleaned = read_file(file.path).find("Clean Pixel Data Option") != std::string::npos;
    said += cleaned ? 1 : 0;
    dicom::ObjectPixels pixels = dicom::read_object_pixels(*file.header);
    const std::vector<float> values = frames_of(pixels)->picture(0).bright;
    if (!cleaned) continue;
    ++blanked;
    EXPECT_EQ(file.header->burned_in, "NO");
    EXPECT_LE(*std::max_element(values.begin(), values.end()), 1000);
    EXPECT_EQ(values[200 * 320 + 100], 1000);
    EXPECT_EQ(values[28 * 320 + 20], 1000);  // the object's own least value: its other slices are other objects
  }
  EXPECT_EQ(said, 1);
  EXPECT_EQ(blanked, 1);
  const std::string ledger = read_file(scratch / "blank" / "ledger.csv");
  EXPECT_NE(ledger.find("blanked,BURNED_IN_TEXT"), std::string::npos) << ledger;
  EXPECT_NE(read_file(scratch / "blank" / "deid.json").find("tesseract (eng)"), std::string::npos);
}

// Without a word nothing is decoded and written anew: the pixels are the same bytes.
TEST_F(BurnedInFiles, CleanFilesAreNotRewritten) {
  deidentify_with("blank");
  deidentify_with("accept");
  for (const dicom::ScannedFile& file : dicom::scan_tree(scratch / "accept", 1)) {
    if (!file.header) continue;
    const fs::path same = scratch / "blank" / file.path.lexically_relative(scratch / "accept").string();
    const bool cleaned = read_file(same).find("Clean Pixel Data Option") != std::string::npos;
    EXPECT_EQ(read_file(same) == read_file(file.path), !cleaned);
  }
}

// deid.json tells of all images of a store.
TEST_F(BurnedInFiles, AStoreKeepsToOneWayWithText) {
  EXPECT_EQ(ingest_with("accept", "one").stored, 3);
  try {
    ingest_with("refuse", "one");
    FAIL() << "accepted images would be called refused";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("another 'burned_in:'"), std::string::npos) << error.what();
  }
  EXPECT_EQ(ingest_with("accept", "one").stored, 0);
}

}  // namespace
}  // namespace chiasm
