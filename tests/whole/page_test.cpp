// Page one and the further parts of an evaluation's report, as a real browser shows them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/support/scratch.h"
#include "tests/whole/way.h"

namespace chiasm::test {
namespace {

// Asked by a script that only the test adds: of every part, what it shows. The answer is the title, as JSON.
constexpr const char* questions = R"(<script>addEventListener("load", () => {
  const parts = {};
  const look = (name, nodes) => {
    const all = selector => nodes.flatMap(n => [...(n.matches(selector) ? [n] : []), ...n.querySelectorAll(selector)]);
    const shown = i => i.complete && i.naturalWidth > 0 && i.getBoundingClientRect().width > 20;
    parts[name] = {
      pictures: all("img").filter(shown).length,
      captions: all("figcaption").map(c => c.textContent),
      sides: all(".picture").map(p => [...p.querySelectorAll(".mark")].map(m => m.textContent).join("")),
      rows: all("tr").map(r => [...r.children].map(c => c.textContent)),
      drawn: all("path").filter(p => p.getBBox().width > 10).length,
      titles: all("h3").map(h => h.textContent),
      text: nodes.map(n => n.textContent).join(" ").length };
  };
  for (const h of document.querySelectorAll("h2")) {
    const nodes = [];
    for (let e = h.nextElementSibling; e && e.tagName !== "H2" && e.tagName !== "DETAILS"; e = e.nextElementSibling) nodes.push(e);
    look(h.textContent, nodes);
  }
  for (const d of document.querySelectorAll("details")) look(d.querySelector("summary").textContent, [d]);
  parts.fetched = performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length;
  parts.banners = document.body.textContent.includes("not verified for care");
  document.title = "JSON" + encodeURIComponent(JSON.stringify(parts)) + "END";
});</script>)";

std::string decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

Json parts_of(const fs::path& page) {
  const Scratch scratch;
  write_file_atomic(scratch / "page.html", replace_all(read_file(page), "</body>", std::string(questions) + "</body>"));
  const std::string dom = shell("chromium --headless --no-sandbox --disable-gpu --user-data-dir=" + (scratch / "profile").string() +
                                " --window-size=1200,800 --dump-dom file://" + (scratch / "page.html").string())
                              .output;
  const size_t from = dom.find("<title>JSON"), to = dom.find("END</title>");
  if (from == std::string::npos || to == std::string::npos) return Json();
  return Json::parse(decoded(dom.substr(from + 11, to - from - 11)));
}

bool has_browser() { return shell("command -v chromium").code == 0; }

#define NEED_BROWSER() \
  if (!has_browser()) GTEST_SKIP() << "chromium is not installed"

// The scan's page: sixteen studies (the cohort has more) with each chosen image, the counts of the funnel, sides of volumes.
TEST(Page, AScanShowsItsCountsAndSixteenStudies) {
  WALK();
  NEED_BROWSER();
  const fs::path page = walked.root / "cohort" / "dataset.scan" / "scan.html";
  const Json parts = parts_of(page);
  ASSERT_TRUE(parts.is_object());
  EXPECT_EQ(parts["fetched"], 0);
  const Json& funnel = parts["From found to matched"]["rows"];
  EXPECT_EQ(funnel[0], Json({"input or target", "found", "matched"}));
  const Json& shown = parts["Sixteen studies, drawn at random"];
  std::set<std::string> studies;
  for (const auto& caption : shown["captions"]) {
    const std::string text = caption.get<std::string>();
    const size_t from = text.find("study ");
    studies.insert(text.substr(from, text.find(" of ", from) - from));
  }
  EXPECT_EQ(studies.size(), 16u);
  EXPECT_EQ(shown["pictures"], shown["captions"].size());
  EXPECT_GT(std::count(shown["sides"].begin(), shown["sides"].end(), "RL"), 16);
  EXPECT_GT(parts["Labels"]["rows"].size(), 12u);
}

