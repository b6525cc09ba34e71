#include "data/ingest_study.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "data/burned_in.h"
#include "data/calendar.h"
#include "data/deface/deface.h"
#include "data/dicom/annotation.h"
#include "data/drawn_mask.h"
#include "data/encoding.h"
#include "data/image_file.h"
#include "data/image_risks.h"
#include "data/mask_grid.h"
#include "data/select.h"
#include "data/table.h"
#include "data/text_sections.h"
#include "data/transform/normalise.h"

namespace chiasm {

namespace {

// Facts of an image that may leave; everything else stays behind.
const std::set<std::string> kImageFacts{"view",      "laterality", "kernel",   "sequence", "manufacturer", "scanner",
                                        "body_part", "contrast",   "tilt_deg", "spacing",  "intent",       "units"};

Volume read_series(const dicom::Group& group, int threads) {
  dicom::ReadResult read = dicom::read_group(group, {.threads = threads, .digest = false});
  if (!read.volume) throw Refused(read.code, read.detail);
  return std::move(*read.volume);
}

// The series that a path of a table leads to; nothing for a file of another kind.
std::optional<dicom::Group> group_at(const fs::path& path, const std::string& modality) {
  if (!fs::exists(path)) throw Refused("UNREADABLE", "the file is not there");
  if (is_image_file(path)) return std::nullopt;
  std::vector<dicom::Group> groups = dicom::group_files(dicom::scan_tree(path, 1));
  if (groups.empty()) throw Refused("NO_IMAGE", "the path holds no image");
  if (groups.size() > 1) throw Refused("AMBIGUOUS", "the path holds more than one volume");
  if (!is_modality(modality, groups.front().modality) && modality != "image")
    throw Refused("UNSUPPORTED_OBJECT", "the file is of another modality");
  return std::move(groups.front());
}

Volume read_path(const fs::path& path, const std::string& modality, int threads) {
  const std::optional<dicom::Group> group = group_at(path, modality);
  return group ? read_series(*group, threads) : read_image_file(path);
}

std::string age_band(const std::string& years) {
  const auto age = parse_number(years);
  if (!age || *age < 0) return "";
  const auto decade = static_cast<int>(*age / 10);
  if (decade >= 9) return "90+";
  return std::to_string(decade * 10) + "-" + std::to_string(decade * 10 + 9);
}

class StudyBuilder {
 public:
  StudyBuilder(const DatasetFile& dataset, const StoreSchema& schema, const Deidentifier& names, const deid::Identity& identity,
               const FoundStudy& found, int threads)
      : dataset_(dataset),
        schema_(schema),
        names_(names),
        found_(found),
        rules_(names, identity, found.issuer, found.patient),
        threads_(threads) {}

  BuiltStudy build() {
    record_.patient = names_.patient(found_.issuer, found_.patient);
    record_.study = names_.study(found_.key);
    for (const auto& [name, input] : dataset_.inputs) each_item(name, [&](const FoundItem& item) { add_input(name, input, item); });
    for (const auto& [name, target] : dataset_.targets) add_targets(name, target);
    if (record_.inputs.empty()) {
      line("", "study:" + found_.key, "refused", "EMPTY_STUDY", "no input of the study could be used");
      return std::move(built_);
    }
    add_facts();
    count_record();
    built_.record = std::move(record_);
    return std::move(built_);
  }

 private:
  void line(const std::string& input, const std::string& reference, const std::string& action, const std::string& code,
            const std::string& detail) {
    built_.ledger.push_back({names_.study(found_.key), input, names_.item(reference), action, code, detail});
    built_.items[built_.ledger.back().item] = reference;
  }

  // What names an item in the ledger: never the text itself.
  std::string reference(const std::string& name, const FoundItem& item) const { return item.text ? found_.key + ":" + name : item.ref; }

  template <class Body>
  void each_item(const std::string& name, const Body& body) {
    const auto items = found_.items.find(name);
    if (items == found_.items.end()) return;
    for (const FoundItem& item : items->second) attempt(name, item, [&] { body(item); });
  }

  template <class Body>
  void attempt(const std::string& name, const FoundItem& item, const Body& body) {
    try {
      body();
    } catch (const Refused& refused) {
      line(name, reference(name, item), refused.code == "IDENTITY_LEFT" ? "withheld" : "refused", refused.code, refused.detail);
    } catch (const InputError&) {
      line(name, reference(name, item), "refused", "DAMAGED", "the item cannot be read");
    }
  }

