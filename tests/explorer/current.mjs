// The committed page was built from these sources: the digest in it is theirs. Needs no emscripten.
//   node current.mjs docs/explorer.html
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import {createHash} from "node:crypto";
import {existsSync, readFileSync} from "node:fs";
import {dirname, join, resolve} from "node:path";
import {fileURLToPath} from "node:url";
import {partOf} from "./explorer.mjs";

const project = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const page = readFileSync(process.argv[2], "utf8"), made = JSON.parse(partOf(page, "sources"));

// As docs/explorer/assemble.py has it. `read` gives a file's bytes.
function digest(read) {
  const whole = createHash("sha256");
  for (const path of made.files) {
    const content = read(path);
    whole.update(`${path}\n${content.length}\n`).update(content);
  }
  return whole.digest("hex");
}
const plain = path => {
  if (!existsSync(join(project, path))) {
    console.error(`${path} is gone, and docs/explorer.html was built from it: run scripts/build_explorer`);
    process.exit(1);
  }
  return readFileSync(join(project, path));
};

if (digest(plain) !== made.sha256) {
  console.error("docs/explorer.html was built from other sources than these: run scripts/build_explorer, and commit the page");
  process.exit(1);
}
// The digest sees every file that the page is made of: one byte more in any of them is another.
assert.ok(made.files.length > 80);
for (const path of ["docs/explorer/page.js", "docs/explorer/answers.hpp", "lib/fsconv/geometry/axis.hpp", "lib/fsconv/draw/svg.cpp",
                    "lib/fsconv/conventions/jax.cpp", "scripts/build_explorer"])
  assert.ok(made.files.includes(path), path);
for (const changed of made.files)
  assert.notEqual(digest(path => (path === changed ? Buffer.concat([plain(path), Buffer.from(" ")]) : plain(path))), made.sha256);
assert.ok(page.length < 1_000_000);
console.log(`${made.files.length} files, ${page.length} bytes`);
