// Values to bytes and back within one program and machine: what goes between processes that are copies of each other. A type takes part by
// `template <class P> void pack(P& p, T& value)` beside it, which hands each member to p().
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace chiasm {

class Packer {
 public:
  template <class T>
  void operator()(const T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
      data_.append(reinterpret_cast<const char*>(&value), sizeof value);
    else
      pack(*this, const_cast<T&>(value));
  }
  void raw(const void* bytes, size_t size) {
    if (size > 0) data_.append(static_cast<const char*>(bytes), size);
  }
  static constexpr bool reads = false;
  std::string take() { return std::move(data_); }

 private:
  std::string data_;
};

// Trusts nothing: every length is held against what is left. Throws std::runtime_error.
class Unpacker {
 public:
  explicit Unpacker(std::string_view data) : data_(data) {}
  template <class T>
  void operator()(T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
      raw(&value, sizeof value);
    else
      pack(*this, value);
  }
  void raw(void* bytes, size_t size) {
    if (size > data_.size()) throw std::runtime_error("a message ends early");
    if (size == 0) return;  // an empty list may have no memory at all
    std::memcpy(bytes, data_.data(), size);
    data_.remove_prefix(size);
  }
  // A number of items of at least `least` bytes each.
  size_t length(size_t least) {
    uint64_t count = 0;
    raw(&count, sizeof count);
    if (count > data_.size() / (least == 0 ? 1 : least)) throw std::runtime_error("a message is longer than it is");
    return static_cast<size_t>(count);
  }
  bool at_end() const { return data_.empty(); }
  static constexpr bool reads = true;

 private:
  std::string_view data_;
};

template <class P, class List>
void pack_list(P& p, List& list) {
  using Item = typename List::value_type;
  constexpr bool plain = std::is_arithmetic_v<Item>;
  if constexpr (P::reads) {
    list.resize(p.length(plain ? sizeof(Item) : 1));
  } else {
    p(static_cast<uint64_t>(list.size()));
  }
  if constexpr (plain)
    p.raw(list.data(), list.size() * sizeof(Item));
  else
    for (Item& item : list) p(item);
}

template <class P>
void pack(P& p, std::string& text) {
  pack_list(p, text);
}

template <class P, class T>
void pack(P& p, std::vector<T>& list) {
  pack_list(p, list);
}

template <class P, class T, size_t N>
void pack(P& p, std::array<T, N>& list) {
  for (T& item : list) p(item);
}

template <class P>
void pack(P& p, std::filesystem::path& path) {
  std::string text = path.string();
  p(text);
  if constexpr (P::reads) path = text;
}

template <class P, class T>
void pack(P& p, std::optional<T>& value) {
  bool there = value.has_value();
  p(there);
  if constexpr (P::reads) value = there ? std::optional<T>(T{}) : std::nullopt;
  if (there) p(*value);
}

template <class P, class Key, class T>
void pack(P& p, std::map<Key, T>& map) {
  if constexpr (P::reads) {
    map.clear();
    for (size_t n = p.length(1); n > 0; --n) {
      Key key{};
      p(key);
      p(map[key]);
    }
  } else {
    p(static_cast<uint64_t>(map.size()));
    for (auto& [key, value] : map) {
      p(key);
      p(value);
    }
  }
}

template <class P, class... T>
void pack(P& p, std::variant<T...>& value) {
  auto index = static_cast<uint64_t>(value.index());
  p(index);
  if constexpr (P::reads) {
    uint64_t n = 0;
    bool known = false;
    ((n++ == index ? (value = T{}, known = true) : false), ...);
    if (!known) throw std::runtime_error("a message holds an unknown type");
  }
  std::visit([&](auto& inner) { p(inner); }, value);
}

template <class T>
std::string packed(const T& value) {
  Packer packer;
  packer(value);
  return packer.take();
}

// Throws std::runtime_error.
template <class T>
T unpacked(std::string_view data) {
  Unpacker unpacker(data);
  T value{};
  unpacker(value);
  if (!unpacker.at_end()) throw std::runtime_error("a message goes on behind its end");
  return value;
}

}  // namespace chiasm
