// Views, joins and selections. A reshape may change the leading (batch) side at run time; the sides behind it are fixed by the traced
// example.
#include <algorithm>

#include "core/base/error.h"
#include "core/export/onnx_ops.h"

namespace chiasm::onnx {
namespace {

using torch::jit::Node;

int64_t wrapped(int64_t dim, int64_t rank) { return dim < 0 ? dim + rank : dim; }

void same(Builder& b, const Node& n) { b.set(n.output(), b.tensor(n.input(0))); }

void reshape_to(Builder& b, const Node& n, const std::vector<int64_t>& shape) {
  b.set(n.output(), b.node("Reshape", {b.tensor(n.input(0)), b.integers(shape)}));
}

// Zero keeps the side at the same place (allowzero = 0).
void flatten(Builder& b, const Node& n) {
  const std::vector<int64_t> sizes = sizes_of(n.input(0));
  const auto rank = static_cast<int64_t>(sizes.size());
  const int64_t start = wrapped(b.integer(n.input(1)), rank), end = wrapped(b.integer(n.input(2)), rank);
  std::vector<int64_t> shape(static_cast<size_t>(start), 0);
  shape.push_back(-1);
  for (int64_t d = end + 1; d < rank; ++d) shape.push_back(sizes[static_cast<size_t>(d)]);
  reshape_to(b, n, shape);
}

void unflatten(Builder& b, const Node& n) {
  const std::vector<int64_t> sizes = sizes_of(n.input(0));
  const auto rank = static_cast<int64_t>(sizes.size());
  const int64_t dim = wrapped(b.integer(n.input(1)), rank);
  std::vector<int64_t> shape(static_cast<size_t>(dim), 0);
  for (const int64_t side : b.list(n.input(2))) shape.push_back(side);
  for (int64_t d = dim + 1; d < rank; ++d) shape.push_back(sizes[static_cast<size_t>(d)]);
  reshape_to(b, n, shape);
}

void reshape(Builder& b, const Node& n) { reshape_to(b, n, b.list(n.input(1))); }

void transpose(Builder& b, const Node& n) {
  const auto rank = static_cast<int64_t>(sizes_of(n.input(0)).size());
  std::vector<int64_t> order;
  for (int64_t d = 0; d < rank; ++d) order.push_back(d);
  const bool plain_t = n.inputs().size() < 3;
  if (rank >= 2)
    std::swap(order[static_cast<size_t>(plain_t ? 0 : wrapped(b.integer(n.input(1)), rank))],
              order[static_cast<size_t>(plain_t ? 1 : wrapped(b.integer(n.input(2)), rank))]);
  b.set(n.output(), b.node("Transpose", {b.tensor(n.input(0))}, {{"perm", order}}));
}

void permute(Builder& b, const Node& n) {
  std::vector<int64_t> order = b.list(n.input(1));
  for (int64_t& d : order) d = wrapped(d, static_cast<int64_t>(order.size()));
  b.set(n.output(), b.node("Transpose", {b.tensor(n.input(0))}, {{"perm", order}}));
}

void unsqueeze(Builder& b, const Node& n) {
  const int64_t dim = wrapped(b.integer(n.input(1)), static_cast<int64_t>(sizes_of(n.input(0)).size()) + 1);
  b.set(n.output(), b.node("Unsqueeze", {b.tensor(n.input(0)), b.integers({dim})}));
}

void squeeze(Builder& b, const Node& n) { b.set(n.output(), b.node("Squeeze", {b.tensor(n.input(0)), b.integers(b.list(n.input(1)))})); }

// -1 keeps a side; ONNX's Expand broadcasts 1 to it.
void expand(Builder& b, const Node& n) {
  std::vector<int64_t> shape = b.list(n.input(1));
  for (int64_t& side : shape) side = side < 0 ? 1 : side;
  b.set(n.output(), b.node("Expand", {b.tensor(n.input(0)), b.integers(shape)}));
}

void expand_as(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Expand", {b.tensor(n.input(0)), b.node("Shape", {b.tensor(n.input(1))})}));
}

void cat(Builder& b, const Node& n) { b.set(n.output(), b.node("Concat", b.tensors(n.input(0)), {{"axis", b.integer(n.input(1))}})); }

void stack(Builder& b, const Node& n) {
  const int64_t dim = wrapped(b.integer(n.input(1)), static_cast<int64_t>(sizes_of(n.output()).size()));
  std::vector<std::string> parts;
  for (const std::string& part : b.tensors(n.input(0))) parts.push_back(b.node("Unsqueeze", {part, b.integers({dim})}));
  b.set(n.output(), b.node("Concat", parts, {{"axis", dim}}));
}

void slice(Builder& b, const Node& n) {
  const int64_t dim = b.integer(n.input(1));
  const int64_t start = b.is_none(n.input(2)) ? 0 : b.integer(n.input(2));
  const int64_t end = b.is_none(n.input(3)) ? INT64_MAX : b.integer(n.input(3));
  if (start == 0 && end == INT64_MAX && b.integer(n.input(4)) == 1) return same(b, n);
  b.set(n.output(), b.node("Slice", {b.tensor(n.input(0)), b.integers({start}), b.integers({end}), b.integers({dim}),
                                     b.integers({b.integer(n.input(4))})}));
}

void narrow(Builder& b, const Node& n) {
  const int64_t dim = b.integer(n.input(1)), start = b.integer(n.input(2)), length = b.integer(n.input(3));
  b.set(n.output(), b.node("Slice", {b.tensor(n.input(0)), b.integers({start}), b.integers({start + length}), b.integers({dim})}));
}

void select(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Gather", {b.tensor(n.input(0)), b.scalar(static_cast<double>(b.integer(n.input(2))), at::kLong)},
                           {{"axis", b.integer(n.input(1))}}));
}

