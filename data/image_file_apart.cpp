#include "data/image_file_apart.h"

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

Isolate& image_readers() {
  static Isolate processes(answer_image_request);
  return processes;
}

Answer ask(const std::filesystem::path& path, Isolate& readers) {
  try {
    return unpacked<Answer>(readers.call(path.string()));
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

Volume read_image_apart(const std::filesystem::path& path) { return read_image_apart(path, image_readers()); }

Volume read_image_apart(const std::filesystem::path& path, Isolate& readers) {
  Answer answer = ask(path, readers);
  if (!answer.code.empty()) throw Refused(answer.code, answer.detail);
  return std::move(answer.volume);
}

}  // namespace chiasm
