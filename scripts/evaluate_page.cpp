#include "scripts/evaluate_page.h"

#include <algorithm>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/report/html.h"
#include "scripts/evaluate_page_parts.h"

namespace chiasm {
namespace {

constexpr size_t most_texts = 12;

std::string banners(const Json& metrics) {
  const std::string contaminated = metrics.value("contaminated", std::string("unknown"));
  std::string out = report::banner(
      "For research only: not a medical device, not verified for care. This page does not know whether the data are synthetic or real. "
      "Studies are named "
      "by pseudonyms; it holds no patient identity.");
  if (metrics.value("upper_bound", false))
    out += report::banner("Upper bound: this run reads what its targets were taken from. It is no model to use.", true);
  if (contaminated == "yes") {
    out += report::banner("Contaminated: some of these patients shaped the model. Every figure is too good to be trusted.", true);
  } else if (contaminated == "unknown") {
    out += report::banner("It is unknown whether these patients shaped the model: the model came without a list of them.", true);
  } else {
    out += report::banner("None of these patients shaped the model.");
  }
  return out;
}

std::string facts(const PageInput& input) {
  std::string line = "Model " + input.metrics.value("model", input.trained.folder) + ", part " +
                     input.metrics.value("split", std::string("?")) + ", " + std::to_string(input.studies.size()) + " studies.";
  if (input.metrics.contains("test_uses"))
    line += " The test part was used " + std::to_string(input.metrics["test_uses"].get<int64_t>()) + " time(s) by this run.";
  return report::paragraph(line + " Data " + input.store.data_sha256().substr(0, 12) + ".");
}

// Reference and generated texts of studies spread over the judged ones.
std::string texts(const std::vector<TextPair>& all) {
  std::vector<const TextPair*> known;
  for (const TextPair& pair : all)
    if (!pair.reference.empty()) known.push_back(&pair);
  std::string out;
  const size_t count = std::min(known.size(), most_texts);
  for (size_t i = 0; i < count; ++i) {
    const TextPair& pair = *known[i * known.size() / count];
    const std::string given = pair.subset == "all" ? "all inputs" : pair.subset;
    out += report::heading(3, pair.target + " of study " + pair.study + " (" + given + ")") +
           report::side_by_side("Reference", pair.reference, "Generated", pair.generated);
  }
  return out;
}

std::string folded(const std::string& title, const std::string& body) { return body.empty() ? "" : report::section(title, body); }

std::string titled(const std::string& title, const std::string& body) { return body.empty() ? "" : report::heading(2, title) + body; }

page::Images images_of(const PageInput& input) {
  page::Images images{
      input.store, input.trained.preprocess.preparations, input.trained.preprocess.targets, input.folder / "predictions", {}};
  for (int64_t i = 0; i < input.store.size(); ++i) images.index_of[input.store.entry(i).study] = i;
  return images;
}

}  // namespace

void write_page(const std::filesystem::path& path, const PageInput& input) {
  const page::Images images = images_of(input);
  const page::Rows& rows = input.findings.rows;
  const std::filesystem::path run = input.trained.folder;
  std::string body = banners(input.metrics) + facts(input);
  body += titled("From files to studies", page::funnel(input.store.folder()));
  body += titled("Inputs as the model sees them", page::inputs(images, input.studies));
  body += titled("Weights", page::weights(run));
  body += titled("Figures beside baselines", page::figures(input.metrics));
  body += titled("Right and wrong", page::cases(images, rows, input.metrics));
  body += folded("Training", page::training(run));
  body += folded("ROC", page::roc(rows, input.metrics));
  body += folded("Segmentations", page::overlays(images, rows, input.metrics));
  body += folded("Reports", texts(input.findings.texts));
  body += folded("Subsets of inputs", page::subsets(input.metrics));
  body += folded("Subgroups", page::subgroups(input.metrics));
  write_file_atomic(path, report::html_page("Evaluation", body));
}

}  // namespace chiasm