// The page of a check: every finding that an image shows has its picture.
TEST(Page, ACheckShowsWhatIsSuspicious) {
  NEED_BROWSER();
  const Scratch scratch;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"synth", "--out", "cohort", "--patients", "8", "--seed", "1"},
                                                {"ingest", "cohort/dataset.yaml", "--out", "store"},
                                                {"check", "store", "--out", "checked"}}) {
    const Ended ended = chiasm(words, scratch.path());
    ASSERT_EQ(ended.code, 0) << ended.output;
  }
  const Json findings = read_json(scratch / "checked/check.json").at("findings");
  const auto empty = std::count_if(findings.begin(), findings.end(), [](const Json& finding) { return finding.at("check") == "mask"; });
  ASSERT_GT(empty, 0);
  const Json parts = parts_of(scratch / "checked/check.html");
  ASSERT_TRUE(parts.is_object());
  EXPECT_EQ(parts["fetched"], 0);
  EXPECT_EQ(parts["Findings"]["rows"].size(), findings.size() + 1);
  EXPECT_GE(parts["Suspicious images"]["pictures"], std::min<int64_t>(empty, 8));
  EXPECT_EQ(parts["Suspicious images"]["pictures"], parts["Suspicious images"]["captions"].size());
  EXPECT_EQ(parts["Images"]["rows"].size(), 2 * (read_json(scratch / "checked/fingerprint.json").at("inputs").size() + 1));
}

TEST(Page, PageOneOfAClassifierHoldsItsParts) {
  WALK();
  NEED_BROWSER();
  const Json parts = parts_of(walked.root / "classify" / "report.html");
  ASSERT_TRUE(parts.is_object());
  EXPECT_EQ(parts["fetched"], 0);
  EXPECT_EQ(parts["banners"], true);
  const Json& funnel = parts["From files to studies"]["rows"];
  ASSERT_GE(funnel.size(), model_inputs().size());
  EXPECT_EQ(funnel[0][1], "found");
  const Json& inputs = parts["Inputs as the model sees them"];
  EXPECT_EQ(inputs["pictures"], 16);
  for (const auto& caption : inputs["captions"]) {
    const std::string text = caption;
    EXPECT_NE(text.find("; values "), std::string::npos) << text;
    EXPECT_TRUE(starts_with(text, "xray") || text.find(" mm, slice ") != std::string::npos) << text;
  }
  int64_t marked = 0;
  for (const auto& sides : inputs["sides"]) marked += sides == "RL" || sides == "LR";
  EXPECT_GE(marked, 12);  // lateral radiographs have no sides
  const Json& weights = parts["Weights"]["rows"];
  ASSERT_EQ(weights.size(), 4U);
  for (size_t i = 1; i < 3; ++i) EXPECT_GT(parse_integer(weights[i][1].get<std::string>()).value_or(0), 0) << weights.dump();
  const Json& head = parts["Figures beside baselines"]["rows"][0];
  EXPECT_EQ(head, Json::array({"finding", "labels", "positive", "AUROC", "baseline: prevalence", "baseline: table", "baseline: probe"}));
  const Json& cases = parts["Right and wrong"];
  ASSERT_EQ(cases["titles"].size(), 2U);
  EXPECT_TRUE(starts_with(cases["titles"][0].get<std::string>(), "Surest right finding"));
  EXPECT_TRUE(starts_with(cases["titles"][1].get<std::string>(), "Surest wrong finding"));
  EXPECT_GE(cases["pictures"], 2);
}

TEST(Page, FurtherPartsOfAClassifier) {
  WALK();
  NEED_BROWSER();
  const Json parts = parts_of(walked.root / "classify" / "report.html");
  ASSERT_TRUE(parts.is_object());
  EXPECT_GE(parts["Training"]["drawn"], 1);
  EXPECT_GE(parts["ROC"]["drawn"], 3);
  EXPECT_GE(parts["Subsets of inputs"]["rows"].size(), 63U);
  EXPECT_GE(parts["Subgroups"]["rows"].size(), 3U);
}

TEST(Page, MasksAndTextsHaveTheirParts) {
  WALK();
  NEED_BROWSER();
  const Json parts = parts_of(walked.root / "draft" / "report.html");
  ASSERT_TRUE(parts.is_object());
  EXPECT_EQ(parts["Inputs as the model sees them"]["pictures"], 16);
  EXPECT_EQ(parts["Weights"]["rows"].size(), 4U);
  EXPECT_GE(parts["Right and wrong"]["pictures"], 2);
  EXPECT_GE(parts["Segmentations"]["pictures"], 2);
  EXPECT_GE(parts["Reports"]["titles"].size(), 6U);
  EXPECT_GE(parts["Figures beside baselines"]["rows"].size(), 5U);
}

}  // namespace
}  // namespace chiasm::test
