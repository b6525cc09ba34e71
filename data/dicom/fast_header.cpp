#include "dcmtk/config/osconfig.h"
// DCMTK wants its configuration first.
#include "data/dicom/fast_header.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/base/text.h"
#include "data/dicom/attributes.h"
#include "dcmtk/dcmdata/dctag.h"

namespace chiasm::dicom {
namespace {

constexpr size_t first_read = 8 << 10, usual_elements = 128, longest_head = 1 << 20;
constexpr uint64_t largest_file = 8ULL << 30;
constexpr uint32_t undefined_length = 0xFFFFFFFF;
constexpr uint32_t item_tag = 0xFFFEE000, item_end = 0xFFFEE00D, sequence_end = 0xFFFEE0DD, pixel_data = 0x7FE00010;
constexpr int deepest = 8;
constexpr std::string_view latin1 = "ISO_IR 100", utf8 = "ISO_IR 192";

class File {
 public:
  explicit File(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status {};
    if (descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) size_ = static_cast<uint64_t>(status.st_size);
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  uint64_t size() const { return size_; }
  bool read(uint64_t position, char* into, size_t count) const {
    return ::pread(descriptor_, into, count, static_cast<off_t>(position)) == static_cast<ssize_t>(count);
  }

 private:
  int descriptor_;
  uint64_t size_ = 0;
};

uint32_t little(const char* bytes, size_t width) {
  uint32_t value = 0;
  for (size_t n = 0; n < width; ++n) value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[n])) << (8 * n);
  return value;
}

uint32_t tag_at(const char* bytes) { return little(bytes, 2) << 16 | little(bytes + 2, 2); }

// Two letters as one number, so that a switch tells value representations apart.
constexpr uint32_t code(const char* vr) {
  return static_cast<unsigned char>(vr[0]) | static_cast<uint32_t>(static_cast<unsigned char>(vr[1])) << 8;
}

// The representations that a character set applies to (PS3.5 6.1.2.2).
bool follows_character_set(uint32_t vr) {
  switch (vr) {
    case code("LO"):
    case code("LT"):
    case code("PN"):
    case code("SH"):
    case code("ST"):
    case code("UT"):
      return true;
    default:
      return false;
  }
}

bool is_string(uint32_t vr) {
  switch (vr) {
    case code("AE"):
    case code("AS"):
    case code("CS"):
    case code("DA"):
    case code("DS"):
    case code("DT"):
    case code("IS"):
    case code("UI"):
    case code("TM"):
      return true;
    default:
      return follows_character_set(vr);
  }
}

bool is_short_binary(uint32_t vr) {
  switch (vr) {
    case code("AT"):
    case code("FL"):
    case code("FD"):
    case code("SL"):
    case code("SS"):
    case code("UL"):
    case code("US"):
      return true;
    default:
      return false;
  }
}

bool is_long_form(uint32_t vr) {
  switch (vr) {
    case code("OB"):
    case code("OD"):
    case code("OF"):
    case code("OL"):
    case code("OV"):
    case code("OW"):
    case code("SQ"):
    case code("SV"):
    case code("UC"):
    case code("UN"):
    case code("UR"):
    case code("UT"):
    case code("UV"):
      return true;
    default:
      return false;
  }
}

// Syntaxes of explicit little-endian data sets with encapsulated pixels.
bool is_uid(const std::string& text) { return text.find_first_not_of("0123456789.") == std::string::npos; }

bool is_encapsulated(const std::string& syntax) { return starts_with(syntax, "1.2.840.10008.1.2.4.") || syntax == "1.2.840.10008.1.2.5"; }

}  // namespace

// One walk over a file.
class FastWalk {
 public:
  explicit FastWalk(const std::filesystem::path& path) : file_(path) {}

  std::optional<FastHeader> walk() {
    if (file_.size() < 140 || file_.size() > largest_file || !grow(std::min<uint64_t>(file_.size(), first_read))) return std::nullopt;
    if (out_.head_.compare(128, 4, "DICM") != 0 || starts_with(out_.head_, "MZ") || starts_with(out_.head_, "#!") ||
        out_.head_[0] == '\x7F')
      return std::nullopt;
    if (!meta() || !data_set() || !plain_characters()) return std::nullopt;
    return std::move(out_);
  }

 private:
  struct Element {
    uint32_t tag = 0, length = 0;
    char vr[2] = {0, 0};
    uint64_t value = 0;
    bool sequence = false;
    std::string_view name() const { return {vr, 2}; }
  };

  // Makes the first `count` bytes of the file available.
  bool grow(uint64_t count) {
    const size_t have = out_.head_.size();
    if (count <= have) return true;
    if (count > file_.size() || count > longest_head) return false;
    const size_t want = static_cast<size_t>(std::min<uint64_t>(file_.size(), std::max<uint64_t>(count, 2 * have)));
    out_.head_.resize(std::min(std::max<size_t>(want, first_read), static_cast<size_t>(file_.size())));
    return file_.read(have, out_.head_.data() + have, out_.head_.size() - have);
  }

