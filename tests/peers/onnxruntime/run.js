// Runs ONNX models on ONNX Runtime's CPU provider: `node run.js PACKAGE`, one JSON object a line on stdin and stdout.
//   in   {model: base64, feeds: {name: {type, shape, values}}}
//   out  {type, shape, values} of the first output, or {error: text}; where the request has `all`, {outputs: {name: ...}}
//        of every one
// SPDX-License-Identifier: Apache-2.0
const readline = require('readline');
const runtime = require(process.argv[2]);

const arrays = {float32: Float32Array, float64: Float64Array};

async function result(request) {
  const session = await runtime.InferenceSession.create(Buffer.from(request.model, 'base64'), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 4,  // the reason comes back as the error; the log would only repeat it
  });
  const feeds = {};
  for (const [name, array] of Object.entries(request.feeds)) {
    feeds[name] = new runtime.Tensor(array.type, arrays[array.type].from(array.values), array.shape);
  }
  const outputs = await session.run(feeds);
  const names = session.outputNames;
  await session.release();
  const described = (output) => ({type: output.type, shape: output.dims, values: Array.from(output.data)});
  if (!request.all) return described(outputs[names[0]]);
  return {outputs: Object.fromEntries(names.map((name) => [name, described(outputs[name])]))};
}

async function main() {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const answer = await result(JSON.parse(line)).catch((error) => ({error: error.message}));
    console.log(JSON.stringify(answer));
  }
}

main();
