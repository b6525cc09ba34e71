#include "data/scan_items.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/text.h"
#include "data/calendar.h"
#include "data/dicom/annotation.h"
#include "data/select.h"
#include "data/table.h"

namespace chiasm::scanning {

namespace {

using SeriesPointer = std::shared_ptr<const FoundSeries>;
using HeaderPointer = std::shared_ptr<const dicom::Header>;

class ItemFinder {
 public:
  ItemFinder(const DatasetFile& dataset, const Sources& sources, Studies& studies, ScanResult& result)
      : dataset_(dataset), sources_(sources), studies_(studies), result_(result) {}

  void find_all() {
    for (const auto& [name, input] : dataset_.inputs)
      if (input.prior_of.empty()) find_input(name, input);
    for (const auto& [name, target] : dataset_.targets) find_target(name, target);
    for (const auto& [name, rows] : sources_.manifests) take_manifest(rows);
    for (const auto& [name, target] : dataset_.targets) find_drawn(name, target);
    leave_unchosen();
    leave_undrawn();
    for (const auto& [name, input] : dataset_.inputs)
      if (!input.prior_of.empty()) find_priors(name, input);
  }

 private:
  FoundStudy& study(int64_t index) { return studies_.list[static_cast<size_t>(index)]; }

  void refuse(const FoundStudy& study, const std::string& input, const std::string& item, const std::string& code,
              const std::string& detail) {
    result_.refusals.push_back({study.key, input, item, code, detail});
  }

  void take(FoundStudy& study, const std::string& name, FoundItem item) {
    study.items[name].push_back(std::move(item));
    result_.funnel.count(name, "matched");
  }

  void find_input(const std::string& name, const InputConfig& input) {
    const std::string source = source_of(dataset_, input);
    if (const auto groups = studies_.groups.find(source); groups != studies_.groups.end())
      for (const auto& [index, candidates] : groups->second) choose_series(study(index), name, input, candidates);
    const auto table = sources_.tables.find(source);
    if (table == sources_.tables.end()) return;
    for (const auto& [index, rows] : table->second.rows) {
      if (input.modality == "table") {
        take_cells(study(index), name, table->second, rows, needed_columns(input));
      } else if (input.modality == "text" && (!input.text.empty() || !table->second.config.text.empty())) {
        take_text(study(index), name, table->second, rows, input.text.empty() ? table->second.config.text : input.text);
      } else {
        take_files(study(index), name, table->second, rows, input.file, input.max_items, input.ties);
      }
    }
  }

  void find_target(const std::string& name, const TargetConfig& target) {
    const auto table = sources_.tables.find(source_of(dataset_, target));
    if (table == sources_.tables.end()) return;
    for (const auto& [index, rows] : table->second.rows) {
      if (target.kind == "mask")
        take_files(study(index), name, table->second, rows, target.file, 1, "refuse");
      else
        take_cells(study(index), name, table->second, rows, needed_columns(target));
    }
  }

  // Segmentations and structure sets of the target's source that refer to the image chosen for its input.
  void find_drawn(const std::string& name, const TargetConfig& target) {
    const auto drawn = sources_.drawn.find(source_of(dataset_, target));
    if (target.kind != "mask" || drawn == sources_.drawn.end()) return;
    for (FoundStudy& study : studies_.list) {
      const auto images = study.items.find(target.of);
      if (images == study.items.end() || study.items.count(name) > 0) continue;
      std::vector<dicom::Group> groups;
      for (const FoundItem& image : images->second)
        if (image.series) groups.push_back(image.series->files.open());
      for (const auto& object : drawn->second)
        if (fits(*object, target) &&
            std::any_of(groups.begin(), groups.end(), [&](const dicom::Group& group) { return dicom::is_drawn_on(*object, group); })) {
          result_.funnel.count(name, "found");
          FoundItem item;
          item.ref = drawn_ref(object);
          item.drawn = object;
          used_drawn_.insert(object);
          take(study, name, std::move(item));
        }
    }
  }

  static bool fits(const dicom::Header& object, const TargetConfig& target) {
    return target.object.empty() || (target.object == "rtstruct") == (object.modality == "RTSTRUCT");
  }

  std::string drawn_ref(const HeaderPointer& object) const {
    const auto& objects = studies_.drawn_by_series.at(object->series_uid);
    const auto place = std::find(objects.begin(), objects.end(), object) - objects.begin();
    return "series:" + object->series_uid + (place > 0 ? "#" + std::to_string(place + 1) : "");
  }

  void leave_undrawn() {
    for (const auto& [source, objects] : sources_.drawn)
      for (const auto& object : objects)
        if (used_drawn_.count(object) == 0)
          result_.refusals.push_back({object->accession.empty() ? object->study_uid : object->accession, source, drawn_ref(object),
                                      "NOT_CHOSEN",
                                      "a segmentation or structure set that no target takes, or of a series that no input takes"});
  }

