#include "data/dicom/shelf.h"

#include <blosc.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "core/base/threads.h"
#include "data/dicom/annotation.h"
#include "data/dicom/packed_types.h"

namespace chiasm::dicom {

namespace {

constexpr size_t kPiece = size_t{64} << 20;  // Blosc takes at most 2 GiB at once
constexpr int kLevel = 9;                    // of LZ4: longer blocks, so that more of a series is told once
constexpr size_t kFilesAtOnce = 1024;

template <class T>
std::string shelved(const T& value) {
  Packer packer;
  packer(value);
  return squeeze(packer.take());
}

template <class T>
T unshelved(const std::string& bytes) {
  const std::string plain = unsqueeze(bytes);
  Unpacker unpacker(plain);
  T value;
  unpacker(value);
  return value;
}

// Image files by series, in order of first appearance. A file whose SOP instance was seen before goes where that went: group_files judges
// copies and conflicts.
class SeriesFiles {
 public:
  void add(ScannedFile file) {
    const Header& header = *file.header;
    const auto fresh = static_cast<uint32_t>(series_.size());
    uint32_t place = by_uid_.try_emplace(header.study_uid + "\n" + header.series_uid, fresh).first->second;
    if (!header.sop_uid.empty()) place = by_object_.try_emplace(hash_key(0, header.sop_uid), place).first->second;
    if (place >= series_.size()) series_.resize(place + 1);
    if (series_[place].waiting.empty()) touched_.push_back(place);
    series_[place].waiting.push_back(std::move(file));
  }

  // Shelves what was added since the last call.
  void shelve(int threads) {
    parallel_for(static_cast<int64_t>(touched_.size()), threads, [&](int64_t n) {
      Series& series = series_[touched_[static_cast<size_t>(n)]];
      series.shelves.push_back(shelved(std::exchange(series.waiting, std::vector<ScannedFile>())));
    });
    touched_.clear();
  }

  std::vector<ShelvedGroup> groups(int threads) {
    by_uid_.clear(), by_object_.clear();
    std::vector<std::vector<ShelvedGroup>> found(series_.size());
    parallel_for(static_cast<int64_t>(series_.size()), threads, [&](int64_t n) {
      std::vector<ScannedFile> files;
      for (std::string& shelf : series_[static_cast<size_t>(n)].shelves) {
        std::vector<ScannedFile> some = unshelved<std::vector<ScannedFile>>(std::exchange(shelf, std::string()));
        std::move(some.begin(), some.end(), std::back_inserter(files));
      }
      for (const Group& group : group_files(std::move(files))) found[static_cast<size_t>(n)].emplace_back(group);
    });
    std::vector<ShelvedGroup> all;
    for (auto& some : found) std::move(some.begin(), some.end(), std::back_inserter(all));
    return all;
  }

 private:
  struct Series {
    std::vector<ScannedFile> waiting;
    std::vector<std::string> shelves;
  };
  std::vector<Series> series_;
  std::vector<uint32_t> touched_;
  std::unordered_map<std::string, uint32_t> by_uid_;
  std::unordered_map<uint64_t, uint32_t> by_object_;  // by hashes: two UIDs of a million share one in 1 of 40 million trees
};

}  // namespace

std::string squeeze(std::string_view plain) {
  std::string out;
  for (size_t at = 0; at == 0 || at < plain.size(); at += kPiece) {
    const std::string_view piece = plain.substr(at, kPiece);
    std::string room(piece.size() + BLOSC_MAX_OVERHEAD, '\0');
    const int bytes = blosc_compress_ctx(kLevel, BLOSC_NOSHUFFLE, 1, piece.size(), piece.data(), room.data(), room.size(), "lz4", 0, 1);
    if (bytes <= 0) throw Error("headers cannot be compressed");
    out.append(room, 0, static_cast<size_t>(bytes));
  }
  return out;
}

std::string unsqueeze(std::string_view squeezed) {
  std::string out;
  while (!squeezed.empty()) {
    size_t plain = 0, bytes = 0, block = 0;
    if (squeezed.size() < BLOSC_MIN_HEADER_LENGTH) throw Error("compressed headers are damaged");
    blosc_cbuffer_sizes(squeezed.data(), &plain, &bytes, &block);
    const size_t before = out.size();
    out.resize(before + plain);
    if (bytes == 0 || bytes > squeezed.size() ||
        blosc_decompress_ctx(squeezed.data(), out.data() + before, plain, 1) != static_cast<int>(plain))
      throw Error("compressed headers are damaged");
    squeezed.remove_prefix(bytes);
  }
  return out;
}

ShelvedGroup::ShelvedGroup(const Group& group) : packed_(shelved(group)) { packed_.shrink_to_fit(); }

Group ShelvedGroup::open() const { return unshelved<Group>(packed_); }

ShelvedTree shelve_tree(const std::filesystem::path& root, int threads) {
  std::vector<fs::path> files = list_files(root);
  ShelvedTree tree;
  tree.files = static_cast<int64_t>(files.size());
  SeriesFiles series;
  for (size_t first = 0; first < files.size(); first += kFilesAtOnce) {
    std::vector<ScannedFile> scanned(std::min(kFilesAtOnce, files.size() - first));
    parallel_for(static_cast<int64_t>(scanned.size()), threads,
                 [&](int64_t n) { scanned[static_cast<size_t>(n)] = scan_file(files[first + static_cast<size_t>(n)]); });
    for (ScannedFile& file : scanned) {
      if (!file.header || (!file.header->image && !is_annotation(*file.header)))
        tree.not_images.push_back({std::nullopt, std::move(file.path), std::move(file.code), std::move(file.detail)});
      else if (is_annotation(*file.header))
        tree.drawn.push_back(std::move(*file.header));
      else
        series.add(std::move(file));
    }
    for (size_t n = 0; n < scanned.size(); ++n) fs::path().swap(files[first + n]);
    series.shelve(threads);
  }
  tree.groups = series.groups(threads);
  return tree;
}

}  // namespace chiasm::dicom
