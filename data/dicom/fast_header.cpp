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

constexpr size_t first_read = 16 << 10, longest_head = 1 << 20;
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

bool among(std::string_view vr, std::string_view list) {
  for (size_t n = 0; n + 1 < list.size(); n += 3)
    if (list.substr(n, 2) == vr) return true;
  return false;
}

constexpr std::string_view strings = "AE AS CS DA DS DT IS LO LT PN SH ST TM UI UT", short_binary = "AT FL FD SL SS UL US",
                           long_forms = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";

// Syntaxes of explicit little-endian data sets with encapsulated pixels.
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
      if (among(element.name(), long_forms)) {
        if (position + 12 > end || !grow(position + 12) || little(out_.head_.data() + position + 6, 2) != 0) return false;
        element.length = little(out_.head_.data() + position + 8, 4);
        element.value = position + 12;
      } else if (among(element.name(), strings) || among(element.name(), short_binary)) {
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
    return position_ == end && (explicit_ || out_.syntax_ == "1.2.840.10008.1.2");
  }

  bool data_set() {
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

std::string FastHeader::text(uint32_t tag) const {
  const Value* value = find(tag);
  if (value == nullptr || value->length == 0) return {};
  const bool implicit = value->vr[0] == 0;
  const DcmEVR known = implicit ? DcmTag(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag)).getEVR() : EVR_UNKNOWN;
  const std::string_view vr = implicit ? std::string_view(DcmVR(known).getVRName(), 2) : std::string_view(value->vr, 2);
  if (vr == "US" && value->length == 2) return std::to_string(little(head_.data() + value->offset, 2));
  if (!among(vr, strings)) throw NotCanonical();
  std::string result = head_.substr(value->offset, value->length);
  while (!result.empty() && result.back() == '\0') result.pop_back();
  bool ascii = true;
  for (size_t n = 0; n < result.size(); ++n) {
    const auto byte = static_cast<unsigned char>(result[n]);
    if (byte < ' ' || (byte > '~' && byte < 0xA0 && characters_ != utf8)) throw NotCanonical();
    ascii = ascii && byte <= '~';
    const bool beside_blank = (n > 0 && result[n - 1] == ' ') || (n + 1 < result.size() && result[n + 1] == ' ');
    if (result[n] == '\\' && beside_blank) throw NotCanonical();
    if (result[n] == ' ' && vr == "UI") throw NotCanonical();
  }
  result = trim(result);
  return ascii ? result : beyond_ascii(result, vr);
}

// Only the representations that a character set applies to (PS3.5 6.1.2.2). Latin-1 that happens to be valid UTF-8 stays ambiguous.
std::string FastHeader::beyond_ascii(const std::string& value, std::string_view vr) const {
  if (!among(vr, "LO LT PN SH ST UT") || (characters_ == utf8) != is_utf8(value)) throw NotCanonical();
  if (characters_ == utf8) return value;
  if (characters_ != latin1) throw NotCanonical();
  return from_latin1(value);
}
}  // namespace chiasm::dicom
