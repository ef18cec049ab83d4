// The page: fields make a question, the library answers, the answer is shown; the address keeps what was asked.
// SPDX-License-Identifier: Apache-2.0

const VIEWS = {
  gather: ["Gather", "Each result collects what its taps reach: the equation, solved for one result at a time."],
  scatter: ["Scatter", "Each pixel that is read is multiplied with the whole filter and added where that lies."],
  zeros: ["Inserted zeros", "The fractional stride at its word: what is read, spread and padded with zeros; then a filter slides over it."],
  phases: ["Phases", "Results of one phase are a small convolution with every s-th tap: no zero is multiplied."],
  matrix: ["The matrix W", "conv reads a row of W, conv_transpose a column: the transposed matrix."],
  overlap: ["Overlap", "How many taps reach each pixel of the image: where the numbers differ, a constant becomes a checkerboard."],
};
const EXTRA = ["view", "step", "text", "x", "w"];  // of the address, besides the words

async function startPage() {
  const byId = id => document.getElementById(id);
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  let ask;
  try {
    ask = await openLibrary(await unpackedLibrary(byId("library-bytes").textContent));
  } catch (fault) {
    byId("summary").replaceChildren(make("p", {className: "refused",
      textContent: `This browser cannot run the explorer (${fault.message}). Chrome 95, Firefox 113, Safari 16.4 and later can.`}));
    return;
  }
  document.head.append(make("style", {textContent: ask({want: "style"}).css}));

  const state = {words: {...PRESETS[0].words}, view: "scatter", step: 0, text: "symbols", x: "", w: ""};
  let has = {};

  // --- the address ---

  const addressText = () => {
    const parts = new URLSearchParams();
    for (const option of ["convention", "op", ...OPTIONS])
      if ((state.words[option] ?? "").trim() !== "") parts.set(option, state.words[option]);
    for (const name of EXTRA) if (state[name] !== "" && state[name] !== 0) parts.set(name, state[name]);
    return "#" + parts.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/");
  };
  const readAddress = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    if ([...parts].length === 0) return;
    state.words = {};
    for (const option of ["convention", "op", ...OPTIONS]) if (parts.has(option)) state.words[option] = parts.get(option);
    if (!Object.hasOwn(SYSTEMS, state.words.convention ?? "")) state.words.convention = "native";
    if (state.words.op !== "conv") state.words.op = "conv_transpose";
    state.view = Object.hasOwn(VIEWS, parts.get("view") ?? "") ? parts.get("view") : "gather";
    state.text = ["symbols", "numbers", "none"].includes(parts.get("text")) ? parts.get("text") : "symbols";
    state.step = Math.max(0, Math.floor(Number(parts.get("step")) || 0));
    state.x = parts.get("x") ?? "";
    state.w = parts.get("w") ?? "";
  };
  const keepAddress = () => history.replaceState(null, "", addressText());

  // --- the fields ---

  const axesOf = words => Math.min(3, Math.max(1, (words["input-size"] ?? "").split(",").length));
  const system = () => state.words.convention;
  // The words that the system has: what other systems were told stays in the fields' memory, but is not said.
  const said = () => Object.fromEntries(["convention", "op", ...OPTIONS]
    .filter(option => option === "convention" || option === "op" || hasOption(system(), option, has))
    .map(option => [option, (state.words[option] ?? "").trim()]).filter(([, value]) => value !== ""));

  byId("convention").append(...Object.entries(SYSTEMS).map(([value, text]) => make("option", {value, textContent: text})));
  byId("convention").addEventListener("change", event => change({convention: event.target.value}));
  for (const radio of document.querySelectorAll("input[name=op]"))
    radio.addEventListener("change", () => change({op: radio.value}));
  for (const radio of document.querySelectorAll("input[name=axes]"))
    radio.addEventListener("change", () => {
      const count = Number(radio.value);
      for (const option of ["input-size", "kernel", "stride", "padding", "output-padding", "size", "dilation"]) {
        const list = (state.words[option] ?? "").split(",");
        if (list.length > 1) state.words[option] = Array.from({length: count}, (_, at) => list[Math.min(at, list.length - 1)]).join(",");
      }
      const size = (state.words["input-size"] ?? "").split(",");
      state.words["input-size"] = Array.from({length: count}, (_, at) => size[Math.min(at, size.length - 1)]).join(",");
      change({});
    });

  for (const preset of PRESETS) {
    const button = make("button", {type: "button", textContent: preset.name});
    button.addEventListener("click", () => {
      Object.assign(state, {view: preset.view, step: 0, x: "", w: ""});
      state.words = {};
      change({...preset.words});
    });
    byId("presets").append(button);
  }

  const fields = {};
  for (const option of OPTIONS) {
    const id = `field-${option}`, name = make("span"), hint = make("span", {className: "hint"});
    const label = make("label", {htmlFor: id}, name, " ", hint);
    const control = YES_NO.has(option)
      ? make("select", {id}, make("option", {value: "", textContent: "default"}), make("option", {value: "true", textContent: "true"}),
             make("option", {value: "false", textContent: "false"}))
      : make("input", {type: "text", id, spellcheck: false});
    const error = make("p", {className: "error", id: `${id}-error`});
    control.setAttribute("aria-describedby", error.id);
    control.addEventListener("input", () => change({[option]: control.value}));
    const field = make("div", {className: "field"}, label, control, error);
    fields[option] = {field, name, hint, control, error};
    byId("fields").append(field);
  }

  const showFields = () => {
    byId("convention").value = system();
    for (const radio of document.querySelectorAll("input[name=op]")) radio.checked = radio.value === state.words.op;
    const axes = axesOf(state.words);
    for (const radio of document.querySelectorAll("input[name=axes]")) radio.checked = Number(radio.value) === axes;
    for (const [option, {field, name, hint, control}] of Object.entries(fields)) {
      field.hidden = !hasOption(system(), option, has);
      field.classList.toggle("wide", option === "padding" || option === "channels" || YES_NO.has(option));
      name.textContent = argumentName(system(), state.words.op, option);
      hint.textContent = hintFor(option, system(), state.words.op, has);
      control.placeholder = {stride: "1", dilation: "1", channels: "1,1", groups: "1"}[option] ?? "";
      const value = state.words[option] ?? "";
      if (control.value !== value) control.value = value;
    }
  };

  // Which field a refusal is about: "axis 0 output_padding" is output-padding's.
  const fieldOf = refused => {
    const name = refused.replace(/^axis \d+ /, "").replaceAll("_", "-");
    const also = {taps: "kernel", "input size": "input-size", pad: "padding", "image size": "input-size", "code size": "input-size",
                  "image channels": "channels", "code channels": "channels"};
    return also[name] ?? name;
  };
  // What the library calls by the command line's options (--input-size) has another name on this page.
  const inPageWords = text => text.replace(/--([a-z]+(?:-[a-z]+)*)/g, (whole, option) =>
      option in fields ? `“${fields[option].name.textContent}”` : whole);
  const showError = error => {
    const about = error ? fieldOf(error.field) : "";
    for (const [option, {field, control, error: place}] of Object.entries(fields)) {
      field.classList.toggle("wrong", option === about);
      place.textContent = option === about ? inPageWords(error.text) : "";
      if (option === about) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  };

  // --- what is shown ---

  const copyText = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // a browser that gives pages from disk no clipboard
      const area = make("textarea", {value: text});
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1200);
  };
  const copyButton = (text, what) => {
    const button = make("button", {type: "button", textContent: "Copy"});
    button.setAttribute("aria-label", `Copy ${what}`);
    button.addEventListener("click", () => copyText(text, button));
    return button;
  };

  const showSummary = answer => {
    const [from, to] = answer.way.split(" -> "), transposed = state.words.op !== "conv", shape = answer.shape;
    const sizes = make("p", {className: "sizes"}, make("span", {className: "from", textContent: from.replaceAll(" x ", " × ")}), " → ",
                       make("span", {className: "to", textContent: to.replaceAll(" x ", " × ")}));
    sizes.style.setProperty("--from", transposed ? "var(--code)" : "var(--image)");
    sizes.style.setProperty("--to", transposed ? "var(--image)" : "var(--code)");
    const channels = [shape.image_shape[1], shape.code_shape[1]];
    const facts = [`${shape.op}, ${transposed ? "code to image" : "image to code"}`];
    if (channels.some(count => count !== 1)) facts.push(`${channels[0]} image channels, ${channels[1]} code channels`);
    facts.push(`weights ${shape.weight_shape.join(" × ")}`, `nonzeros of W ${answer.nonzeros}`);
    const parts = [sizes, make("p", {textContent: facts.join(" · ")})];
    const own = shape.equivalents[system() === "onnx-reference" ? "onnx" : system()];
    if (own?.exists && !own.remark) parts.push(make("pre", {textContent: own.text}));
    for (const more of [answer.remark, answer.onnx]) if (more) parts.push(make("p", {className: "quiet", textContent: more}));
    if (transposed && answer.readings.length)  // a fraction enlarges as a convolution's stride, and here it shrinks
      parts.push(make("p", {className: "quiet", textContent: `Read as ${shape.op}; perhaps this is meant: ` +
        answer.readings.map(reading => `${reading.words} (${reading.way.replaceAll(" x ", " × ")})`).join(", or ")}));
    byId("summary").replaceChildren(...parts);
  };

  const showArithmetic = answer => {
    const parts = [];
    answer.explain.forEach((lines, axis) => {
      if (answer.explain.length > 1) parts.push(make("h3", {textContent: `Axis ${axis}`}));
      if (axis > 0 && lines.join() === answer.explain[axis - 1].join()) return parts.push(make("p", {textContent: "the same"}));
      const list = make("dl");
      let verdict = null;
      for (const line of lines) {  // 16 columns of a word, then the sentence
        const word = line.slice(0, 16).trim(), sentence = line.slice(16);
        if (word === "overlap") verdict = make("p", {className: /uneven/.test(sentence) ? "verdict uneven" : "verdict", textContent: sentence});
        else if (word === "") list.append(make("dd", {textContent: sentence}));
        else list.append(make("dt", {textContent: word}), make("dd", {textContent: sentence}));
      }
      parts.push(list);
      if (verdict) parts.push(verdict);
    });
    byId("arithmetic").replaceChildren(...parts);
  };

  const showElsewhere = answer => {
    const rows = Object.keys(SYSTEMS).filter(name => name in answer.shape.equivalents).map(name => {
      const other = answer.shape.equivalents[name], code = [other.text, other.remark, other.limits].filter(Boolean).join("  # ");
      const row = make("li", {}, make("b", {textContent: SYSTEMS[name]}));
      if (other.exists) row.append(make("pre", {textContent: code}), copyButton(code, `the code for ${SYSTEMS[name]}`));
      else row.append(make("span", {className: "none", textContent: `none: ${other.text}`}));
      return row;
    });
    byId("elsewhere").replaceChildren(...rows);
  };

  const showCommands = () => {
    const words = said(), view = ` --view ${state.view} --output picture.svg`;
    byId("commands").replaceChildren(...[commandLine("shape", words), commandLine("draw", words, view)].map(command =>
      make("li", {}, make("span", {textContent: "command line"}), make("pre", {textContent: command}), copyButton(command, "the command"))));
  };

  // --- picture ---

  const player = new Player(byId("picture"), byId("controls"), at => {
    state.step = at;
    keepAddress();
  });
  const arrays = () => {
    const x = numbersOf(state.x), w = numbersOf(state.w);
    return {...(x && {x}), ...(w && {w})};
  };
  let drawnNumbers = {};  // of the last answer, for the picture
  const pictureOptions = () => ({view: state.view, text: state.text, ...(state.text === "numbers" ? drawnNumbers : {})});
  const showPicture = () => {
    for (const tab of byId("views").children) {
      const chosen = tab.dataset.view === state.view;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    byId("panel").setAttribute("aria-labelledby", `view-${state.view}`);
    byId("view-words").textContent = VIEWS[state.view][1];
    byId("text").value = state.text;
    const answer = ask({want: "picture", words: said(), options: pictureOptions()});
    for (const id of ["save-step", "save-animation"]) byId(id).disabled = Boolean(answer.error);
    if (answer.error) {
      player.clear();
      byId("picture").append(make("p", {className: "quiet", textContent: `No picture: ${inPageWords(answer.error.text)}`}));
      return;
    }
    byId("save-animation").disabled = answer.captions.length < 2;
    player.show(answer.svg, answer.captions, state.step);
  };
  for (const [view, [name]] of Object.entries(VIEWS)) {
    const tab = make("button", {type: "button", id: `view-${view}`, textContent: name, role: "tab"});
    tab.dataset.view = view;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "panel");
    tab.addEventListener("click", () => chooseView(view));
    byId("views").append(tab);
  }
  const chooseView = view => {
    Object.assign(state, {view, step: 0});
    showPicture();
    showCommands();
    keepAddress();
  };
  byId("views").addEventListener("keydown", event => {
    const names = Object.keys(VIEWS), at = names.indexOf(state.view);
    const next = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1}[event.key];
    if (next === undefined) return;
    event.preventDefault();
    chooseView(names[(next + names.length) % names.length]);
    byId(`view-${state.view}`).focus();
  });
  byId("picture").addEventListener("keydown", event => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (by === undefined || player.steps.length < 2) return;
    event.preventDefault();
    player.by(by);
  });
  byId("text").addEventListener("change", event => {
    state.text = event.target.value;
    showPicture();
    keepAddress();
  });
  const save = (options, name) => {
    const answer = ask({want: "picture", words: said(), options: {...pictureOptions(), ...options}});
    const link = make("a", {href: "data:image/svg+xml;charset=utf-8," + encodeURIComponent(answer.svg), download: name});
    link.click();
  };
  byId("save-step").addEventListener("click", () => save({file: "step", step: state.step}, `fsconv-${state.view}.svg`));
  byId("save-animation").addEventListener("click", () => save({file: "animation", seconds: 0.9}, `fsconv-${state.view}-moving.svg`));

  // --- numbers ---

  const showNumbers = () => {
    drawnNumbers = {};
    let answer;
    try {
      answer = ask({want: "numbers", words: said(), options: arrays()});
    } catch (wrong) {
      answer = {error: {text: wrong.message}};
    }
    byId("numbers").replaceChildren();
    byId("numbers").hidden = Boolean(answer.error);
    if (answer.error) {
      byId("numbers-words").textContent = inPageWords(answer.error.text);
      return;
    }
    for (const name of ["x", "w"]) byId(`${name}-shape`).textContent = answer[name].shape.join(" × ");
    byId("numbers-words").textContent = agreement(answer.others);
    byId("numbers").append(tablesOf(answer.y, "result"));
    drawnNumbers = {x: answer.x.values, w: answer.w.values};
  };
  for (const name of ["x", "w"])
    byId(name).addEventListener("input", () => {
      state[name] = byId(name).value.trim();
      showNumbers();
      if (state.text === "numbers") showPicture();
      keepAddress();
    });

  byId("copy-link").addEventListener("click", event => copyText(location.href, event.currentTarget));

  // --- one round ---

  const showAll = () => {
    has = ask({want: "words", words: {convention: system(), op: state.words.op}, axes: axesOf(state.words)});
    showFields();
    for (const name of ["x", "w"]) if (byId(name).value.trim() !== state[name]) byId(name).value = state[name];
    const answer = ask({want: "shape", words: said()});
    showError(answer.error);
    for (const section of document.querySelectorAll("#results > section:not(:first-child)")) section.hidden = Boolean(answer.error);
    if (answer.error) {
      player.clear();
      byId("summary").replaceChildren(make("p", {className: "refused", textContent: inPageWords(answer.error.text)}));
    } else {
      showSummary(answer);
      showArithmetic(answer);
      showElsewhere(answer);
      showCommands();
      showNumbers();
      showPicture();
    }
    keepAddress();
  };
  let waiting = null;
  const change = words => {
    Object.assign(state.words, words);
    state.step = 0;
    clearTimeout(waiting);
    waiting = setTimeout(showAll, 60);  // a hand that types asks once
  };
  addEventListener("hashchange", () => {
    readAddress();
    showAll();
  });
  readAddress();
  showAll();
  document.documentElement.dataset.ready = "true";
}
