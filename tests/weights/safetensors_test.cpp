#include "core/weights/safetensors.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/base/file.h"

namespace chiasm::weights {
namespace {

class Safetensors : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& header, const std::string& data, uint64_t length = UINT64_MAX) {
    std::ofstream file(path_, std::ios::binary);
    const uint64_t n = length == UINT64_MAX ? header.size() : length;
    file.write(reinterpret_cast<const char*>(&n), 8);
    file << header << data;
  }
  std::string refusal() {
    try {
      read_safetensors(path_);
      return "accepted";
    } catch (const InputError& error) {
      return error.what();
    }
  }
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("chiasm_weights_" + std::to_string(getpid()) + ".safetensors");
};

TEST_F(Safetensors, RoundTripsEveryType) {
  torch::manual_seed(1);
  Tensors tensors;
  for (const at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar, at::kByte})
    tensors[c10::toString(type)] = (at::randn({3, 4}) * 10).to(type);
  tensors["bool"] = at::randn({5}) > 0;
  tensors["empty"] = at::zeros({0, 7});
  tensors["scalar"] = at::scalar_tensor(3.5);
  tensors["strided"] = at::randn({4, 6}).t();
  write_safetensors(path_, tensors, {{"format", "pt"}, {"note", "line\n\"quoted\""}});
  const TensorFile back = read_safetensors(path_);
  EXPECT_EQ(back.metadata.at("note"), "line\n\"quoted\"");
  ASSERT_EQ(back.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(at::equal(back.tensors.at(name), tensor)) << name;
}

TEST_F(Safetensors, RefusesEveryBrokenRuleByName) {
  const std::string good = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  struct Case {
    std::string header, data, rule;
  };
  const std::vector<Case> cases{
      {"[1]", "", "not a JSON object"},
      {"{", "", "not JSON"},
      {"{\"a\xff\":1}", "", "not UTF-8"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", "1234", "lacks dtype, shape or data_offsets"},
      {R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", "1234", "unknown dtype"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234", "does not match its bytes"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234", "not a whole number"},
      {R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", "1234", "not a whole number"},
      {R"({"a":{"dtype":"F32","shape":[8589934592,8589934592],"data_offsets":[0,4]}})", "1234", "overflows"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "1234", "outside the file"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "1234", "outside the file"},
      {good, "12345678", "bytes are left"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "12345678", "gap or an overlap"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234",
       "gap or an overlap"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234",
       "stands twice"},
      {R"({"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234", "has no name"},
      {R"({"__metadata__":{"a":1}})", "", "something else than strings"},
      {R"({"a":{"dtype":"F32","shape":[[[[[[[[[[[[1]]]]]]]]]]]],"data_offsets":[0,4]}})", "1234", "nested too deeply"},
  };
  for (const Case& item : cases) {
    write(item.header, item.data);
    EXPECT_NE(refusal().find(item.rule), std::string::npos) << item.header << " -> " << refusal();
  }
  write(good, "1234", uint64_t{1} << 63);
  EXPECT_NE(refusal().find("header length"), std::string::npos);
  write(good, "1234", 1000);
  EXPECT_NE(refusal().find("header length"), std::string::npos);
  write_file_atomic(path_, "abc");
  EXPECT_NE(refusal().find("shorter than 8 bytes"), std::string::npos);
  write(good, "1234");
  EXPECT_EQ(refusal(), "accepted");
}

}  // namespace
}  // namespace chiasm::weights