  // What is drawn on one image by several objects is one mask.
  void add_targets(const std::string& name, const TargetConfig& target) {
    DrawnObjects drawn;
    const auto items = found_.items.find(name);
    if (items != found_.items.end())
      for (const FoundItem& item : items->second)
        if (item.drawn) drawn.push_back(item.drawn);
    if (drawn.empty()) return each_item(name, [&](const FoundItem& item) { add_target(name, target, item); });
    attempt(name, items->second.front(), [&] { add_drawn(name, target, drawn); });
  }

  void add_input(const std::string& name, const InputConfig& input, const FoundItem& item) {
    const InputConfig& origin = origin_of(dataset_, input);
    StudyItem result;
    result.days = static_cast<double>(item.days);
    switch (schema_.inputs.at(name).form) {
      case Form::image:
        result.volume = read_volume(name, origin, item);
        break;
      case Form::text:
        result.text = read_text(origin, item);
        break;
      case Form::table:
        result.table = read_table(name, origin, item);
        if (std::all_of(result.table.begin(), result.table.end(), [](double value) { return std::isnan(value); })) return;
    }
    record_.inputs[name].push_back(std::move(result));
  }

  Volume read_volume(const std::string& name, const InputConfig& origin, const FoundItem& item) {
    if (item.text) throw Refused("UNSUPPORTED_OBJECT", "a text stands where an image is needed");
    const std::optional<dicom::Group> group = item.series ? item.series->files.open() : group_at(item.path, origin.modality);
    const bool at_risk = names_.on() && may_hold_text_in(group ? &*group : nullptr, item.path);
    if (at_risk && group && dataset_.deidentify.burned_in == "refuse")
      throw Refused("BURNED_IN_TEXT", "by the header: declared, a capture, or a modality that is written on");
    Volume volume = group ? read_series(*group, threads_) : read_image_file(item.path);
    volume.modality = origin.modality;
    std::erase_if(volume.facts, [](const auto& fact) { return kImageFacts.count(fact.first) == 0; });
    std::erase_if(volume.facts, [&](const auto& fact) {
      const bool left = rules_.identifies(fact.second);
      if (left) line(name, reference(name, item), "dropped", "IDENTITY_LEFT", "a fact of the image");
      return left;
    });
    handle_face(name, volume, group ? &*group : nullptr);
    if (at_risk && names_.text_finder() != nullptr) treat_text(volume);
    volume.statistics = transform::measure_intensity(volume);
    return volume;
  }

  // Pictures of other files have no header that could tell.
  bool may_hold_text_in(const dicom::Group* group, const fs::path& path) const {
    return group != nullptr ? may_hold_text(*group, dataset_.deidentify.burned_in_modalities) : is_picture(path);
  }

  void treat_text(Volume& volume) {
    const std::unique_ptr<TextFrames> frames = frames_of(volume);
    if (dataset_.deidentify.burned_in == "ocr") {
      require_no_text(*frames, *names_.text_finder(), threads_);
      volume.facts["burned_in"] = "none_read";
    } else {
      const BlankedText blanked = blank_text(*frames, *names_.text_finder(), threads_);
      volume.facts["burned_in"] = blanked.words > 0 ? "blanked" : "none_read";
    }
  }

  void handle_face(const std::string& name, Volume& volume, const dicom::Group* group) {
    const std::string& faces = dataset_.deidentify.faces;
    const bool head = may_show_face(volume.modality, volume, group);
    if (faces == "deface" && (head || body_part_unknown(volume.modality, volume))) return remove_face(name, volume, head);
    if (!names_.on() || !head) return;
    if (faces == "refuse") throw Refused("FACES", "a head image that may show a face");
    volume.facts["faces"] = "possible";
  }

  // An image that is not known to be of the head may well hold none: it is taken as it is, and flagged.
  void remove_face(const std::string& name, Volume& volume, bool head) {
    try {
      Defaced done = deface(volume, threads_);
      volume.facts["faces"] = done.found.removed ? "removed" : "absent";
      removed_[name] = std::move(done.voxels);
    } catch (const Refused&) {
      if (head) throw;
      volume.facts["faces"] = "possible";
    }
  }