  bool read(uint64_t position, uint64_t end, Element& element, bool is_explicit) {
    if (position + 8 > end || !grow(position + 8)) return false;
    const char* bytes = out_.head_.data() + position;
    element = {};
    element.tag = tag_at(bytes);
    const bool delimiter = element.tag >> 16 == 0xFFFE;
    if (delimiter || !is_explicit) {
      element.length = little(bytes + 4, 4);
      element.value = position + 8;
      if (!delimiter)
        element.sequence = DcmTag(static_cast<Uint16>(element.tag >> 16), static_cast<Uint16>(element.tag)).getEVR() == EVR_SQ;
    } else {
      std::memcpy(element.vr, bytes + 4, 2);
      const uint32_t vr = code(element.vr);
      if (is_long_form(vr)) {
        if (position + 12 > end || !grow(position + 12) || little(out_.head_.data() + position + 6, 2) != 0) return false;
        element.length = little(out_.head_.data() + position + 8, 4);
        element.value = position + 12;
      } else if (is_string(vr) || is_short_binary(vr)) {
        element.length = little(bytes + 6, 2);
        element.value = position + 8;
      } else {
        return false;
      }
      element.sequence = element.name() == "SQ";
    }
    if (element.length == undefined_length) return element.sequence || element.tag == pixel_data || delimiter;
    return element.length % 2 == 0 && element.value + element.length <= (element.tag == pixel_data ? file_.size() : end);
  }

  bool meta() {
    Element element;
    if (!read(132, file_.size(), element, true) || element.tag != 0x00020000 || element.name() != "UL" || element.length != 4 ||
        !grow(element.value + 4))
      return false;
    const uint64_t end = element.value + 4 + little(out_.head_.data() + element.value, 4);
    if (end > file_.size()) return false;
    uint32_t last = element.tag;
    position_ = element.value + 4;
    while (position_ < end) {
      if (!read(position_, end, element, true) || element.tag >> 16 != 2 || element.tag <= last || element.sequence) return false;
      last = element.tag;
      if (element.tag == 0x00020010) {
        if (element.name() != "UI" || !grow(element.value + element.length)) return false;
        out_.syntax_ = out_.head_.substr(element.value, element.length);
        while (!out_.syntax_.empty() && out_.syntax_.back() == '\0') out_.syntax_.pop_back();
      }
      position_ = element.value + element.length;
    }
    explicit_ = out_.syntax_ == "1.2.840.10008.1.2.1" || is_encapsulated(out_.syntax_);
    return position_ == end && is_uid(out_.syntax_) && (explicit_ || out_.syntax_ == "1.2.840.10008.1.2");
  }

  bool data_set() {
    out_.values_.reserve(usual_elements);
    uint32_t last = 0x0002FFFF;
    while (position_ < file_.size()) {
      Element element;
      if (!read(position_, file_.size(), element, explicit_) || element.tag <= last || element.tag >> 16 == 0xFFFE) return false;
      if (element.tag >> 16 >= 0x7FE0 && element.tag != pixel_data) return false;
      // Functional groups: frames of enhanced objects are the library's.
      if (element.tag == 0x52009229 || element.tag == 0x52009230) return false;
      last = element.tag;
      out_.values_.push_back({element.tag, {element.vr[0], element.vr[1]}, static_cast<uint32_t>(element.value), element.length});
      if (element.tag == pixel_data) return pixels(element);
      if (element.sequence ? !sequence(element, 1) : !opaque(element)) return false;
    }
    return true;
  }

  // A value that is stepped over. What starts like an item could be a sequence in disguise.
  bool opaque(const Element& element) {
    if (!grow(element.value + std::min<uint64_t>(element.length, longest_head))) return false;
    const bool hidden =
        (element.name() == "UN" || !explicit_) && element.length >= 8 && tag_at(out_.head_.data() + element.value) == item_tag;
    position_ = element.value + element.length;
    return !hidden;
  }

  bool sequence(const Element& outer, int depth) {
    const bool open = outer.length == undefined_length;
    const uint64_t end = open ? file_.size() : outer.value + outer.length;
    position_ = outer.value;
    while (open || position_ < end) {
      Element element;
      if (!read(position_, end, element, explicit_)) return false;
      position_ = element.value;
      if (element.tag == sequence_end) return open && element.length == 0;
      if (element.tag != item_tag || depth > deepest || !item(element, end, depth)) return false;
    }
    return position_ == end;
  }

