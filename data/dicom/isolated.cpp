#include "data/dicom/isolated.h"

#include <algorithm>
#include <memory>

#include "core/base/error.h"
#include "core/base/isolate.h"
#include "data/dicom/drawn_request.h"
#include "data/dicom/load.h"
#include "data/dicom/object_pixels.h"
#include "data/dicom/packed_types.h"

namespace chiasm::dicom {
namespace {

enum class Task { scan, read, pixels, names, regions };

struct Request {
  Task task = Task::scan;
  std::filesystem::path path;
  Group group;  // of a drawn object: its header alone
  ReadOptions options;
  DrawnTask drawn;
};

template <class P>
void pack(P& p, Request& r) {
  p(r.task), p(r.path), p(r.group), p(r.options), p(r.drawn);
}

struct PixelsAnswer {
  std::string code, detail;
  ObjectPixels pixels;
};

template <class P>
void pack(P& p, PixelsAnswer& a) {
  p(a.code), p(a.detail), p(a.pixels);
}

PixelsAnswer pixels_of(const Request& request) {
  try {
    return {"", "", object_pixels_in_process(request.group.headers.at(0))};
  } catch (const Refused& refused) {
    return {refused.code, refused.detail, {}};
  }
}

// Names and numbers of all regions, or the regions of those that are wanted.
DrawnAnswer drawn(const Request& request) {
  DrawnAnswer answer;
  const auto wanted = [&](const std::string& name, int64_t number) {
    if (request.task == Task::names) answer.regions.push_back({name, number, {}});
    const auto same = [&](const DrawnRegion& region) { return region.name == name && region.number == number; };
    return std::any_of(request.drawn.wanted.begin(), request.drawn.wanted.end(), same);
  };
  const auto take = [&](const Region& region) { answer.regions.push_back({region.name, region.number, bits_of(region.inside)}); };
  try {
    read_regions_in_process(request.group.headers.at(0), request.drawn.like, wanted, take, request.drawn.other);
  } catch (const Refused& refused) {
    // Names that could be read stand for themselves: the wanted ones are read next, and refused then.
    if (request.task == Task::regions || answer.regions.empty()) answer = {refused.code, refused.detail, {}};
  }
  return answer;
}

std::string_view name_of(Task task) {
  static constexpr std::string_view names[] = {"scan", "read", "pixels", "names", "regions"};
  return names[static_cast<size_t>(task)];
}

std::string answer(const ReaderOptions& options, const std::string& bytes) {
  const auto request = unpacked<Request>(bytes);
  if (options.before) options.before(name_of(request.task), request.task == Task::scan ? request.path : request.group.headers.at(0).path);
  switch (request.task) {
    case Task::scan:
      return packed(scan_in_process(request.path));
    case Task::read:
      return packed(read_in_process(request.group, request.options));
    case Task::pixels:
      return packed(pixels_of(request));
    default:
      return packed(drawn(request));
  }
}

std::unique_ptr<Isolate> new_readers(const ReaderOptions& options) {
  prepare_library();  // first, so that the readers have the codecs
  return std::make_unique<Isolate>([options](const std::string& bytes) { return answer(options, bytes); }, options.limits);
}

std::unique_ptr<Isolate>& readers() {
  static std::unique_ptr<Isolate> processes = new_readers({});
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
  try {
    return unpacked<Result>(readers()->call(packed(request)));
  } catch (const IsolateFailure& failure) {
    return failed<Result>(failure);
  } catch (const std::runtime_error&) {
    return failed<Result>({IsolateFailure::Kind::died, "an answer that is none"});
  }
}

}  // namespace

void start() { readers(); }

void restart_readers(const ReaderOptions& options) {
  readers().reset();
  readers() = new_readers(options);
}

ScannedFile scan_isolated(const std::filesystem::path& path) {
  ScannedFile result = ask<ScannedFile>({Task::scan, path, {}, {}, {}});
  result.path = path;
  if (result.header) result.header->path = path;  // whatever the answer says
  return result;
}

ReadResult read_isolated(const Group& group, const ReadOptions& options) {
  ReadResult result = ask<ReadResult>({Task::read, {}, group, options, {}});
  if (result.group.headers.empty()) result.group = group;
  return result;
}

ObjectPixels read_object_pixels(const Header& header) {
  Request request{Task::pixels, {}, {}, {}, {}};
  request.group.headers.push_back(header);
  auto answer = ask<PixelsAnswer>(request);
  if (!answer.code.empty()) throw Refused(answer.code, answer.detail);
  return std::move(answer.pixels);
}

void read_regions(const Header& annotation, const Volume& like, const Wanted& wanted, const TakeRegion& take, OtherGrid other) {
  Request request{Task::names, {}, {}, {}, {}};
  request.group.headers.push_back(annotation);
  request.drawn.like.size = like.size;
  request.drawn.like.affine = like.affine;
  request.drawn.other = other;
  DrawnAnswer names = ask<DrawnAnswer>(request);
  if (!names.code.empty()) throw Refused(names.code, names.detail);
  for (const DrawnRegion& region : names.regions)
    if (wanted(region.name, region.number)) request.drawn.wanted.push_back(region);
  request.task = Task::regions;
  const DrawnAnswer read = ask<DrawnAnswer>(request);
  if (!read.code.empty()) throw Refused(read.code, read.detail);
  const auto voxels = static_cast<size_t>(like.size[0] * like.size[1] * like.size[2]);
  for (const DrawnRegion& region : read.regions) take({region.name, region.number, bytes_of(region.bits, voxels)});
}

}  // namespace chiasm::dicom
