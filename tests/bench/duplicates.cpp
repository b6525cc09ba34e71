// Near duplicates as data/perceptual_hash.h tells them: between every image and changed copies of it, and between all pairs of images.
// usage: bench_duplicates FILE...      each file (or DICOM folder) is an image of another patient. Prints a line for each kind of change
// (distances of the hashes, likeness of the details where hashes are near, how many are taken as copies) and one for the pairs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>

#include <jpeglib.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "data/dicom/dicom.h"
#include "data/image_file.h"
#include "data/perceptual_hash.h"

namespace chiasm {
namespace {

Volume read_any(const fs::path& path) {
  if (fs::is_regular_file(path) && is_image_file(path)) return read_image_file(path);
  const auto groups = dicom::group_files(dicom::scan_tree(path, 2));
  if (groups.empty()) throw InputError("no image");
  dicom::ReadResult read = dicom::read_group(groups.front());
  if (!read.volume) throw InputError(read.code);
  return std::move(*read.volume);
}

// The first channel as real numbers, so that every change is made the same way.
Volume plain(const Volume& volume) {
  Volume out = volume;
  std::vector<float> all = values(volume);
  all.resize(static_cast<size_t>(volume.size[0] * volume.size[1] * volume.size[2]));
  out.voxels = std::move(all);
  out.channels = 1;
  out.slope = 1;
  out.intercept = 0;
  return out;
}

std::vector<float>& reals(Volume& volume) { return std::get<std::vector<float>>(volume.voxels); }

double at_share(std::vector<float> all, double share) {
  const auto place = all.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), place, all.end());
  return *place;
}

Volume noisy(Volume volume, double share) {
  const double range = at_share(reals(volume), 0.99) - at_share(reals(volume), 0.01);
  Random random(1);
  for (float& value : reals(volume)) value += static_cast<float>(share * range * random.normal());
  return volume;
}

Volume windowed(Volume volume, double low_share, double high_share) {
  const auto low = static_cast<float>(at_share(reals(volume), low_share)), high = static_cast<float>(at_share(reals(volume), high_share));
  for (float& value : reals(volume)) value = std::round(255 * std::clamp((value - low) / std::max(high - low, 1e-6F), 0.0F, 1.0F));
  return volume;
}

// Each slice through a JPEG file in memory.
Volume jpeg(Volume volume, int quality) {
  volume = windowed(std::move(volume), 0.005, 0.995);
  const auto rows = static_cast<JDIMENSION>(volume.size[1]), columns = static_cast<JDIMENSION>(volume.size[2]);
  std::vector<float>& all = reals(volume);
  for (size_t start = 0; start < all.size(); start += size_t{rows} * columns) {
    std::vector<JSAMPLE> grey(size_t{rows} * columns);
    for (size_t n = 0; n < grey.size(); ++n) grey[n] = static_cast<JSAMPLE>(all[start + n]);
    jpeg_error_mgr errors;
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_compress_struct out{};
    out.err = jpeg_std_error(&errors);
    jpeg_create_compress(&out);
    jpeg_mem_dest(&out, &bytes, &size);
    out.image_width = columns;
    out.image_height = rows;
    out.input_components = 1;
    out.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&out);
    jpeg_set_quality(&out, quality, TRUE);
    jpeg_start_compress(&out, TRUE);
    for (JDIMENSION r = 0; r < rows; ++r) {
      JSAMPROW row = grey.data() + size_t{r} * columns;
      jpeg_write_scanlines(&out, &row, 1);
    }
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    jpeg_decompress_struct in{};
    in.err = &errors;
    jpeg_create_decompress(&in);
    jpeg_mem_src(&in, bytes, size);
    jpeg_read_header(&in, TRUE);
    jpeg_start_decompress(&in);
    for (JDIMENSION r = 0; r < rows; ++r) {
      JSAMPROW row = grey.data() + size_t{r} * columns;
      jpeg_read_scanlines(&in, &row, 1);
    }
    jpeg_finish_decompress(&in);
    jpeg_destroy_decompress(&in);
    free(bytes);
    for (size_t n = 0; n < grey.size(); ++n) all[start + n] = grey[n];
  }
  return volume;
}

// The part from share `first` to share `last` of each side.
Volume part(const Volume& volume, double first, double last) {
  Volume out = volume;
  Size3 from{};
  for (size_t axis = 0; axis < 3; ++axis) {
    if (volume.size[axis] == 1) continue;
    from[axis] = std::lround(first * static_cast<double>(volume.size[axis]));
    out.size[axis] = std::max<int64_t>(1, std::lround(last * static_cast<double>(volume.size[axis])) - from[axis]);
  }
  const auto& all = std::get<std::vector<float>>(volume.voxels);
  std::vector<float> kept;
  for (int64_t d = 0; d < out.size[0]; ++d)
    for (int64_t h = 0; h < out.size[1]; ++h)
      for (int64_t w = 0; w < out.size[2]; ++w)
        kept.push_back(all[static_cast<size_t>(((d + from[0]) * volume.size[1] + h + from[1]) * volume.size[2] + w + from[2])]);
  out.voxels = std::move(kept);
  out.valid.clear();
  return out;
}

