// Real series against volumes converted by independent programs (geometry_truth.tsv) and digests of decoded pixels (codec_truth.tsv).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/csv.h"
#include "core/base/text.h"
#include "tests/dicom/phantom.h"

namespace chiasm::dicom::test {
namespace {

namespace fs = std::filesystem;

fs::path shared_data() {
  const char* stated = std::getenv("CHIASM_SHARED");
  return stated != nullptr ? fs::path(stated) : fs::path(CHIASM_SOURCE) / ".." / "shared" / "data";
}

std::vector<double> numbers_of(const std::string& cell, char separator) {
  std::vector<double> result;
  for (const std::string& part : split(cell, separator)) result.push_back(parse_number(part).value());
  return result;
}

// The affine after flips and permutations to the order W, H, D that lies nearest to right, anterior, superior.
struct Canonical {
  std::array<int64_t, 3> shape{};
  Affine affine{};
};

Canonical canonical(const Volume& volume) {
  const std::string codes = axis_codes(volume.affine);
  const std::array<int64_t, 3> size{volume.size[2], volume.size[1], volume.size[0]};
  Canonical result;
  Affine from{};  // canonical index -> stored index
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t world = std::string("RLAPSI").find(codes[axis]) / 2;
    const bool flipped = std::string("LPI").find(codes[axis]) != std::string::npos;
    result.shape[world] = size[axis];
    from[axis * 4 + world] = flipped ? -1 : 1;
    from[axis * 4 + 3] = flipped ? static_cast<double>(size[axis] - 1) : 0;
  }
  result.affine = compose(volume.affine, from);
  return result;
}

struct Truth {
  const char* source;     // folder below open/
  const char* reference;  // the row of geometry_truth.tsv
  const char* row_source = nullptr;
};

class GeometryTruth : public testing::TestWithParam<Truth> {};

TEST_P(GeometryTruth, AgreesWithTheIndependentConversion) {
  if (!fs::exists(shared_data() / "geometry_truth.tsv")) GTEST_SKIP() << "no shared data";
  const Csv table = read_csv(shared_data() / "geometry_truth.tsv", '\t');
  const std::string source = GetParam().row_source != nullptr ? GetParam().row_source : GetParam().source;
  const auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const auto& cells) {
    return cells[0] == source && cells[1].find(GetParam().reference) != std::string::npos;
  });
  ASSERT_NE(row, table.rows.end());
  const std::vector<double> shape = numbers_of((*row)[2], 'x'), affine = numbers_of((*row)[5], ' ');
  const std::vector<ReadResult> results = read_all(shared_data() / "open" / GetParam().source);
  ASSERT_EQ(results.size(), shape.size() > 3 ? static_cast<size_t>(shape[3]) : 1);
  double low = 1e30, high = -1e30, sum = 0, count = 0;
  for (const ReadResult& result : results) {
    ASSERT_TRUE(result.volume) << result.code << " " << result.detail;
    const Canonical found = canonical(*result.volume);
    for (size_t n = 0; n < 3; ++n) EXPECT_EQ(static_cast<double>(found.shape[n]), shape[n]);
    for (size_t n = 0; n < 12; ++n) EXPECT_NEAR(found.affine[n], affine[n], 1e-3) << n;
    for (const float value : values(*result.volume)) {
      low = std::min<double>(low, value);
      high = std::max<double>(high, value);
      sum += value;
      count += 1;
    }
  }
  const double stated[] = {*parse_number((*row)[6]), *parse_number((*row)[7]), *parse_number((*row)[8])},
               found[] = {low, high, sum / count};
  for (size_t n = 0; n < 3; ++n) EXPECT_NEAR(found[n], stated[n], 1e-4 * std::max(1.0, std::abs(stated[n])));
}

INSTANTIATE_TEST_SUITE_P(Series, GeometryTruth,
                         testing::Values(Truth{"ct_lidc/LIDC-IDRI-0001/dicom", "ct_lidc"},
                                         Truth{"ct_totalsegmentator/dicom", "ct_totalsegmentator"},
                                         Truth{"mr_brain_tumor_progression/Study3/11-T1post-18670", ""},
                                         Truth{"mr_brain_tumor_progression/Study3/11_HCropVolume", ""},
                                         Truth{"mr_brain_tumor_progression/Study3/26401-T1prereg-52906", ""},
                                         Truth{"mr_brain_tumor_progression/Study3/36468-FLAIRreg-58706", ""},
                                         Truth{"mr_brain_tumor_progression/Study3/37830-T2reg-78532", ""},
                                         Truth{"mr_forrest_t1_32slices/dicom", ""},
                                         Truth{"dcm_qa_nih/In/20180918GE/mr_0004", "regression_test_4", "dcm_qa_nih/In"},
                                         Truth{"dcm_qa_nih/In/20180918GE/mr_0005", "regression_test_5", "dcm_qa_nih/In"},
                                         Truth{"dcm_qa_enh/In/Siemens", "Siemens_REST1", "dcm_qa_enh/In"},
                                         // mosaics: four series of two time points, one image in nine codings
                                         Truth{"dcm_qa_nih/In/20180918Si/mr_0003", "EPI_PE=AP_3", "dcm_qa_nih/In"},
                                         Truth{"dcm_qa_nih/In/20180918Si/mr_0004", "EPI_PE=PA_4", "dcm_qa_nih/In"},
                                         Truth{"dcm_qa_nih/In/20180918Si/mr_0005", "EPI_PE=RL_5", "dcm_qa_nih/In"},
                                         Truth{"dcm_qa_nih/In/20180918Si/mr_0006", "EPI_PE=LR_6", "dcm_qa_nih/In"},
                                         Truth{"dcm_qa_ts/In/1.dcm", ""}, Truth{"dcm_qa_ts/In/2.dcm", ""}, Truth{"dcm_qa_ts/In/3.dcm", ""},
                                         Truth{"dcm_qa_ts/In/4.dcm", ""}, Truth{"dcm_qa_ts/In/5.dcm", ""}, Truth{"dcm_qa_ts/In/6.dcm", ""},
                                         Truth{"dcm_qa_ts/In/7.dcm", ""}, Truth{"dcm_qa_ts/In/8.dcm", ""}, Truth{"dcm_qa_ts/In/9.dcm", ""}),
                         [](const auto& info) { return "series" + std::to_string(info.index); });

TEST(CodecTruth, LosslessFilesDecodeToTheirOriginal) {
  const fs::path folder = shared_data() / "open" / "dicom_wg04";
  if (!fs::exists(folder / "codec_truth.tsv")) GTEST_SKIP() << "no shared data";
  const Csv table = read_csv(folder / "codec_truth.tsv", '\t');
  int compared = 0;
  for (const auto& row : table.rows) {
    const std::string& expected = row[static_cast<size_t>(table.at("sha256_expected_if_lossless"))];
    if (expected == "-" || !fs::exists(folder / row[0])) continue;
    const std::vector<ReadResult> results = read_all(folder / row[0]);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].stored_sha256, expected) << row[0];
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

}  // namespace
}  // namespace chiasm::dicom::test
