#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the roofline of a file of `fsconv bench --output FILE`: what each layer reaches under what the machine permits.

    fsconv bench --set layers,dcgan --form engine --algorithm direct --precision fp32,bf16 --output bench.h5
    fsconv bench --set layers,dcgan --form engine --algorithm direct,auto,winograd4 --output bench.h5
    roofline.py bench.h5 [roofline.png] [--form engine]

Needs h5py and, as the only script here, matplotlib (apt: python3-h5py python3-matplotlib). The slope is the triad's bandwidth of
memory, the flat lines are multiply-adds in registers with the fastest instructions for fp32 and for bf16, all measured in the
same run as the points. Intensity counts every array once, as read from memory; arrays that stay in the caches may lie above the slope.
Of a file with several algorithms the picture is of fp32 (or the only precision) and shows for every layer and map what each reaches. GFLOP/s count
the multiply-adds of the taps, so that tiles F(m,r), which need fewer products, can lie above the roof.
"""
import argparse
import itertools
import math

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of its output)
import matplotlib.ticker  # noqa: E402

# Okabe and Ito's colours, which people of all kinds of colour vision tell apart; the markers differ too.
STYLES = {"conv": ("#0072B2", "o"), "conv_transpose": ("#D55E00", "s"), "weight_gradient": ("#009E73", "^")}
LINES = {"fp32": "--", "bf16": "-."}
LABEL_SIZE, MARKER_AREA = 8, 34  # points, square points
# How a marker of an algorithm is filled, and what is drawn around it. Colour and shape are the map's.
FILLS = {"direct": ("none", None), "auto": ("full", None), "winograd2": ("left", None), "winograd4": ("full", "black")}
MARKER_SIZE, BESIDE = 5, 1.022  # points; maps of one layer stand this factor apart
# What a tile of two equal axes saves: taps over products.
SAVINGS = {"F(2,2)": 16 / 9, "F(4,2)": 64 / 25}


def text(dataset):
    return [value.decode() if isinstance(value, bytes) else value for value in dataset[()]]


class Bench:
    def __init__(self, path, form):
        with h5py.File(path) as file:
            if "items" not in file or "precision" not in file["ceilings"]:
                raise SystemExit(f"{path} was not written by fsconv bench --output, or by an older version")
            items, ceilings = file["items"], file["ceilings"]
            self.triad = float(ceilings["triad"][()].max())  # merged shards have one each
            self.peaks = {}
            for precision, gflops in zip(text(ceilings["precision"]), ceilings["fma"][()]):
                self.peaks[precision] = max(gflops, self.peaks.get(precision, 0))
            columns = zip(*(text(items[name]) for name in ("geometry", "op", "precision", "form", "status")),
                          items["flops"][()] / items["bytes"][()], items["gflops"][()],
                          *(text(items[name]) if name in items else itertools.repeat("-") for name in ("algorithm", "tiles")))
            best, self.by_algorithm = {}, {}  # of several instruction sets, the fastest
            for geometry, op, precision, of_form, status, intensity, gflops, algorithm, tiles in columns:
                if of_form != form or status != "timed":
                    continue
                key = geometry, op, precision
                if key not in best or gflops > best[key][1]:
                    best[key] = intensity, gflops
                mine = self.by_algorithm.setdefault(key, {})
                if algorithm not in mine or gflops > mine[algorithm][0]:
                    mine[algorithm] = gflops, tiles
        if not best:
            raise SystemExit(f"{path} has no timing of {form}")
        self.points = best
        self.algorithms = list(dict.fromkeys(algorithm for mine in self.by_algorithm.values() for algorithm in mine))
        self.layers = list(dict.fromkeys(geometry for geometry, _, _ in best))
        self.precisions = [precision for precision in LINES if any(key[2] == precision for key in best)]


def overlaps(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def box_of(words, renderer):
    """Its extent in pixels, with a little space around."""
    left, low, right, high = words.get_window_extent(renderer).extents
    return left - 1, low - 1, right + 1, high + 1


def place_labels(axes, labels, ceilings):
    """Writes each (x, y, text, colour) beside its point, where it covers neither a marker nor another label, and each (peak, text,
    colour) on its line, as far to the right as there is room; all in pixels."""
    figure = axes.figure
    renderer, pixel = figure.canvas.get_renderer(), figure.dpi / 72
    half = math.sqrt(MARKER_AREA) / 2 * pixel
    at = [axes.transData.transform((x, y)) for x, y, _, _ in labels]
    taken = [(x - half, y - half, x + half, y + half) for x, y in at]
    inside = axes.get_window_extent(renderer).extents
    for peak, name, colour in ceilings:
        words = axes.text(axes.get_xlim()[1] / 1.1, peak * 1.04, name, ha="right", va="bottom", fontsize=LABEL_SIZE, color=colour)
        while any(overlaps(box_of(words, renderer), other) for other in taken) and box_of(words, renderer)[0] > inside[0]:
            words.set_x(words.get_position()[0] / 1.05)
        taken.append(box_of(words, renderer))
    for (px, py), (x, y, words, colour) in zip(at, labels):
        sample = axes.text(x, y, words, fontsize=LABEL_SIZE)
        width, height = sample.get_window_extent(renderer).bounds[2:]
        sample.remove()
        for radius, turn in itertools.product(range(7, 120, 3), range(16)):
            angle = math.pi * (0.25 + turn / 8)
            dx, dy = radius * pixel * math.cos(angle), radius * pixel * math.sin(angle)
            box = px + dx - width / 2 - 1, py + dy - height / 2 - 1, px + dx + width / 2 + 1, py + dy + height / 2 + 1
            fits = box[0] > inside[0] and box[1] > inside[1] and box[2] < inside[2] and box[3] < inside[3]
            if fits and not any(overlaps(box, other) for other in taken):
                break
        else:
            raise SystemExit(f"no room for the label {words}: draw fewer layers")
        taken.append(box)
        axes.annotate(words, (x, y), (dx / pixel, dy / pixel), textcoords="offset points", ha="center", va="center",
                      fontsize=LABEL_SIZE, color=colour,
                      arrowprops={"arrowstyle": "-", "lw": 0.4, "color": colour, "shrinkA": 4, "shrinkB": 2} if radius > 10 else None)


def draw(bench, path, form):
    count = len(bench.precisions)
    figure, panels = plt.subplots(1, count, figsize=(1 + 5.6 * count, 6.4), sharex=True, sharey=True, squeeze=False, dpi=150)
    figure.subplots_adjust(left=0.14 / count, right=0.98, bottom=0.19, top=0.88, wspace=0.06)
    intensities, rates = zip(*bench.points.values())
    ridge = max(bench.peaks.values()) / bench.triad
    left, right = min(min(intensities), ridge) / 2, max(max(intensities), ridge) * 2
    for axes, precision in zip(panels[0], bench.precisions):
        axes.set(xscale="log", yscale="log", xlim=(left, right), title=precision, xlabel="intensity, flop per byte",
                 ylim=(min(min(rates), bench.triad * left) / 1.5, max(bench.peaks.values()) * 1.8))
        axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axes.grid(True, which="major", lw=0.3, color="0.85")
        for name, peak in bench.peaks.items():
            own = name == precision
            axes.plot([left, peak / bench.triad, right], [left * bench.triad, peak, peak], color="black" if own else "0.6",
                      ls=LINES[name], lw=1.4 if own else 0.8, zorder=1)
        labels = []
        for (layer, op, of_precision), (x, y) in bench.points.items():
            if of_precision != precision:
                continue
            colour, marker = STYLES[op]
            axes.scatter([x], [y], MARKER_AREA, color=colour, marker=marker, edgecolors="white", linewidths=0.4, zorder=3)
            labels.append((x, y, str(bench.layers.index(layer) + 1), colour))
        figure.canvas.draw()
        start = left * 1.15
        slope = axes.transData.transform([(left, bench.triad * left), (right, bench.triad * right)])
        angle = math.degrees(math.atan2(*(slope[1] - slope[0])[::-1]))
        axes.text(start, bench.triad * start * 1.12, f"triad: {bench.triad:.1f} GB/s", rotation=angle, rotation_mode="anchor",
                  fontsize=LABEL_SIZE, va="bottom")
        place_labels(axes, labels, [(peak, f"{name}: {peak:.0f} GFLOP/s", "black" if name == precision else "0.45")
                                    for name, peak in bench.peaks.items()])
    panels[0][0].set_ylabel("GFLOP/s")
    handles = [plt.Line2D([], [], color=colour, marker=marker, ls="", label=op) for op, (colour, marker) in STYLES.items()]
    figure.legend(handles=handles, loc="upper center", ncol=len(handles), frameon=False, bbox_to_anchor=(0.5, 0.96))
    columns, names = 4, [f"{number}  {layer}" for number, layer in enumerate(bench.layers, 1)]
    for at, name in enumerate(names):
        figure.text(0.06 + 0.92 * (at % columns) / columns, 0.075 - 0.024 * (at // columns), name, fontsize=LABEL_SIZE)
    figure.suptitle(f"fsconv bench: {form}", y=0.99)
    figure.savefig(path)


def is_tiled(tiles):
    return tiles not in ("", "-", "direct")


def draw_algorithms(bench, path, form):
    """One precision; a column for every layer that auto computes by tiles, its maps side by side, what each algorithm reaches one above the
    other."""
    precision = bench.precisions[0]
    chooses = [algorithm for algorithm in bench.algorithms if algorithm == "auto"] or bench.algorithms  # layers that gain nothing are left out
    columns = {key: mine for key, mine in bench.by_algorithm.items()
               if key[2] == precision and any(is_tiled(mine[algorithm][1]) for algorithm in chooses if algorithm in mine)}
    if not columns:
        raise SystemExit(f"{' and '.join(chooses)} computed no layer by tiles in {precision}")
    layers = sorted({key[0] for key in columns}, key=lambda layer: next(bench.points[key][0] for key in columns if key[0] == layer))
    columns = {key: mine for key, mine in bench.by_algorithm.items() if key[2] == precision and key[0] in layers}
    rates = [gflops for mine in columns.values() for gflops, _ in mine.values()]
    intensities = [bench.points[key][0] for key in columns]
    peak, top = bench.peaks[precision], 1.1 * max(*rates, max(SAVINGS.values()) * bench.peaks[precision])
    left, right = min(*intensities, peak / bench.triad) / 1.25, max(intensities) * 1.3
    low = min(rates) / 1.25

    figure, axes = plt.subplots(figsize=(10, 6.6), dpi=150)
    figure.subplots_adjust(left=0.075, right=0.98, bottom=0.2, top=0.86)
    axes.set(xscale="log", yscale="log", xlim=(left, right), ylim=(low, top), xlabel="intensity, flop per byte",
             ylabel="GFLOP/s, counting the multiply-adds of the taps")
    for axis, at in ((axes.xaxis, (1, 2, 3, 5)), (axes.yaxis, range(1, 10) if top < 8 * low else (1, 2, 3, 5))):
        axis.set_major_locator(matplotlib.ticker.LogLocator(subs=at))
        axis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axes.grid(True, which="major", lw=0.3, color="0.85")
    corner = [left, peak / bench.triad, right]
    axes.fill_between(corner, [left * bench.triad, peak, peak], top, color="#F0E442", alpha=0.18, lw=0, zorder=0)
    axes.plot(corner, [left * bench.triad, peak, peak], color="black", lw=1.6, zorder=1)
    start = left * 1.04
    axes.text(start, peak * 1.02, f"roof of the processor: {peak:.0f} GFLOP/s of multiply-adds in registers", va="bottom", fontsize=LABEL_SIZE)
    for name, saving in SAVINGS.items():
        axes.axhline(peak * saving, color="0.45", lw=0.9, ls="--", zorder=1)
        axes.text(start, peak * saving * 0.985, f"the same roof with {name} on two axes: {saving:.2f} times as high", va="top", fontsize=LABEL_SIZE,
                  color="0.35")
    for (layer, op, _), mine in columns.items():
        colour, marker = STYLES[op]
        x = bench.points[layer, op, precision][0] * BESIDE**(list(STYLES).index(op) - 1)
        ordered = sorted(gflops for gflops, _ in mine.values())
        axes.plot([x, x], [ordered[0], ordered[-1]], color=colour, lw=0.8, alpha=0.6, zorder=2)
        for algorithm, (gflops, _) in mine.items():
            fill, edge = FILLS[algorithm]
            axes.plot([x], [gflops], ls="", marker=marker, ms=MARKER_SIZE * (1.25 if edge else 1), color=colour, fillstyle=fill,
                      markerfacecoloralt="white", markeredgecolor=edge or colour, zorder=3)
            if fill == "none":
                axes.plot([x], [gflops], ls="", marker=marker, ms=MARKER_SIZE - 1.2, color="white", mew=0, zorder=3.1)
    for number, layer in enumerate(layers, 1):
        mine = [(key, entry) for key, entry in columns.items() if key[0] == layer]
        highest = max(gflops for _, entry in mine for gflops, _ in entry.values())
        axes.annotate(str(number), (bench.points[mine[0][0]][0], highest), (0, 6), textcoords="offset points", ha="center", fontsize=LABEL_SIZE + 1)
    maps = [plt.Line2D([], [], color=colour, marker=marker, ls="", ms=MARKER_SIZE, label=op) for op, (colour, marker) in STYLES.items()]
    fills = [plt.Line2D([], [], color="0.4", marker="o", ls="", ms=MARKER_SIZE * (1.25 if FILLS[algorithm][1] else 1), fillstyle=FILLS[algorithm][0],
                        markerfacecoloralt="white", markeredgecolor=FILLS[algorithm][1] or "0.4", label=algorithm) for algorithm in bench.algorithms]
    figure.legend(handles=maps + fills, loc="upper center", ncol=len(maps) + len(fills), frameon=False, bbox_to_anchor=(0.53, 0.95))
    per_line, names = 4, [f"{number}  {layer}" for number, layer in enumerate(layers, 1)]
    for at, name in enumerate(names):
        figure.text(0.075 + 0.92 * (at % per_line) / per_line, 0.1 - 0.028 * (at // per_line), name, fontsize=LABEL_SIZE)
    figure.suptitle(f"fsconv bench: {form}, {precision}, by algorithm", y=0.985)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", metavar="FILE.h5")
    parser.add_argument("picture", nargs="?", default="roofline.png")
    parser.add_argument("--form", default="engine")
    options = parser.parse_args()
    bench = Bench(options.bench, options.form)
    (draw_algorithms if len(bench.algorithms) > 1 else draw)(bench, options.picture, options.form)


if __name__ == "__main__":
    main()