  bool item(const Element& outer, uint64_t most, int depth) {
    const bool open = outer.length == undefined_length;
    const uint64_t end = open ? most : outer.value + outer.length;
    uint32_t last = 0;
    while (open || position_ < end) {
      Element element;
      if (!read(position_, end, element, explicit_)) return false;
      if (element.tag == item_end) {
        position_ = element.value;
        return open && element.length == 0;
      }
      if (element.tag <= last || element.tag >> 16 == 0xFFFE || element.tag == pixel_data) return false;
      last = element.tag;
      if (element.sequence ? !sequence(element, depth + 1) : !opaque(element)) return false;
    }
    return position_ == end;
  }

  // The last element: it ends where the file does.
  bool pixels(const Element& element) {
    if (!is_encapsulated(out_.syntax_)) return element.length != undefined_length && element.value + element.length == file_.size();
    if (element.length != undefined_length || element.name() != "OB") return false;
    for (uint64_t position = element.value; position + 8 <= file_.size();) {
      char bytes[8];
      if (!file_.read(position, bytes, sizeof bytes)) return false;
      const uint32_t tag = tag_at(bytes), length = little(bytes + 4, 4);
      position += 8;
      if (tag == sequence_end) return length == 0 && position == file_.size();
      if (tag != item_tag || length == undefined_length || length % 2 != 0) return false;
      position += length;
    }
    return false;
  }

  bool plain_characters() {
    try {
      out_.characters_ = out_.text(0x00080005);
      const std::string& set = out_.characters_;
      return set.empty() || set == "ISO_IR 6" || set == latin1 || set == utf8;
    } catch (const NotCanonical&) {
      return false;
    }
  }

  File file_;
  FastHeader out_;
  uint64_t position_ = 0;
  bool explicit_ = true;
};

std::optional<FastHeader> FastHeader::read(const std::filesystem::path& path) { return FastWalk(path).walk(); }

const FastHeader::Value* FastHeader::find(uint32_t tag) const {
  const auto found =
      std::lower_bound(values_.begin(), values_.end(), tag, [](const Value& value, uint32_t key) { return value.tag < key; });
  return found == values_.end() || found->tag != tag ? nullptr : &*found;
}

bool FastHeader::has_value(uint32_t tag) const {
  const Value* value = find(tag);
  return value != nullptr && value->length > 0;
}

std::optional<FastHeader::Span> FastHeader::plain_pixels() const {
  const Value* value = find(pixel_data);
  if (value == nullptr || is_encapsulated(syntax_)) return std::nullopt;
  if (value->vr[0] != 0 && code(value->vr) != code("OW") && code(value->vr) != code("OB")) return std::nullopt;
  return Span{value->offset, value->length};
}

std::string FastHeader::text(uint32_t tag) const {
  const Value* value = find(tag);
  if (value == nullptr || value->length == 0) return {};
  const bool implicit = value->vr[0] == 0;
  const DcmEVR known = implicit ? DcmTag(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag)).getEVR() : EVR_UNKNOWN;
  const uint32_t vr = implicit ? code(DcmVR(known).getVRName()) : code(value->vr);
  if (vr == code("US") && value->length == 2) return std::to_string(little(head_.data() + value->offset, 2));
  if (vr == code("SS") && value->length == 2) return std::to_string(static_cast<int16_t>(little(head_.data() + value->offset, 2)));
  if (!is_string(vr)) throw NotCanonical();
  return string_text(std::string_view(head_).substr(value->offset, value->length), vr);
}

std::string FastHeader::string_text(std::string_view bytes, uint32_t vr) const {
  while (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
  bool ascii = true;
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto byte = static_cast<unsigned char>(bytes[n]);
    if (byte < ' ' || (byte > '~' && byte < 0xA0 && characters_ != utf8)) throw NotCanonical();
    ascii = ascii && byte <= '~';
    const bool beside_blank = (n > 0 && bytes[n - 1] == ' ') || (n + 1 < bytes.size() && bytes[n + 1] == ' ');
    if (byte == '\\' && beside_blank) throw NotCanonical();
    if (byte == ' ' && vr == code("UI")) throw NotCanonical();
  }
  while (!bytes.empty() && bytes.front() == ' ') bytes.remove_prefix(1);
  while (!bytes.empty() && bytes.back() == ' ') bytes.remove_suffix(1);
  return ascii ? std::string(bytes) : beyond_ascii(std::string(bytes), vr);
}

// Latin-1 that happens to be valid UTF-8 stays ambiguous.
std::string FastHeader::beyond_ascii(const std::string& value, uint32_t vr) const {
  if (!follows_character_set(vr) || (characters_ == utf8) != is_utf8(value)) throw NotCanonical();
  if (characters_ == utf8) return value;
  if (characters_ != latin1) throw NotCanonical();
  return from_latin1(value);
}
}  // namespace chiasm::dicom
