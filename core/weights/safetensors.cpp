#include "core/weights/safetensors.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace chiasm::weights {
namespace {

constexpr uint64_t largest_header = 100'000'000;
constexpr size_t deepest_header = 8;
const char* const digest_key = "data_sha256";

struct Type {
  const char* name;
  at::ScalarType type;
};
constexpr Type types[] = {{"F32", at::kFloat}, {"F64", at::kDouble}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
                          {"I32", at::kInt},   {"I16", at::kShort},  {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};

struct Slot {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

class HeaderParser {
 public:
  HeaderParser(std::string path, uint64_t data_bytes) : path_(std::move(path)), data_bytes_(data_bytes) {}

  std::vector<Slot> parse(const std::string& text, Metadata& metadata) {
    if (!is_utf8(text)) fail("the header is not UTF-8");
    const Json header = parse_json(text);
    if (!header.is_object()) fail("the header is not a JSON object");
    std::vector<Slot> slots;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        read_metadata(value, metadata);
      } else {
        slots.push_back(slot(name, value));
      }
    }
    check_layout(slots);
    return slots;
  }

  [[noreturn]] void fail(const std::string& rule) const { throw InputError(path_ + ": not a valid safetensors file: " + rule); }

 private:
  // Refuses duplicate names, which a JSON parser would drop silently, and deep nesting.
  Json parse_json(const std::string& text) const {
    std::vector<std::set<std::string>> names;
    std::string broken;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (static_cast<size_t>(depth) > deepest_header && broken.empty()) broken = "the header is nested too deeply";
      if (event == Json::parse_event_t::object_start) names.emplace_back();
      if (event == Json::parse_event_t::object_end && !names.empty()) names.pop_back();
      if (event == Json::parse_event_t::key && !names.empty() && !names.back().insert(parsed.get<std::string>()).second)
        broken = "the name '" + parsed.get<std::string>() + "' stands twice";
      return broken.empty();
    };
    Json json = Json::parse(text, watch, /*allow_exceptions=*/false);
    if (!broken.empty()) fail(broken);
    if (json.is_discarded()) fail("the header is not JSON");
    return json;
  }

  void read_metadata(const Json& value, Metadata& metadata) const {
    if (!value.is_object()) fail("__metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail("__metadata__ holds something else than strings");
      metadata[key] = text.get<std::string>();
    }
  }

  uint64_t whole(const Json& value, const std::string& what) const {
    if (!value.is_number_unsigned()) fail(what + " is not a whole number of at least 0");
    return value.get<uint64_t>();
  }

  Slot slot(const std::string& name, const Json& value) const {
    if (name.empty()) fail("a tensor has no name");
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets"))
      fail("tensor '" + name + "' lacks dtype, shape or data_offsets");
    Slot out{name, at::kFloat, {}, 0, 0};
    const auto& dtype = value["dtype"];
    const auto type = std::find_if(std::begin(types), std::end(types), [&](const Type& t) { return dtype == t.name; });
    if (type == std::end(types)) fail("tensor '" + name + "' has the unknown dtype " + dtype.dump());
    out.type = type->type;
    const auto& offsets = value["data_offsets"];
    if (!value["shape"].is_array() || value["shape"].size() > 64) fail("tensor '" + name + "' has a shape that is no list of at most 64");
    if (!offsets.is_array() || offsets.size() != 2) fail("tensor '" + name + "' needs two data_offsets");
    out.begin = whole(offsets[0], "an offset of '" + name + "'");
    out.end = whole(offsets[1], "an offset of '" + name + "'");
    uint64_t bytes = c10::elementSize(out.type);
    for (const auto& side : value["shape"]) {
      const uint64_t length = whole(side, "a side of '" + name + "'");
      if (length > uint64_t{1} << 62 || __builtin_mul_overflow(bytes, length, &bytes)) fail("the size of '" + name + "' overflows");
      out.shape.push_back(static_cast<int64_t>(length));
    }
    if (out.end < out.begin || out.end > data_bytes_) fail("tensor '" + name + "' lies outside the file");
    if (out.end - out.begin != bytes) fail("tensor '" + name + "' has a shape that does not match its bytes");
    return out;
  }

