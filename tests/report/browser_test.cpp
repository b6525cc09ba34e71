// A page as a real browser shows it. Needs Chromium.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/report/chart.h"
#include "core/report/html.h"
#include "core/report/picture.h"
#include "core/report/roc.h"
#include "tests/support/scratch.h"

namespace chiasm::report {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  std::array<char, 4096> part{};
  FILE* pipe = popen(command.c_str(), "r");
  while (const size_t count = fread(part.data(), 1, part.size(), pipe)) out.append(part.data(), count);
  pclose(pipe);
  return out;
}

// A grey PNG of one pixel.
const std::string png(
    "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9BU\0\0\0\nIDATx\x9C"
    "c`\0\0\0\x02\0\x01H\xAF\xA4q\0\0\0\0IEND\xAE"
    "B`\x82",
    67);

std::string sample_page() {
  const std::string wide(120, 'x');
  return html_page("Sample", banner("Research only") + paragraph(wide) + table({"a", "b", "c", "d"}, {{wide, "1.5", wide, "2"}}) +
                                 gallery({picture(png, "one"), picture(png, "two")}) +
                                 charts({line_chart({{"loss", {0, 1, 2}, {3, 2, 1}}}, {"Loss", "step", "", true}),
                                         roc_chart({{"nodule", {0.9, 0.1}, {1, 0}}}, "ROC")}) +
                                 section("Texts", side_by_side("Reference", wide, "Generated", "no nodule")));
}

// Asked by a script that only the test adds: pictures decoded, charts drawn, nothing fetched, nothing wider than the window.
constexpr const char* questions = R"(<script>addEventListener("load", () => {
  const pictures = [...document.images].filter(i => i.complete && i.naturalWidth > 0).length;
  const drawn = [...document.querySelectorAll("path")].filter(p => p.getBBox().width > 10).length;
  const fetched = performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length;
  const sideways = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  document.title = `pictures=${pictures} drawn=${drawn} fetched=${fetched} sideways=${sideways}`;
});</script>)";

std::string answers(int width) {
  const Scratch scratch;
  write_file_atomic(scratch / "page.html", replace_all(sample_page(), "</body>", std::string(questions) + "</body>"));
  const std::string dom =
      output_of("chromium --headless --no-sandbox --disable-gpu --user-data-dir=" + (scratch / "profile").string() +
                " --window-size=" + std::to_string(width) + ",800 --dump-dom file://" + (scratch / "page.html").string() + " 2>/dev/null");
  const size_t from = dom.find("<title>"), to = dom.find("</title>");
  return from == std::string::npos ? dom.substr(0, 200) : dom.substr(from + 7, to - from - 7);
}

TEST(Browser, ShowsThePageOnADeskAndOnAPhone) {
  if (output_of("command -v chromium").empty()) GTEST_SKIP() << "chromium is not installed";
  for (const int width : {1200, 500}) EXPECT_EQ(answers(width), "pictures=2 drawn=2 fetched=0 sideways=false") << width;
}

}  // namespace
}  // namespace chiasm::report
