// Chunks of the store: any bytes whose checksum is right give a whole region or a Failure; what was packed comes back, in part too.
#include <algorithm>
#include <cstring>

#include "data/store/codec.h"
#include "tests/fuzz/truth.h"

using namespace chiasm::store;
using chiasm::fuzz::truth;

namespace {

// A form of at most 7 x 31 x 31 voxels, chosen by four bytes.
ArrayForm form_of(const uint8_t* data) {
  ArrayForm form;
  form.element = static_cast<Element>(data[0] % 5);
  form.coding = data[0] & 0x80 ? Coding::deflate : Coding::blosc;
  form.size = {1, 1 + data[1] % 7, 1 + data[2] % 31, 1 + data[3] % 31};
  form.chunk = form.size;
  return form;
}

void decode_hostile(const ArrayForm& form, std::string body) {
  const uint32_t sum = fletcher32(body);
  for (size_t i = 0; i < 4; ++i) body += static_cast<char>(sum >> (8 * i));
  std::vector<char> out(static_cast<size_t>(form.chunk_bytes()));
  try {
    ChunkDecoder(form, {{0, 0, 0, 0}, form.size}, out.data()).decode({0, 0, 0, 0}, body);
  } catch (const Failure&) {
    return;
  }
}

void pack_and_read_back(const ArrayForm& form, const std::string& voxels) {
  std::string plain = voxels;
  plain.resize(static_cast<size_t>(form.chunk_bytes()), '\x5a');
  const PackedArray packed = pack(plain.data(), form.element, form.size);
  const auto offsets = packed.chunk_offsets();
  truth(offsets.size() == packed.chunks.size(), "every chunk is there");
  std::string whole(plain.size(), '\0');
  ChunkDecoder decoder(packed, {{0, 0, 0, 0}, form.size}, whole.data());
  for (size_t n = 0; n < offsets.size(); ++n) decoder.decode(offsets[n], packed.chunks[n]);
  truth(whole == plain, "what was packed comes back");
  const auto width = static_cast<size_t>(element_bytes(form.element));
  std::string last(width, '\0');  // the last voxel alone, out of the last chunk
  ChunkDecoder one(packed, {{0, form.size[1] - 1, form.size[2] - 1, form.size[3] - 1}, {1, 1, 1, 1}}, last.data());
  one.decode(offsets.back(), packed.chunks.back());
  truth(last == plain.substr(plain.size() - width), "the last voxel is where it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 5) return 0;
  const ArrayForm form = form_of(data);
  const std::string rest(reinterpret_cast<const char*>(data) + 4, size - 4);
  decode_hostile(form, rest);
  pack_and_read_back(form, rest);
  return 0;
}
