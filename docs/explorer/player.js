// The moving picture: its steps are groups of one SVG, of which one is shown.
// SPDX-License-Identifier: Apache-2.0

class Player {
  constructor(place, controls, onStep) {
    this.place = place;
    this.onStep = onStep;
    this.steps = [];
    this.captions = [];
    this.at = 0;
    this.timer = null;
    this.play = controls.querySelector("[data-play]");
    this.slider = controls.querySelector("input");
    this.count = controls.querySelector("output");
    this.controls = controls;
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    controls.querySelector("[data-back]").addEventListener("click", () => this.by(-1));
    controls.querySelector("[data-on]").addEventListener("click", () => this.by(1));
    this.slider.addEventListener("input", () => {
      this.stop();
      this.go(Number(this.slider.value));
    });
  }

  // `svg` comes from the library, which escapes every text in it.
  show(svg, captions, at) {
    this.place.innerHTML = svg;
    this.steps = [...this.place.querySelectorAll("svg > g.frame")];
    this.captions = captions;
    this.controls.hidden = this.steps.length < 2;
    if (this.controls.hidden) this.stop();
    this.slider.max = Math.max(0, this.steps.length - 1);
    this.at = -1;
    this.go(Math.min(Math.max(at, 0), Math.max(0, this.steps.length - 1)));
  }

  clear() {
    this.stop();
    this.place.replaceChildren();
    this.controls.hidden = true;
    this.steps = [];
  }

  go(at) {
    this.steps[this.at]?.setAttribute("visibility", "hidden");
    if (this.at < 0) for (const step of this.steps) step.setAttribute("visibility", "hidden");
    this.at = at;
    this.steps[at]?.removeAttribute("visibility");
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", `step ${at + 1} of ${this.steps.length}: ${this.captions[at] ?? ""}`);
    this.count.textContent = this.steps.length ? `step ${at + 1} of ${this.steps.length}` : "";
    this.onStep(at, this.captions[at] ?? "");
  }

  by(count) {
    this.stop();
    if (this.steps.length) this.go((this.at + count + this.steps.length) % this.steps.length);
  }

  start() {
    if (this.steps.length < 2) return;
    this.play.textContent = "Pause";
    this.timer = setInterval(() => this.go((this.at + 1) % this.steps.length), 900);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
  }
}
