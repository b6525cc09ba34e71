// The rules themselves: each must find what it forbids and let pass what it allows.
#include <gtest/gtest.h>

#include "tests/rules/documents.h"
#include "tests/rules/layers.h"
#include "tests/rules/source.h"

namespace chiasm::rules {
namespace {

std::vector<size_t> lengths(const std::string& source) {
  std::vector<size_t> found;
  for (const Function& function : functions(source)) found.push_back(function.last - function.first + 1);
  return found;
}

using Lengths = std::vector<size_t>;

TEST(Functions, AreFoundByTheirBraces) {
  EXPECT_EQ(lengths("int f() {\n  return 1;\n}\n"), Lengths{3});
  EXPECT_EQ(lengths("namespace a::b {\nclass C : public D {\n  void f() const override { if (x) { y(); } }\n  int g() noexcept;\n};\n}\n"),
            Lengths{1});
  EXPECT_EQ(lengths("C::C(int a)\n    : a_{a}, b_(2), c_{} {\n  x();\n\n}\n"), Lengths{4});
  EXPECT_EQ(lengths("template <class T>\nauto f(T t) -> std::vector<T> {\n}\n"), Lengths{2});
  EXPECT_EQ(lengths("TEST(A, B) {\n  for (;;) {\n  }\n}\nvoid g() {\n}\n"), (Lengths{4, 2}));
  EXPECT_EQ(lengths("static const auto f = [] {\n  return 1;\n};\n"), Lengths{3});
}

TEST(Functions, TablesTypesAndTextsAreNone) {
  EXPECT_EQ(lengths("const std::vector<int> table{\n  1,\n  2};\nstruct S {\n  int a = 0;\n  std::array<int, 3> b{1, 2, 3};\n};\nenum "
                    "class E { a, b };\n"),
            Lengths{});
  EXPECT_EQ(lengths("const char* a = \"f() {\";\nconst char b = '{';\n// f() {\n/* f() {\n*/\nconst char* c = R\"x(f() { \" )\" )x\";\nint "
                    "d = 1'000;\n"),
            Lengths{});
  EXPECT_EQ(lengths("#define F(x) \\\n  void x() {\nvoid g() {\n}\n"), Lengths{2});
}

TEST(Includes, LinesAndForms) {
  const auto found = includes("#include <a/b.h>\n// text\n  #include \"c/d.h\"  // why\n// #include \"e.h\"\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "a/b.h");
  EXPECT_FALSE(found[0].project);
  EXPECT_EQ(found[1].path, "c/d.h");
  EXPECT_EQ(found[1].line, 3u);
  EXPECT_TRUE(found[1].project);
}

TEST(Layers, ForbiddenArrows) {
  EXPECT_NE(broken_arrow("core/base/text.cpp", "core/config/config.h"), "");
  EXPECT_NE(broken_arrow("core/evaluate/metrics.cpp", "core/batch.h"), "");
  EXPECT_NE(broken_arrow("core/model.cpp", "encoders/encoders.h"), "");
  EXPECT_NE(broken_arrow("core/train/trainer.cpp", "data/loader.h"), "");
  EXPECT_NE(broken_arrow("core/dist/group.cpp", "core/cuda/library.h"), "");
  EXPECT_NE(broken_arrow("encoders/text.cpp", "tasks/tasks.h"), "");
  EXPECT_NE(broken_arrow("tasks/classify.cpp", "data/volume.h"), "");
  EXPECT_NE(broken_arrow("data/volume.cpp", "core/batch.h"), "");
  EXPECT_NE(broken_arrow("data/volume.cpp", "data/loader.h"), "");
  EXPECT_NE(broken_arrow("data/loader.cpp", "encoders/encoders.h"), "");
  EXPECT_NE(broken_arrow("scripts/main.cpp", "tests/support/scratch.h"), "");
  EXPECT_NE(broken_rule("scripts/main.cpp", {"commands.h", 1, true}), "");
  EXPECT_NE(broken_rule("core/model.cpp", {"dcmtk/dcmdata/dctk.h", 1, true}), "");
}

TEST(Layers, AllowedArrows) {
  EXPECT_EQ(broken_rule("data/dicom/scan.cpp", {"dcmtk/dcmdata/dctk.h", 1, true}), "");
  EXPECT_EQ(broken_arrow("core/config/reader.cpp", "core/base/text.h"), "");
  EXPECT_EQ(broken_arrow("core/model.cpp", "core/nn/linear.h"), "");
  EXPECT_EQ(broken_arrow("encoders/text.cpp", "core/nn/linear.h"), "");
  EXPECT_EQ(broken_arrow("data/schema.cpp", "core/specs.h"), "");
  EXPECT_EQ(broken_arrow("data/collate.cpp", "core/batch.h"), "");
  EXPECT_EQ(broken_arrow("data/loader_threads.cpp", "data/store/store.h"), "");
  EXPECT_EQ(broken_arrow("scripts/assemble.cpp", "tasks/tasks.h"), "");
  EXPECT_EQ(broken_arrow("tests/e2e/demo_test.cpp", "scripts/commands.h"), "");
}

TEST(Homes, OfThirdPartyHeaders) {
  EXPECT_EQ(outside_home("data/dicom/scan.cpp", "dcmtk/config/osconfig.h"), "");
  EXPECT_EQ(outside_home("data/synthetic/write.cpp", "dcmtk/dcmdata/dctk.h"), "");
  EXPECT_NE(outside_home("data/dicom/dicom.h", "dcmtk/dcmdata/dctk.h"), "");
  EXPECT_NE(outside_home("data/nifti.cpp", "dcmtk/dcmdata/dctk.h"), "");
  EXPECT_EQ(outside_home("data/store/hdf5.cpp", "hdf5.h"), "");
  EXPECT_NE(outside_home("data/store/hdf5.h", "hdf5.h"), "");
  EXPECT_NE(outside_home("data/study.cpp", "H5Cpp.h"), "");
  EXPECT_NE(outside_home("data/text.cpp", "sentencepiece_processor.h"), "");
  EXPECT_NE(outside_home("core/base/progress.cpp", "spdlog/spdlog.h"), "");
  EXPECT_NE(outside_home("core/dist/group.cpp", "c10/cuda/CUDAFunctions.h"), "");
  EXPECT_NE(outside_home("core/dist/group.cpp", "torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp"), "");
  EXPECT_EQ(outside_home("core/cuda/library.cpp", "c10/cuda/CUDAFunctions.h"), "");
  EXPECT_NE(outside_home("core/evaluate/metrics.cpp", "torch/torch.h"), "");
  EXPECT_NE(outside_home("data/schema.cpp", "ATen/ATen.h"), "");
  EXPECT_EQ(outside_home("data/collate.cpp", "torch/torch.h"), "");
  EXPECT_EQ(outside_home("core/model.cpp", "torch/torch.h"), "");
}

TEST(Map, LinesEqualFolders) {
  const auto findings = [](const std::string& readme) {
    Findings found;
    check_map(readme, {"core", "core/base", "tests"}, found);
    return found.text();
  };
  EXPECT_EQ(
      findings("# X\n```\nnot this\n```\n## Map\ntext\n```\ncore/       the vocabulary\ncore/base/  no LibTorch\ntests/      tests\n```\n"),
      "");
  EXPECT_EQ(findings("## Map\n```\ncore/  a\ncore/base/  b\ncore/  c\nold/  d\nwhat\n```\n"),
            "README.md:5: core/ stands twice in the map\n"
            "README.md:6: old/ is in the map but holds no files\n"
            "README.md:7: a map line is 'folder/  description'\n"
            "README.md:2: tests/ is missing from the map\n");
  EXPECT_EQ(findings("## Overview\n```\n```\n"), "README.md:1: no code block under a heading 'Map'\n");
}

TEST(Verbs, ListedWithHelpExampleAndDocumentation) {
  Findings found;
  check_verbs("Verb add_good(CLI::App& app);\nVerb add_bad(CLI::App& app);\nVerb add_lost(CLI::App& app);\n",
              "{\"good\", \"Does good.\",\n \"chiasm good x\", add_good},\n{\"bad\", \"\", \"good x\", add_bad},", "Run `chiasm good`.",
              found);
  EXPECT_EQ(found.text(),
            "scripts/commands.cpp:1: verb 'bad' has no help\n"
            "scripts/commands.cpp:1: the example of 'bad' does not start with 'chiasm bad'\n"
            "README.md:1: 'chiasm bad' is not documented\n"
            "scripts/commands.h:1: add_lost is not in the list of commands.cpp\n");
}

TEST(MachinePaths, HomesAndWorkingFolders) {
  Findings found;
  check_machine_paths("a.md", "https://site.org/work/x\n./work/x $HOME/work/\n--out /data/store /tmp/x\n", found);
  EXPECT_EQ(found.text(), "");
  check_machine_paths("a.md", std::string("ok\n(/wo") + "rk/x)\nsee /ho" + "me/ann/x\n", found);
  EXPECT_EQ(found.text(), "a.md:2: path of a machine\na.md:3: path of a machine\n");
}

}  // namespace
}  // namespace chiasm::rules
