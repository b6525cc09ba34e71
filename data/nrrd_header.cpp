#include "data/nrrd_header.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"

namespace chiasm {
namespace {

constexpr int64_t most_voxels = int64_t{1} << 29;
constexpr size_t longest_header = size_t{1} << 20;
constexpr int64_t most_axes = 16;
constexpr double farthest_mm = 1e7;

using Fields = std::map<std::string, std::string>;
using Vector = std::array<double, 3>;

[[noreturn]] void damaged(const char* what) { throw Refused("DAMAGED", what); }

// Takes the first line, without its end, off `rest`.
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_magic(std::string_view line) { return line.size() == 8 && line.starts_with("NRRD000") && line[7] >= '1' && line[7] <= '5'; }

// The format's other names of its fields.
std::string field_name(const std::string& name) {
  static const Fields others{{"datafile", "data file"}, {"lineskip", "line skip"}, {"byteskip", "byte skip"}};
  const auto found = others.find(name);
  return found == others.end() ? name : found->second;
}

// By name in lower case, up to the first empty line or the end. Comments, and keys of the writer's own ("key:=value"), say nothing here.
Fields fields_of(std::string_view bytes, size_t& start) {
  std::string_view rest = bytes.substr(0, longest_header);
  const size_t total = rest.size();
  if (!is_magic(take_line(rest))) damaged("the file is no NRRD image");
  Fields fields;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (line.starts_with('#')) continue;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) damaged("a line of the NRRD header holds no field");
    if (line.substr(colon + 1).starts_with('=')) continue;
    if (!fields.emplace(field_name(lower(trim(line.substr(0, colon)))), trim(line.substr(colon + 1))).second)
      damaged("a field of the NRRD header stands twice");
  }
  if (rest.empty() && bytes.size() > longest_header) throw Refused("TOO_LARGE", "the NRRD header is beyond the limit");
  start = total - rest.size();
  return fields;
}

const std::string& required(const Fields& fields, const std::string& name) {
  const auto found = fields.find(name);
  if (found == fields.end()) throw Refused("DAMAGED", "the NRRD header has no field '" + name + "'");
  return found->second;
}

std::string optional_field(const Fields& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string& word : split(replace_all(text, "\t", " "), ' '))
    if (!word.empty()) out.push_back(word);
  return out;
}

void read_type(const Fields& fields, NrrdHeader& header) {
  struct Type {
    char kind;
    size_t bytes;
    std::vector<const char*> names;
  };
  static const std::vector<Type> types{
      {'i', 1, {"signed char", "int8", "int8_t"}},
      {'u', 1, {"uchar", "unsigned char", "uint8", "uint8_t"}},
      {'i', 2, {"short", "short int", "signed short", "signed short int", "int16", "int16_t"}},
      {'u', 2, {"ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"}},
      {'i', 4, {"int", "signed int", "int32", "int32_t"}},
      {'u', 4, {"uint", "unsigned int", "uint32", "uint32_t"}},
      {'i', 8, {"longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"}},
      {'u', 8, {"ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"}},
      {'f', 4, {"float"}},
      {'f', 8, {"double"}},
  };
  const std::string name = lower(required(fields, "type"));
  for (const Type& type : types)
    if (std::find(type.names.begin(), type.names.end(), name) != type.names.end()) {
      header.kind = type.kind;
      header.item_bytes = type.bytes;
      return;
    }
  throw Refused("UNSUPPORTED_OBJECT", "voxels that are neither integers nor real numbers");
}

void read_encoding(const Fields& fields, NrrdHeader& header) {
  const std::string encoding = lower(required(fields, "encoding"));
  header.packed = encoding == "gzip" || encoding == "gz";
  if (!header.packed && encoding != "raw") throw Refused("UNSUPPORTED_OBJECT", "a NRRD file that is encoded neither as raw nor as gzip");
  for (const char* skip : {"line skip", "byte skip"})
    if (const auto stated = fields.find(skip); stated != fields.end() && stated->second != "0")
      throw Refused("UNSUPPORTED_OBJECT", "a NRRD file whose data do not follow the header");
  if (header.item_bytes == 1) return;
  const std::string endian = lower(required(fields, "endian"));
  if (endian != "little" && endian != "big") damaged("the NRRD header does not say the order of its bytes");
  header.big_endian = endian == "big";
}

void read_data_file(const Fields& fields, NrrdHeader& header) {
  const auto stated = fields.find("data file");
  if (stated == fields.end()) return;
  header.data_file = stated->second;
  const std::string first = lower(split(header.data_file, ' ').front());
  if (first == "list" || header.data_file.find('%') != std::string::npos)
    throw Refused("UNSUPPORTED_OBJECT", "a NRRD header whose voxels lie in several files");
  if (header.data_file.empty()) damaged("the NRRD header names no data file");
}

std::vector<int64_t> read_sizes(const Fields& fields) {
  const auto dimension = parse_integer(required(fields, "dimension"));
  if (!dimension || *dimension < 1 || *dimension > most_axes) damaged("the NRRD header has no number of dimensions");
  std::vector<int64_t> sizes;
  int64_t count = 1;
  for (const std::string& word : words(required(fields, "sizes"))) {
    const auto side = parse_integer(word);
    if (!side || *side < 1) damaged("a dimension is not positive");
    if (*side > most_voxels / count) throw Refused("TOO_LARGE", "the declared size is beyond the limit");
    count *= *side;
    sizes.push_back(*side);
  }
  if (static_cast<int64_t>(sizes.size()) != *dimension) damaged("the NRRD header has not one size for each dimension");
  return sizes;
}

