// The explorer's page outside of a browser: its parts, and the library in it.
// SPDX-License-Identifier: Apache-2.0
import {readFileSync} from "node:fs";

export function partOf(page, id) {
  const found = page.match(new RegExp(`<script[^>]*id="${id}"[^>]*>([\\s\\S]*?)</script>`));
  if (!found) throw new Error(`the page has no part ${id}`);
  return found[1];
}

// {ask, scripts}: `ask` as the page's own scripts open it; `scripts` has the names of the page that tests look at.
export async function openExplorer(file) {
  const page = readFileSync(file, "utf8");
  const scripts = new Function(`${partOf(page, "scripts")}
    return {unpackedLibrary, openLibrary, SYSTEMS, OPTIONS, PRESETS, hasOption, commandLine, numbersOf};`)();
  return {scripts, ask: await scripts.openLibrary(await scripts.unpackedLibrary(partOf(page, "library-bytes")))};
}

// The same numbers in every run: Marsaglia's xorshift of 32 bits.
export function seeded(seed) {
  let state = seed >>> 0 || 1;
  return count => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % count;
  };
}

// Words for a convolution in one of the systems: most are legal, some are refused.
export function randomWords(draw, system) {
  const one = (...values) => values[draw(values.length)];
  const axes = one(1, 1, 2, 2, 2, 3), list = value => Array.from({length: axes}, value).join(",");
  const several = value => (draw(3) ? value() : list(value));
  const op = one("conv", "conv_transpose");
  const words = {convention: system, op, "input-size": list(() => one(1, 2, 3, 4, 5, 7, 8)), kernel: several(() => one(1, 2, 3, 4, 5))};
  if (draw(5)) words.stride = several(() => one(1, 2, 2, 3, ...(system === "native" || (system === "jax" && op === "conv") || !draw(8) ? ["1/2", "2/3", "3/2", "2/2"] : [])));
  const usual = draw(6) > 0;  // mostly what the system has: numbers, alike on both sides where it knows no other, or rules
  const numbers = ["native", "jax", "onnx", "onnx-reference", "theano", "tensorflow"].includes(system) ? [0, 1, 2, "0:1", "1:0"] : [0, 1, 2];
  const rules = system === "theano" ? ["valid", "half", "full"] : ["valid", "same"];
  const says = system === "keras" ? "rule" : system === "pytorch" && op === "conv_transpose" ? "numbers" : one("rule", "numbers");
  if (draw(4) || (usual && ["jax", "tensorflow"].includes(system)))
    words.padding = !usual ? one("same", "same_lower", "causal", "1", "-1:1", "2:0", "full") : says === "rule" ? one(...rules) : several(() => one(...numbers));
  if (op === "conv_transpose" && !draw(4)) words["output-padding"] = several(() => one(0, 1, 1, 2));
  if (op === "conv_transpose" && (!draw(3) || (["tensorflow", "theano"].includes(system) && draw(4)))) {
    const stride = Number(words.stride ?? 1) || 2;
    words.size = words["input-size"].split(",").map(size => Number(size) * stride + one(-1, 0, 0, 0, 0, 1)).join(",");
  }
  if (!draw(4)) words.dilation = several(() => one(1, 2, 3));
  if (!draw(4)) words.channels = one("1,2", "2,1", "2,4", "4,2", "3,3");
  if (words.channels && !draw(3)) words.groups = one("2", "3", "1");
  if (system === "jax" && !draw(3)) words[one("transpose-kernel", "use-consistent-padding")] = one("true", "false");
  if (["native", "theano"].includes(system) && !draw(4)) words.flip = one("true", "false");
  if (!draw(40)) words[one("stride", "padding", "kernel", "dilation", "groups", "channels", "input-size")] = one("x", "0", "1,1,1,1", "2/", "-1", "99999999999999999999");
  return Object.fromEntries(Object.entries(words).map(([name, value]) => [name, String(value)]));
}
