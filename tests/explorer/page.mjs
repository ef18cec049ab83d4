// The explorer in a browser: what it shows is what the library says; it obeys keys and links, and is in order in any size and light.
//   node page.mjs docs/explorer.html NODE_MODULES     (77: no Chromium or no axe-core here)
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import {resolve} from "node:path";
import {pathToFileURL} from "node:url";
import {launch, require_browser} from "../browser/browser.mjs";
import {openExplorer, randomWords, seeded} from "./explorer.mjs";

const [, , file, node_modules] = process.argv;
require_browser(node_modules);
const {ask, scripts} = await openExplorer(file);
const address = pathToFileURL(resolve(file)).href;
const browser = await launch({node_modules});
process.on("uncaughtException", failed => {
  console.error(failed);
  process.exit(1);
});

const ready = page => page.evaluate(`new Promise((done, fail) => {
  const late = setTimeout(() => fail(new Error("the page does not get ready")), 20000);
  const look = () => document.documentElement.dataset.ready ? (clearTimeout(late), done()) : setTimeout(look, 20);
  look();
})`);
// The page waits 60 ms for more to be typed; of two timers in one page the earlier ends first, however busy the machine.
const settle = page => page.evaluate("new Promise(done => setTimeout(done, 110))");
const text = (page, selector) => page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
const go = async (page, words) => {
  await page.evaluate(`new Promise(done => {
    const before = location.href;
    addEventListener("hashchange", () => done(), {once: true});  // which the page, that listens since it began, has answered by then
    location.hash = ${JSON.stringify(new URLSearchParams(words).toString())};
    if (location.href === before) done();
  })`);
};
const inOrder = async page => {
  assert.deepEqual(page.messages, []);
  assert.deepEqual(page.requests, []);
  assert.deepEqual(await page.axe(), []);
  assert.equal(await page.overflow(), 0);
};

// Any size, any light, every view, and a refusal.
for (const width of [390, 1280])
  for (const dark of [false, true]) {
    const page = await browser.open(file, {width, dark});
    await ready(page);
    for (const view of ["gather", "zeros", "phases", "matrix", "overlap"]) {
      await page.click(`#view-${view}`);
      assert.ok(await page.evaluate("document.querySelectorAll('#picture svg *').length") > 20, view);
    }
    await inOrder(page);
    await go(page, {convention: "keras", op: "conv_transpose", "input-size": "4,4", kernel: "3", stride: "2", "output-padding": "7"});
    assert.ok((await text(page, "#summary")).includes("output_padding"));
    await inOrder(page);
    await page.close();
  }

const page = await browser.open(file);
await ready(page);

// What it shows is the library's answer.
const draw = seeded(88), systems = Object.keys(scripts.SYSTEMS);
const shown = async words => {
  await go(page, words);
  const answer = ask({want: "shape", words});
  if (answer.error) {
    assert.equal(await text(page, "#summary"), answer.error.text);
    return false;
  }
  assert.equal((await text(page, "#summary .sizes")).trim(), answer.way.replaceAll(" x ", " × ").replace("->", "→"));
  const codes = await page.evaluate("[...document.querySelectorAll('#elsewhere pre')].map(one => one.textContent)");
  const said = Object.keys(scripts.SYSTEMS).map(name => answer.shape.equivalents[name]).filter(other => other?.exists);
  assert.deepEqual(codes, said.map(other => (other.remark ? `${other.text}  # ${other.remark}` : other.text)));
  return true;
};
let legal = 0;
for (let at = 0; at < 40; ++at) {
  const words = randomWords(draw, systems[at % systems.length]);
  const has = ask({want: "words", words, axes: words["input-size"].split(",").length});
  for (const option of Object.keys(words))  // the page leaves out what the system has no words for
    if (!["convention", "op"].includes(option) && !scripts.hasOption(words.convention, option, has)) delete words[option];
  legal += await shown(words) ? 1 : 0;
}
assert.ok(legal >= 10, `${legal} legal`);

// A field that is empty is called what the page calls it, not as an option of the command line.
await go(page, {convention: "pytorch", op: "conv_transpose", "input-size": "", kernel: "3"});
assert.ok((await text(page, "#summary")).includes(`give “${await text(page, "label[for=field-input-size] span")}”`), await text(page, "#summary"));
assert.ok(!(await text(page, "#summary")).includes("--"));

// A refusal stands at its field, which says so to who cannot see it.
await go(page, {convention: "pytorch", op: "conv_transpose", "input-size": "4", kernel: "3", stride: "2", "output-padding": "2"});
assert.ok((await text(page, "#field-output-padding-error")).includes("output_padding"));
assert.equal(await page.evaluate("document.querySelector('#field-output-padding').getAttribute('aria-invalid')"), "true");
assert.equal(await page.evaluate("document.querySelectorAll('[aria-invalid]').length"), 1);