  // "series:UID", or with "#2" its second volume.
  std::string series_ref(const SeriesPointer& series) const {
    const auto& volumes = studies_.by_series.at(series->series_uid);
    const auto place = std::find(volumes.begin(), volumes.end(), series) - volumes.begin();
    return "series:" + series->series_uid + (place > 0 ? "#" + std::to_string(place + 1) : "");
  }

  void choose_series(FoundStudy& study, const std::string& name, const InputConfig& input, const std::vector<SeriesPointer>& all) {
    std::vector<SeriesPointer> fit;
    for (const SeriesPointer& series : all)
      if (is_modality(input.modality, series->modality) && series->unfit.empty()) fit.push_back(series);
    if (fit.empty()) return;
    result_.funnel.count(name, "found", "", static_cast<int64_t>(fit.size()));
    std::vector<SeriesFacts> facts;
    for (const SeriesPointer& series : fit) facts.push_back(series->facts);
    std::vector<size_t> chosen;
    try {
      chosen = chiasm::choose_series(input.select, facts, input.max_items, input.ties);
    } catch (const Refused& refused) {
      for (const size_t i : apply_select(input.select, facts)) used_.insert(fit[i]);
      return refuse(study, name, "series of " + name, refused.code, refused.detail);
    }
    for (const size_t i : chosen) {
      FoundItem item;
      item.ref = series_ref(fit[i]);
      item.series = fit[i];
      used_.insert(fit[i]);
      take(study, name, std::move(item));
    }
  }

  void take_files(FoundStudy& study, const std::string& name, const Table& table, const std::vector<size_t>& rows, const std::string& file,
                  int64_t max_items, const std::string& ties) {
    std::vector<std::filesystem::path> paths;
    for (const size_t row : rows) {
      const std::filesystem::path path = table.path(row, file.empty() ? table.config.file : file);
      if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
    }
    result_.funnel.count(name, "found", "", static_cast<int64_t>(paths.size()));
    if (static_cast<int64_t>(paths.size()) > max_items) {
      if (ties == "refuse") return refuse(study, name, table.name + ":" + study.key, "AMBIGUOUS", "more files than the input may have");
      paths.resize(static_cast<size_t>(max_items));
    }
    for (const auto& path : paths) {
      FoundItem item;
      item.ref = shown(path);
      item.path = path;
      take(study, name, std::move(item));
    }
  }

  std::string shown(const std::filesystem::path& path) const { return path.lexically_relative(dataset_.path.parent_path()).string(); }

  // The rows of a study under the source's rule for several of them; empty when refused.
  std::vector<size_t> rows_by_rule(const FoundStudy& study, const std::string& name, const Table& table, const std::vector<size_t>& rows,
                                   const std::vector<std::string>& columns) {
    const auto same = [&](size_t row) {
      return std::all_of(columns.begin(), columns.end(),
                         [&](const std::string& column) { return table.cell(row, column) == table.cell(rows.front(), column); });
    };
    if (std::all_of(rows.begin(), rows.end(), same)) return {rows.front()};
    if (table.config.many == "concat") return rows;
    if (table.config.many == "newest" && !table.config.date.empty()) {
      const auto day = [&](size_t row) { return parse_day(table.cell(row, table.config.date)).value_or(INT64_MIN); };
      return {*std::max_element(rows.begin(), rows.end(), [&](size_t a, size_t b) { return day(a) < day(b); })};
    }
    refuse(study, name, table.name + ":" + study.key, "AMBIGUOUS", "several different rows; see the source's key 'many'");
    return {};
  }

  void take_cells(FoundStudy& study, const std::string& name, const Table& table, const std::vector<size_t>& rows,
                  const std::vector<std::string>& columns) {
    result_.funnel.count(name, "found", "", static_cast<int64_t>(rows.size()));
    const std::vector<size_t> chosen = rows_by_rule(study, name, table, rows, columns);
    if (chosen.empty()) return;
    if (chosen.size() > 1) return refuse(study, name, table.name + ":" + study.key, "AMBIGUOUS", "rows of numbers cannot be joined");
    Cells cells;
    for (const std::string& column : columns) cells[column] = table.cell(chosen.front(), column);
    FoundItem item;
    item.ref = "text:";
    item.text = std::make_shared<const std::string>(write_cells(cells));
    take(study, name, std::move(item));
  }

  void take_text(FoundStudy& study, const std::string& name, const Table& table, const std::vector<size_t>& rows,
                 const std::string& column) {
    result_.funnel.count(name, "found", "", static_cast<int64_t>(rows.size()));
    std::vector<std::string> parts;
    for (const size_t row : rows_by_rule(study, name, table, rows, {column}))
      if (const std::string text = table.cell(row, column); !text.empty()) parts.push_back(text);
    if (parts.empty()) return;
    FoundItem item;
    item.ref = "text:";
    item.text = std::make_shared<const std::string>(join(parts, "\n"));
    take(study, name, std::move(item));
  }

