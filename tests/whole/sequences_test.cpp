// Four co-registered MR sequences of one real patient become one study with four inputs: scan, ingest, inspect.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/base/csv.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "data/store/store.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/whole/shared_data.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

const std::string origin = "open/mr_brain_tumor_progression/Study3";
const std::map<std::string, std::string> series{
    {"t1", "26401-T1prereg-52906"}, {"t1_post", "11-T1post-18670"}, {"t2", "37830-T2reg-78532"}, {"flair", "36468-FLAIRreg-58706"}};

class Sequences : public RealRun<Sequences> {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(shared_data() / origin)) return;
    scratch_ = new Scratch;
    write_file_atomic(folder() / "site.key", std::string(32, 'k'));
    std::filesystem::permissions(folder() / "site.key", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    write_file_atomic(folder() / "dataset.yaml", "sources: {pacs: {dicom: " + std::filesystem::absolute(shared_data() / origin).string() +
                                                     "}}\n"
                                                     "inputs:\n"
                                                     "  t1:      {modality: mr, select: [original, description~T1pre]}\n"
                                                     "  t1_post: {modality: mr, select: [original, description~T1post]}\n"
                                                     "  t2:      {modality: mr, select: [original, description~T2]}\n"
                                                     "  flair:   {modality: mr, select: [original, description~FLAIR]}\n"
                                                     "deidentify: {key: site.key}\n");
    scanned_ = step({"scan", "dataset.yaml", "--out", "scan"});
    step({"ingest", "dataset.yaml", "--out", "store"});
    inspected_ = step({"inspect", "store", "--json"});
  }
  void SetUp() override {
    NEED_SHARED(origin);
    ASSERT_EQ(failure_, "");
  }

  inline static std::string scanned_, inspected_;
};

TEST_F(Sequences, TheManifestJoinsThemInOneStudyOfOnePatient) {
  const Csv manifest = read_csv(folder() / "scan/manifest.csv");
  ASSERT_EQ(manifest.rows.size(), 4u);
  std::set<std::string> inputs, studies, patients;
  for (const auto& row : manifest.rows) {
    inputs.insert(row[static_cast<size_t>(manifest.at("input"))]);
    studies.insert(row[static_cast<size_t>(manifest.at("study"))]);
    patients.insert(row[static_cast<size_t>(manifest.at("patient"))]);
  }
  EXPECT_EQ(inputs, (std::set<std::string>{"flair", "t1", "t1_post", "t2"}));
  EXPECT_EQ(studies.size(), 1u);
  EXPECT_EQ(patients.size(), 1u);
  EXPECT_NE(scanned_.find("DERIVED: 1"), std::string::npos) << scanned_;  // the crop of the hippocampus in the same study
}

TEST_F(Sequences, TheStoreHoldsOneStudyWithFourInputs) {
  const Json store = Json::parse(inspected_.substr(inspected_.find('{')));
  EXPECT_EQ(store["studies"], 1);
  EXPECT_EQ(store["counts"]["patients"], 1);
  EXPECT_TRUE(store["deidentified"].contains("faces") || store["deidentified"].contains("off")) << store["deidentified"];
  for (const auto& [name, folder_name] : series) EXPECT_EQ(store["counts"]["inputs"][name]["studies"], 1) << name;
  const StoreReader reader(folder() / "store");
  const StudyRecord record = reader.read(0, {"t1", "t1_post", "t2", "flair"});
  const Affine& first = record.inputs.at("t1").front().volume.affine;
  for (const auto& [name, folder_name] : series) {
    const Volume& volume = record.inputs.at(name).front().volume;
    EXPECT_EQ(volume.size, (Size3{22, 320, 280})) << name;
    for (size_t n = 0; n < first.size(); ++n) EXPECT_NEAR(volume.affine[n], first[n], 1e-3) << name << " " << n;
  }
}

// No sequence stands under another's name: the voxels are those of its own series, read by other programs.
TEST_F(Sequences, EachInputHoldsItsOwnSeries) {
  NEED_PYTHON();
  std::vector<std::string> words{folder() / "store"}, exchanged{folder() / "store"};
  for (const auto& [name, folder_name] : series) {
    const std::string out = (folder() / ("nifti_" + name)).string();
    const Ended ended = chiasm({"convert", (shared_data() / origin / folder_name).string(), "--out", out}, folder());
    ASSERT_EQ(ended.code, 0) << ended.output;
    words.push_back(name + "=" + out + "/001_mr.nii.gz");
    const std::string other = name == "t2" ? "flair" : name == "flair" ? "t2" : name;
    exchanged.push_back(other + "=" + out + "/001_mr.nii.gz");
  }
  const Ended judged = python("whole/sequences.py", words);
  EXPECT_EQ(judged.code, 0) << judged.output;
  const Ended wrong = python("whole/sequences.py", exchanged);
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.output.find("flair: the stored voxels differ"), std::string::npos) << wrong.output;
}

// The patient's number and the accession of the headers are not in the store.
TEST_F(Sequences, IdentifiersStayOutside) {
  const Csv manifest = read_csv(folder() / "scan/manifest.csv");
  const std::string patient = manifest.rows[0][static_cast<size_t>(manifest.at("patient"))],
                    study = manifest.rows[0][static_cast<size_t>(manifest.at("study"))];
  ASSERT_FALSE(patient.empty());
  for (const std::filesystem::path& path : list_files(folder() / "store"))
    for (const std::string& number : {patient, study})
      EXPECT_EQ(read_file(path).find(number), std::string::npos) << path.filename() << " holds an identifier";
}

}  // namespace
}  // namespace chiasm::test
