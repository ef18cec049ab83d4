// The page around the SVG: its style, its text and its script.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fsconv/base/error.hpp>
#include <fsconv/base/markup.hpp>
#include <fsconv/draw/player.hpp>
#include <fsconv/draw/svg.hpp>
#include <fsconv/draw/text_size.hpp>

namespace fsconv::draw {

namespace {

constexpr std::string_view page_style = R"(
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 var(--font)}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.3rem;line-height:1.3;margin:.2rem 0 .5rem;overflow-wrap:anywhere}
p{margin:.4rem 0;max-width:48rem;overflow-wrap:anywhere}
figure{margin:1rem 0}
svg{display:block;max-width:100%;height:auto}
svg.asked [data-mark]:not(.lit){opacity:.2}
.caption{min-height:3em;font-size:.95rem}
.controls{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
.controls[hidden]{display:none}
button,select,.keep{font:inherit;color:inherit;background:var(--cell);border:1px solid var(--quiet);border-radius:4px;
min-height:2.5rem;padding:.3rem .8rem}
button{min-width:5.5rem;cursor:pointer}
.keep{display:inline-flex;align-items:center}
input{flex:1 1 10rem;min-width:8rem;accent-color:var(--code);height:2.5rem}
:focus-visible{outline:3px solid var(--step);outline-offset:2px}
li{overflow-wrap:anywhere}
summary{min-height:2rem;cursor:pointer}
@media print{.controls{display:none}body{font-size:11pt}}
)";

// Everything that moves. The drawing's frames are groups of the class "frame" in their order; captions are in the list.
constexpr std::string_view page_script = R"js(
"use strict";
const drawing = document.querySelector("svg"), frames = [...drawing.querySelectorAll("g.frame")];
const captions = [...document.querySelectorAll("#steps li")].map(item => item.textContent);
const get = id => document.getElementById(id);
let now = 0, timer = 0;

function show(step) {
  now = (step + frames.length) % frames.length;
  frames.forEach((frame, at) => frame.setAttribute("visibility", at === now ? "visible" : "hidden"));
  get("caption").textContent = captions[now];
  get("place").textContent = `Step ${now + 1} of ${frames.length}`;
  get("slider").value = now + 1;
  get("slider").setAttribute("aria-valuetext", `step ${now + 1}`);
  get("keep").download = `step-${now + 1}.svg`;
}
function stop() {
  clearInterval(timer);
  timer = 0;
  get("play").textContent = "Play";
  get("caption").setAttribute("aria-live", "polite");
}
function play() {
  clearInterval(timer);
  timer = setInterval(() => show(now + 1), get("speed").value * 1000);
  get("play").textContent = "Pause";
  get("caption").setAttribute("aria-live", "off");
}
const go = step => { stop(); show(step); };

// The step as a file of its own: what is hidden left out, the style sheet put in.
function keep() {
  const copy = drawing.cloneNode(true);
  copy.removeAttribute("class");
  copy.querySelectorAll("g.frame").forEach((frame, at) => at === now || frame.remove());
  const style = document.createElementNS(copy.namespaceURI, "style");
  style.textContent = get("drawing-style").textContent;
  copy.prepend(style);
  const file = new Blob([new XMLSerializer().serializeToString(copy)], {type: "image/svg+xml"});
  const address = get("keep").href = URL.createObjectURL(file);
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

if (frames.length > 1) {
  get("controls").hidden = false;
  get("all").open = false;
  get("play").onclick = () => timer ? stop() : play();
  get("back").onclick = () => go(now - 1);
  get("forward").onclick = () => go(now + 1);
  get("slider").oninput = () => go(get("slider").value - 1);
  get("speed").onchange = () => timer && play();
  get("keep").onclick = keep;
  document.addEventListener("keydown", event => {
    const own = event.target.closest("input,select,summary,button,a");
    const step = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: frames.length - 1}[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || own?.matches("input,select")) return;
    if (step !== undefined) go(step);
    else if (event.key === " " && !own) timer ? stop() : play();
    else return;
    event.preventDefault();
  });
  show(0);
  if (!matchMedia("(prefers-reduced-motion:reduce)").matches) play();
}

