// The report in headless Chromium: silent, self-contained, accessible, and what moves in it moves.
//   node in_browser.mjs NODE_MODULES FSCONV FOLDER_WITH_FILES [FOLDER_FOR_SCREENSHOTS]
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import {spawnSync} from "node:child_process";
import {copyFileSync, mkdirSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {launch, require_browser} from "../browser/browser.mjs";

const [node_modules, fsconv, files, screenshots] = process.argv.slice(2);
require_browser(node_modules);
const folder = mkdtempSync(join(tmpdir(), "fsconv-report-"));
const page_of = (name, ...inputs) => {
  const output = join(folder, `${name}.html`);
  const made = spawnSync(fsconv, ["report", ...inputs, "-o", output], {encoding: "utf8"});
  assert.equal(made.status, 0, made.stderr);
  return output;
};
// A path and a name that offer no place to break a line, longer than a phone is wide: whichever folder the files lie in.
const far = join(folder, "a".repeat(120), "b".repeat(120));
mkdirSync(far, {recursive: true});
const copy_of = (name, as = name) => {
  copyFileSync(join(files, name), join(far, as));
  return join(far, as);
};
const pages = {
  all: page_of("all", ...["ae.h5", "vae.h5", "evaluate.h5", "verify.h5", "bench.h5", "bench_matrix.h5", "codes.h5", "decoded.h5", "reconstructed.h5"].map(name => copy_of(name))),
  hostile: page_of("hostile", copy_of("ae.h5", "<img src=x onerror=alert(1)>-->&\u202E" + "c".repeat(150) + ".h5"))
};
// Statements by solvers, the widest table, stand in no recorded file: where z3 is installed.
const proofs = join(folder, "proofs.h5");
if (spawnSync(fsconv, ["verify", "--proof", "code_size_determines_image_size,equal_sums_are_resize", "-o", proofs]).status === 0)
  pages.proofs = page_of("proofs", proofs);
const browser = await launch({node_modules});
try {
  for (const [name, path] of Object.entries(pages))
    for (const width of [390, 1280])
      for (const dark of [false, true]) {
        const page = await browser.open(path, {width, dark});
        const where = `${name}, ${width} pixels, ${dark ? "dark" : "light"}`;
        assert.deepEqual(page.messages, [], where);
        assert.deepEqual(page.requests, [], where);
        await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })");
        assert.deepEqual(await page.axe(), [], where);
        assert.equal(await page.overflow(), 0, where);
        // A table is cut off, and scrolled, only where it has the window's width: but for a rem and a half on each side.
        const cut = await page.evaluate(`JSON.stringify([...document.querySelectorAll(".scroll:has(> table)")].filter(one =>
            one.scrollWidth > one.clientWidth && one.clientWidth < innerWidth - 64).map(one => one.getAttribute("aria-label")))`);
        if (name !== "hostile") assert.equal(cut, "[]", where);  // which leaves its cell
        if (screenshots) await page.screenshot(join(screenshots, `${name}-${width}-${dark ? "dark" : "light"}.png`));
        await page.close();
      }

  const page = await browser.open(pages.all, {width: 1280});
  // The pointer and the keys read numbers that the page's JSON has.
  const chart = await page.evaluate(`(() => { const one = document.querySelector("[data-chart]");
      return {id: one.id, ...JSON.parse(document.getElementById("fsconv-report").textContent).charts[one.id]}; })()`);
  const readout = () => page.evaluate(`document.querySelector("#${chart.id} .readout").textContent`);
  assert.equal(await readout(), "");
  await page.hover(`#${chart.id} .wide svg`, 0.1, 0.5);
  const short = value => Number(value.toPrecision(6)).toString();
  assert.ok((await readout()).includes(short(chart.series[0].y[0])), await readout());
  await page.evaluate(`document.querySelector("#${chart.id} .wide").focus()`);
  await page.press("End");
  assert.ok((await readout()).includes(short(chart.series[0].y.at(-1))), await readout());
  // The filter leaves the rows that hold all words and none behind a minus sign.
  const left = () => page.evaluate(`(() => { const table = document.querySelector("table[data-filterable]");
      return [...table.tBodies[0].rows].filter(row => !row.hidden).map(row => row.textContent); })()`);
  const all = await left();
  await page.evaluate("document.querySelector('.filter').closest('details')?.setAttribute('open', '')");  // long ones are folded
  await page.evaluate("document.querySelector('.filter input').focus()");
  await page.type("gather");
  const some = await left();
  assert.ok(some.length > 0 && some.length < all.length && some.every(row => row.includes("gather")));
  await page.type(" -gather");
  assert.equal((await left()).length, 0);
  assert.deepEqual(page.messages, []);
  await page.close();

  // Without scripts everything is there but the filter and the pointer's numbers.
  const still = await browser.open(pages.all, {width: 1280, javascript: false});
  assert.equal(await still.evaluate("document.querySelectorAll('.filter, .readout').length"), 0);
  assert.ok(await still.evaluate("document.querySelectorAll('figure svg').length") > 5);
  assert.equal(await still.overflow(), 0);
  await still.close();

  // On paper: tables that are folded on the screen are there, fields are not.
  const paper = await browser.open(pages.all, {width: 680, print: true});  // A4 without its margins
  assert.equal(await paper.overflow(), 0, "a drawing is cut off on paper");
  assert.ok(await paper.evaluate("[...document.querySelectorAll('details table')].every(one => one.checkVisibility({contentVisibilityAuto: true}) && one.getBoundingClientRect().height > 0)"));
  assert.ok(await paper.evaluate("[...document.querySelectorAll('.filter')].every(one => !one.checkVisibility())"));
  const inks = () => paper.evaluate("JSON.stringify([...document.querySelectorAll('figure svg text')].map(one => getComputedStyle(one).fill))");
  const ink = await inks();
  await paper.media({dark: true, print: true});
  assert.equal(await inks(), ink, "paper is white, whatever the screen");
  await paper.close();
} finally {
  await browser.close();
  rmSync(folder, {recursive: true});
}
console.log("the report is silent, self-contained and accessible");