  void take_manifest(const std::vector<ManifestRow>& rows) {
    for (const ManifestRow& row : rows) {
      if (dataset_.inputs.count(row.input) + dataset_.targets.count(row.input) == 0)
        throw InputError("manifest: '" + row.input + "' is neither an input nor a target of the data set file");
      FoundStudy& owner = study(studies_.find(row.study));
      result_.funnel.count(row.input, "found");
      FoundItem item = item_of(row.ref);
      item.reader = row.reader;
      const auto day = parse_day(row.time);
      if (day && owner.day) item.days = *day - *owner.day;
      if (!item.series && !item.drawn && starts_with(row.ref, "series:")) {
        refuse(owner, row.input, row.ref, "NO_MATCH", "no such series in the DICOM sources");
        continue;
      }
      take(owner, row.input, std::move(item));
    }
  }

  FoundItem item_of(const std::string& ref) {
    FoundItem item;
    item.ref = ref;
    if (starts_with(ref, "text:")) {
      item.text = std::make_shared<const std::string>(ref.substr(5));
      item.ref = "text:";
    } else if (starts_with(ref, "series:")) {
      const size_t mark = ref.find('#');
      const auto series = studies_.by_series.find(ref.substr(7, mark == std::string::npos ? mark : mark - 7));
      const auto place = mark == std::string::npos ? 1 : parse_integer(ref.substr(mark + 1)).value_or(0);
      if (series != studies_.by_series.end() && place >= 1 && static_cast<size_t>(place) <= series->second.size())
        item.series = series->second[static_cast<size_t>(place - 1)];
      used_.insert(item.series);
      const auto drawn = studies_.drawn_by_series.find(ref.substr(7, mark == std::string::npos ? mark : mark - 7));
      if (drawn != studies_.drawn_by_series.end() && place >= 1 && static_cast<size_t>(place) <= drawn->second.size())
        item.drawn = drawn->second[static_cast<size_t>(place - 1)];
      used_drawn_.insert(item.drawn);
    } else {
      item.path = dataset_.resolve(ref);
    }
    return item;
  }

  void leave_unchosen() {
    for (const auto& [source, by_study] : studies_.groups)
      for (const auto& [index, all] : by_study)
        for (const SeriesPointer& series : all) {
          if (used_.count(series)) continue;
          refuse(study(index), source, series_ref(series), series->unfit.empty() ? "NOT_CHOSEN" : series->unfit,
                 series->unfit.empty() ? "no input's rules chose this series" : "never a candidate");
        }
  }

  // Earlier studies of the patient, newest first.
  void find_priors(const std::string& name, const InputConfig& input) {
    std::map<std::string, std::vector<int64_t>> by_patient;
    for (size_t i = 0; i < studies_.list.size(); ++i)
      if (!studies_.list[i].patient.empty() && studies_.list[i].day && studies_.two_patients.count(static_cast<int64_t>(i)) == 0)
        by_patient[patient_key(studies_.list[i])].push_back(static_cast<int64_t>(i));
    for (auto& [patient, indices] : by_patient) {
      std::sort(indices.begin(), indices.end(), [&](int64_t a, int64_t b) { return moment(a) < moment(b); });
      for (size_t i = 0; i < indices.size(); ++i) take_prior(name, input, indices, i);
    }
  }

  std::pair<int64_t, std::string> moment(int64_t index) { return {*study(index).day, study(index).time}; }

  void take_prior(const std::string& name, const InputConfig& input, const std::vector<int64_t>& indices, size_t place) {
    FoundStudy& owner = study(indices[place]);
    if (owner.items.count(name)) return;  // told by a manifest
    for (size_t i = place; i-- > 0;) {
      const FoundStudy& earlier = study(indices[i]);
      const int64_t age = *owner.day - *earlier.day;
      if (age > input.within_days) return;
      const auto items = earlier.items.find(input.prior_of);
      if (items == earlier.items.end() || moment(indices[i]) == moment(indices[place])) continue;
      for (FoundItem item : items->second) {
        item.days -= age;
        take(owner, name, std::move(item));
      }
      return;
    }
  }

  const DatasetFile& dataset_;
  const Sources& sources_;
  Studies& studies_;
  ScanResult& result_;
  std::set<SeriesPointer> used_;
  std::set<HeaderPointer> used_drawn_;
};

}  // namespace

void find_items(const DatasetFile& dataset, const Sources& sources, Studies& studies, ScanResult& result) {
  ItemFinder(dataset, sources, studies, result).find_all();
}

}  // namespace chiasm::scanning
