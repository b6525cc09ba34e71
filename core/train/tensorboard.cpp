#include "core/train/tensorboard.h"

#include <unistd.h>

#include <array>
#include <chrono>

#include "core/base/error.h"
#include "core/base/wire.h"

namespace chiasm {
namespace {

std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0x82F63B78u : 0u);
    table[i] = value;
  }
  return table;
}

uint32_t masked(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

double now_seconds() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

template <class T>
std::string_view raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = crc_table();
  uint32_t crc = 0xFFFFFFFFu;
  for (const char byte : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<uint8_t>(byte)) & 0xFFu];
  return crc ^ 0xFFFFFFFFu;
}

TensorBoard::TensorBoard(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const auto seconds = static_cast<long long>(now_seconds());
  const auto path = folder / ("events.out.tfevents." + std::to_string(seconds) + ".chiasm." + std::to_string(getpid()));
  file_.open(path, std::ios::binary | std::ios::app);
  if (!file_) throw Error(path.string() + ": cannot be written");
  WireMessage event;
  event.real64(1, now_seconds());
  event.bytes(3, "brain.Event:2");
  record(event.data());
}

void TensorBoard::scalar(const std::string& tag, double value, int64_t step) {
  WireMessage entry, summary, event;
  entry.bytes(1, tag);
  entry.real32(2, static_cast<float>(value));
  summary.message(1, entry);
  event.real64(1, now_seconds());
  event.integer(2, step);
  event.message(5, summary);
  record(event.data());
}

void TensorBoard::restart(int64_t step) {
  constexpr int start = 1;  // SessionLog.START
  WireMessage session, event;
  session.integer(1, start);
  event.real64(1, now_seconds());
  event.integer(2, step);
  event.message(7, session);
  record(event.data());
}

void TensorBoard::record(const std::string& event) {
  const uint64_t length = event.size();
  const uint32_t length_crc = masked(crc32c(raw(length))), data_crc = masked(crc32c(event));
  file_ << raw(length) << raw(length_crc) << event << raw(data_crc);
}

void TensorBoard::flush() { file_.flush(); }

}  // namespace chiasm