  // What was drawn in a face that is gone is not known any more, and would show its outline.
  void add_mask_of(const std::string& name, const TargetConfig& target, const std::string& reference, Volume mask) {
    const std::vector<uint8_t>& removed = removed_[target.of];
    auto& voxels = std::get<std::vector<uint8_t>>(mask.voxels);
    int64_t lost = 0;
    for (size_t n = 0; n < removed.size(); ++n) {
      if (removed[n] == 0) continue;
      lost += voxels[n] != 0 && voxels[n] != 255;
      voxels[n] = 255;
    }
    if (lost > 0)
      line(name, reference, "dropped", "LABEL_REMOVED", std::to_string(lost) + " labelled voxels lay in the face that was removed");
    record_.masks[name] = std::move(mask);
  }

  std::string read_text(const InputConfig& origin, const FoundItem& item) {
    const std::string raw = item.text ? *item.text : text_file(origin, item.path);
    auto known = cleaned_.find(raw);
    if (known == cleaned_.end()) known = cleaned_.emplace(raw, rules_.text(raw)).first;
    std::string text = known->second;
    if (!origin.section.empty()) {
      const auto parts = sections(text);
      const auto part = parts.find(origin.section);
      text = part == parts.end() ? "" : part->second;
    }
    text = trim(text);
    if (text.empty()) throw Refused("EMPTY_TEXT", "the text or section is empty");
    return text;
  }

  std::string text_file(const InputConfig& origin, const fs::path& path) const {
    if (!fs::exists(path)) throw Refused("UNREADABLE", "the file is not there");
    const auto source = dataset_.sources.find(source_of(dataset_, origin));
    return to_utf8(read_file(path), source == dataset_.sources.end() ? "utf-8" : source->second.encoding, "text");
  }

  std::vector<double> read_table(const std::string& name, const InputConfig& origin, const FoundItem& item) {
    if (!item.text) throw Refused("UNSUPPORTED_OBJECT", "a path stands where cells are needed");
    const Cells cells = parse_cells(*item.text);
    std::vector<double> values;
    for (const auto& [column, config] : origin.columns) {
      const auto [value, code] = read_number(column, config, cells, found_.day);
      if (!code.empty())
        line(name, reference(column, item), "dropped", code, code == "BAD_VALUE" ? "a cell of the table" : "taken after the study");
      values.push_back(config.unit == "a" ? rules_.years(value) : value);
    }
    return values;
  }

  void add_target(const std::string& name, const TargetConfig& target, const FoundItem& item) {
    if (target.kind == "mask") return add_mask(name, target, item);
    if (!item.text) throw Refused("UNSUPPORTED_OBJECT", "a path stands where cells are needed");
    const LabelValues labels = read_labels(target, parse_cells(*item.text));
    const std::vector<std::string> classes = classes_of(name, target);
    for (size_t i = 0; i < classes.size(); ++i) {
      if (labels.meanings[i] == LabelCell::bad)
        line(name, reference(name + "." + classes[i], item), "dropped", "BAD_VALUE", "a label that the map does not know");
    }
    const bool known = std::any_of(labels.values.begin(), labels.values.end(), [](double value) { return !std::isnan(value); });
    if (known) record_.labels[name] = labels.values;
  }

  void add_mask(const std::string& name, const TargetConfig& target, const FoundItem& item) {
    if (item.text) throw Refused("UNSUPPORTED_OBJECT", "a text stands where a mask is needed");
    if (!item.series && fs::exists(item.path) && !is_image_file(item.path))
      if (const dicom::ScannedFile scanned = dicom::scan_file(item.path); scanned.header && dicom::is_annotation(*scanned.header))
        return add_drawn(name, target, {std::make_shared<const dicom::Header>(*scanned.header)});
    const Volume& image = image_of(target);
    const Volume file = item.series ? read_series(item.series->files.open(), threads_) : read_path(item.path, "image", threads_);
    const Volume mask = to_classes(file, classes_of(name, target), target.values);
    Volume placed;
    try {
      placed = on_grid(mask, image);
    } catch (const Refused& refused) {
      if (refused.code != "GRID_MISMATCH" || target.resample != "nearest") throw;
      placed = nearest_on_grid(mask, image);
    }
    add_mask_of(name, target, reference(name, item), std::move(placed));
  }

