// to_json and to_text of plan_run.h.
#include <algorithm>

#include "core/base/text.h"
#include "scripts/plan_run.h"

namespace chiasm {
namespace {

std::string size_of(double bytes) {
  for (const char* unit : {"B", "KiB", "MiB"}) {
    if (bytes < 1024) return fixed(bytes, bytes < 10 ? 1 : 0) + " " + unit;
    bytes /= 1024;
  }
  return fixed(bytes, 1) + " GiB";
}

std::string duration(double seconds) {
  if (seconds < 90) return fixed(seconds, 0) + " s";
  if (seconds < 5400) return fixed(seconds / 60, 0) + " min";
  return fixed(seconds / 3600, 1) + " h";
}

std::string count_of(double number) {
  for (const char* unit : {"", "k", "M"}) {
    if (number < 1000) return fixed(number, number < 10 && *unit ? 1 : 0) + unit;
    number /= 1000;
  }
  return fixed(number, 1) + "G";
}

std::string weights_text(const RunPlan& plan) {
  int64_t all = 0, trained = 0;
  std::string parts;
  for (const auto& [name, sums] : plan.weights) {
    all += sums[0], trained += sums[1];
    parts += (parts.empty() ? "" : ", ") + name + " " + count_of(static_cast<double>(sums[0]));
    if (sums[1] == 0 && sums[0] > 0) parts += " frozen";
  }
  return "weights   " + std::to_string(all) + ", " + std::to_string(trained) + " of them trained (" + parts + ")\n";
}

std::string input_text(const std::string& name, const PlannedInput& input) {
  const auto& s = input.view.size;
  std::string line =
      "input     " + name + ": view of " + std::to_string(s[0]) + " x " + std::to_string(s[1]) + " x " + std::to_string(s[2]);
  if (s[0] > 1) {
    const auto& mm = input.view.spacing_mm;
    line += " at " + fixed(mm[0], 1) + " x " + fixed(mm[1], 1) + " x " + fixed(mm[2], 1) + " mm";
    line += ", median image " + std::to_string(input.images.size.median[0]) + " x " + std::to_string(input.images.size.median[1]) + " x " +
            std::to_string(input.images.size.median[2]);
    const double least = *std::min_element(input.seen.begin(), input.seen.end());
    const double coarsest = *std::max_element(input.coarser.begin(), input.coarser.end());
    if (least < 0.95) line += "; holds " + fixed(100 * least, 0) + " % of it along one axis";
    if (coarsest > 1.5) line += "; voxels up to " + fixed(coarsest, 1) + " times coarser: what is smaller than one is lost";
  }
  if (input.steady) line += "; its features are kept after the first pass, so later passes are faster than measured";
  return line + "\n";
}

}  // namespace

Json to_json(const RunPlan& plan) {
  Json weights, inputs;
  for (const auto& [name, sums] : plan.weights) weights[name] = {{"all", sums[0]}, {"trained", sums[1]}};
  for (const auto& [name, input] : plan.inputs)
    inputs[name] = {{"size", input.view.size},
                    {"spacing_mm", input.view.spacing_mm},
                    {"median_size", input.images.size.median},
                    {"median_spacing_mm", input.images.spacing_mm.median},
                    {"seen", input.seen},
                    {"coarser", input.coarser},
                    {"features_kept", input.steady}};
  const double seconds = quantile(plan.seconds, 0.5);
  return {{"train", plan.train},
          {"val", plan.val},
          {"steps", plan.steps},
          {"batch", plan.batch},
          {"forward_passes", plan.micro},
          {"passes", plan.passes},
          {"weights", weights},
          {"precision", plan.precision},
          {"device", plan.device},
          {"threads", plan.threads},
          {"flops_a_step", plan.flops},
          {"seconds_a_step", seconds},
          {"wait", plan.wait},
          {"seconds", seconds * static_cast<double>(plan.steps)},
          {"memory_bytes", plan.memory_bytes},
          {"disk_bytes", plan.disk_bytes},
          {"inputs", inputs}};
}

std::string to_text(const RunPlan& plan) {
  const double seconds = quantile(plan.seconds, 0.5);
  const auto [least, greatest] = std::minmax_element(plan.seconds.begin(), plan.seconds.end());
  std::string out = weights_text(plan);
  out += "steps     " + std::to_string(plan.steps) + " of " + std::to_string(plan.batch) + " studies in " + std::to_string(plan.micro) +
         " forward passes; each of " + std::to_string(plan.train) + " train studies is seen " + fixed(plan.passes, 1) + " times\n";
  out += "a step    " + fixed(static_cast<double>(plan.flops) / 1e9, 2) + " GFLOP forward and backward; " + fixed(seconds, 3) + " s [" +
         fixed(*least, 3) + ", " + fixed(*greatest, 3) + "] over " + std::to_string(plan.seconds.size()) + " steps, " +
         fixed(static_cast<double>(plan.flops) / 1e9 / std::max(seconds, 1e-9), 1) + " GFLOP/s, " + plan.precision + " on " + plan.device +
         (plan.device == "cpu" ? " with " + std::to_string(plan.threads) + " threads" : "") + "\n";
  if (plan.wait > 0.1)
    out += "data      " + fixed(100 * plan.wait, 0) +
           " % of a step waits for it: smaller views, fewer changes, or more cores for the loader\n";
  out += "the run   about " + duration(seconds * static_cast<double>(plan.steps)) + ", validation not counted; " +
         size_of(static_cast<double>(plan.memory_bytes)) + " of memory so far; " + size_of(static_cast<double>(plan.disk_bytes)) +
         " on disk\n";
  for (const auto& [name, input] : plan.inputs) out += input_text(name, input);
  return out;
}

}  // namespace chiasm
