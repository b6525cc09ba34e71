#include "scripts/inspect_volumes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/threads.h"
#include "data/dicom/dicom.h"
#include "data/image_file.h"
#include "data/image_file_apart.h"

namespace chiasm {
namespace {

using Visit = std::function<void(const FoundVolume&)>;

std::string stored_digest(const Volume& volume) {
  Sha256 digest;
  std::visit([&](const auto& voxels) { digest.add(voxels.data(), voxels.size() * sizeof voxels[0]); }, volume.voxels);
  return hex(digest.finish());
}

FoundVolume read_plain(const fs::path& path) {
  FoundVolume found;
  found.path = path;
  found.modality = "image";
  try {
    found.volume = read_image_file(path);
    found.stored_sha256 = stored_digest(*found.volume);
  } catch (const Refused& refused) {
    found.code = refused.code;
    found.detail = refused.detail;
  }
  return found;
}

std::string modality_name(const std::string& dicom) {
  static const std::map<std::string, std::string> names{{"PT", "pet"}, {"CR", "xray"}, {"DX", "xray"}, {"MG", "xray"}, {"RG", "xray"}};
  const auto at = names.find(dicom);
  return at == names.end() ? lower(dicom) : at->second;
}

FoundVolume read_dicom(const dicom::Group& group) {
  dicom::ReadResult result = dicom::read_group(group, {.threads = available_cores()});
  FoundVolume found;
  found.path = group.headers.front().path;
  found.series_uid = group.series_uid;
  found.modality = result.volume ? result.volume->modality : modality_name(group.modality);
  found.files = static_cast<int64_t>(group.headers.size());
  found.volume = std::move(result.volume);
  found.voi = std::move(result.voi);
  found.code = result.code;
  found.detail = result.detail;
  found.stored_sha256 = result.stored_sha256;
  found.notes = result.notes;
  return found;
}

// Objects without an image, one entry a series; files that cannot be read, one entry each.
std::vector<FoundVolume> refused_files(const std::vector<dicom::ScannedFile>& scanned, bool folder) {
  std::vector<FoundVolume> result;
  std::map<std::string, size_t> series;
  int64_t others = 0;
  for (const dicom::ScannedFile& file : scanned) {
    if (file.header && file.header->image) continue;
    FoundVolume found;
    found.path = file.path;
    found.code = file.header ? "NO_IMAGE" : file.code;
    found.detail = file.header ? "the object holds no image" : file.detail;
    if (folder && found.code == "NOT_DICOM") {
      ++others;
      continue;
    }
    if (file.header) {
      found.series_uid = file.header->series_uid;
      found.modality = modality_name(file.header->modality);
      const auto [at, added] = series.emplace(found.series_uid, result.size());
      if (!added) {
        ++result[at->second].files;
        continue;
      }
    }
    result.push_back(found);
  }
  if (others > 0) log::info(std::to_string(others) + (others == 1 ? " other file left out" : " other files left out"));
  return result;
}

void visit_dicom(const std::vector<fs::path>& files, bool folder, const Visit& visit) {
  std::vector<dicom::ScannedFile> scanned(files.size());
  parallel_for(static_cast<int64_t>(files.size()), available_cores(),
               [&](int64_t n) { scanned[static_cast<size_t>(n)] = dicom::scan_file(files[static_cast<size_t>(n)]); });
  for (const dicom::Group& group : dicom::group_files(scanned)) visit(read_dicom(group));
  for (const FoundVolume& found : refused_files(scanned, folder)) visit(found);
}

// Of the finite values; infinite or not a number when there is none.
struct Range {
  double low = 0, high = 0, mean = 0;
};

Range range_of(const Volume& volume) {
  return std::visit(
      [&](const auto& voxels) {
        double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0;
        int64_t count = 0;
        for (const auto voxel : voxels) {
          const auto value = static_cast<double>(voxel);
          if (!std::isfinite(value)) continue;
          low = std::min(low, value);
          high = std::max(high, value);
          sum += value;
          ++count;
        }
        const auto rescaled = [&](double voxel) { return voxel * volume.slope + volume.intercept; };
        const double first = rescaled(low), last = rescaled(high);
        return Range{std::min(first, last), std::max(first, last), rescaled(sum / static_cast<double>(count))};
      },
      volume.voxels);
}

Json null_or(const std::string& text) { return text.empty() ? Json() : Json(text); }

void describe_geometry(const Volume& volume, Json& json) {
  const Spacing3 spacing = spacing_mm(volume);
  json["shape"] = {volume.size[2], volume.size[1], volume.size[0]};
  json["spacing"] = {spacing[2], spacing[1], spacing[0]};
  Json rows = Json::array();
  for (size_t row = 0; row < 3; ++row)
    rows.push_back({volume.affine[row * 4], volume.affine[row * 4 + 1], volume.affine[row * 4 + 2], volume.affine[row * 4 + 3]});
  rows.push_back({0, 0, 0, 1});
  json["affine_ras"] = rows;
}

// "512x512x16", or a dash.
std::string side_by_side(const Json& numbers) {
  if (numbers.is_null()) return "-";
  std::vector<std::string> parts;
  for (const Json& number : numbers)
    parts.push_back(number.is_number_integer() ? number.dump() : format_number(std::round(number.get<double>() * 1e4) / 1e4));
  return join(parts, "x");
}

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_number_float()) return format_number(std::round(value.get<double>() * 1e3) / 1e3);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

void for_each_volume(const fs::path& root, const Visit& visit) {
  dicom::start();  // before threads
  start_image_readers();
  const bool folder = fs::is_directory(root);
  if (!folder && !fs::exists(root)) throw InputError(root.string() + ": no such file or folder");
  const std::vector<fs::path> files = folder ? list_files(root) : std::vector<fs::path>{root};
  std::vector<fs::path> dicom_files;
  for (const fs::path& file : files) {
    if (is_image_file(file)) {
      visit(read_plain(file));
    } else {
      dicom_files.push_back(file);
    }
  }
  if (!dicom_files.empty()) visit_dicom(dicom_files, folder, visit);
}

Json describe(const FoundVolume& found) {
  const bool ok = found.volume.has_value();
  Json json{{"path", found.path.string()},
            {"series_uid", null_or(found.series_uid)},
            {"modality", null_or(found.modality)},
            {"status", ok ? "ok" : "refused"},
            {"reason", null_or(found.code)},
            {"detail", null_or(found.detail)},
            {"files", found.files}};
  for (const char* name : {"shape", "spacing", "affine_ras", "channels", "min", "max", "mean"}) json[name] = nullptr;
  json["stored_sha256"] = null_or(found.stored_sha256);
  json["notes"] = found.notes;
  if (!ok) return json;
  describe_geometry(*found.volume, json);
  const Range range = range_of(*found.volume);
  json["channels"] = found.volume->channels;
  json["min"] = range.low;
  json["max"] = range.high;
  json["mean"] = range.mean;
  json["facts"] = found.volume->facts;
  return json;
}

int exit_code(int64_t read, int64_t refused) {
  if (read == 0) return static_cast<int>(Exit::bad_input);
  return static_cast<int>(refused == 0 ? Exit::ok : Exit::partial);
}

std::string table_of(const Json& descriptions) {
  std::vector<std::vector<std::string>> rows{{"status", "modality", "shape", "spacing mm", "min", "max", "mean", "files", "path"}};
  for (const Json& d : descriptions) {
    const std::string status = d["status"] == "ok" ? "ok" : d["reason"].get<std::string>();
    rows.push_back({status, cell(d["modality"]), side_by_side(d["shape"]), side_by_side(d["spacing"]), cell(d["min"]), cell(d["max"]),
                    cell(d["mean"]), cell(d["files"]), cell(d["path"])});
  }
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows)
    for (size_t n = 0; n < row.size(); ++n) widths[n] = std::max(widths[n], row[n].size());
  std::ostringstream text;
  for (const auto& row : rows) {
    for (size_t n = 0; n + 1 < row.size(); ++n) text << row[n] << std::string(widths[n] - row[n].size() + 2, ' ');
    text << row.back() << "\n";
  }
  for (const Json& d : descriptions) {
    if (!d["detail"].is_null()) text << cell(d["path"]) << ": " << cell(d["detail"]) << "\n";
    for (const Json& note : d["notes"]) text << cell(d["path"]) << ": " << cell(note) << "\n";
  }
  return text.str();
}

}  // namespace chiasm