// Fields: typed by hand; those of the system alone, under its own names.
await page.evaluate("document.querySelector('#field-output-padding').select()");
await page.click("#field-output-padding");
await page.press("End");
await page.evaluate("document.querySelector('#field-output-padding').value = ''");
await page.type("1");
await settle(page);
assert.equal((await text(page, "#summary .sizes")).trim(), "4 → 10");
assert.equal(await page.evaluate("document.querySelectorAll('[aria-invalid]').length"), 0);
assert.ok(await page.evaluate("document.querySelector('#field-flip').closest('.field').hidden"));
await go(page, {convention: "theano", op: "conv", "input-size": "6,6", kernel: "3"});
assert.ok((await text(page, "label[for=field-padding]")).startsWith("border_mode"));
assert.ok(await page.evaluate("document.querySelector('#field-output-padding').closest('.field').hidden"));

// Steps: buttons, keys, the slider, and by themselves.
const step = () => page.evaluate("document.querySelector('#controls output').textContent");
const visible = () => page.evaluate("[...document.querySelectorAll('#picture g.frame')].findIndex(one => one.getAttribute('visibility') !== 'hidden')");
await go(page, {convention: "pytorch", op: "conv_transpose", "input-size": "3", kernel: "3", stride: "2", view: "gather"});
assert.equal(await step(), "step 1 of 7");
await page.click("#controls [data-on]");
await page.click("#controls [data-on]");
assert.equal(await step(), "step 3 of 7");
assert.equal(await visible(), 2);
await page.click("#controls [data-back]");
assert.equal(await visible(), 1);
await page.evaluate("document.querySelector('#controls input').focus()");
await page.press("End");
assert.equal(await visible(), 6);
await page.evaluate("document.querySelector('#picture').focus()");
await page.press("ArrowLeft");
assert.equal(await visible(), 5);
assert.equal(await page.evaluate("[...document.querySelectorAll('#picture g.frame')].filter(one => one.getAttribute('visibility') !== 'hidden').length"), 1);
await page.click("#controls [data-play]");
await page.evaluate("new Promise(done => setTimeout(done, 2200))");
assert.notEqual(await visible(), 5);
assert.equal(await text(page, "#controls [data-play]"), "Pause");
await page.click("#controls [data-play]");
const stopped = await visible();
await page.evaluate("new Promise(done => setTimeout(done, 1100))");
assert.equal(await visible(), stopped);
// Tabs by keys.
await page.evaluate("document.querySelector('#view-gather').focus()");
await page.press("ArrowRight");
assert.equal(await page.evaluate("document.activeElement.id + document.activeElement.getAttribute('aria-selected')"), "view-scattertrue");

// Numbers, typed.
await page.evaluate("document.querySelector('#x').focus()");
await page.type("1 10 100");
await page.evaluate("document.querySelector('#w').focus()");
await page.type("1, 2, 3");
await settle(page);
assert.equal(await page.evaluate("[...document.querySelectorAll('#numbers td')].map(one => one.textContent).join(' ')"), "1 2 13 20 130 200 300");
assert.equal(await text(page, "#numbers-words"), "Computed by gather; scatter, zero insertion, polyphase: the same numbers.");
await page.type(" oops");
await settle(page);
assert.ok((await text(page, "#numbers-words")).includes("'oops' is no number"));

// A link keeps all of it: opened anew, the same is there.
await go(page, {convention: "jax", op: "conv", "input-size": "6", kernel: "3", stride: "2/3", padding: "1:1", view: "zeros", text: "numbers", step: "2",
                x: "1 2 3 4 5 6", w: "1 0 -1"});
const link = await page.evaluate("location.href"), before = await text(page, "#results");
assert.ok(link.startsWith(address) && link.includes("stride=2/3") && link.includes("step=2"), link);
await inOrder(page);
await page.close();
const again = await browser.open(link);
await ready(again);
assert.equal(await text(again, "#results"), before);
assert.equal(await again.evaluate("location.href"), link);
assert.equal(await again.evaluate("[...document.querySelectorAll('#picture g.frame')].findIndex(one => one.getAttribute('visibility') !== 'hidden')"), 2);
await again.reload();
await ready(again);
assert.equal(await text(again, "#results"), before);
// Presets all give a picture.
for (let at = 1; at <= scripts.PRESETS.length; ++at) {
  await again.click(`#presets button:nth-child(${at})`);
  await settle(again);
  assert.ok(await again.evaluate("document.querySelector('#picture svg') !== null"), scripts.PRESETS[at - 1].name);
}
// A link by somebody who means no good shows text, and runs nothing.
await go(again, {convention: "native", "input-size": "<img src=x onerror=alert(1)>", kernel: "3", view: "__proto__", step: "-5"});
assert.equal(await again.evaluate("document.querySelectorAll('img').length"), 0);
await go(again, {convention: "toString", op: "conv", "input-size": "5", kernel: "3", x: "<b>1</b>"});
assert.deepEqual(again.messages, []);
await again.close();

// Without JavaScript it says what is missing.
const plain = await browser.open(file, {javascript: false});
assert.ok((await text(plain, "noscript")).includes("fsconv shape"));
await plain.close();
await browser.close();
console.log(`in order in two widths and lights; ${legal} of 40 geometries legal, all shown as the library says`);
