#include "core/report/html.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/report/picture.h"
#include "tests/support/markup.h"

namespace chiasm::report {
namespace {

const std::string attack = "<script>alert(\"x\")</script> & 'more'";
const std::string harmless = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;more&#39;";

TEST(Html, EscapesEverythingThatMarkupKnows) {
  EXPECT_EQ(escape(attack), harmless);
  EXPECT_EQ(escape("plain \xC3\xA4\n"), "plain \xC3\xA4\n");
  EXPECT_EQ(escape(std::string("a\0b\x1B", 4)), "a?b?");
  EXPECT_EQ(escape("broken \xC3"), "broken ?");
}

TEST(Html, NoFunctionLetsMarkupThrough) {
  PictureOptions marks;
  marks.left = marks.right = attack;
  const std::string all =
      html_page(attack, heading(2, attack) + paragraph(attack) + banner(attack, true) + section(attack, paragraph(attack)) +
                            table({attack}, {{attack}}) + side_by_side(attack, attack, attack, attack) + picture("png", attack, marks));
  EXPECT_EQ(all.find("<script"), std::string::npos);
  EXPECT_EQ(count_of(all, harmless), 17U);
  EXPECT_EQ(markup_error(all), "");
}

TEST(Html, TheCheckOfTheseTestsFindsDamage) {
  EXPECT_EQ(markup_error("<p>a &amp; b<br/></p>"), "");
  EXPECT_NE(markup_error("<p>a & b</p>"), "");
  EXPECT_NE(markup_error("<p><b></p></b>"), "");
  EXPECT_NE(markup_error("<p>"), "");
  EXPECT_NE(markup_error("<p class=x></p>"), "");
  EXPECT_NE(markup_error("1 < 2"), "");
}

TEST(Html, TablesKeepTheirShape) {
  const std::string out = table({"name", "value", "note"}, {{"a", "0.5"}, {"b", "1 200", "x"}});
  EXPECT_EQ(markup_error(out), "");
  EXPECT_EQ(count_of(out, "<td"), 6U) << "short rows are filled up";
  EXPECT_EQ(count_of(out, "<td class=\"number\">"), 2U);
  EXPECT_NE(out.find("<th class=\"number\">value"), std::string::npos);
  EXPECT_NE(out.find("<th>name"), std::string::npos);
  EXPECT_THROW(table({"name"}, {{"a", "b"}}), Error);
}

TEST(Html, SectionsFold) {
  EXPECT_EQ(section("t", "<p>b</p>\n"), "<details open=\"open\">\n<summary>t</summary>\n<p>b</p>\n</details>\n");
  EXPECT_EQ(section("t", "", false), "<details>\n<summary>t</summary>\n</details>\n");
  EXPECT_THROW(heading(5, "deep"), Error);
}

TEST(Html, APageNeedsNothingFromOutside) {
  const std::string page = html_page("Report", paragraph("x") + picture("png", "a picture"));
  EXPECT_EQ(page.rfind("<!DOCTYPE html>\n", 0), 0U);
  for (const char* outside : {"http:", "https:", "//", "url(", "@import", "<link", "<script", "srcset"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  EXPECT_EQ(count_of(page, "src="), count_of(page, "src=\"data:image/png;base64,"));
}

TEST(Picture, Base64AsInRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xFB\xFF\x00", 3)), "+/8A") << "a zero byte is a byte";
}

TEST(Picture, MarksAndShapeAreShown) {
  PictureOptions options;
  options.left = "R";
  options.right = "L";
  options.aspect = 1.5;
  const std::string out = picture("png", "slice", options);
  EXPECT_NE(out.find("<span class=\"mark left\">R</span><span class=\"mark right\">L</span>"), std::string::npos);
  EXPECT_NE(out.find("aspect-ratio: 1.5000"), std::string::npos);
  EXPECT_EQ(picture("png", "slice").find("mark"), std::string::npos);
  EXPECT_EQ(markup_error(gallery({out, out}, true)), "");
}

}  // namespace
}  // namespace chiasm::report
