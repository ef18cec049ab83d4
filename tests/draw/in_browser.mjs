// The page of a drawing's steps in headless Chromium: nothing logged, nothing fetched, nothing that axe-core finds; and its
// buttons, keys, slider, file and highlights do what they say.
//
//   node in_browser.mjs NODE_MODULES COMMAND...     COMMAND writes a page with at least three steps to the file that is its
//                                                   last argument
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {launch, require_browser} from "../browser/browser.mjs";

const [node_modules, program, ...options] = process.argv.slice(2);
require_browser(node_modules);
const folder = mkdtempSync(join(tmpdir(), "fsconv-page-")), file = join(folder, "page.html");
const made = spawnSync(program, [...options, file], {encoding: "utf8"});
assert.equal(made.status, 0, made.stderr);

const still = {name: "prefers-reduced-motion", value: "reduce"};
const state = `(of => ({caption: of.caption.textContent, place: of.place.textContent, slider: Number(of.slider.value), play: of.play.textContent,
  visible: [...document.querySelectorAll("g.frame")].flatMap((frame, at) => frame.getAttribute("visibility") === "hidden" ? [] : [at]),
  captions: [...document.querySelectorAll("#steps li")].map(item => item.textContent)}))(
    Object.fromEntries([...document.querySelectorAll("[id]")].map(one => [one.id, one])))`;

const browser = await launch({node_modules});
try {
  for (const width of [390, 1280])
    for (const dark of [false, true]) {
      const page = await browser.open(file, {width, dark});
      assert.equal((await page.evaluate(state)).play, "Pause");  // it starts by itself
      await page.click("#play");
      assert.deepEqual(await page.axe(), []);
      assert.equal(await page.overflow(), 0);
      assert.deepEqual(page.messages, []);
      assert.deepEqual(page.requests, []);
      if (process.env.FSCONV_SCREENSHOTS)
        await page.screenshot(join(process.env.FSCONV_SCREENSHOTS, `player-${width}${dark ? "-dark" : ""}.png`));
      await page.close();
    }

  const page = await browser.open(file);
  await page.click("#play");
  await page.press("Home");
  let now = await page.evaluate(state);
  const count = now.captions.length;
  assert.ok(count >= 3);
  const is_at = async step => {
    now = await page.evaluate(state);
    assert.deepEqual({...now, captions: 0}, {caption: now.captions[step], place: `Step ${step + 1} of ${count}`,
                                             slider: step + 1, play: "Play", visible: [step], captions: 0});
  };
  await is_at(0);
  await page.click("#forward");
  await is_at(1);
  await page.click("#back");
  await page.click("#back");
  await is_at(count - 1);  // round the corner
  await page.evaluate("document.activeElement.blur()");
  await page.press("ArrowRight");
  await is_at(0);
  await page.press("End");
  await page.press("ArrowLeft");
  await is_at(count - 2);
  await page.evaluate("document.getElementById('slider').value = 2; document.getElementById('slider').dispatchEvent(new Event('input'))");
  await is_at(1);
  await page.press(" ");
  assert.equal((await page.evaluate(state)).play, "Pause");
  await page.press(" ");
  assert.equal((await page.evaluate(state)).play, "Play");

  // The file that is kept: one frame, its own style, and XML that parses.
  await page.press("Home");
  const kept = await page.evaluate(`(async () => {
    const link = document.getElementById("keep");
    document.addEventListener("click", event => event.preventDefault());
    link.click();
    const text = await (await fetch(link.href)).text();
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    return {error: parsed.querySelector("parsererror")?.textContent ?? "", frames: parsed.querySelectorAll("g.frame").length,
            style: parsed.querySelectorAll("style").length, name: link.download};
  })()`);
  assert.deepEqual(kept, {error: "", frames: 1, style: 1, name: "step-1.svg"});

  // What a pointer rests on: all that is lit shares its position, and everything that shares it is lit.
  const lit = await page.evaluate(`(() => {
    const tap = [...document.querySelectorAll("g.frame:not([visibility=hidden]) [data-o][data-i], svg [data-o][data-i]")][0];
    tap.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));
    const marks = [...document.querySelectorAll("[data-mark]")];
    const wrong = marks.filter(mark => mark.classList.contains("lit") !==
      ((!mark.dataset.o || mark.dataset.o === tap.dataset.o) && (!mark.dataset.i || mark.dataset.i === tap.dataset.i)));
    const asked = document.querySelector("svg").classList.contains("asked");
    document.querySelector("svg").dispatchEvent(new PointerEvent("pointerleave"));
    return {wrong: wrong.length, lit: marks.length > 0, asked, after: document.querySelectorAll(".lit, .asked").length};
  })()`);
  assert.deepEqual(lit, {wrong: 0, lit: true, asked: true, after: 0});

  // Who prefers no motion gets none until asked.
  await page.send("Emulation.setEmulatedMedia", {features: [still]});
  await page.reload();
  await is_at(0);
  await page.close();

  const plain = await browser.open(file, {javascript: false});
  const seen = await plain.evaluate(`({controls: document.querySelector("#controls").checkVisibility(),
    steps: document.querySelector("#steps").checkVisibility(), headings: document.querySelectorAll("h1").length,
    frames: [...document.querySelectorAll("g.frame")].filter(one => getComputedStyle(one).visibility === "visible").length})`);
  assert.deepEqual(seen, {controls: false, steps: true, headings: 1, frames: 1});
  await plain.close();
} finally {
  await browser.close();
  rmSync(folder, {recursive: true, force: true});
}
console.log("the page of a drawing's steps is in order");
