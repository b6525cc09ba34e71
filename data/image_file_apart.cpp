#include "data/image_file_apart.h"

#include <memory>

#include "core/base/error.h"
#include "data/dicom/packed_types.h"
#include "data/image_file.h"

namespace chiasm {
namespace {

struct Answer {
  std::string code, detail;  // of a refusal
  Volume volume;
};

template <class P>
void pack(P& p, Answer& a) {
  p(a.code), p(a.detail), p(a.volume);
}

std::unique_ptr<Isolate>& image_readers() {
  static auto processes = std::make_unique<Isolate>(answer_image_request);
  return processes;
}

Answer ask(const std::filesystem::path& path) {
  try {
    return unpacked<Answer>(image_readers()->call(path.string()));
  } catch (const IsolateFailure& failure) {
    if (failure.kind == IsolateFailure::Kind::late) throw Refused("READER_LATE", "reading took longer than it may");
  } catch (const std::runtime_error&) {
    // An answer that is none.
  }
  throw Refused("READER_DIED", "the reading process crashed, or needed more memory or time than it may");
}

}  // namespace

void start_image_readers() { image_readers(); }

std::string answer_image_request(const std::string& path) {
  Answer answer;
  try {
    answer.volume = read_image_here(path);
  } catch (const Refused& refused) {
    answer = {refused.code, refused.detail, {}};
  }
  return packed(answer);
}

void restart_image_readers(const Isolate::Function& function, const IsolateLimits& limits) {
  image_readers().reset();
  image_readers() = std::make_unique<Isolate>(function, limits);
}

Volume read_image_apart(const std::filesystem::path& path) {
  Answer answer = ask(path);
  if (!answer.code.empty()) throw Refused(answer.code, answer.detail);
  return std::move(answer.volume);
}

}  // namespace chiasm
