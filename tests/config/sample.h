// A configuration with every type of field, for the tests of this folder.
#pragma once

#include "core/config/config.h"
#include "core/registry.h"

namespace chiasm {

struct Shape {
  double area = 0;
};

struct SquareConfig {
  double side = 1;
  bool operator==(const SquareConfig&) const = default;
};
inline void fields(config::Visitor& v, SquareConfig& c) { v.field("side", c.side, "Length of a side.", {.above = 0}); }
inline std::shared_ptr<Shape> build(const SquareConfig& c, const int& scale) {
  return std::make_shared<Shape>(Shape{c.side * c.side * scale});
}

struct CircleConfig {
  double radius = 1;
  bool filled = true;
};
inline void fields(config::Visitor& v, CircleConfig& c) {
  v.field("radius", c.radius, "Radius.", {.above = 0});
  v.field("filled", c.filled, "Whether the inside counts.");
}
inline std::shared_ptr<Shape> build(const CircleConfig& c, const int& scale) {
  return std::make_shared<Shape>(Shape{c.filled ? 3.0 * c.radius * c.radius * scale : 0.0});
}

inline const Registry<Shape, int>& shapes() {
  static const Registry<Shape, int> list{entry<Shape, int, SquareConfig>("square", "Four equal sides."),
                                         entry<Shape, int, CircleConfig>("circle", "One radius.")};
  return list;
}

struct ShapeSection {
  Component<Shape, int> shape;
  double weight = 1;
};
inline void fields(config::Visitor& v, ShapeSection& c) {
  c.shape.visit(v, shapes());
  v.field("weight", c.weight, "Weight.", {.at_least = 0});
}

struct Optimizer {
  double lr = 1e-3;
  int64_t warmup = 10, steps = 100;
  std::vector<std::string> skip;
  bool operator==(const Optimizer&) const = default;
};
inline void fields(config::Visitor& v, Optimizer& c) {
  v.field("lr", c.lr, "Peak learning rate.", {.above = 0, .at_most = 10});
  v.field("warmup", c.warmup, "Steps of rising rate.", {.at_least = 0});
  v.field("steps", c.steps, "Steps.", {.at_least = 1});
  v.field("skip", c.skip, "Parameters that do not decay.");
  v.require(c.warmup < c.steps, "warmup must be below steps; lower 'warmup' or raise 'steps'");
}

struct Store {
  std::string path;
};
inline void fields(config::Visitor& v, Store& c) { v.field("path", c.path, "Folder of the store.", {.required = true}); }

struct Mode {
  std::string kind = "full";
};
inline void fields(config::Visitor& v, Mode& c) { c.kind = v.kind(c.kind, {{"full", "Every weight trains."}, {"frozen", "Heads train."}}); }

struct Sample {
  std::string name, level = "low";
  bool fast = false;
  Optimizer optimizer;
  std::array<int64_t, 3> size{96, 96, 96};
  std::vector<double> ratios{0.5, 1};
  std::map<std::string, Optimizer> groups;
  std::map<std::string, double> weights;
  std::optional<double> limit;
  std::optional<Store> store;
  std::vector<ShapeSection> shapes;
  std::map<std::string, ShapeSection> named;
  Mode mode;
};
inline void fields(config::Visitor& v, Sample& c) {
  v.field("name", c.name, "A name.");
  v.field("level", c.level, "How much.", {.choices = {"low", "medium", "high"}});
  v.field("fast", c.fast, "Whether to hurry.");
  v.field("optimizer", c.optimizer, "The optimiser.");
  v.field("size", c.size, "Voxels D, H, W.", {.at_least = 1});
  v.field("ratios", c.ratios, "Ratios.", {.at_least = 0, .min_size = 1, .max_size = 3});
  v.field("groups", c.groups, "Optimisers by group.");
  v.field("weights", c.weights, "Weights by class.");
  v.field("limit", c.limit, "Largest value.", {.above = 0});
  v.field("store", c.store, "A store.");
  v.field("shapes", c.shapes, "Shapes.");
  v.field("named", c.named, "Shapes by name.");
  v.field("mode", c.mode, "What trains.");
}

inline Sample read_sample(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  return config::read<Sample>(config::Document::parse(yaml, "run.yaml", overrides));
}

// What a reader says about a file, "" when it accepts it.
inline std::string complaint(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  try {
    read_sample(yaml, overrides);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace chiasm
