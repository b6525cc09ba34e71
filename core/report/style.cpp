#include "core/report/style.h"

#include <array>

namespace chiasm::report {

const std::string& style_sheet() {
  static const std::string css = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --soft: #5d6877; --line: #dde2e8; --wash: #f5f7f9; --accent: #0072b2;
  --note: #eef4fa; --warn: #fdf1e3; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e3e8ee; --soft: #9aa5b1; --line: #343c46; --wash: #1e242b;
  --accent: #56b4e9; --note: #1b2a38; --warn: #3a2817; } .chart { background: #fff; border-radius: 4px; padding: 6px; color: #1c2430; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 20px 18px 48px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.3em 0 0.6em; }
h2 { font-size: 1.25rem; margin: 1.8em 0 0.5em; padding-bottom: 0.2em; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.2em 0 0.4em; }
h4 { font-size: 0.85rem; margin: 0 0 0.3em; color: var(--soft); }
p { margin: 0.4em 0 0.8em; max-width: 78ch; }
p, h1, h2, h3, h4, summary { overflow-wrap: anywhere; }
.banner { max-width: none; padding: 0.6em 0.9em; background: var(--note); border-left: 4px solid var(--accent); border-radius: 3px; }
.banner.warning { background: var(--warn); border-left-color: #d55e00; }
.table { overflow-x: auto; margin: 0.5em 0 1em; }
table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.32em 0.8em; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--wash); font-weight: 600; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
details { margin: 1.6em 0 0; }
summary { cursor: pointer; font-size: 1.25rem; font-weight: 700; padding-bottom: 0.2em; margin-bottom: 0.6em; border-bottom: 2px solid var(--line); }
figure { margin: 0; }
figcaption { font-size: 0.76rem; line-height: 1.35; color: var(--soft); padding-top: 0.35em; overflow-wrap: anywhere; }
.gallery { display: grid; gap: 16px 12px; margin: 0.8em 0 1.2em; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.gallery.large { grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); }
.picture { position: relative; background: #000; border-radius: 3px; overflow: hidden; }
.picture img { display: block; width: 100%; image-rendering: pixelated; }
.mark { position: absolute; top: 3px; color: #ffd84d; font-size: 0.8rem; font-weight: 700; text-shadow: 0 0 3px #000, 0 0 2px #000; }
.mark.left { left: 6px; }
.mark.right { right: 6px; }
.charts { display: grid; gap: 20px; margin: 0.8em 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.chart { max-width: 620px; }
.chart.square { max-width: 460px; }
.chart svg { display: block; width: 100%; height: auto; }
.chart text { font-size: 12px; fill: #5d6877; }
.chart .title { font-size: 13.5px; font-weight: 600; fill: #1c2430; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2em 1.1em; font-size: 0.8rem; padding: 0.2em 0 0; }
.legend i { display: inline-block; width: 1.1em; height: 0.22em; margin-right: 0.45em; vertical-align: middle; border-radius: 1px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 12px; margin: 0.4em 0 1em; }
.pair > div { background: var(--wash); border-radius: 4px; padding: 0.6em 0.9em; }
.text { white-space: pre-line; margin: 0; font-size: 0.88rem; overflow-wrap: anywhere; }
@media (max-width: 520px) { main { padding: 12px 12px 32px; } h1 { font-size: 1.35rem; } .chart text { font-size: 15px; }
  .gallery { grid-template-columns: repeat(2, 1fr); } .gallery.large { grid-template-columns: 1fr; } th, td { padding: 0.3em 0.5em; } }
@media print { main { max-width: none; padding: 0; } body { font-size: 10.5pt; } summary { list-style: none; }
  figure, tr, .pair { break-inside: avoid; } h2, h3, summary { break-after: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)css";
  return css;
}

const std::string& series_colour(size_t index) {
  static const std::array<std::string, 8> colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a00", "#4d4d4d"};
  return colours[index % colours.size()];
}

}  // namespace chiasm::report