  void add_drawn(const std::string& name, const TargetConfig& target, const DrawnObjects& drawn) {
    const Volume& image = image_of(target);
    const FoundItem& source = found_.items.at(target.of).front();
    for (const auto& object : drawn) {
      if (!source.series || object->frame_uid.empty()) continue;
      const std::string frame = source.series->files.open().headers.front().frame_uid;
      if (!frame.empty() && frame != object->frame_uid)
        throw Refused("GRID_MISMATCH", "it is drawn in another frame of reference than that of its image");
    }
    add_mask_of(name, target, reference(name, found_.items.at(name).front()), drawn_mask(drawn, name, target, image));
  }

  // The only image that a mask can lie on.
  const Volume& image_of(const TargetConfig& target) const {
    const auto image = record_.inputs.find(target.of);
    if (image == record_.inputs.end()) throw Refused("NO_MATCH", "the image of the mask is absent");
    if (image->second.size() > 1) throw Refused("AMBIGUOUS", "the mask's input has several images");
    return image->second.front().volume;
  }

  void add_facts() {
    for (const auto& [name, value] : found_.facts) add_fact(name == "age" ? "age_band" : name, name == "age" ? age_band(value) : value);
    add_fact("site", found_.site);
    const std::string& from = dataset_.split.test_from;
    if (const auto day = parse_day(from); day && found_.day) add_fact("period", *found_.day >= *day ? "later" : "earlier");
  }

  void add_fact(const std::string& name, const std::string& value) {
    if (value.empty()) return;
    if (rules_.identifies(value)) return line("", "fact:" + name, "dropped", "IDENTITY_LEFT", "a fact of the study");
    record_.facts[name] = value;
  }

  void count_record() {
    StudyEntry entry;
    for (const auto& [name, items] : record_.inputs) entry.inputs[name] = static_cast<int64_t>(items.size());
    for (const auto& [name, mask] : record_.masks) entry.masks.push_back(name);
    entry.labels = record_.labels;
    count_accepted(entry, schema_, built_.funnel);
  }

  const DatasetFile& dataset_;
  const StoreSchema& schema_;
  const Deidentifier& names_;
  const FoundStudy& found_;
  const PatientDeidentifier rules_;
  const int threads_;
  StudyRecord record_;
  BuiltStudy built_;
  std::map<std::string, std::vector<uint8_t>> removed_;  // by input: voxels of the face, of the image that was read last
  std::map<std::string, std::string> cleaned_;           // sections of one report are cleaned once
};

void count_labels(const std::string& name, const std::vector<double>& values, const StoreSchema& schema, Funnel& funnel) {
  const std::vector<std::string>& classes = schema.targets.at(name).classes;
  for (size_t i = 0; i < classes.size(); ++i)
    if (!std::isnan(values[i]))
      funnel.count(name + "." + classes[i], "accepted", values[i] > 0.5 ? "positive" : (values[i] < 0.5 ? "negative" : "uncertain"));
}

}  // namespace

void count_accepted(const StudyEntry& entry, const StoreSchema& schema, Funnel& funnel) {
  funnel.count("studies", "accepted");
  for (const auto& [name, rows] : entry.inputs) funnel.count(name, "accepted", "", rows);
  for (const std::string& name : entry.masks) funnel.count(name, "accepted");
  for (const auto& [name, values] : entry.labels) {
    funnel.count(name, "accepted");
    count_labels(name, values, schema, funnel);
  }
}

BuiltStudy build_study(const DatasetFile& dataset, const StoreSchema& schema, const Deidentifier& deidentifier,
                       const deid::Identity& identity, const FoundStudy& found, int threads) {
  return StudyBuilder(dataset, schema, deidentifier, identity, found, threads).build();
}

bool is_harmless(const std::string& code) {
  static const std::set<std::string> codes{"NOT_DICOM", "NO_IMAGE",   "LOCALIZER",        "DERIVED",      "NOT_CHOSEN",
                                           "NO_MATCH",  "EMPTY_TEXT", "AFTER_INDEX_TIME", "LABEL_REMOVED"};
  return codes.count(code) > 0;
}

}  // namespace chiasm
