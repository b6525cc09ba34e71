// Inputs of a page: what the model is given after orientation, resampling and normalisation.
#include <algorithm>

#include "core/base/text.h"
#include "core/report/html.h"
#include "core/report/picture.h"
#include "scripts/evaluate_page_parts.h"
#include "scripts/evaluate_page_slice.h"

namespace chiasm::page {
namespace {

constexpr size_t shown_inputs = 16;

std::string caption(const std::string& study, const std::string& input, const Volume& source, const Prepared& image) {
  const auto [low, high] = std::minmax_element(image.values.begin(), image.values.end());
  const bool planar = image.size[0] == 1;
  std::string out = input + ", study " + study + ". Grid " + size_text(image.size);
  if (!planar) out += " of " + spacing_text(spacing_of(image.affine)) + ", slice " + std::to_string(image.size[0] / 2 + 1);
  out += "; values " + fixed(*low, 2) + " to " + fixed(*high, 2) + ". Source " + size_text(source.size);
  if (!planar) out += " of " + spacing_text(spacing_mm(source));
  const auto view = source.facts.find("view");
  return out + (view == source.facts.end() ? "." : ", view " + view->second + ".");
}

// The picture of one input of one study, or nothing when the study lacks it.
std::string input_figure(const Images& images, const std::string& study, const std::string& input) {
  const StudyRecord record = images.store.read(images.index_of.at(study), {input});
  const auto found = record.inputs.find(input);
  if (found == record.inputs.end() || found->second.empty()) return "";
  const Volume& source = found->second.front().volume;
  const Prepared image = prepare(source, images.preparations.at(input));
  return figure(draw_slice(image, layout_of(image, source), image.size[0] / 2), caption(study, input, source, image));
}

// Studies that have the input, spread evenly over the judged ones.
std::vector<std::string> spread(const Images& images, const std::vector<std::string>& studies, const std::string& input, size_t count) {
  std::vector<std::string> having;
  for (const std::string& study : studies)
    if (images.store.entry(images.index_of.at(study)).inputs.count(input) > 0) having.push_back(study);
  std::vector<std::string> out;
  count = std::min(count, having.size());
  for (size_t i = 0; i < count; ++i) out.push_back(having[i * having.size() / count]);
  return out;
}

}  // namespace

std::string inputs(const Images& images, const std::vector<std::string>& studies) {
  std::vector<std::string> pictures;
  size_t left = images.preparations.size();
  for (const auto& entry : images.preparations) {
    const size_t share = (shown_inputs - pictures.size()) / left--;
    for (const std::string& study : spread(images, studies, entry.first, share)) {
      std::string markup = input_figure(images, study, entry.first);
      if (!markup.empty()) pictures.push_back(std::move(markup));
    }
  }
  if (pictures.empty()) return "";
  return report::paragraph(
             "The middle slice of each prepared image, seen from the feet with the front up; R and L are the patient's sides (of X-rays by "
             "the "
             "convention of their view). Grey spans the 0.5 to 99.5 percentiles of the content; blue is padding that the model is told to "
             "ignore.") +
         report::gallery(pictures);
}

}  // namespace chiasm::page
