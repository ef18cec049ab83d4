// What a report looks like, and the little that moves in it: a page without scripts lacks the fields that filter tables and the
// numbers under the pointer, and nothing else.
// SPDX-License-Identifier: Apache-2.0
#include <fsconv/report/page.hpp>

namespace fsconv::report {

Html page_style() {
  return style(R"(
:root{--paper:#fff;--ink:#1d2329;--quiet:#525c67;--line:#b6bfc8;--cell:#f4f6f8;--link:#00568a;--good:#00644a;--bad:#a33a00}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e8ecf0;--quiet:#a3aeb9;--line:#4a545e;--cell:#20262c;--link:#7cc0ea;--good:#2fc49a;--bad:#f59a63}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"DejaVu Sans",Verdana,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:anywhere}
main{max-width:62rem;margin:0 auto;padding:1rem 1rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem;padding-top:.5rem;border-top:2px solid var(--line)}
h3{font-size:1.05rem;margin:1.8rem 0 .5rem}
p{max-width:46rem;margin:.5rem 0}
a{color:var(--link)}
.verdict{border-left:5px solid var(--good);background:var(--cell);padding:.6rem .9rem;max-width:none;font-weight:600}
.verdict.failed{border-color:var(--bad)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;padding:0;margin:1rem 0;list-style:none}
nav a{display:inline-block;padding:.2rem 0}
.scroll{overflow-x:auto;max-width:100%;margin:.6rem 0}
@media screen and (min-width:66rem){.scroll.table{width:max-content;min-width:100%;max-width:calc(100vw - 3rem);position:relative;left:50%;transform:translateX(-50%)}}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding:.2rem 0 .3rem;max-width:min(46rem,calc(100vw - 3rem))}
th,td{padding:.25rem .7rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:break-word;max-width:30rem}
thead th{border-bottom:2px solid var(--quiet);white-space:nowrap}
tbody th{font-weight:600;min-width:6rem}
td{min-width:4rem}
.number{text-align:right;white-space:nowrap}
td.long{min-width:16rem}
.good{color:var(--good)}
.bad{color:var(--bad);font-weight:700}
code{font:.9em "DejaVu Sans Mono",Menlo,Consolas,monospace}
td code{white-space:pre-wrap;word-break:break-word}
figure{margin:1.2rem 0}
figcaption{max-width:46rem;margin-bottom:.4rem}
svg,img{display:block;max-width:100%;height:auto}
.scroll svg{max-width:none}
img{image-rendering:pixelated;background:#fff;padding:4px}
.chart .narrow{display:none}
.follow:focus-visible,.scroll:focus-visible,summary:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.readout{display:block;min-height:1.5em;font-size:.875rem;color:var(--quiet);font-variant-numeric:tabular-nums}
.crosshair{stroke:var(--quiet);stroke-width:1;pointer-events:none}
details{margin:.4rem 0}
summary{cursor:pointer;color:var(--link);padding:.25rem 0}
.filter{display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:center;margin:.6rem 0;font-size:.9rem}
.filter input{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--quiet);padding:.35rem .5rem;min-width:14rem;max-width:100%}
@media screen and (max-width:740px){.chart .wide{display:none}.chart .narrow{display:block}main{padding:.5rem .9rem 3rem}.filter input{width:100%}}
@media print{
@page{margin:15mm}
html{font-size:11px}
nav,.filter,.readout{display:none}
details::details-content{content-visibility:visible;display:block;block-size:auto}
details>summary{list-style:none;color:inherit}
.scroll{overflow:visible}
.scroll svg{max-width:100%}
.chart svg{max-width:135mm}
.scroll:not(:has(tr:nth-child(16))){break-inside:avoid}
td,td.long{min-width:0}
.number{white-space:normal}
h2,h3,figcaption,summary,caption,thead{break-after:avoid}
figure,tr{break-inside:avoid}
a{color:inherit;text-decoration:none}
}
)");
}

Html page_script() {
  return script(R"(
"use strict";
(() => {
const report = JSON.parse(document.getElementById("fsconv-report").textContent);
const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

// A row stays where it holds every word, and none of those behind a minus sign.
document.querySelectorAll("table[data-filterable]").forEach((table, number) => {
  const rows = [...table.tBodies[0].rows].map(row => ({row, text: row.textContent.toLowerCase()}));
  const id = "filter" + number;
  const bar = make("div", {className: "filter"});
  const input = make("input", {type: "search", id, placeholder: "gather numeric -skipped"});
  const count = make("output", {});
  count.setAttribute("for", id);
  bar.append(make("label", {htmlFor: id, textContent: "Only rows with"}), input, count);
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const {row, text} of rows) {
      row.hidden = !words.every(word => word[0] === "-" ? word.length === 1 || !text.includes(word.slice(1)) : text.includes(word));
      left += !row.hidden;
    }
    count.textContent = left + " of " + rows.length + " rows";
  };
  input.addEventListener("input", apply);
  apply();
  table.parentElement.before(bar);
});

// The numbers of all series at the x that is nearest to the pointer, or that the arrow keys have reached.
const short = value => value === null ? "–" : Number(value.toPrecision(6)).toString();
const share = (scale, value) => scale.log ? Math.log(value / scale.low) / Math.log(scale.high / scale.low) : (value - scale.low) / (scale.high - scale.low);
const most = 8;
document.querySelectorAll("[data-chart]").forEach(figure => {
  const chart = report.charts[figure.dataset.chart];
  const xs = [...new Set(chart.series.flatMap(one => one.x))].sort((a, b) => a - b);
  if (!xs.length) return;
  const readout = make("output", {className: "readout"});
  figure.querySelector("details").before(readout);
  let at = -1;
  for (const size of ["wide", "narrow"]) {
    const holder = figure.querySelector("." + size), svg = holder.querySelector("svg"), plot = chart[size];
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    line.setAttribute("class", "crosshair");
    line.setAttribute("visibility", "hidden");
    svg.append(line);
    holder.classList.add("follow");
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", chart.title + ": arrow keys read its numbers");
    const show = (next, height) => {
      at = Math.max(0, Math.min(xs.length - 1, next));
      const x = plot.left + share(plot.x, xs[at]) * plot.width;
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", plot.top], ["y2", plot.top + plot.height], ["visibility", "visible"]])
        line.setAttribute(name, value);
      let found = chart.series.map(({name, x, y}) => ({name, y: x.includes(xs[at]) ? y[x.indexOf(xs[at])] : undefined})).filter(one => one.y !== undefined);
      const count = found.length;
      if (count > most) {
        const off = one => one.y === null ? Infinity : Math.abs(1 - share(plot.y, one.y) - height);
        found = found.sort((a, b) => off(a) - off(b)).slice(0, most);
      }
      readout.textContent = chart.x + " " + short(xs[at]) + ": " + found.map(one => one.name + " " + short(one.y)).join(", ") +
          (count > most ? " and " + (count - most) + " more, farther away" : "");
    };
    const hide = () => { line.setAttribute("visibility", "hidden"); };
    svg.addEventListener("pointermove", event => {
      const box = svg.getBoundingClientRect(), zoom = svg.viewBox.baseVal.width / box.width;
      const wanted = ((event.clientX - box.left) * zoom - plot.left) / plot.width;
      let nearest = 0;
      xs.forEach((x, number) => {
        if (Math.abs(share(plot.x, x) - wanted) < Math.abs(share(plot.x, xs[nearest]) - wanted)) nearest = number;
      });
      show(nearest, ((event.clientY - box.top) * zoom - plot.top) / plot.height);
    });
    svg.addEventListener("pointerleave", hide);
    holder.addEventListener("blur", hide);
    holder.addEventListener("keydown", event => {
      const next = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: xs.length - 1}[event.key];
      if (next === undefined) return;
      event.preventDefault();
      show(next, 0.5);
    });
  }
});

addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
})();
)");
}

}  // namespace fsconv::report
