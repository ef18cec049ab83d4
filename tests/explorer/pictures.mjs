// What the explorer draws is the operator: the products of its pictures are the taps of the equation, each once, and none is missing.
//   node pictures.mjs docs/explorer.html
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import {openExplorer, randomWords, seeded} from "./explorer.mjs";

const {ask, scripts} = await openExplorer(process.argv[2]);

// The equation itself, axis by axis: up*i = down*o + dilation*k - pad.
function tapsOf(axes) {
  let all = [{o: [], i: [], k: []}];
  for (const axis of axes) {
    const [down, up = 1] = axis.stride.split("/").map(Number), next = [];
    for (let o = 0; o < axis.code; ++o)
      for (let k = 0; k < axis.taps; ++k) {
        const place = down * o + axis.dilation * k - axis.pad_begin;
        if (place < 0 || place % up !== 0 || place / up >= axis.image) continue;
        for (const tap of all) next.push({o: [...tap.o, o], i: [...tap.i, place / up], k: [...tap.k, k]});
      }
    all = next;
  }
  return all.map(({o, i, k}) => `${o.join(" ")}|${i.join(" ")}|${k.join(" ")}`).sort();
}

// The products that the steps of a picture show, in every one of its groups.
function drawnTaps(svg) {
  const steps = svg.split('<g class="frame"').slice(1).join("");
  return [...steps.matchAll(/data-mark="tap" data-o="([^"]*)" data-i="([^"]*)" data-k="([^"]*)"/g)]
    .map(([, o, i, k]) => `${o}|${i}|${k}`);
}

// Throws where a picture shows another set of products than the equation has.
function comparePicture(svg, axes) {
  assert.deepEqual([...new Set(drawnTaps(svg))].sort(), tapsOf(axes));
}

const draw = seeded(1959), systems = Object.keys(scripts.SYSTEMS);
let pictures = 0;
for (let tries = 0; pictures < 40; ++tries) {
  assert.ok(tries < 1500);
  const words = randomWords(draw, systems[tries % systems.length]);
  const shape = ask({want: "shape", words});
  if (shape.error || shape.nonzeros > 500 || shape.nonzeros === 0) continue;
  const {axes, image_shape: image, code_shape: code} = shape.shape;
  const pixels = (words.op === "conv" ? code : image).slice(2).reduce((a, b) => a * b);
  for (const view of ["gather", "scatter", "zeros"]) {
    const about = `${scripts.commandLine("draw", words)} --view ${view}`;
    const answer = ask({want: "picture", words, options: {view, text: "symbols"}});
    assert.equal(answer.error, undefined, about);
    if (view === "gather") assert.equal(answer.captions.length, pixels, about);
    assert.equal(answer.svg.split('<g class="frame"').length - 1, answer.captions.length, about);
    try {
      comparePicture(answer.svg, axes);
    } catch (failed) {
      failed.message = `${about}\n${failed.message}`;
      throw failed;
    }
    // A picture of the same sizes with the padding shifted by one, or with one product less, is refused.
    assert.throws(() => comparePicture(answer.svg, axes.map(axis => ({...axis, pad_begin: axis.pad_begin + 1}))), assert.AssertionError);
    const last = answer.svg.lastIndexOf('data-mark="tap"');
    assert.throws(() => comparePicture(answer.svg.slice(0, last) + answer.svg.slice(last).replace(/data-k="\d+/, 'data-k="99'), axes),
                  assert.AssertionError);
  }
  // Files of their own: a still has one step shown, a moving one its style.
  const still = ask({want: "picture", words, options: {view: "gather", text: "numbers", file: "step", step: 0}}).svg;
  assert.ok(still.startsWith("<?xml") && !still.includes("frame"));
  const moving = ask({want: "picture", words, options: {view: "gather", text: "none", file: "animation", seconds: 1}}).svg;
  assert.ok(moving.includes("@keyframes") && moving.includes("prefers-reduced-motion"));
  ++pictures;
}

// What would hang a tab is refused at once, and says where it can be had.
const large = {convention: "native", op: "conv", "input-size": "40,40", kernel: "5"};
const refused = ask({want: "picture", words: large, options: {view: "gather", text: "symbols"}}).error;
assert.equal(refused.field, "picture");
assert.match(refused.text, /10000.*fsconv draw/);
assert.match(ask({want: "numbers", words: {...large, "input-size": "400,400"}, options: {}}).error.text, /4096/);
const begin = performance.now();
for (const huge of [{"input-size": "1073741824", kernel: "1", stride: "1048576"}, {"input-size": "1048576", kernel: "1048576", stride: "1"},
                    {"input-size": "999999999999", kernel: "3"}])
  ask({want: "shape", words: {convention: "native", op: "conv", ...huge}});
assert.ok(performance.now() - begin < 10_000);
console.log(`${pictures} geometries, three views each: every product of the equation is drawn, and no other`);
