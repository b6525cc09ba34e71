#include "core/base/wire.h"

#include <bit>

namespace chiasm {
namespace {

enum WireType { varint_type = 0, fixed64_type = 1, length_type = 2, fixed32_type = 5 };

uint64_t tag(int field, WireType type) { return static_cast<uint64_t>(field) << 3 | type; }

template <class Bits>
void append_little_endian(std::string& data, Bits bits) {
  for (size_t i = 0; i < sizeof(Bits); ++i) data += static_cast<char>(bits >> (8 * i) & 0xFF);
}

}  // namespace

void WireMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) data_ += static_cast<char>(value | 0x80);
  data_ += static_cast<char>(value);
}

void WireMessage::integer(int field, int64_t value) {
  varint(tag(field, varint_type));
  varint(static_cast<uint64_t>(value));
}

void WireMessage::real32(int field, float value) {
  varint(tag(field, fixed32_type));
  append_little_endian(data_, std::bit_cast<uint32_t>(value));
}

void WireMessage::real64(int field, double value) {
  varint(tag(field, fixed64_type));
  append_little_endian(data_, std::bit_cast<uint64_t>(value));
}

void WireMessage::bytes(int field, std::string_view value) {
  varint(tag(field, length_type));
  varint(value.size());
  data_ += value;
}

void WireMessage::message(int field, const WireMessage& value) { bytes(field, value.data_); }

}  // namespace chiasm