  void check_layout(std::vector<Slot>& slots) const {
    std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
    uint64_t at = 0;
    for (const Slot& slot : slots) {
      if (slot.begin != at) fail("there is a gap or an overlap before '" + slot.name + "'");
      at = slot.end;
    }
    if (at != data_bytes_) fail("bytes are left after the last tensor");
  }

  std::string path_;
  uint64_t data_bytes_;
};

std::string header_text(const Tensors& tensors, const Metadata& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    const auto type = std::find_if(std::begin(types), std::end(types), [&](const Type& t) { return t.type == tensor.scalar_type(); });
    if (type == std::end(types)) throw Error("tensor '" + name + "' has a type that safetensors cannot hold");
    const uint64_t bytes = tensor.numel() * c10::elementSize(tensor.scalar_type());
    header[name] = {{"dtype", type->name}, {"shape", tensor.sizes().vec()}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

// Tensors in the order of their bytes, without gaps: the digest of the data section.
class DataDigest {
 public:
  void add(const at::Tensor& tensor) { digest_.add(tensor.data_ptr(), tensor.nbytes()); }
  std::string finish() { return hex(digest_.finish()); }

 private:
  Sha256 digest_;
};

std::string digest_of(const Tensors& tensors) {
  DataDigest digest;
  for (const auto& entry : tensors) digest.add(entry.second);
  return digest.finish();
}

}  // namespace

TensorFile read_safetensors(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path.string() + ": cannot be opened");
  const uint64_t size = std::filesystem::file_size(path);
  HeaderParser early(path.string(), 0);
  uint64_t length = 0;
  if (size < 8 || !file.read(reinterpret_cast<char*>(&length), 8)) early.fail("shorter than 8 bytes");
  if (length > largest_header || length > size - 8) early.fail("the header length is larger than the file or than 100 MB");
  std::string text(length, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(length))) early.fail("the header ends early");
  TensorFile out;
  HeaderParser parser(path.string(), size - 8 - length);
  DataDigest digest;
  for (const Slot& slot : parser.parse(text, out.metadata)) {
    at::Tensor tensor = at::empty(slot.shape, at::TensorOptions(slot.type));
    file.seekg(static_cast<std::streamoff>(8 + length + slot.begin));
    if (slot.end > slot.begin && !file.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(slot.end - slot.begin)))
      parser.fail("the data ends early");
    digest.add(tensor);
    out.tensors.emplace(slot.name, std::move(tensor));
  }
  const auto known = out.metadata.find(digest_key);  // files of other programs have none
  if (known != out.metadata.end() && known->second != digest.finish())
    throw InputError(path.string() + ": damaged: the SHA-256 of its data differs from the one in its header");
  return out;
}

void write_safetensors(const std::filesystem::path& path, const Tensors& tensors, const Metadata& metadata) {
  Tensors own;
  for (const auto& [name, tensor] : tensors) own[name] = tensor.detach().cpu().contiguous();
  Metadata facts = metadata;
  facts[digest_key] = digest_of(own);
  const std::string header = header_text(own, facts);
  const uint64_t length = header.size();
  Staged staged(path, Staged::Kind::file);
  {
    std::ofstream file(staged.temporary(), std::ios::binary);
    file.write(reinterpret_cast<const char*>(&length), 8);
    file.write(header.data(), static_cast<std::streamsize>(header.size()));
    for (const auto& [name, tensor] : own)
      file.write(static_cast<const char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    file.flush();
    if (!file) throw Error(path.string() + ": cannot be written; is the disk full?");
  }
  staged.commit(/*replace=*/true);
}

}  // namespace chiasm::weights
