// What the explorer answers is what the command line answers: sizes and words, refusals, and numbers, on 500 geometries.
//   node against_command_line.mjs docs/explorer.html build/release/fsconv
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {openExplorer, randomWords, seeded} from "./explorer.mjs";

const [, , file, program] = process.argv;
const {ask, scripts} = await openExplorer(file);
const folder = mkdtempSync(join(tmpdir(), "fsconv-explorer-"));
process.on("exit", () => rmSync(folder, {recursive: true}));

function run(command, words, more = []) {
  const options = Object.entries(words).flatMap(([name, value]) => [`--${name}=${value}`]);
  return new Promise(done => {
    const child = spawn(program, [command, ...options, ...more]);
    let out = "", error = "";
    child.stdout.on("data", part => { out += part; });
    child.stderr.on("data", part => { error += part; });
    child.on("close", code => done({code, out, error}));
  });
}

// Throws where the explorer says something else than `fsconv shape --json`.
function compareShape(answer, {code, out, error}) {
  if (code === 0) {
    assert.equal(answer.error, undefined);
    assert.deepEqual(answer.shape, JSON.parse(out));
  } else {
    assert.equal(code, 2);
    assert.ok(answer.error, `the command line refuses: ${error}`);
    assert.equal(`fsconv: ${answer.error.text}\n`, error);
    assert.ok(answer.error.field !== "");
  }
}

// An array as a file of NumPy's, format 1.0.
function npy({shape, values}) {
  let header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  header += " ".repeat(63 - ((10 + header.length) % 64)) + "\n";
  const begin = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([begin, Buffer.from(header, "latin1"), Buffer.from(Float64Array.from(values).buffer)]);
}
function readNpy(path) {
  const bytes = readFileSync(path), length = bytes.readUInt16LE(8), header = bytes.subarray(10, 10 + length).toString("latin1");
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(",").map(part => part.trim()).filter(Boolean).map(Number);
  const values = [];
  for (let at = 10 + length; at < bytes.length; at += 8) values.push(bytes.readDoubleLE(at));
  return {shape, values};
}

async function compareNumbers(answer, words, at) {
  const place = name => join(folder, `${name}${at}.npy`);
  writeFileSync(place("x"), npy(answer.x));
  writeFileSync(place("w"), npy(answer.w));
  const {kernel, channels, "input-size": size, ...settings} = words;
  const {code, error} = await run("apply", settings, ["--input", place("x"), "--weight", place("w"), "--output", place("y"), "--form", "gather"]);
  assert.equal(code, 0, error);
  assert.deepEqual(answer.y, readNpy(place("y")));
  for (const other of answer.others) assert.equal(other.difference, 0, `${other.form} of whole numbers`);
}

// The same drawing, step by step.
async function compareDrawing(answer, words, view, step, at) {
  const place = join(folder, `picture${at}.svg`);
  const {code, error} = await run("draw", words, [`--view=${view}`, "--text=symbols", `--output=${place}`,
                                                  ...(step === undefined ? [] : [`--step=${step}`])]);
  assert.equal(code, 0, error);
  assert.ok(answer.svg === readFileSync(place, "utf8"), `fsconv draw --view ${view} draws something else`);
}

const draw = seeded(2016), systems = Object.keys(scripts.SYSTEMS), cases = [];
assert.equal(systems.length, 8);
while (cases.length < 500) cases.push(randomWords(draw, systems[cases.length % systems.length]));
const counts = {legal: 0, refused: 0, numbers: 0, drawings: 0, mutants: 0};
const legalIn = new Set(), refusedIn = new Set();

async function one(words, at) {
  const answer = ask({want: "shape", words}), said = await run("shape", words, ["--json"]);
  try {
    compareShape(answer, said);
    (said.code === 0 ? legalIn : refusedIn).add(words.convention);
    ++counts[said.code === 0 ? "legal" : "refused"];
    if (said.code !== 0) return;
    // The comparison sees an answer to another question: one more pixel, the other operator.
    const [size] = words["input-size"].split(",");
    for (const other of [{...words, "input-size": words["input-size"].replace(size, String(Number(size) + 1))},
                         {...words, op: words.op === "conv" ? "conv_transpose" : "conv"}]) {
      const wrong = ask({want: "shape", words: other});
      assert.throws(() => compareShape(wrong, said), assert.AssertionError);
      ++counts.mutants;
    }
    if (at % 9 === 0) {
      const view = ["gather", "scatter", "zeros", "phases", "matrix", "overlap"][at / 9 % 6], step = view === "overlap" ? undefined : 0;
      const picture = ask({want: "picture", words, options: {view, text: "symbols", file: "step", step}});
      if (!picture.error) {
        await compareDrawing(picture, words, view, step, at);
        ++counts.drawings;
        await assert.rejects(compareDrawing({svg: picture.svg.replace(/x="/, 'x="1')}, words, view, step, at), assert.AssertionError);
      }
    }
    if (at % 5 !== 0 || words.groups) return;
    const numbers = ask({want: "numbers", words, options: {}});
    if (numbers.error) return;
    await compareNumbers(numbers, words, at);
    ++counts.numbers;
    const wrong = structuredClone(numbers);
    wrong.y.values[0] += 1;
    await assert.rejects(compareNumbers(wrong, words, at), assert.AssertionError);
  } catch (failed) {
    failed.message = `${scripts.commandLine("shape", words)}\n${failed.message}`;
    throw failed;
  }
}

const workers = 2;
await Promise.all(Array.from({length: workers}, async (_, first) => {
  for (let at = first; at < cases.length; at += workers) await one(cases[at], at);
}));
// What was drawn is worth the comparison: every system accepts and refuses some.
assert.deepEqual([...legalIn].sort(), [...systems].sort());
assert.deepEqual([...refusedIn].sort(), [...systems].sort());
assert.ok(counts.legal >= 200 && counts.refused >= 50 && counts.numbers >= 30 && counts.drawings >= 15, JSON.stringify(counts));
console.log(`500 geometries: ${counts.legal} legal, ${counts.refused} refused alike; ${counts.numbers} computed and ${counts.drawings} drawn alike; ` +
            `${counts.mutants} other questions told apart`);
