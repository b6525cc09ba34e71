#include "data/store/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <type_traits>

namespace chiasm::store {

static_assert(std::is_same_v<hid_t, int64_t> && std::is_same_v<herr_t, int>, "Handle holds HDF5 ids");

namespace {

constexpr int64_t kMostElements = int64_t{1} << 36;  // a damaged or hostile size is not allocated
constexpr int kDeflateLevel = 4;

std::mutex& library_mutex() {
  static std::mutex mutex;
  // Every file is closed by its Handle. One that could not be (full disk) would crash HDF5's own clean-up at exit.
  static const bool no_clean_up = H5dont_atexit() >= 0;
  (void)no_clean_up;
  return mutex;
}

void must(int64_t result, const std::string& what) {
  if (result < 0) throw Failure(what);
}

Handle property_list(hid_t kind) { return {H5Pcreate(kind), H5Pclose, "HDF5 is out of memory"}; }

Handle file_access() {
  Handle access = property_list(H5P_FILE_ACCESS);
  must(H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST), "HDF5 has no latest format");
  must(H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG), "HDF5 refuses the close degree");
  // Shards are written under a private name by one writer; locks would fail on read-only and network disks.
  must(H5Pset_file_locking(access.id(), false, true), "HDF5 refuses to leave locking");
  return access;
}

Handle untimed(hid_t kind) {
  Handle list = property_list(kind);
  must(H5Pset_obj_track_times(list.id(), false), "HDF5 refuses to leave out times");  // equal content, equal bytes
  return list;
}

hid_t memory_type(Element element) {
  switch (element) {
    case Element::uint8:
      return H5T_STD_U8LE;
    case Element::int16:
      return H5T_STD_I16LE;
    case Element::uint16:
      return H5T_STD_U16LE;
    case Element::int32:
      return H5T_STD_I32LE;
    default:
      return H5T_IEEE_F32LE;
  }
}

Element element_of(hid_t type, const std::string& name) {
  for (const Element element : {Element::uint8, Element::int16, Element::uint16, Element::int32, Element::float32})
    if (H5Tequal(type, memory_type(element)) > 0) return element;
  throw Failure("'" + name + "' has an unknown voxel type");
}

Handle string_type(size_t length) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "HDF5 has no string type");
  must(H5Tset_size(type.id(), std::max<size_t>(length, 1)), "HDF5 refuses a string length");
  must(H5Tset_cset(type.id(), H5T_CSET_UTF8), "HDF5 refuses UTF-8");
  must(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "HDF5 refuses string padding");
  return type;
}

Handle scalar_space() { return {H5Screate(H5S_SCALAR), H5Sclose, "HDF5 is out of memory"}; }

Handle list_space(size_t count) {
  const hsize_t length = count;
  return {H5Screate_simple(1, &length, nullptr), H5Sclose, "HDF5 is out of memory"};
}

std::vector<hsize_t> unsigned_sizes(const std::vector<int64_t>& sizes) { return {sizes.begin(), sizes.end()}; }

// Creation properties of every data set: chunked, shuffled, deflated, with a checksum.
Handle filtered(const std::vector<hsize_t>& chunk) {
  Handle list = untimed(H5P_DATASET_CREATE);
  must(H5Pset_chunk(list.id(), static_cast<int>(chunk.size()), chunk.data()), "HDF5 refuses a chunk size");
  must(H5Pset_fill_time(list.id(), H5D_FILL_TIME_NEVER), "HDF5 refuses to leave out filling");
  must(H5Pset_shuffle(list.id()), "HDF5 has no shuffle filter");
  must(H5Pset_deflate(list.id(), kDeflateLevel), "HDF5 has no deflate filter");
  must(H5Pset_fletcher32(list.id()), "HDF5 has no Fletcher32 filter");
  return list;
}

Handle create_data_set(const Handle& group, const std::string& name, hid_t type, const Handle& space, const std::vector<hsize_t>& chunk) {
  return {H5Dcreate2(group.id(), name.c_str(), type, space.id(), H5P_DEFAULT, filtered(chunk).id(), H5P_DEFAULT), H5Dclose,
          "'" + name + "' cannot be created"};
}

Handle open_data_set(const Handle& group, const std::string& name) {
  return {H5Dopen2(group.id(), name.c_str(), H5P_DEFAULT), H5Dclose, "'" + name + "' cannot be opened"};
}

size_t length_of(const Handle& data_set, const std::string& name) {
  const Handle space(H5Dget_space(data_set.id()), H5Sclose, "'" + name + "' has no size");
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  if (count < 0 || count > kMostElements) throw Failure("'" + name + "' has an impossible size");
  return static_cast<size_t>(count);
}

// Text of a fixed-length string type, without its padding.
std::string buffer_for(const Handle& type, const std::string& name) {
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) > 0) throw Failure("'" + name + "' is not text");
  return std::string(H5Tget_size(type.id()), '\0');
}

