#include "tests/rules/layers.h"

#include <algorithm>
#include <functional>
#include <regex>
#include <vector>

#include "tests/rules/tree.h"

namespace chiasm::rules {
namespace {

enum class Layer { base, config, figures, vocabulary, core, cuda, encoders, fusion, tasks, data, loader, scripts, tests, unknown };

bool is_loader(const std::string& path) {
  static const std::regex names(R"(data/((loader|collate|sampler)[a-z_]*|dataset)\.(h|cpp))");
  return std::regex_match(path, names);
}

Layer layer_of(const std::string& path) {
  const auto below = [&](const char* folder) { return is_below(path, folder); };
  if (below("core/base")) return Layer::base;
  if (below("core/config")) return Layer::config;
  if (below("core/evaluate") || below("core/report")) return Layer::figures;
  if (path == "core/specs.h" || path == "core/registry.h") return Layer::vocabulary;  // core without LibTorch
  if (below("core/cuda")) return Layer::cuda;
  if (below("core")) return Layer::core;
  if (below("encoders")) return Layer::encoders;
  if (below("fusion")) return Layer::fusion;
  if (below("tasks")) return Layer::tasks;
  if (below("data")) return is_loader(path) ? Layer::loader : Layer::data;
  if (below("scripts")) return Layer::scripts;
  return below("tests") ? Layer::tests : Layer::unknown;
}

// The arrows, beside those inside a layer.
std::vector<Layer> may_see(Layer layer) {
  using enum Layer;
  switch (layer) {
    case base:
      return {};
    case config:
      return {base};
    case figures:
      return {base, config};
    case vocabulary:
      return {base, config};
    case core:
      return {base, config, figures, vocabulary};
    case cuda:
      return {base, config, figures, vocabulary, core};
    case encoders:
    case fusion:
    case tasks:
      return {base, config, figures, vocabulary, core};
    case data:
      return {base, config, figures, vocabulary};
    case loader:
      return {base, config, figures, vocabulary, core, data};
    case scripts:
      return {base, config, figures, vocabulary, core, encoders, fusion, tasks, data, loader};
    case tests:
      return {base, config, figures, vocabulary, core, encoders, fusion, tasks, data, loader, scripts};
    case unknown:
      break;
  }
  return {};
}

struct Home {
  std::regex headers;
  std::function<bool(const std::string& path)> lives_in;
  std::string rule;
};

bool in_tests(const std::string& path) { return is_below(path, "tests"); }

const std::vector<Home>& homes() {
  static const std::vector<Home> list{
      {std::regex("dcmtk/.*"),
       [](const std::string& path) { return path.ends_with(".cpp") && (is_below(path, "data/dicom") || is_below(path, "data/synthetic")); },
       "DCMTK headers belong into data/dicom/*.cpp and data/synthetic/*.cpp"},
      {std::regex("hdf5(_hl)?\\.h|H5.*"), [](const std::string& path) { return path.ends_with(".cpp") && is_below(path, "data/store"); },
       "HDF5 headers belong into data/store/*.cpp"},
      {std::regex("sentencepiece.*"), [](const std::string& path) { return path == "data/tokenizer.cpp"; },
       "SentencePiece headers belong into data/tokenizer.cpp"},
      {std::regex("spdlog/.*"), [](const std::string& path) { return path == "core/base/log.cpp"; },
       "spdlog headers belong into core/base/log.cpp"},
      {std::regex("yaml-cpp/.*"), [](const std::string& path) { return path.ends_with(".cpp") && is_below(path, "core/config"); },
       "yaml-cpp headers belong into core/config/*.cpp"},
      {std::regex("cuda.*|nccl\\.h|(ATen|c10|torch)/.*(cuda|CUDA|NCCL).*"),
       [](const std::string& path) { return is_below(path, "core/cuda"); }, "CUDA and NCCL headers belong into core/cuda"},
      {std::regex("(torch|ATen|c10|caffe2)/.*"),
       [](const std::string& path) {
         using enum Layer;
         const std::vector<Layer> without{base, config, figures, vocabulary, data};
         return std::find(without.begin(), without.end(), layer_of(path)) == without.end();
       },
       "this file is built without LibTorch"},
  };
  return list;
}

}  // namespace

bool is_in_tree(const std::string& included) { return layer_of(included) != Layer::unknown; }

std::string broken_rule(const std::string& path, const Include& include) {
  if (is_in_tree(include.path)) return broken_arrow(path, include.path);
  const bool beside = include.project && include.path.find('/') == std::string::npos;
  return beside ? "give the path of " + include.path + " from the root" : outside_home(path, include.path);
}

std::string broken_arrow(const std::string& path, const std::string& included) {
  const Layer from = layer_of(path), to = layer_of(included);
  const std::vector<Layer> seen = may_see(from);
  if (from == to || std::find(seen.begin(), seen.end(), to) != seen.end()) return "";
  return "may not include " + included + " (layers: tests/README.md)";
}

std::string outside_home(const std::string& path, const std::string& included) {
  if (in_tests(path)) return "";  // a test looks from outside
  for (const Home& home : homes())
    if (std::regex_match(included, home.headers) && !home.lives_in(path)) return home.rule;
  return "";
}

}  // namespace chiasm::rules