// What belongs together: the products (o, i) that a mark is part of, and whatever is part of one of these.
const marked = [...drawing.querySelectorAll("[data-mark]")];
const pairs = marked.filter(mark => mark.dataset.o && mark.dataset.i);
const fits = (one, other) => (!other.o || one.o === other.o) && (!other.i || one.i === other.i);
function light(asked) {
  drawing.classList.toggle("asked", !!asked);
  marked.forEach(mark => mark.classList.remove("lit"));
  if (!asked) return;
  asked.classList.add("lit");
  const products = pairs.map(pair => pair.dataset).filter(pair => fits(pair, asked.dataset));
  const all = new Set(products.flatMap(({o, i}) => [o + "/", "/" + i, o + "/" + i]));
  marked.forEach(({dataset: {o = "", i = ""}, classList}) => all.has(o + "/" + i) && classList.add("lit"));
}
drawing.addEventListener("pointerover", event => light(event.target.closest("[data-mark]")));
drawing.addEventListener("pointerleave", () => light(null));
)js";

// The colours of the page's own parts, as the drawing's.
std::string variables(bool dark) {
  std::string css;
  for (const auto& [name, role] :
       {std::pair{"paper", Role::paper}, std::pair{"ink", Role::ink}, std::pair{"quiet", Role::quiet},
        std::pair{"cell", Role::cell}, std::pair{"code", Role::code}, std::pair{"step", Role::step}}) {
    const Colour colour = colour_of({role}, dark);
    css += fmt::format("--{}:#{:02x}{:02x}{:02x};", name, colour.red, colour.green, colour.blue);
  }
  return fmt::format(":root{{color-scheme:{};--font:{};{}}}", dark ? "dark" : "light", font_family, css);
}

std::string themed_variables(Theme theme) {
  if (theme != Theme::automatic) return variables(theme == Theme::dark);
  return variables(false) +
         fmt::format("@media screen and (prefers-color-scheme:dark){{{}}}", variables(true));
}

std::string controls(std::size_t frames, double seconds) {
  constexpr std::pair<double, const char*> speeds[] = {{4, "quarter speed"},
                                                       {2, "half speed"},
                                                       {1, "normal speed"},
                                                       {0.5, "double speed"},
                                                       {0.25, "four times"}};
  std::string options;
  for (const auto& [factor, words] : speeds)
    options += fmt::format("<option value=\"{}\"{}>{}</option>", seconds * factor,
                           factor == 1 ? " selected" : "", words);
  return fmt::format(R"(<div class="controls" id="controls" role="group" aria-label="Steps" hidden>
<button type="button" id="play">Play</button>
<button type="button" id="back">Back</button>
<button type="button" id="forward">Forward</button>
<input type="range" id="slider" min="1" max="{}" value="1" aria-label="Step">
<span id="place"></span>
<select id="speed" aria-label="Speed">{}</select>
<a class="keep" id="keep" href="#" download="step.svg">This step as SVG</a>
</div>
)",
                     frames, options);
}

std::string list_of_steps(const Scene& scene) {
  std::string items;
  for (const Frame& frame : scene.frames) items += "<li>" + markup_text(frame.caption) + "</li>\n";
  return "<details id=\"all\" open><summary>All steps in words</summary>\n<ol id=\"steps\">\n" + items +
         "</ol></details>\n";
}

}  // namespace

std::string player(const Scene& scene, const PlayerOptions& options) {
  require_seconds(options.seconds_per_frame);
  const bool moves = scene.frames.size() > 1;
  const std::string title = markup_text(scene.title.empty() ? "A drawing" : scene.title);
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + title +
          "</title>\n";
  page += "<style>" + themed_variables(options.theme) + std::string(page_style) + "</style>\n";
  page += "<style id=\"drawing-style\">" + svg_style(options.theme) + "</style>\n</head>\n<body>\n<main>\n";
  page += "<h1>" + title + "</h1>\n";
  if (!scene.description.empty()) page += "<p>" + markup_text(scene.description) + "</p>\n";
  page += "<figure>\n" + svg(scene, {.theme = options.theme, .inline_prefix = "drawing-"});
  if (!scene.frames.empty())
    page += "<figcaption class=\"caption\" id=\"caption\" aria-live=\"polite\">" +
            markup_text(scene.frames.front().caption) + "</figcaption>\n";
  page += "</figure>\n";
  if (moves) page += controls(scene.frames.size(), options.seconds_per_frame) + list_of_steps(scene);
  return page + "</main>\n<script>" + std::string(page_script) + "</script>\n</body>\n</html>\n";
}

}  // namespace fsconv::draw
