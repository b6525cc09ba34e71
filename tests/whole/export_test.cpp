// The bundles of the whole way in other run-times: golden cases at two batch sizes and with each input missing, made by the C++ model.
#include <gtest/gtest.h>

#include <set>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/support/scratch.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

constexpr double tolerance = 1e-4;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) names.insert(entry.path().stem());
  return names;
}

TEST(Export, GoldenCasesAreTwoBatchSizesAndEachInputMissing) {
  WALK();
  std::set<std::string> wanted{"studies_1", "studies_3"};
  for (const std::string& input : model_inputs()) wanted.insert("without_" + input);
  for (const char* bundle : {"bundle_classify", "bundle_draft"}) EXPECT_EQ(names_in(walked.root / bundle / "golden"), wanted) << bundle;
  EXPECT_EQ(names_in(walked.root / "bundle_draft" / "golden" / "decode"), (std::set<std::string>{"size_1", "size_3"}));
}

// The evidence that export wrote down after it had read model.pt back.
TEST(Export, TorchScriptAgreesWithTheModel) {
  WALK();
  for (const char* bundle : {"bundle_classify", "bundle_draft"}) {
    const Json parity = read_json(walked.root / bundle / "provenance.json")["parity"];
    std::set<std::string> cases;
    for (const auto& item : parity["model"]) {
      cases.insert(item["case"]);
      EXPECT_LE(item["max_abs_difference"].get<double>(), tolerance) << item.dump();
    }
    EXPECT_EQ(cases.size(), 2 + model_inputs().size()) << bundle;
    for (const std::string& input : model_inputs()) EXPECT_EQ(cases.count("without " + input), 1U) << input;
  }
}

TEST(Export, OnnxAgreesWithTheModel) {
  WALK();
  NEED_PYTHON();
  for (const char* bundle : {"bundle_classify", "bundle_draft"}) {
    const Scratch scratch;
    const Ended laid = python("whole/onnx_of_bundle.py", {walked.root / bundle, scratch / "cases"});
    ASSERT_EQ(laid.output, bundle == std::string("bundle_draft") ? "10 cases\n" : "8 cases\n");
    const Ended ended = python("export/run_onnx.py", {scratch / "cases"});
    EXPECT_EQ(ended.code, 0) << bundle << "\n" << ended.output;
  }
}

// The comparison can fail: with another model's weights it does.
TEST(Export, OnnxOfAnotherModelIsToldApart) {
  WALK();
  NEED_PYTHON();
  const Scratch scratch;
  ASSERT_EQ(python("whole/onnx_of_bundle.py", {walked.root / "bundle_classify", scratch / "cases"}).code, 0);
  std::string golden = read_file(scratch / "cases" / "model.studies_3.safetensors");
  const size_t last_number = golden.size() - 4;
  golden.replace(last_number, 4, std::string("\0\0\x80\x40", 4));  // 4.0
  write_file_atomic(scratch / "cases" / "model.studies_3.safetensors", golden);
  const Ended ended = python("export/run_onnx.py", {scratch / "cases"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.output.find("model.studies_3: "), std::string::npos) << ended.output;
}

}  // namespace
}  // namespace chiasm::test
