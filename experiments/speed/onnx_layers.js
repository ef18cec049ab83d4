// Times the models of onnx_layers.py with ONNX Runtime's CPU provider, a round for every line that it reads.
// usage: node onnx_layers.js PACKAGE THREADS MODELS.json
// SPDX-License-Identifier: Apache-2.0
'use strict';
const fs = require('fs');
const readline = require('readline');
const [package_, threads, list] = process.argv.slice(2);
const {InferenceSession, Tensor} = require(package_);
const shortestSample = 0.005;  // seconds, as in fsconv bench

const size = (shape) => shape.reduce((a, b) => a * b, 1);
const random = (shape) => new Tensor('float32', Float32Array.from({length: size(shape)}, () => 2 * Math.random() - 1), shape);

// The result's memory is there before: the runtime writes into it.
async function prepared(model) {
  const session = await InferenceSession.create(
      model.file,
      {executionProviders: ['cpu'], graphOptimizationLevel: 'all', intraOpNumThreads: Number(threads), interOpNumThreads: 1});
  const feeds = {x: random(model.input)}, fetches = {y: random(model.output)};
  return {key: model.key, run: () => session.run(feeds, fetches), calls: 1};
}

async function sample(work) {
  const start = process.hrtime.bigint();
  for (let call = 0; call < work.calls; ++call) await work.run();
  return Number(process.hrtime.bigint() - start) * 1e-9 / work.calls;
}

async function main() {
  const works = [];
  for (const model of JSON.parse(fs.readFileSync(list))) {
    const work = await prepared(model);
    for (let attempt = 0; attempt < 2; ++attempt) work.calls = Math.max(1, Math.ceil(shortestSample / await sample({...work, calls: 1})));
    works.push(work);
  }
  console.log('ready');
  for await (const _ of readline.createInterface({input: process.stdin})) {
    const times = [];
    for (const work of works) {
      // Of what every call takes the least counts: it is subtracted from all others, and must not be more than they took.
      const samples = [];
      for (let at = 0; at < (work.key[0] === 'nothing' ? 10 : 1); ++at) samples.push(await sample(work));
      times.push([...work.key, Math.min(...samples)]);
    }
    console.log(JSON.stringify(times));
  }
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
