#include "data/prove/texts.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/base/text.h"
#include "data/deidentify_search.h"
#include "data/deidentify_text.h"
#include "data/prove/values.h"
#include "data/unicode.h"

namespace chiasm::prove {

namespace {

// @ stands for the identifier. The last frames of relatives and physicians were written after the rules and the rules were not changed for
// them; adding rules for a frame needs new frames beside it, or the figures say how well we know our own sentences.
using Frames = std::vector<std::string>;

struct Kind {
  std::string name;
  bool known;
  std::map<std::string, Frames> frames;  // by language
};

// Of identifiers that the headers hold.
const std::vector<Kind>& known_kinds() {
  static const std::vector<Kind> list{
      {"patient name",
       true,
       {{"en",
         {"@ was seen today with cough.", "The patient, @, has a 12 mm nodule.", "PATIENT: @\nFINDINGS: clear lungs.",
          "Images of @ were reviewed.", "No change for @ since then."}},
        {"ja",
         {"@様、右肺に結節を認めます。", "患者名：@ 所見：異常なし", "@さんは咳を訴えています。", "【氏名】@【所見】胸水なし",
          "@ 殿の画像を確認しました。"}}}},
      {"patient initials", true, {{"en", {"@ was informed of the result.", "Pt: @ reports cough.", "Reviewed with @ today."}}}},
      {"patient number",
       true,
       {{"en", {"MRN @.", "Ref @ / CT chest", "(@) nodule of 12 mm", "ID: @ FINDINGS: clear"}},
        {"ja", {"患者ID：@ 所見：", "（@）右肺結節", "カルテ番号 @"}}}},
      {"patient phone", true, {{"en", {"Reached at @.", "Call back @ please.", "mobile @"}}, {"ja", {"連絡先は@です。", "電話 @"}}}},
      {"institution",
       true,
       {{"en", {"Transferred from @.", "Prior study at @ is not available."}}, {"ja", {"@より紹介。", "@での前回検査と比較。"}}}},
      {"date of study or birth",
       true,
       {{"en", {"Compared with @.", "Examination of @:", "born @", "On @ the patient fell."}},
        {"ja", {"@の検査と比較。", "生年月日：@", "@施行。"}}}},
  };
  return list;
}

// Of identifiers that stand in texts alone.
const std::vector<Kind>& unknown_kinds() {
  static const std::vector<Kind> list{
      {"relative",
       false,
       {{"en",
         {"Her husband @ was present.", "Accompanied by son @.", "The patient's sister @ was informed.", "Mother, @, reports fever.",
          "@, the patient's daughter, called.", "Next of kin: @", "Spoke with his wife @ on the phone.", "Daughter-in-law @ provides care.",
          "Contact person @ (niece).", "Lives alone; @ visits daily.", "Brought in by @, a neighbor.", "Lives with @ (partner).",
          "@ drove the patient in.", "According to @, symptoms began on Monday.", "POA: @."}},
        {"ja",
         {"長男の@さんに説明した。", "妻の@が同席。", "家族：@", "@様（夫）に連絡。", "キーパーソン：@", "娘さん（@）より聴取。",
          "@が付き添って来院。", "付添人は@。", "同居の@より電話あり。"}}}},
      {"physician",
       false,
       {{"en",
         {"Discussed with Dr. @ at 14:20.", "Signed by @ MD", "Referring physician: @", "Findings were communicated to @ by telephone.",
          "cc: @", "As requested by Prof @.", "I, @, have reviewed the images.", "Attending radiologist @ agrees.",
          "Case reviewed at the conference by @.", "Thank you, @, for this referral.", "Result given to nurse practitioner @.",
          "Images sent per @.", "Correlate with the note of @.", "@ to follow up.", "Report dictated for @.",
          "Second opinion: @ concurs."}},
        {"ja",
         {"依頼医：@", "@先生に電話で報告した。", "読影医 @", "主治医の@医師と相談。", "報告者：@ 承認者：未定", "Dr.@に報告済み。",
          "担当：@", "@（循環器内科）より依頼。", "@より読影依頼あり。", "指導医@の確認を得た。"}}}},
      {"other phone",
       false,
       {{"en", {"Please call @.", "Phone: @", "pager @", "Results phoned to ward on @."}}, {"ja", {"電話@まで。", "連絡先：@"}}}},
      {"mail", false, {{"en", {"Copy to @.", "Contact @ for questions."}}, {"ja", {"連絡は@まで。"}}}},
      {"web address", false, {{"en", {"Images at @ for review.", "see @"}}, {"ja", {"画像は@を参照。"}}}},
      {"record number",
       false,
       {{"en", {"MRN: @", "accession number @", "Patient ID @, CT chest", "Case no. @"}},
        {"ja", {"患者番号：@", "受付番号 @", "カルテ番号：@"}}}},
      {"address", false, {{"en", {"Lives at @.", "Address: @", "Resident of @, alone."}}, {"ja", {"住所：@", "@在住。"}}}},
      {"other date",
       false,
       {{"en", {"Surgery on @.", "Follow-up of @.", "Fell on @ at home.", "Biopsy (@) was benign."}},
        {"ja", {"@に手術。", "@の生検は良性。", "前回（@）と比較。"}}}},
      {"age above 89", false, {{"en", {"@ woman with cough.", "A @ patient after a fall."}}, {"ja", {"@女性、咳。", "@の患者。"}}}},
  };
  return list;
}

Written write_initials(const Name& name, Random& random) {
  const std::string dots = random.integer(2) ? ". " : ".";
  const std::string text = unicode::points(name.given)[0] < 0x80 && unicode::points(name.family)[0] < 0x80
                               ? name.given.substr(0, 1) + dots + name.family.substr(0, 1) + "."
                               : "";
  return {text, {text}};
}

// The identifier of a kind, and what the study's headers know of it.
Written draw(const std::string& kind, const std::string& language, Random& random, deid::Identity& identity) {
  const auto known = [&](const std::string& keyword, const Written& written, const std::string& value) {
    identity.add(keyword, value);
    return written;
  };
  const int64_t day = 14000 + random.integer(6000);
  const Name name = draw_name(language, random);
  if (kind == "patient name") return known("PatientName", write_name(name, language, random), name.dicom());
  if (kind == "patient initials") return known("PatientName", write_initials(name, random), name.dicom());
  if (kind == "patient number") {
    const Written number = draw_number(random);
    return known("PatientID", number, number.text);
  }
  if (kind == "patient phone") {
    const Written phone = draw_phone(language, random);
    return known("PatientTelephoneNumbers", phone, phone.text);
  }
  if (kind == "institution") {
    const Written place = draw_institution(language, random);
    return known("InstitutionName", place, place.text);
  }
  if (kind == "date of study or birth") {
    identity.dates.insert(day);
    return write_date(day, language, random);
  }
  if (kind == "relative" || kind == "physician") return write_name(name, language, random);
  if (kind == "other phone") return draw_phone(language, random);
  if (kind == "mail") return draw_mail(random);
  if (kind == "web address") return draw_url(random);
  if (kind == "record number") return draw_number(random);
  if (kind == "address") return draw_address(language, random);
  if (kind == "other date") return write_date(day, language, random);
  return draw_old_age(language, random);
}

// A reader knows an identifier by any of its pieces; spaces and line breaks hide nothing.
bool shows(const std::string& text, const std::vector<std::string>& pieces) {
  const auto plain = [](const std::string& value) {
    std::u32string result;
    for (const char32_t c : unicode::decomposed(value)) result += unicode::is_letter_or_digit(c) ? unicode::lower(c) : U' ';
    return U" " + result + U" ";
  };
  const std::u32string searched = plain(text);
  return std::any_of(pieces.begin(), pieces.end(), [&](const std::string& piece) {
    const std::u32string wanted = plain(piece);
    const bool words = static_cast<unsigned char>(piece[0]) < 0x80 || wanted[1] < 0x250;  // other scripts have no spaces between words
    return searched.find(words ? wanted : wanted.substr(1, wanted.size() - 2)) != std::u32string::npos;
  });
}

}  // namespace

std::vector<Planted> plant_texts(const std::string& language, int count, uint64_t seed) {
  std::vector<Planted> texts;
  std::vector<Kind> kinds = known_kinds();
  kinds.insert(kinds.end(), unknown_kinds().begin(), unknown_kinds().end());
  for (const Kind& kind : kinds) {
    const auto frames = kind.frames.find(language);
    if (frames == kind.frames.end()) continue;
    Random random(hash_key(seed, language + kind.name));
    for (int i = 0; i < count;) {
      Planted planted{language, kind.name, "", kind.known, {}, {}};
      const Written written = draw(kind.name, language, random, planted.identity);
      if (written.text.empty()) continue;
      const std::string& frame = frames->second[static_cast<size_t>(i) % frames->second.size()];
      planted.text = replace_all(frame, "@", written.text);
      planted.pieces = written.pieces;
      texts.push_back(std::move(planted));
      ++i;
    }
  }
  return texts;
}

std::vector<Recall> measure_texts(const std::vector<Planted>& texts) {
  std::vector<Recall> recalls;
  for (const Planted& planted : texts) {
    if (recalls.empty() || recalls.back().kind != planted.kind || recalls.back().language != planted.language)
      recalls.push_back({planted.language, planted.kind, planted.known});
    Recall& recall = recalls.back();
    const deid::CleanText clean = deid::clean_text(planted.text, planted.identity, {-36501, false});
    ++recall.planted;
    if (!shows(clean.text, planted.pieces))
      ++recall.removed;
    else if (deid::LeftoverSearch(planted.identity).finds(clean.unreplaced))
      ++recall.withheld;
  }
  for (Recall& recall : recalls) std::tie(recall.low, recall.high) = wilson(recall.removed + recall.withheld, recall.planted);
  return recalls;
}

std::pair<double, double> wilson(int64_t hits, int64_t trials) {
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;
  const double n = static_cast<double>(trials), p = static_cast<double>(hits) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace chiasm::prove
