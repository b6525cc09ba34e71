#include "data/store/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <new>
#include <type_traits>

namespace chiasm::store {

static_assert(std::is_same_v<hid_t, int64_t> && std::is_same_v<herr_t, int>, "Handle holds HDF5 ids");

namespace {

// A damaged or hostile size is not allocated.
constexpr int64_t kMostElements = int64_t{1} << 36, kMostChunkElements = int64_t{1} << 28, kMostChunks = int64_t{1} << 24;
constexpr uint64_t kMostFileBytes = uint64_t{1} << 50;
constexpr int kDeflateLevel = 4;  // of tables and texts

// Registered at https://github.com/HDFGroup/hdf5_plugins; h5py reads it with the package hdf5plugin.
constexpr H5Z_filter_t kBloscFilter = 32001;
constexpr unsigned kBloscFilterRevision = 2, kBloscFormat = 2, kBloscLevel = 4, kBloscShuffle = 1, kBloscLz4hc = 2;

// HDF5 wants to know a filter before it creates a data set. Chunks pass by it: they are packed and unpacked outside (codec.h).
size_t no_filter(unsigned, size_t, const unsigned*, size_t, size_t*, void**) { return 0; }

void register_blosc() {
  const H5Z_class2_t blosc{H5Z_CLASS_T_VERS, kBloscFilter, 1, 1, "blosc", nullptr, nullptr, no_filter};
  if (H5Zregister(&blosc) < 0) throw Failure("HDF5 takes no further filter");
}

std::mutex& library_mutex() {
  static std::mutex mutex;
  // Every file is closed by its Handle. One that could not be (full disk) would crash HDF5's own clean-up at exit.
  static const bool no_clean_up = H5dont_atexit() >= 0;
  static const bool registered = (register_blosc(), true);
  (void)no_clean_up, (void)registered;
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
  // Every chunk is put at the end of the file, however small: see write_array.
  must(H5Pset_small_data_block_size(access.id(), 0), "HDF5 refuses to leave out blocks of small data");
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

// Creation properties of every data set: chunked, with a checksum; no filling.
Handle chunked(const std::vector<hsize_t>& chunk) {
  Handle list = untimed(H5P_DATASET_CREATE);
  must(H5Pset_chunk(list.id(), static_cast<int>(chunk.size()), chunk.data()), "HDF5 refuses a chunk size");
  must(H5Pset_fill_time(list.id(), H5D_FILL_TIME_NEVER), "HDF5 refuses to leave out filling");
  return list;
}

Handle deflated(const std::vector<hsize_t>& chunk) {
  Handle list = chunked(chunk);
  must(H5Pset_shuffle(list.id()), "HDF5 has no shuffle filter");
  must(H5Pset_deflate(list.id(), kDeflateLevel), "HDF5 has no deflate filter");
  must(H5Pset_fletcher32(list.id()), "HDF5 has no Fletcher32 filter");
  return list;
}

Handle blosc_packed(const ArrayForm& form) {
  Handle list = chunked(unsigned_sizes(form.chunk));
  const unsigned parameters[] = {kBloscFilterRevision,
                                 kBloscFormat,
                                 static_cast<unsigned>(element_bytes(form.element)),
                                 static_cast<unsigned>(form.chunk_bytes()),
                                 kBloscLevel,
                                 kBloscShuffle,
                                 kBloscLz4hc};
  must(H5Pset_filter(list.id(), kBloscFilter, H5Z_FLAG_MANDATORY, std::size(parameters), parameters), "HDF5 refuses the Blosc filter");
  must(H5Pset_fletcher32(list.id()), "HDF5 has no Fletcher32 filter");
  return list;
}

Handle create_data_set(const Handle& group, const std::string& name, hid_t type, const Handle& space, const Handle& properties) {
  return {H5Dcreate2(group.id(), name.c_str(), type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Dclose,
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

Coding coding_of(hid_t properties, const std::string& name) {
  std::vector<H5Z_filter_t> filters;
  const int count = H5Pget_nfilters(properties);
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0, configuration = 0;
    size_t parameters = 0;
    filters.push_back(H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &parameters, nullptr, 0, nullptr, &configuration));
  }
  if (filters == std::vector<H5Z_filter_t>{kBloscFilter, H5Z_FILTER_FLETCHER32}) return Coding::blosc;
  if (filters == std::vector<H5Z_filter_t>{H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32}) return Coding::deflate;
  throw Failure("'" + name + "' is stored neither by Blosc and Fletcher32 nor by shuffle, deflate and Fletcher32");
}

// Size and chunk size of an array of three (DHW) or four (CDHW) axes.
void read_shape(const Handle& data_set, const std::string& name, ArrayForm& form) {
  const Handle space(H5Dget_space(data_set.id()), H5Sclose, "'" + name + "' has no size");
  const Handle properties(H5Dget_create_plist(data_set.id()), H5Pclose, "'" + name + "' has no properties");
  hsize_t size[4], chunk[4];
  const int axes = H5Sget_simple_extent_ndims(space.id());
  const bool chunked = (axes == 3 || axes == 4) && H5Pget_layout(properties.id()) == H5D_CHUNKED;
  if (!chunked || H5Sget_simple_extent_dims(space.id(), size, nullptr) != axes || H5Pget_chunk(properties.id(), 4, chunk) != axes)
    throw Failure("'" + name + "' is not a chunked array");
  form.coding = coding_of(properties.id(), name);
  double elements = 1, chunk_elements = 1;
  for (int axis = 0; axis < axes; ++axis) {
    elements *= static_cast<double>(size[axis]);
    chunk_elements *= static_cast<double>(chunk[axis]);
    if (chunk[axis] < 1 || chunk[axis] > size[axis]) throw Failure("'" + name + "' has an impossible chunk size");
  }
  const bool too_many = elements > static_cast<double>(kMostElements) || elements > static_cast<double>(kMostChunks) * chunk_elements;
  if (too_many || chunk_elements > static_cast<double>(kMostChunkElements)) throw Failure("'" + name + "' has an impossible size");
  if (axes == 4 && chunk[0] != 1) throw Failure("'" + name + "' has chunks of several channels");
  form.size.assign(size, size + axes);
  form.chunk.assign(chunk, chunk + axes);
}

std::string table_name(const std::string& name) { return name + "_chunks"; }

int64_t file_end(const Handle& object) {
  const Handle file(H5Iget_file_id(object.id()), H5Fclose, "an object has no file");
  hsize_t end = 0;
  must(H5Fget_filesize(file.id(), &end), "a file has no size");
  return static_cast<int64_t>(end);
}

// Where HDF5 put a chunk. It walks over all chunks before it, so shards of the present version keep a table instead.
ChunkPlace find_chunk(const Handle& data_set, const std::vector<int64_t>& offset, const std::string& name) {
  unsigned skipped_filters = 0;
  haddr_t address = 0;
  hsize_t bytes = 0;
  must(H5Dget_chunk_info_by_coord(data_set.id(), unsigned_sizes(offset).data(), &skipped_filters, &address, &bytes),
       "a chunk of '" + name + "' cannot be found");
  if (skipped_filters != 0) throw Failure("a chunk of '" + name + "' was stored without its filters");
  if (address == HADDR_UNDEF) throw Failure("a chunk of '" + name + "' is missing");
  return {address, bytes};
}

void write_places(const Handle& group, const std::string& name, const std::vector<ChunkPlace>& places) {
  const hsize_t size[] = {places.size(), 2};
  const Handle space(H5Screate_simple(2, size, nullptr), H5Sclose, "HDF5 is out of memory");
  const Handle data_set = create_data_set(group, name, H5T_STD_U64LE, space, deflated({size[0], size[1]}));
  static_assert(sizeof(ChunkPlace) == 2 * sizeof(uint64_t));
  must(H5Dwrite(data_set.id(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, places.data()), "'" + name + "' cannot be written");
}

std::vector<ChunkPlace> read_places(const Handle& group, const std::string& name, size_t count) {
  const Handle data_set = open_data_set(group, name);
  if (length_of(data_set, name) != 2 * count) throw Failure("'" + name + "' has a wrong size");
  std::vector<ChunkPlace> places(count);
  must(H5Dread(data_set.id(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, places.data()), "the checksum of '" + name + "' is wrong");
  return places;
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

// One walk: asking for names by their number takes a walk each.
std::vector<std::string> members(const Handle& group) {
  std::vector<std::string> names;
  const H5L_iterate_t keep = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    try {
      static_cast<std::vector<std::string>*>(list)->emplace_back(name);
      return 0;
    } catch (const std::bad_alloc&) {
      return -1;  // an exception must not pass through the library
    }
  };
  must(H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), "a group cannot be listed");
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

bool has_attribute(const Handle& object, const std::string& name) {
  const htri_t found = H5Aexists(object.id(), name.c_str());
  must(found, "attribute '" + name + "' cannot be looked for");
  return found > 0;
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
  const Handle data_set = create_data_set(group, name, H5T_IEEE_F64LE, list_space(numbers.size()), deflated({numbers.size()}));
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
  const Handle data_set = create_data_set(group, name, type.id(), list_space(1), deflated({1}));
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
  const auto size = unsigned_sizes(array.size);
  const Handle space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose, "HDF5 is out of memory");
  const Handle data_set = create_data_set(group, name, memory_type(array.element), space, blosc_packed(array));
  const auto offsets = array.chunk_offsets();
  std::vector<ChunkPlace> places;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const auto offset = unsigned_sizes(offsets[i]);
    const std::string& bytes = array.chunks[i];
    const int64_t end = file_end(data_set);
    must(H5Dwrite_chunk(data_set.id(), H5P_DEFAULT, 0, offset.data(), bytes.size(), bytes.data()), "'" + name + "' cannot be written");
    // Nothing but the chunk was put at the end; else HDF5 is asked. The shard is read back by the table before it gets its name.
    const bool at_end = file_end(data_set) - end == static_cast<int64_t>(bytes.size());
    places.push_back(at_end ? ChunkPlace{static_cast<uint64_t>(end), bytes.size()} : find_chunk(data_set, offsets[i], name));
  }
  write_places(group, table_name(name), places);
}

StoredArray find_array(const Handle& group, const std::string& name) {
  const Handle data_set = open_data_set(group, name);
  const Handle type(H5Dget_type(data_set.id()), H5Tclose, "'" + name + "' has no type");
  StoredArray array;
  array.element = element_of(type.id(), name);
  read_shape(data_set, name, array);
  const auto offsets = array.chunk_offsets();
  if (array.coding == Coding::blosc)
    array.places = read_places(group, table_name(name), offsets.size());
  else
    for (const auto& offset : offsets) array.places.push_back(find_chunk(data_set, offset, name));
  // Compression grows data by far less than to its double.
  const auto most = static_cast<uint64_t>(2 * array.chunk_bytes() + 1024);
  for (const ChunkPlace& place : array.places)
    if (place.bytes == 0 || place.bytes > most || place.address > kMostFileBytes)
      throw Failure("a chunk of '" + name + "' has an impossible place");
  return array;
}

}  // namespace chiasm::store
