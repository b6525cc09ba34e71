#include "tests/cli/world.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/text.h"

namespace chiasm::test {
namespace {

void must(const std::vector<std::string>& words, const fs::path& folder) {
  const Ended ended = chiasm(words, folder);
  if (ended.code != 0) throw std::runtime_error("the fixture failed: chiasm " + join(words, " ") + "\n" + ended.output);
}

// Removed when the process ends.
struct Made {
  Scratch scratch;
  fs::path folder = scratch.path();
  Made() {
    must({"synth", "--out", "cohort", "--patients", "12", "--seed", "1"}, folder);
    must({"ingest", "cohort/dataset.yaml", "--out", "store"}, folder);
    must({"split", "store", "--out", "split.json", "--train", "0.6", "--val", "0.2", "--test", "0.2"}, folder);
    must({"tokenizer", "store", "--split", "split.json", "--inputs", "indication,findings", "--vocabulary", "330", "--out",
          "tokenizer.model"},
         folder);
    must({"pretrain", run_file("pretrain.yaml"), "--out", "pretrain"}, folder);
    must({"finetune", run_file("classify.yaml"), "--out", "classify"}, folder);
  }
};

}  // namespace

const fs::path& world() {
  static const Made made;
  return made.folder;
}

const fs::path& bundle() {
  static const fs::path folder = [] {
    must({"evaluate", "classify", "--split", "test"}, world());
    must({"export", "classify", "--out", "bundle"}, world());
    return world() / "bundle";
  }();
  return folder;
}

std::string run_file(const std::string& name) { return std::string(CHIASM_SOURCE) + "/tests/cli/" + name; }

Ended run(const std::vector<std::string>& words) { return chiasm(words, world()); }

size_t occurrences(const std::string& text, const std::string& of) {
  size_t count = 0;
  for (size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + of.size())) ++count;
  return count;
}

void expect_error(const Ended& ended, int code, const std::vector<std::string>& fragments) {
  EXPECT_EQ(ended.code, code) << ended.output;
  EXPECT_EQ(occurrences(ended.output, " error: "), 1u) << ended.output;
  EXPECT_EQ(ended.output.find("internal error"), std::string::npos) << ended.output;
  for (const std::string& fragment : fragments)
    EXPECT_NE(ended.output.find(fragment), std::string::npos) << "missing: " << fragment << "\nin: " << ended.output;
}

void expect_whole(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.find(".tmp-") == std::string::npos && name.find(".partial") == std::string::npos) << entry.path();
  }
}

void copy_tree(const fs::path& from, const fs::path& to) { fs::copy(from, to, fs::copy_options::recursive); }

void flip_byte(const fs::path& file) {
  std::string bytes = read_file(file);
  ASSERT_FALSE(bytes.empty()) << file;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  write_file_atomic(file, bytes);
}

}  // namespace chiasm::test
