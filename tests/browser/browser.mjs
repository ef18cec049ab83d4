// Opens a page in headless Chromium as a reader would see it: any width, light or dark, with or without JavaScript; tells
// what it logged and asked the network for, and what axe-core finds. Chromium is spoken to over a pipe, in its own protocol
// (https://chromedevtools.github.io/devtools-protocol), so that nothing but Node is needed.
//
//   const browser = await launch();
//   const page = await browser.open("/path/report.html", {width: 390, dark: true});
//   page.messages          what was written to the console, and errors: a page that is in order has none
//   page.requests          addresses it asked for, but for itself and data: URLs: a self-contained page has none
//   await page.axe()       what axe-core finds, a line each
//   await page.overflow()  how many pixels the page is wider than its window: 0
//   await page.evaluate("document.title")                an expression or a promise of one, as JSON
//   await page.hover("#chart svg", 0.5, 0.5), page.click("button"), page.press("ArrowRight"), page.type("text")
//   await page.screenshot("page.png")                    all of it; {full: false}: what the window shows
//   await page.media({dark: true, print: true})          changes these while it is open
//   await page.reload()                                  until it has loaded again
//   await browser.close();
//
// Who has no Chromium or no axe-core calls `require_browser()` first: it ends the process with 77, which ctest skips.
// SPDX-License-Identifier: Apache-2.0

import {spawn, spawnSync} from "node:child_process";
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, resolve} from "node:path";
import {pathToFileURL} from "node:url";

const names = [process.env.FSCONV_CHROMIUM, "chromium", "chromium-browser", "google-chrome"].filter(Boolean);
const skipped = 77;

function program() {
  return names.find(name => spawnSync(name, ["--version"], {stdio: "ignore"}).status === 0);
}

// `node_modules`: the folder that `npm ci` of tests/browser/package.json made; FSCONV_BROWSER_MODULES names it, too.
function axe_file(node_modules = process.env.FSCONV_BROWSER_MODULES) {
  const file = node_modules && join(node_modules, "axe-core", "axe.min.js");
  return file && existsSync(file) ? file : undefined;
}

export function require_browser(node_modules) {
  const missing = !program() ? "Chromium (Debian: chromium)" :
      !axe_file(node_modules) ? "axe-core (npm ci in tests/browser)" : undefined;
  if (!missing) return;
  console.log(`skipped: ${missing} is missing`);
  process.exit(skipped);
}

// Messages with ids, parted by zero bytes, over the file descriptors 3 and 4 of the browser.
class Connection {
  #next = 1;
  #waiting = new Map();
  #listeners = new Map();  // by session
  #rest = "";

