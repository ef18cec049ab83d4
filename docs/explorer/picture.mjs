// Makes docs/pictures/explorer.png, what the explorer looks like in a browser.
//   node docs/explorer/picture.mjs OUTPUT.png [ADDRESS [WIDTH [light|dark]]]     (Chromium and axe-core as tests/browser says)
// SPDX-License-Identifier: Apache-2.0
import {dirname, join} from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";
import {launch} from "../../tests/browser/browser.mjs";

const [, , output, address, width = "1180", light = "light"] = process.argv;
const shown = address ?? "convention=pytorch&op=conv_transpose&input-size=3,3&kernel=3&stride=2&padding=1&output-padding=1&view=zeros&step=14";
const page_file = join(dirname(fileURLToPath(import.meta.url)), "../explorer.html");
const browser = await launch();
const page = await browser.open(`${pathToFileURL(page_file)}#${shown}`, {width: Number(width), height: 900, dark: light === "dark"});
await page.evaluate(`new Promise(done => {
  const look = () => document.documentElement.dataset.ready ? done() : setTimeout(look, 20);
  look();
})`);
await page.screenshot(output, {full: address !== undefined});
await page.close();
await browser.close();
