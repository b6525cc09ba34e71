#include "data/deidentify_japanese.h"

#include <array>
#include <functional>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "data/calendar.h"

namespace chiasm::deid {

namespace {

using Match = std::wsmatch;

// A character a place as in `folded`, but katakana stays katakana: particles, which join names, are hiragana.
std::wstring wide(std::string_view text, const Folded& folded) {
  std::wstring result;
  for (size_t i = 0; i < folded.letters.size(); ++i) {
    const size_t length = folded.offsets[i + 1] - folded.offsets[i];
    const auto byte = [&](size_t k) { return static_cast<wchar_t>(text[folded.offsets[i] + k] & 0x3F); };
    if (folded.letters[i] == '~' && length == 3)
      result += static_cast<wchar_t>((text[folded.offsets[i]] & 0x0F) << 12 | byte(1) << 6 | byte(2));
    else
      result += static_cast<wchar_t>(folded.letters[i]);
  }
  return result;
}

int64_t number(const Match& match, size_t group) { return match[group].matched ? std::stoll(match.str(group)) : 0; }

// The western year of "令和5", "H30", "昭和元" or "2023"; nothing for a year that never was.
std::optional<int64_t> western_year(const std::wstring& era, const std::wstring& year) {
  const int64_t count = year == L"元" ? 1 : std::stoll(year);
  if (era.empty()) return count;
  constexpr std::array<std::array<const wchar_t*, 2>, 4> names{{{L"令和", L"R"}, {L"平成", L"H"}, {L"昭和", L"S"}, {L"大正", L"T"}}};
  constexpr std::array<int64_t, 4> first{2019, 1989, 1926, 1912};
  for (size_t i = 0; i < names.size(); ++i)
    if (era == names[i][0] || era == names[i][1]) return first[i] + count - 1;
  return std::nullopt;
}

struct Written {
  bool month, day;
};

std::string moved(const Match& match, const Written& written, int64_t shift_days) {
  const auto year = western_year(match.str(1), match.str(2));
  if (!year) return "[DATE]";
  const int month = written.month ? static_cast<int>(number(match, 3)) : 7;
  const int day = written.day ? static_cast<int>(number(match, 4)) : 15;
  const auto days = day_number({static_cast<int>(*year), month, day});
  if (!days) return "[DATE]";
  const CalendarDate date = date_of(*days + shift_days);
  std::string text = std::to_string(date.year) + "年";
  if (written.month) text += std::to_string(date.month) + "月";
  if (written.day) text += std::to_string(date.day) + "日";
  return text;
}

std::wregex compiled(const std::wstring& text) { return std::wregex(text, std::regex::ECMAScript | std::regex::optimize); }

const std::wstring kEra = L"(?:(令和|平成|昭和|大正|[RHST](?=\\.?\\d))[ .]?)", kYear = L"(元|\\d{1,4})",
                   kNumeral = L"[〇一二三四五六七八九十元]";

void find_dates(const std::wstring& text, int64_t shift_days, Spans& spans) {
  struct Form {
    std::wregex expression;
    Written written;
  };
  static const std::vector<Form> forms{
      {compiled(kEra + L"?" + kYear + L"年 ?(\\d{1,2})月 ?(\\d{1,2})日"), {true, true}},
      {compiled(kEra + kYear + L"[./-](\\d{1,2})[./-](\\d{1,2})(?!\\d)"), {true, true}},
      {compiled(kEra + L"?" + kYear + L"年 ?(\\d{1,2})月"), {true, false}},
      {compiled(kEra + kYear + L"年(?!前|後|間|来)"), {false, false}},
      {compiled(L"()((?:18|19|20)\\d\\d)年(?!前|後|間|来)"), {false, false}},
  };
  for (const Form& form : forms)
    for (std::wsregex_iterator match(text.begin(), text.end(), form.expression), end; match != end; ++match)
      spans.add(static_cast<size_t>(match->position(0)), static_cast<size_t>(match->position(0) + match->length(0)),
                moved(*match, form.written, shift_days));
}

struct Rule {
  std::wregex expression;  // its first group is replaced
  std::string replacement;
};

void apply(const std::wstring& text, const Rule& rule, Spans& spans, const std::function<bool(const std::wstring&)>& is_meant) {
  for (std::wsregex_iterator match(text.begin(), text.end(), rule.expression), end; match != end; ++match) {
    if (!is_meant(match->str(1))) continue;
    const auto start = static_cast<size_t>(match->position(1));
    spans.cover(start, start + static_cast<size_t>(match->length(1)), rule.replacement);
  }
}

const std::wstring kKanji = L"[\u3400-\u9fff々ヶ]", kKana = L"[\u30a1-\u30faー・]", kAnyKana = L"[\u3041-\u3096\u30a1-\u30faー]";

const std::vector<Rule>& plain_rules() {
  static const std::vector<Rule> rules{
      {compiled(L"((?:令和|平成|昭和|大正)?" + kNumeral + L"{1,6}年" + kNumeral + L"{1,3}月(?:" + kNumeral + L"{1,3}日)?)"), "[DATE]"},
      {compiled(L"(\\d{1,2}月 ?\\d{1,2}日)"), "[DATE]"},
      {compiled(L"(9\\d|1[0-4]\\d)(?= ?(?:歳|才|さい))"), "90"},
      {compiled(L"(九十[一二三四五六七八九]?|百[一二三四五六七八九十]{0,3})(?= ?(?:歳|才))"), "90"},
      {compiled(L"((?:〒 ?)\\d{3}-?\\d{4})"), "[ADDRESS]"},
      {compiled(L"((?:東京都|北海道|(?:京都|大阪)府|" + kKanji + L"{2,3}県)" + kKanji + L"{1,6}[市区郡町村](?:" + kKanji + L"|" + kAnyKana +
                L"){0,10}(?: ?\\d{1,4}(?:丁目|番地?|号|-(?=\\d))?){0,4})"),
       "[ADDRESS]"},
      {compiled(L"(" + kKanji + L"{1,6}[市区郡町村](?:" + kKanji + L"|" + kAnyKana +
                L"){1,10} ?\\d{1,4}(?:(?:丁目|番地?|号|-)\\d{0,4}){1,4})"),
       "[ADDRESS]"},
      {compiled(L"(?:患者|カルテ|診察券|検査|受付|登録|整理|保険証?|被保険者)(?:番号|ID|No\\.?)[: "
                L"]{0,2}(?:は)?([A-Za-z]{0,4}-?\\d[\\dA-Za-z-]{2,24})"),
       "[ID]"},
  };
  return rules;
}

// Words that stand before an honorific or between labels without being names.
bool is_name(const std::wstring& word) {
  static const std::set<std::wstring> others{
      L"患者",   L"家族",     L"御家族", L"母",   L"父",   L"兄",   L"姉",       L"弟",   L"妹",     L"奥",   L"娘",   L"息子", L"皆",
      L"担当",   L"主治",     L"当直",   L"看護", L"祖母", L"祖父", L"子供",     L"本人", L"御本人", L"同",   L"各",   L"技",   L"検査",
      L"放射線", L"放射線科", L"内科",   L"外科", L"診断", L"読影", L"読影担当", L"紹介", L"依頼",   L"専門", L"専攻", L"研修", L"指導",
      L"病棟",   L"執刀",     L"当科",   L"前",   L"他",   L"主任", L"責任",     L"なし", L"不明",   L"未定", L"同上"};
  return others.count(word) == 0;
}

const std::vector<Rule>& name_rules() {
  static const std::wstring honorific =
      L"(?=様|さま|さん|氏|殿|君|くん|ちゃん|先生|医師|医長|技師|看護師|教授|准教授|部長|院長|助教|講師|研修医|放射線技師|診療放射線技師)";
  static const std::wstring lead =
      L"(?:患者|担当医?|主治医|依頼医|紹介医|読影医|執刀医|妻|夫|長男|次男|三男|長女|次女|三女|母|父|兄|姉|弟|妹|友人|の|は|が|に|と|、|)";
  static const std::wstring latin = L"[A-Z][A-Za-z'-]{1,20}(?:, ?| )[A-Z][A-Za-z'-]{1,20}",
                            some = L"(?:" + kKanji + L"|" + kAnyKana + L"){1,8}";
  static const std::wstring name = L"(" + latin + L"|" + some + L"(?:[ ・]" + some + L")?)";
  static const std::wstring writer =
      L"(?:担当医師?|主治医|依頼医師?|紹介医師?|読影医|読影者|報告医|報告者|診断医|診断者|検査技師|撮影技師|技師|撮影者|執刀医|記載者|"
      L"承認者|確認者)";
  static const std::vector<Rule> rules{
      {compiled(L"(?:" + writer + L"|患者名|氏名|患者氏名|名前|署名|家族|連絡先|緊急連絡先|キーパーソン|フリガナ|ふりがな) ?[:] ?" + name),
       "[NAME]"},
      {compiled(writer + L" " + name), "[NAME]"},
      {compiled(L"担当 ?[:] ?" + name), "[NAME]"},
      {compiled(L"\\bDr\\. ?" + name + L"(?=[にへがはと、。,.])"), "[NAME]"},
      {compiled(L"(?:妻|夫|長男|次男|長女|次女|息子|娘|母|父|兄|姉|弟|妹|孫|友人)(?:さん)?[(]" + name + L"[)]"), "[NAME]"},
      {compiled(name + L"(?=[(]" + kKanji + L"{1,6}科[)])"), "[NAME]"},
      {compiled(name + L"(?=が(?:付き添|付添|来院|同席|同伴))"), "[NAME]"},
      {compiled(L"(" + latin + L") ?" + honorific), "[NAME]"},
      {compiled(lead + L"(" + kKanji + L"{1,4}(?: " + kKanji + L"{1,4})?) ?" + honorific), "[NAME]"},
      {compiled(L"(" + kKana + L"{2,12}(?: " + kKana + L"{2,12})?) ?" + honorific), "[NAME]"},
      {compiled(L"(" + kKanji + L"{1,3} ?[\u3041-\u3096]{2,4})(?=様|殿)"), "[NAME]"},
      {compiled(L"(?:妻|夫|長男|次男|三男|長女|次女|三女|息子|娘|母|父|兄|姉|弟|妹|祖父|祖母|孫|友人|義母|義父|姪|甥|叔父|叔母)(?:の|、|"
                L"である|・)((?:" +
                kKanji + L"|" + kKana + L"){1,8}(?: (?:" + kKanji + L"|" + kKana +
                L"){1,8})?)(?=さんに?|[にがとから]{1,2}(?:説明|連絡|電話|同席|付き添|来院|確認|報告|依頼|同意|相談|付添))"),
       "[NAME]"},
  };
  return rules;
}

const Rule& institution_rule() {
  static const Rule rule{compiled(L"((?:" + kKanji + L"|" + kKana + L"){2,12}(?:病院|医院|クリニック|診療所|医療センター|健診センター))"),
                         "[PLACE]"};
  return rule;
}

bool is_named_institution(const std::wstring& name) {
  static const std::set<std::wstring> others{L"他病院",   L"当該病院", L"総合病院", L"大学病院", L"市民病院",
                                             L"近隣病院", L"専門病院", L"救急病院", L"関連病院", L"紹介元病院"};
  return others.count(name) == 0;
}

// Han, kana, or letters and digits of full width.
bool has_japanese(const Folded& folded) {
  for (size_t i = 0; i < folded.points.size(); ++i)
    if (is_unspaced(folded.points[i]) ||
        (is_word(folded.letters[i]) && folded.letters[i] != '~' && folded.offsets[i + 1] - folded.offsets[i] == 3))
      return true;
  return false;
}

}  // namespace

void find_japanese(std::string_view text, const Folded& folded, int64_t shift_days, Spans& spans) {
  if (!has_japanese(folded)) return;
  const std::wstring characters = wide(text, folded);
  const auto always = [](const std::wstring&) { return true; };
  find_dates(characters, shift_days, spans);
  for (const Rule& rule : plain_rules()) apply(characters, rule, spans, always);
  apply(characters, institution_rule(), spans, is_named_institution);
  for (const Rule& rule : name_rules()) apply(characters, rule, spans, is_name);
}

}  // namespace chiasm::deid