void cut_padding(std::string& text) { text.erase(text.find_last_not_of('\0') + 1); }

void check_filters(hid_t properties, const std::string& name) {
  static const std::vector<H5Z_filter_t> expected{H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32};
  const int count = H5Pget_nfilters(properties);
  bool same = count == static_cast<int>(expected.size());
  for (int i = 0; same && i < count; ++i) {
    unsigned flags = 0, configuration = 0;
    size_t parameters = 0;
    same = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &parameters, nullptr, 0, nullptr, &configuration) ==
           expected[static_cast<size_t>(i)];
  }
  if (!same) throw Failure("'" + name + "' is not stored by shuffle, deflate and Fletcher32");
}

// Size and chunk size of an array of three (DHW) or four (CDHW) axes.
void read_shape(const Handle& data_set, const std::string& name, PackedArray& array) {
  const Handle space(H5Dget_space(data_set.id()), H5Sclose, "'" + name + "' has no size");
  const Handle properties(H5Dget_create_plist(data_set.id()), H5Pclose, "'" + name + "' has no properties");
  hsize_t size[4], chunk[4];
  const int axes = H5Sget_simple_extent_ndims(space.id());
  const bool chunked = (axes == 3 || axes == 4) && H5Pget_layout(properties.id()) == H5D_CHUNKED;
  if (!chunked || H5Sget_simple_extent_dims(space.id(), size, nullptr) != axes || H5Pget_chunk(properties.id(), 4, chunk) != axes)
    throw Failure("'" + name + "' is not a chunked array");
  check_filters(properties.id(), name);
  const int64_t columns = axes - 1, rows = axes - 2;
  double elements = 1;
  for (int axis = 0; axis < axes; ++axis) {
    elements *= static_cast<double>(size[axis]);
    if (chunk[axis] < 1 || chunk[axis] > size[axis]) throw Failure("'" + name + "' has an impossible chunk size");
  }
  if (elements > static_cast<double>(kMostElements)) throw Failure("'" + name + "' has an impossible size");
  if (chunk[rows] != size[rows] || chunk[columns] != size[columns] || (axes == 4 && chunk[0] != 1))
    throw Failure("'" + name + "' is not stored in chunks of whole slices");
  array.size.assign(size, size + axes);
  array.chunk.assign(chunk, chunk + axes);
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(library_mutex()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // the printer of error stacks is a setting of each thread
}

Handle::Handle(int64_t id, Close close, const std::string& what) : id_(id), close_(close) { must(id, what); }

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    release();
    id_ = std::exchange(other.id_, -1);
    close_ = other.close_;
  }
  return *this;
}

void Handle::release() noexcept {
  if (id_ >= 0) close_(std::exchange(id_, -1));
}

void Handle::close(const std::string& what) {
  if (id_ >= 0) must(close_(std::exchange(id_, -1)), what);
}

Handle create_file(const std::filesystem::path& path) {
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, untimed(H5P_FILE_CREATE).id(), file_access().id()), H5Fclose, "cannot be created"};
}

Handle open_file(const std::filesystem::path& path) {
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, file_access().id()), H5Fclose, "cannot be opened as HDF5"};
}

Handle create_group(const Handle& parent, const std::string& name) {
  return {H5Gcreate2(parent.id(), name.c_str(), H5P_DEFAULT, untimed(H5P_GROUP_CREATE).id(), H5P_DEFAULT), H5Gclose,
          "group '" + name + "' cannot be created"};
}

Handle open_group(const Handle& parent, const std::string& name) {
  return {H5Gopen2(parent.id(), name.c_str(), H5P_DEFAULT), H5Gclose, "group '" + name + "' cannot be opened"};
}

bool contains(const Handle& parent, const std::string& name) {
  const htri_t found = H5Lexists(parent.id(), name.c_str(), H5P_DEFAULT);
  must(found, "group with '" + name + "' cannot be read");
  return found > 0;
}

std::vector<std::string> members(const Handle& group) {
  H5G_info_t info;
  must(H5Gget_info(group.id(), &info), "a group cannot be read");
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const ssize_t length = H5Lget_name_by_idx(group.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    must(length, "a group cannot be listed");
    std::string name(static_cast<size_t>(length) + 1, '\0');
    must(H5Lget_name_by_idx(group.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT),
         "a group cannot be listed");
    name.pop_back();
    names.push_back(std::move(name));
  }
  return names;
}