  constructor(child) {
    this.out = child.stdio[3];
    child.stdio[4].setEncoding("utf8");
    child.stdio[4].on("data", text => {
      const parts = (this.#rest + text).split("\0");
      this.#rest = parts.pop();
      parts.forEach(part => this.#take(JSON.parse(part)));
    });
    child.on("exit", () => this.#waiting.forEach(({reject}) => reject(new Error("the browser has ended"))));
  }

  #take(message) {
    if (message.id === undefined) {
      this.#listeners.get(message.sessionId)?.(message.method, message.params);
      return;
    }
    const {method, resolve: done, reject} = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) reject(new Error(`${method}: ${message.error.message}`));
    else done(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    return new Promise((done, reject) => {
      this.#waiting.set(id, {method, resolve: done, reject});
      this.out.write(JSON.stringify({id, method, params, sessionId}) + "\0");
    });
  }

  listen(session, listener) { this.#listeners.set(session, listener); }
}

class Page {
  messages = [];
  requests = [];

  constructor(connection, target, session, axe) {
    Object.assign(this, {connection, target, session, axe_source: axe});
    connection.listen(session, (method, params) => {
      if (method === "Page.lifecycleEvent" && params.name === "load") this.#has_loaded(params);
      if (method === "Runtime.consoleAPICalled")
        this.messages.push(`${params.type}: ${params.args.map(one => one.value ?? one.description).join(" ")}`);
      if (method === "Runtime.exceptionThrown") {
        const {text, exception} = params.exceptionDetails;
        this.messages.push(`exception: ${exception?.description ?? text}`);
      }
      if (method === "Log.entryAdded") this.messages.push(`${params.entry.level}: ${params.entry.text}`);
      if (method === "Network.requestWillBeSent") {
        const {url} = params.request;
        if (url !== this.url && !url.startsWith("data:")) this.requests.push(url);
      }
    });
  }

  #has_loaded = () => {};

  // Sends what brings another document into the page, and waits until that one, whichever is told of meanwhile, has loaded.
  async #replace_document(method, params) {
    const {frame} = (await this.send("Page.getFrameTree")).frameTree;
    const loaded = new Promise(done => {
      this.#has_loaded = ({frameId, loaderId}) => { if (frameId === frame.id && loaderId !== frame.loaderId) done(); };
    });
    const {errorText} = await this.send(method, params);
    if (errorText) throw new Error(`${this.url}: ${errorText}`);
    await loaded;
  }

  reload() { return this.#replace_document("Page.reload"); }

  send(method, params) { return this.connection.send(method, params, this.session); }

  async load(path, {width = 1280, height = width < 600 ? 844 : 900, dark = false, javascript = true, print = false}) {
    Object.assign(this, {width, javascript});
    this.url = /^[a-z]+:/.test(path) ? path : pathToFileURL(resolve(path)).href;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
    await this.send("Page.setLifecycleEventsEnabled", {enabled: true});
    await this.send("Emulation.setDeviceMetricsOverride",
                    {width, height, deviceScaleFactor: 1, mobile: width < 600});
    await this.media({dark, print});
    if (!javascript) await this.send("Emulation.setScriptExecutionDisabled", {value: true});
    await this.#replace_document("Page.navigate", {url: this.url});
  }

  media({dark = false, print = false}) {
    return this.send("Emulation.setEmulatedMedia", {
      media: print ? "print" : "screen",
      features: [{name: "prefers-color-scheme", value: dark ? "dark" : "light"}]
    });
  }

  async evaluate(expression) {
    const {result, exceptionDetails} =
        await this.send("Runtime.evaluate", {expression, returnByValue: true, awaitPromise: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // One line for each rule that is broken: its name, how bad, what to do, and the first elements. axe-core needs scripts,
  // so a page that was opened without them is refused.
  async axe() {
    if (!this.javascript) throw new Error("axe-core needs a page with JavaScript");
    await this.evaluate(this.axe_source);
    const violations = await this.evaluate("axe.run().then(found => found.violations)");
    return violations.map(({id, impact, help, nodes}) => `${id} (${impact}): ${help}: ` +
        nodes.slice(0, 3).map(node => `${node.target} ${node.failureSummary?.split("\n")[1] ?? ""}`).join("; "));
  }

  async overflow() { return await this.evaluate("document.documentElement.scrollWidth") - this.width; }

  // Where in the window a point of an element is; it is scrolled to first. x, y: shares of its width and height.
  async #at(selector, x, y) {
    return await this.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      if (!element) throw new Error("there is no " + ${JSON.stringify(selector)});
      element.scrollIntoView({block: "center", inline: "nearest", behavior: "instant"});
      const box = element.getBoundingClientRect();
      return {x: box.x + ${x} * box.width, y: box.y + ${y} * box.height};
    })()`);
  }
  async hover(selector, x = 0.5, y = 0.5) {
    await this.send("Input.dispatchMouseEvent", {type: "mouseMoved", ...await this.#at(selector, x, y)});
  }
  async click(selector, x = 0.5, y = 0.5) {
    const at = await this.#at(selector, x, y);
    for (const type of ["mousePressed", "mouseReleased"])
      await this.send("Input.dispatchMouseEvent", {type, ...at, button: "left", clickCount: 1});
  }
  async press(key) {
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    const windowsVirtualKeyCode = {ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Home: 36, End: 35,
                                   Tab: 9, Enter: 13, Escape: 27, " ": 32}[key];
    for (const type of ["keyDown", "keyUp"])
      await this.send("Input.dispatchKeyEvent", {type, key, code: key === " " ? "Space" : key, text: type === "keyDown" ? text : undefined,
                                                 windowsVirtualKeyCode});
  }
  type(text) { return this.send("Input.insertText", {text}); }

  async screenshot(file, {full = true} = {}) {
    const {cssContentSize, cssLayoutViewport} = await this.send("Page.getLayoutMetrics");
    const clip = {x: 0, y: 0, width: cssLayoutViewport.clientWidth, height: Math.min(cssContentSize.height, 16000), scale: 1};
    const {data} = await this.send("Page.captureScreenshot",
                                   full ? {format: "png", captureBeyondViewport: true, clip} : {format: "png"});
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async pdf(file) {
    const {data} = await this.send("Page.printToPDF", {preferCSSPageSize: true, printBackground: false});
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  close() { return this.connection.send("Target.closeTarget", {targetId: this.target}); }
}

class Browser {
  constructor(child, profile, axe) {
    Object.assign(this, {child, profile, axe});
    this.connection = new Connection(child);
  }

  async open(path, options = {}) {
    const {targetId} = await this.connection.send("Target.createTarget", {url: "about:blank"});
    const {sessionId} = await this.connection.send("Target.attachToTarget", {targetId, flatten: true});
    const page = new Page(this.connection, targetId, sessionId, this.axe);
    await page.load(path, options);
    return page;
  }

  async close() {
    const ended = new Promise(done => this.child.on("exit", done));
    this.connection.send("Browser.close").catch(() => {});
    await ended;
    rmSync(this.profile, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
  }
}

export async function launch({node_modules} = {}) {
  const profile = mkdtempSync(join(tmpdir(), "fsconv-browser-"));
  const child = spawn(program(), [
    "--headless=new", "--no-sandbox", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "--no-first-run",
    "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank"
  ], {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
  const file = axe_file(node_modules);
  return new Browser(child, profile, file ? readFileSync(file, "utf8") : "throw new Error('axe-core is missing')");
}
