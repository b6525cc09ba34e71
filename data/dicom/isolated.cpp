#include "data/dicom/isolated.h"

#include "core/base/isolate.h"
#include "data/dicom/load.h"
#include "data/dicom/packed_types.h"

namespace chiasm::dicom {
namespace {

struct Request {
  bool read = false;  // else scan
  std::filesystem::path path;
  Group group;
  ReadOptions options;
};

template <class P>
void pack(P& p, Request& r) {
  p(r.read), p(r.path), p(r.group), p(r.options);
}

std::string answer(const std::string& bytes) {
  const auto request = unpacked<Request>(bytes);
  return request.read ? packed(read_in_process(request.group, request.options)) : packed(scan_in_process(request.path));
}

Isolate& readers() {
  static Isolate processes(answer);
  return processes;
}

// Code and detail of a call without an answer.
template <class Result>
Result failed(const IsolateFailure& failure) {
  Result result;
  const bool late = failure.kind == IsolateFailure::Kind::late;
  result.code = late ? "READER_LATE" : "READER_DIED";
  result.detail = late ? "reading took longer than it may" : "the reading process crashed, or needed more memory or time than it may";
  return result;
}

template <class Result>
Result ask(const Request& request) {
  start();
  try {
    return unpacked<Result>(readers().call(packed(request)));
  } catch (const IsolateFailure& failure) {
    return failed<Result>(failure);
  } catch (const std::runtime_error&) {
    return failed<Result>({IsolateFailure::Kind::died, "an answer that is none"});
  }
}

}  // namespace

void start() {
  prepare_library();  // first, so that the readers have the codecs
  readers();
}

ScannedFile scan_isolated(const std::filesystem::path& path) {
  ScannedFile result = ask<ScannedFile>({false, path, {}, {}});
  result.path = path;
  if (result.header) result.header->path = path;  // whatever the answer says
  return result;
}

ReadResult read_isolated(const Group& group, const ReadOptions& options) {
  ReadResult result = ask<ReadResult>({true, {}, group, options});
  if (result.group.headers.empty()) result.group = group;
  return result;
}

}  // namespace chiasm::dicom
