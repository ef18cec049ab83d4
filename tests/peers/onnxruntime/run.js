// Runs ONNX models on ONNX Runtime's CPU provider: `node run.js PACKAGE`, one JSON object a line on stdin and stdout.
//   in   {model: base64, feeds: {name: {type, shape, values}}}
//   out  {type, shape, values} of the first output, or {error: text}
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
  const first = outputs[session.outputNames[0]];
  await session.release();
  return {type: first.type, shape: first.dims, values: Array.from(first.data)};
}

async function main() {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const answer = await result(JSON.parse(line)).catch((error) => ({error: error.message}));
    console.log(JSON.stringify(answer));
  }
}

main();
