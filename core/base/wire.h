// Protocol-buffer wire format, writing only (https://protobuf.dev/programming-guides/encoding). Used for ONNX and TensorBoard files;
// libprotobuf must not be in this process (it makes SentencePiece abort).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chiasm {

class WireMessage {
 public:
  void integer(int field, int64_t value);             // varint
  void real32(int field, float value);                // fixed32
  void real64(int field, double value);               // fixed64
  void bytes(int field, std::string_view value);      // length-delimited: string, bytes
  void message(int field, const WireMessage& value);  // length-delimited: nested
  const std::string& data() const { return data_; }

 private:
  void varint(uint64_t value);
  std::string data_;
};

}  // namespace chiasm
