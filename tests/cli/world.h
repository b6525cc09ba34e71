// One small cohort and what is made of it, made once for all tests of this folder: cohort, store, split.json, tokenizer.model, and the runs
// pretrain and classify. Tests read it; what they damage is a copy.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/scratch.h"

namespace chiasm::test {

// The folder that holds them.
const std::filesystem::path& world();

// `classify` as a bundle, with the subsets of its test part.
const std::filesystem::path& bundle();

// A file of this folder, e.g. "pretrain.yaml".
std::string run_file(const std::string& name);

// Runs build/chiasm in world().
Ended run(const std::vector<std::string>& words);

// One error message that holds every fragment, and the exit code.
void expect_error(const Ended& ended, int code, const std::vector<std::string>& fragments);

// No temporary or partial file below `folder`, which may be absent.
void expect_whole(const std::filesystem::path& folder);

// A copy of a folder of world() under a new path.
void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

// Flips one byte in the middle of a file.
void flip_byte(const std::filesystem::path& file);

size_t occurrences(const std::string& text, const std::string& of);

}  // namespace chiasm::test