// Every second row and column.
Volume halved(const Volume& volume) {
  Volume out = volume;
  out.size[1] = (volume.size[1] + 1) / 2;
  out.size[2] = (volume.size[2] + 1) / 2;
  const auto& all = std::get<std::vector<float>>(volume.voxels);
  std::vector<float> kept;
  for (int64_t d = 0; d < volume.size[0]; ++d)
    for (int64_t h = 0; h < volume.size[1]; h += 2)
      for (int64_t w = 0; w < volume.size[2]; w += 2)
        kept.push_back(all[static_cast<size_t>((d * volume.size[1] + h) * volume.size[2] + w)]);
  out.voxels = std::move(kept);
  out.valid.clear();
  return out;
}

using Change = std::function<Volume(const Volume&)>;

const std::vector<std::pair<const char*, Change>> changes{
    {"noise of 2 %", [](const Volume& v) { return noisy(v, 0.02); }},
    {"noise of 5 %", [](const Volume& v) { return noisy(v, 0.05); }},
    {"window, 1 to 99 %, 8 bits", [](const Volume& v) { return windowed(v, 0.01, 0.99); }},
    {"window, 20 to 95 %, 8 bits", [](const Volume& v) { return windowed(v, 0.2, 0.95); }},
    {"JPEG, quality 75", [](const Volume& v) { return jpeg(v, 75); }},
    {"JPEG, quality 30", [](const Volume& v) { return jpeg(v, 30); }},
    {"half the resolution", [](const Volume& v) { return halved(v); }},
    {"cropped by 1 % a side", [](const Volume& v) { return part(v, 0.01, 0.99); }},
    {"cropped by 2.5 % a side", [](const Volume& v) { return part(v, 0.025, 0.975); }},
    {"cropped by 5 % a side", [](const Volume& v) { return part(v, 0.05, 0.95); }},
};

// Wilson score interval at 95 %.
void print_share(size_t hits, size_t all) {
  const double n = static_cast<double>(all), p = static_cast<double>(hits) / n, z = 1.959964, zz = z * z / n;
  const double middle = (p + zz / 2) / (1 + zz), half = z * std::sqrt(p * (1 - p) / n + zz / (4 * n)) / (1 + zz);
  std::printf("%zu of %zu, %.5f [%.5f, %.5f]\n", hits, all, p, std::max(middle - half, 0.0), std::min(middle + half, 1.0));
}

double quantile(std::vector<double> all, double share) {
  std::sort(all.begin(), all.end());
  return all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))];
}

void report(const char* name, const std::vector<double>& distances, const std::vector<double>& alike) {
  size_t near = 0, taken = 0;
  std::vector<double> likeness_of_near;
  for (size_t n = 0; n < distances.size(); ++n) {
    if (distances[n] >= kNearHash) continue;
    ++near;
    taken += alike[n] > kAlikeDetail;
    likeness_of_near.push_back(alike[n]);
  }
  std::printf("%-28s hash %.3f to %.3f, near %zu; likeness of these", name, quantile(distances, 0), quantile(distances, 1), near);
  if (!likeness_of_near.empty()) std::printf(" %.2f to %.2f", quantile(likeness_of_near, 0), quantile(likeness_of_near, 1));
  std::printf("; taken as copies ");
  print_share(taken, distances.size());
}

}  // namespace
}  // namespace chiasm

int main(int argc, char** argv) {
  using namespace chiasm;
  dicom::start();
  std::vector<PerceptualHash> hashes;
  std::vector<Detail> details;
  std::vector<std::vector<double>> distances(changes.size()), alike(changes.size());
  for (int n = 1; n < argc; ++n) try {
      const Volume volume = plain(read_any(argv[n]));
      hashes.push_back(perceptual_hash(volume));
      details.push_back(detail(volume));
      for (size_t c = 0; c < changes.size(); ++c) {
        const Volume copy = changes[c].second(volume);
        distances[c].push_back(distance(hashes.back(), perceptual_hash(copy)));
        alike[c].push_back(likeness(details.back(), detail(copy)));
      }
    } catch (const std::exception& error) {
      std::cerr << argv[n] << ": " << error.what() << "\n";
    }
  if (hashes.empty()) return 1;
  for (size_t c = 0; c < changes.size(); ++c) report(changes[c].first, distances[c], alike[c]);
  std::vector<double> apart, similar;
  for (size_t a = 0; a < hashes.size(); ++a)
    for (size_t b = a + 1; b < hashes.size(); ++b) {
      apart.push_back(distance(hashes[a], hashes[b]));
      similar.push_back(likeness(details[a], details[b]));
    }
  if (!apart.empty()) report("different images", apart, similar);
}
