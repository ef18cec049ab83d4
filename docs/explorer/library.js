// The door to the library: text in JSON goes in and comes out, through memory that WebAssembly and script share.
// SPDX-License-Identifier: Apache-2.0

// The library's bytes, from the page's own text.
async function unpackedLibrary(base64) {
  const packed = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A function that takes a question ({want, words, ...}, see answers.hpp) and returns the library's answer. After a fault
// inside of the library (memory that a tab is not given) the next question finds a fresh one.
async function openLibrary(bytes) {
  const module = await WebAssembly.compile(bytes);
  let library = null;
  // The little that C++'s runtime asks a system for: there is no environment, and nobody to write to.
  const calls = {
    environ_sizes_get(count, size) {
      const memory = new DataView(library.memory.buffer);
      memory.setUint32(count, 0, true);
      memory.setUint32(size, 0, true);
      return 0;
    },
  };
  const system = {};
  for (const {module: name, name: entry} of WebAssembly.Module.imports(module))
    (system[name] ??= {})[entry] = calls[entry] ?? (() => 0);
  const open = () => WebAssembly.instantiate(module, system).then(instance => {
    library = instance.exports;
    library._initialize();
  });
  await open();
  return question => {
    try {
      const bytes = new TextEncoder().encode(JSON.stringify(question));
      const at = library.question(bytes.length);
      new Uint8Array(library.memory.buffer).set(bytes, at);
      const begin = library.answer(), memory = new Uint8Array(library.memory.buffer);
      return JSON.parse(new TextDecoder().decode(memory.subarray(begin, memory.indexOf(0, begin))));
    } catch (fault) {
      open();
      return {error: {field: "", text: `the library stopped on this (${fault.message}); ask for something smaller`}};
    }
  };
}
