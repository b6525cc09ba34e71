// The whole way, walked once by the program itself: cohort, store, split, tokenizer, pretraining on two ranks, fine-tuning, evaluation,
// bundles, predictions of held-back patients from their raw DICOM files. All tests of this folder look at what it left.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace chiasm::test {

// A held-back study as raw DICOM in a folder whose name tells nothing.
struct Case {
  std::string folder;              // below the root, as given to `predict`
  std::string study;               // its pseudonym in the store
  std::vector<std::string> lacks;  // inputs of the model
};

struct Way {
  std::filesystem::path root;
  std::map<std::string, Ended> steps;  // by name; their outputs also lie in logs/NAME.log
  std::string failure;                 // the first step with another exit code than its own, and what it said
  std::vector<Case> cases;             // all studies of the test part
  std::vector<Case> reduced;           // the first complete one with each input left out in turn
};

// Walks at the first call.
const Way& way();

// All inputs of the models of the way.
const std::vector<std::string>& model_inputs();

// Runs tests/whole/SCRIPT with the Python of CHIASM_TEST_PYTHON; `words` follow it. Use has_python() before.
bool has_python();
Ended python(const std::string& script, const std::vector<std::string>& words);

}  // namespace chiasm::test

#define WALK()                                               \
  const ::chiasm::test::Way& walked = ::chiasm::test::way(); \
  ASSERT_EQ(walked.failure, "")

#define NEED_PYTHON() \
  if (!::chiasm::test::has_python()) GTEST_SKIP() << "CHIASM_TEST_PYTHON names no Python with the independent readers"