void set_attribute(const Handle& object, const std::string& name, const std::string& text) {
  const Handle type = string_type(text.size()), space = scalar_space();
  const std::string what = "attribute '" + name + "' cannot be written";
  const Handle attribute(H5Acreate2(object.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, what);
  must(H5Awrite(attribute.id(), type.id(), text.c_str()), what);
}

void set_attribute(const Handle& object, const std::string& name, const std::vector<double>& numbers) {
  const Handle space = list_space(numbers.size());
  const std::string what = "attribute '" + name + "' cannot be written";
  const Handle attribute(H5Acreate2(object.id(), name.c_str(), H5T_IEEE_F64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, what);
  must(H5Awrite(attribute.id(), H5T_NATIVE_DOUBLE, numbers.data()), what);
}

std::string text_attribute(const Handle& object, const std::string& name) {
  const std::string what = "attribute '" + name + "' cannot be read";
  const Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose, what);
  const Handle type(H5Aget_type(attribute.id()), H5Tclose, what);
  std::string text = buffer_for(type, name);
  must(H5Aread(attribute.id(), type.id(), text.data()), what);
  cut_padding(text);
  return text;
}

std::vector<double> number_attribute(const Handle& object, const std::string& name, size_t count) {
  const std::string what = "attribute '" + name + "' cannot be read";
  const Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose, what);
  const Handle space(H5Aget_space(attribute.id()), H5Sclose, what);
  if (H5Sget_simple_extent_npoints(space.id()) != static_cast<hssize_t>(count)) throw Failure("attribute '" + name + "' has a wrong size");
  std::vector<double> numbers(count);
  must(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, numbers.data()), what);
  return numbers;
}

void write_numbers(const Handle& group, const std::string& name, const std::vector<double>& numbers) {
  const Handle data_set = create_data_set(group, name, H5T_IEEE_F64LE, list_space(numbers.size()), {numbers.size()});
  must(H5Dwrite(data_set.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()), "'" + name + "' cannot be written");
}

std::vector<double> read_numbers(const Handle& group, const std::string& name) {
  const Handle data_set = open_data_set(group, name);
  std::vector<double> numbers(length_of(data_set, name));
  must(H5Dread(data_set.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()), "the checksum of '" + name + "' is wrong");
  return numbers;
}

void write_text(const Handle& group, const std::string& name, const std::string& text) {
  const Handle type = string_type(text.size());
  const Handle data_set = create_data_set(group, name, type.id(), list_space(1), {1});
  must(H5Dwrite(data_set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()), "'" + name + "' cannot be written");
}

std::string read_text(const Handle& group, const std::string& name) {
  const Handle data_set = open_data_set(group, name);
  if (length_of(data_set, name) != 1) throw Failure("'" + name + "' is not one text");
  const Handle type(H5Dget_type(data_set.id()), H5Tclose, "'" + name + "' has no type");
  std::string text = buffer_for(type, name);
  must(H5Dread(data_set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), "the checksum of '" + name + "' is wrong");
  cut_padding(text);
  return text;
}

void write_array(const Handle& group, const std::string& name, const PackedArray& array) {
  const auto size = unsigned_sizes(array.size), chunk = unsigned_sizes(array.chunk);
  const Handle space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose, "HDF5 is out of memory");
  const Handle data_set = create_data_set(group, name, memory_type(array.element), space, chunk);
  const auto offsets = chunk_offsets(array.size, array.chunk);
  for (size_t i = 0; i < offsets.size(); ++i) {
    const auto offset = unsigned_sizes(offsets[i]);
    const std::string& bytes = array.chunks[i];
    must(H5Dwrite_chunk(data_set.id(), H5P_DEFAULT, 0, offset.data(), bytes.size(), bytes.data()), "'" + name + "' cannot be written");
  }
}

PackedArray read_array(const Handle& group, const std::string& name) {
  const Handle data_set = open_data_set(group, name);
  const Handle type(H5Dget_type(data_set.id()), H5Tclose, "'" + name + "' has no type");
  PackedArray array;
  array.element = element_of(type.id(), name);
  read_shape(data_set, name, array);
  for (const auto& start : chunk_offsets(array.size, array.chunk)) {
    const auto offset = unsigned_sizes(start);
    hsize_t stored = 0;
    must(H5Dget_chunk_storage_size(data_set.id(), offset.data(), &stored), "a chunk of '" + name + "' cannot be found");
    // Deflate grows data by far less than its double.
    if (stored == 0 || stored > static_cast<hsize_t>(2 * element_count(array.chunk) * element_bytes(array.element) + 1024))
      throw Failure("a chunk of '" + name + "' has an impossible size");
    std::string bytes(stored, '\0');
    uint32_t skipped_filters = 0;
    must(H5Dread_chunk(data_set.id(), H5P_DEFAULT, offset.data(), &skipped_filters, bytes.data()),
         "a chunk of '" + name + "' cannot be read");
    if (skipped_filters != 0) throw Failure("a chunk of '" + name + "' was stored without its filters");
    array.chunks.push_back(std::move(bytes));
  }
  return array;
}

}  // namespace chiasm::store
