// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a JSON header, raw data.
// Reading applies every validity rule of the reference implementation before anything is allocated: no gaps, no overlaps, exact end,
// no duplicate names, no overflow. Files written here carry the SHA-256 of their data under "data_sha256" in __metadata__; where it is
// there, it is checked. Float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8 and bool.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace chiasm::weights {

using Tensors = std::map<std::string, at::Tensor>;
using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  Tensors tensors;  // own memory, CPU
  Metadata metadata;
};

// Throws InputError that names the file and the broken rule.
TensorFile read_safetensors(const std::filesystem::path& path);
// Atomic. Tensors are copied to CPU and made contiguous; names in sorted order.
void write_safetensors(const std::filesystem::path& path, const Tensors& tensors, const Metadata& metadata = {});

}  // namespace chiasm::weights
