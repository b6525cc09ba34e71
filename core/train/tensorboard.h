// TensorBoard event files (TFRecord framing with masked CRC-32C around tensorflow.Event messages). Scalars and text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace chiasm {

class TensorBoard {
 public:
  // Appends to a new file events.out.tfevents.* in the folder.
  explicit TensorBoard(const std::filesystem::path& folder);
  void scalar(const std::string& tag, double value, int64_t step);
  // Tells TensorBoard to forget what earlier files of the folder hold from `step` on.
  void restart(int64_t step);
  void flush();

 private:
  void record(const std::string& event);
  std::ofstream file_;
};

// CRC-32C (Castagnoli), as RFC 3720 B.4.
uint32_t crc32c(std::string_view bytes);

}  // namespace chiasm