Vector vector_of(std::string_view inner) {
  const std::vector<std::string> parts = split(inner, ',');
  if (parts.size() != 3) throw Refused("BAD_AFFINE", "a direction or the origin is not of three numbers");
  Vector vector{};
  for (size_t n = 0; n < 3; ++n) {
    const auto number = parse_number(trim(parts[n]));
    if (!number || !(std::abs(*number) <= farthest_mm)) throw Refused("BAD_AFFINE", "the affine is not a number");
    vector[n] = *number;
  }
  return vector;
}

// "(x,y,z)" for an axis in space, "none" for another one.
std::vector<std::optional<Vector>> vectors_of(const std::string& text) {
  std::vector<std::optional<Vector>> out;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.front() == ' ' || rest.front() == '\t') {
      rest.remove_prefix(1);
    } else if (rest.starts_with("none")) {
      out.emplace_back();
      rest.remove_prefix(4);
    } else {
      const size_t close = rest.find(')');
      if (rest.front() != '(' || close == std::string_view::npos) damaged("a vector of the NRRD header cannot be parsed");
      out.emplace_back(vector_of(rest.substr(1, close - 1)));
      rest.remove_prefix(close + 1);
    }
  }
  return out;
}

// Signs that turn the file's coordinates to RAS.
Vector to_ras(const Fields& fields) {
  const std::string space = lower(optional_field(fields, "space"));
  if (space == "right-anterior-superior" || space == "ras") return {1, 1, 1};
  if (space == "left-anterior-superior" || space == "las") return {-1, 1, 1};
  if (space == "left-posterior-superior" || space == "lps") return {-1, -1, 1};
  throw Refused("BAD_AFFINE", "the field 'space' does not name directions of the patient");
}

// Spaces of another number of coordinates than three: series in time, channels as a direction, pictures.
void check_space_dimension(const Fields& fields) {
  const std::string space = lower(optional_field(fields, "space"));
  const bool in_time = ends_with(space, "-time") || space == "rast" || space == "last" || space == "lpst";
  const auto stated = parse_integer(optional_field(fields, "space dimension"));
  if (in_time || (stated && *stated > 3)) throw Refused("UNSUPPORTED_OBJECT", "an image of more than three dimensions");
  if (stated && *stated < 3) throw Refused("UNSUPPORTED_OBJECT", "an image of less than three dimensions");
}

void check_units(const Fields& fields) {
  for (const std::string& unit : words(replace_all(optional_field(fields, "space units"), "\"", " ")))
    if (lower(unit) != "mm") throw Refused("BAD_AFFINE", "coordinates in another unit than millimetres");
}

// The three axes in space. Others are of one element, so that the order of the voxels is that of the three.
void read_axes(const Fields& fields, NrrdHeader& header) {
  const std::vector<int64_t> sizes = read_sizes(fields);
  check_space_dimension(fields);
  const Vector sign = to_ras(fields);
  check_units(fields);
  const auto directions = vectors_of(required(fields, "space directions"));
  if (directions.size() != sizes.size()) damaged("the NRRD header has not one direction for each dimension");
  const std::vector<std::string> kinds = words(lower(optional_field(fields, "kinds")));
  size_t axis = 0;
  for (size_t n = 0; n < sizes.size(); ++n) {
    if (!directions[n]) {
      if (sizes[n] == 1) continue;
      if (n < kinds.size() && ends_with(kinds[n], "color")) throw Refused("COLOUR", "a colour image where grey values are needed");
      throw Refused("UNSUPPORTED_OBJECT", "an image of more than three dimensions");
    }
    if (axis == 3) damaged("more than three axes in space");
    header.size[2 - axis] = sizes[n];
    for (size_t row = 0; row < 3; ++row) header.affine[row * 4 + axis] = sign[row] * (*directions[n])[row];
    ++axis;
  }
  if (axis != 3) throw Refused("UNSUPPORTED_OBJECT", "an image of less than three dimensions");
  const auto origin = vectors_of(optional_field(fields, "space origin"));
  if (origin.size() != 1 || !origin[0]) throw Refused("BAD_AFFINE", "the field 'space origin' does not say where the image lies");
  for (size_t row = 0; row < 3; ++row) header.affine[row * 4 + 3] = sign[row] * (*origin[0])[row];
}

void check_affine(const Affine& affine) {
  try {
    static_cast<void>(inverse(affine));
  } catch (const InputError&) {
    throw Refused("BAD_AFFINE", "the affine is singular");
  }
}

}  // namespace

NrrdHeader read_nrrd_header(std::string_view bytes) {
  NrrdHeader header;
  const Fields fields = fields_of(bytes, header.start);
  read_data_file(fields, header);
  read_type(fields, header);
  read_encoding(fields, header);
  read_axes(fields, header);
  check_affine(header.affine);
  return header;
}

}  // namespace chiasm
