#include "scripts/findings.h"

#include <ATen/ATen.h>

#include <cmath>

namespace chiasm {
namespace {

evaluate::Row row_for(const RowContext& context, const std::string& task, const std::string& study, const std::string& target) {
  evaluate::Row row;
  row.study = study;
  const auto patient = context.patient_of.find(study);
  row.patient = patient == context.patient_of.end() ? study : patient->second;
  row.split = context.split;
  row.fold = context.fold;
  row.subset = context.subset;
  row.task = task;
  row.target = target;
  return row;
}

void add_mask(Findings& findings, const Finding::Mask& mask, const std::string& task, const std::string& study, const RowContext& context) {
  if (!mask.truth.defined()) return;
  const std::vector<std::string>& classes = context.targets->at(mask.target).classes;
  const std::vector<Overlap> found = overlaps(mask.classes, mask.truth, static_cast<int64_t>(classes.size()));
  for (size_t c = 0; c < classes.size(); ++c) {
    evaluate::Row row = row_for(context, task, study, classes[c]);
    row.label = found[c].truth;
    row.raw = found[c].predicted;
    row.score = found[c].dice;
    findings.rows.push_back(row);
  }
}

}  // namespace

std::vector<Overlap> overlaps(const at::Tensor& classes, const at::Tensor& truth, int64_t class_count) {
  constexpr int64_t unknown = 255;
  const at::Tensor known = truth != unknown;
  std::vector<Overlap> out;
  for (int64_t c = 1; c <= class_count; ++c) {
    const at::Tensor mine = (classes == c).logical_and(known), theirs = (truth == c).logical_and(known);
    const double both = mine.logical_and(theirs).sum().item<double>();
    const double predicted = mine.sum().item<double>(), real = theirs.sum().item<double>();
    out.push_back({real, predicted, predicted + real == 0 ? std::nan("") : 2.0 * both / (predicted + real)});
  }
  return out;
}

void add_finding(Findings& findings, const Finding& finding, const std::string& task, const Batch& batch, const RowContext& context) {
  for (const Finding::Score& score : finding.scores) {
    evaluate::Row row = row_for(context, task, batch.study_ids[static_cast<size_t>(score.study)], score.target);
    row.label = score.label;
    row.raw = score.raw;
    row.score = score.score;
    findings.rows.push_back(row);
  }
  for (const Finding::Mask& mask : finding.masks) add_mask(findings, mask, task, batch.study_ids[static_cast<size_t>(mask.study)], context);
  for (const Finding::Text& text : finding.texts) {
    const evaluate::Row row = row_for(context, task, batch.study_ids[static_cast<size_t>(text.study)], text.target);
    findings.texts.push_back({row.study, row.patient, row.subset, text.target, context.tokenizer->decode(text.ids),
                              text.reference.empty() ? std::string() : context.tokenizer->decode(text.reference)});
  }
  for (const Finding::Embedding& embedding : finding.embeddings) {
    const evaluate::Row row = row_for(context, task, batch.study_ids[static_cast<size_t>(embedding.study)], "");
    findings.sides.push_back({row.study, row.patient, row.subset, task, embedding.side, embedding.values});
  }
}

}  // namespace chiasm
