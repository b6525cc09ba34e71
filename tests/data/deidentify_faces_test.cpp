// Heads in a tree of DICOM files: flagged, refused, or written without their face.
#include <set>

#include "core/base/csv.h"
#include "core/base/json.h"
#include "data/deface/deface.h"
#include "data/mask_grid.h"
#include "tests/data/deidentify_tree.h"
#include "tests/data/head_series.h"

namespace chiasm {
namespace {

using test::DeidentifyTree;
using test::write_ct;

class DeidentifyFaces : public DeidentifyTree {};

TEST_F(DeidentifyFaces, SeriesOfTheHeadAreFlagged) {
  write_ct(scratch / "dicom", {.folder = "4", .accession = "ACC00004", .body_part = "HEAD"});
  EXPECT_EQ(deidentify_files(options()).faces, 1);
  const Csv ledger = read_csv(scratch / "out" / "ledger.csv");
  ASSERT_EQ(ledger.rows.size(), 1u);
  EXPECT_EQ(ledger.rows[0][static_cast<size_t>(ledger.at("code"))], "FACES");
}

TEST_F(DeidentifyFaces, HeadsLoseTheirFaceOrAreRefused) {
  const test::HeadPhantom head({});
  const Volume before = test::phantom_volume({}, {.step = {3, 3, 4}});
  test::write_head_series(scratch / "dicom", "H1", "HEAD", before);
  test::write_head_series(scratch / "dicom", "H2", "", test::phantom_volume({.brain = 0.6}, {.step = {3, 3, 4}}));  // cannot be told
  write_ct(scratch / "dicom", {.folder = "5", .accession = "ACC00005", .body_part = "HEAD"});                       // 4 slices
  DeidentifyFiles o = options();
  o.faces = "deface";
  const DeidentifyFilesReport report = deidentify_files(o);
  EXPECT_EQ(report.defaced, 1);
  EXPECT_EQ(report.faces, 1);
  EXPECT_EQ(report.refused, (std::map<std::string, int64_t>{{"FACES", 4}}));
  EXPECT_EQ(report.written, report.found - 4);
  std::multiset<std::string> series;
  for (const auto& row : read_csv(scratch / "out" / "ledger.csv").rows) series.insert(row[1] + ":" + row[2]);
  EXPECT_EQ(series, (std::multiset<std::string>{"defaced:FACES", "flagged:FACES", "refused:FACES", "refused:FACES", "refused:FACES",
                                                "refused:FACES"}));
  EXPECT_EQ(read_json(scratch / "out" / "deid.json").at("face_removal").at("version"), kDefaceVersion);
  EXPECT_NE(usage_error(options()).find("with other options"), std::string::npos);

  int64_t volumes = 0;
  for (const dicom::Group& group : dicom::group_files(dicom::scan_tree(scratch / "out", 2))) {
    if (group.headers.size() < 50 || group.headers.front().body_part != "HEAD") continue;
    ++volumes;
    const Volume after = *dicom::read_group(group).volume;
    const Volume placed = on_grid(after, before);
    const std::vector<float> was = values(before), is = values(placed);
    int64_t face = 0, brain = 0, other = 0;
    for (size_t n = 0; n < was.size(); ++n) {
      const face::Point at = test::place_of(before, static_cast<int64_t>(n));
      face += head.removal(at) > 5 && is[n] != -1000;
      brain += head.depth(at) < 1 && is[n] != was[n];
      other += head.removal(at) < -5 && is[n] != was[n];
    }
    EXPECT_EQ(face, 0);
    EXPECT_EQ(brain, 0);
    EXPECT_EQ(other, 0);
    const std::string bytes = read_file(group.headers.front().path);
    EXPECT_NE(bytes.find("113102"), std::string::npos) << "Clean Recognizable Visual Features Option";
  }
  EXPECT_EQ(volumes, 1);
}

TEST_F(DeidentifyFaces, HeadsAreRefusedWhenAsked) {
  write_ct(scratch / "dicom", {.folder = "4", .accession = "ACC00004", .body_part = "HEAD"});
  DeidentifyFiles o = options();
  o.faces = "refuse";
  EXPECT_EQ(deidentify_files(o).refused, (std::map<std::string, int64_t>{{"FACES", 4}}));
}

}  // namespace
}  // namespace chiasm