void index_select(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Gather", {b.tensor(n.input(0)), b.tensor(n.input(2))}, {{"axis", b.integer(n.input(1))}}));
}

void embedding(Builder& b, const Node& n) {
  b.set(n.output(), b.node("Gather", {b.tensor(n.input(0)), b.tensor(n.input(1))}, {{"axis", int64_t{0}}}));
}

void gather(Builder& b, const Node& n) {
  b.set(n.output(), b.node("GatherElements", {b.tensor(n.input(0)), b.tensor(n.input(2))}, {{"axis", b.integer(n.input(1))}}));
}

// The parts are named through the list that prim::ListUnpack takes apart.
void split_into(Builder& b, const Node& n, const std::vector<int64_t>& sides, int64_t dim) {
  const auto names = b.nodes("Split", {b.tensor(n.input(0)), b.integers(sides)}, {{"axis", dim}}, sides.size());
  if (n.outputs().size() == names.size() && names.size() > 1) {
    for (size_t i = 0; i < names.size(); ++i) b.set(n.outputs()[i], names[i]);
    return;
  }
  for (const auto& use : n.output()->uses()) {
    if (use.user->kind() != c10::Symbol::fromQualString("prim::ListUnpack"))
      throw Error("ONNX export: the parts of a split are used as a list");
    for (size_t i = 0; i < names.size(); ++i) b.set(use.user->outputs()[i], names[i]);
  }
}

// Parts of `side` each; the last one may be smaller.
std::vector<int64_t> equal_sides(const Node& n, int64_t dim, int64_t side) {
  const std::vector<int64_t> sizes = sizes_of(n.input(0));
  std::vector<int64_t> out;
  for (int64_t left = sizes.at(static_cast<size_t>(wrapped(dim, static_cast<int64_t>(sizes.size())))); left > 0; left -= side)
    out.push_back(std::min(left, side));
  return out;
}

void chunk_into(Builder& b, const Node& n, int64_t parts, int64_t dim) {
  const std::vector<int64_t> sizes = sizes_of(n.input(0));
  const int64_t length = sizes.at(static_cast<size_t>(wrapped(dim, static_cast<int64_t>(sizes.size()))));
  split_into(b, n, equal_sides(n, dim, (length + parts - 1) / parts), dim);
}

void chunk(Builder& b, const Node& n) { chunk_into(b, n, b.integer(n.input(1)), b.integer(n.input(2))); }

void constant_chunk(Builder& b, const Node& n) { chunk_into(b, n, n.i(c10::Symbol::attr("chunks")), n.i(c10::Symbol::attr("dim"))); }

void split(Builder& b, const Node& n) {
  const int64_t dim = b.integer(n.input(2));
  split_into(b, n, equal_sides(n, dim, b.integer(n.input(1))), dim);
}

void split_with_sizes(Builder& b, const Node& n) { split_into(b, n, b.list(n.input(1)), b.integer(n.input(2))); }

void flip(Builder& b, const Node& n) {
  const std::vector<int64_t> dims = b.list(n.input(1)), back(dims.size(), -1), beyond(dims.size(), INT64_MIN);
  b.set(n.output(), b.node("Slice", {b.tensor(n.input(0)), b.integers(back), b.integers(beyond), b.integers(dims), b.integers(back)}));
}

void repeat(Builder& b, const Node& n) {
  const std::vector<int64_t> times = b.list(n.input(1));
  if (times.size() != sizes_of(n.input(0)).size()) throw Error("ONNX export: repeat needs one number for each side");
  b.set(n.output(), b.node("Tile", {b.tensor(n.input(0)), b.integers(times)}));
}

void pad(Builder& b, const Node& n) {
  // LibTorch lists (before, after) from the last side backwards; ONNX all befores, then all afters.
  const std::vector<int64_t> pads = b.list(n.input(1));
  const size_t rank = sizes_of(n.input(0)).size();
  std::vector<int64_t> out(2 * rank, 0);
  for (size_t i = 0; i < pads.size() / 2; ++i) {
    out[rank - 1 - i] = pads[2 * i];
    out[2 * rank - 1 - i] = pads[2 * i + 1];
  }
  const at::ScalarType type = type_of(n.input(0));
  b.set(n.output(),
        b.node("Pad", {b.tensor(n.input(0)), b.integers(out), b.operand(n.input(2), type)}, {{"mode", std::string("constant")}}));
}

}  // namespace

Translations shape_translations() {
  Translations out;
  for (const char* name : {"contiguous", "clone", "detach", "alias", "dropout", "feature_dropout", "lift_fresh", "lift_fresh_copy"})
    out[name] = same;
  out["flatten"] = flatten;
  out["unflatten"] = unflatten;
  out["reshape"] = out["view"] = out["_unsafe_view"] = reshape;
  out["transpose"] = out["t"] = transpose;
  out["permute"] = permute;
  out["unsqueeze"] = unsqueeze;
  out["squeeze"] = squeeze;
  out["expand"] = expand;
  out["expand_as"] = expand_as;
  out["cat"] = cat;
  out["stack"] = stack;
  out["slice"] = slice;
  out["narrow"] = narrow;
  out["select"] = select;
  out["index_select"] = index_select;
  out["embedding"] = embedding;
  out["gather"] = gather;
  out["chunk"] = chunk;
  out["split"] = split;
  out["split_with_sizes"] = split_with_sizes;
  out["flip"] = flip;
  out["repeat"] = repeat;
  out["ConstantChunk"] = constant_chunk;
  out["constant_pad_nd"] = pad;
  return out;
}

}  // namespace chiasm::onnx
