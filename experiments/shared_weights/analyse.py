#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How orthogonal do shared filters become? The real W of every layer, boundaries and all, over the epochs; see README.md."""
import os
import re
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

VARIANTS = {"tied": ("tied", common.RED, "s--"), "gain": ("tied + gain", common.BLUE, "o-"),
            "encoder": ("untied, encoder", common.GREEN, "^-."), "decoder": ("untied, decoder", common.ORANGE, "v:")}
LAYERS = {"conv1": (28, 2, 1), "conv2": (14, 2, 1), "linear": (7, 1, 0)}  # size, stride, padding


def smaller_gram(work, path, weights, layer, parameter):
    """W^T W or W W^T, whichever is smaller: the eigenvalues of both are the same, but for zeros."""
    size, stride, padding = LAYERS[layer]
    outputs, inputs, *taps = weights[parameter].shape
    target = os.path.join(work, "matrix.h5")
    common.fsconv("matrix", "--input-size", f"{size},{size}", "--kernel", ",".join(map(str, taps)), "--channels", f"{inputs},{outputs}",
                  "--stride", stride, "--padding", padding, "--weight", f"{path}:/weights/{parameter}", "--output", target)
    w = common.read_matrix(target)
    return w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w


def measures(gram):
    """spread: standard deviation over mean of the squared singular values, 0 exactly if the gram is a multiple of the identity.
    off_diagonal: how much of the gram's norm a factor per row or column could not mend."""
    count, trace, norm = len(gram), np.trace(gram), np.linalg.norm(gram)
    diagonal = np.diag(gram)
    return {"spread": float(np.sqrt(max(count * norm**2 / trace**2 - 1, 0))),
            "off_diagonal": float(np.sqrt(max(norm**2 - (diagonal**2).sum(), 0)) / norm)}


def read(work):
    rows, spectra = [], {}
    for name in sorted(os.listdir(work)):
        found = re.fullmatch(r"(tied|gain|untied)-(\d+)-epoch(\d+)\.h5", name)
        if not found:
            continue
        variant, seed, epoch = found[1], int(found[2]), int(found[3])
        path = os.path.join(work, name)
        run = common.Run(path)
        for layer in LAYERS:
            for side in ("encoder", "decoder") if variant == "untied" else (variant,):
                gram = smaller_gram(work, path, run.weights, layer, layer + "_transpose" * (side == "decoder"))
                rows.append({"variant": side, "seed": seed, "epoch": epoch, "layer": layer, "size_of_gram": len(gram), **measures(gram),
                             "test_loss": run.test_loss[-1], "parameters": run.parameters()})
                if seed == 0 and side != "encoder":
                    spectra[side, epoch, layer] = np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0))
    return rows, spectra


def series(rows, variant, layer, measure):
    """The epochs, and [seed, epoch]."""
    of = [row for row in rows if (row["variant"], row["layer"]) == (variant, layer)]
    epochs = sorted({row["epoch"] for row in of})
    return epochs, np.array([[row[measure] for epoch in epochs for row in of if (row["seed"], row["epoch"]) == (seed, epoch)]
                             for seed in sorted({row["seed"] for row in of})])


def draw(rows, spectra, path):
    plt = common.plots()
    figure, panels = plt.subplots(2, 3, figsize=(common.WIDTH, 5.8))
    last = max(row["epoch"] for row in rows)
    for (upper, lower), layer in zip(panels.T, LAYERS):
        for variant, (name, color, line) in VARIANTS.items():
            epochs, values = series(rows, variant, layer, "spread")
            places = np.arange(len(epochs))
            upper.plot(places, values.T, color=color, linewidth=0.5, alpha=0.6)
            upper.plot(places, values.mean(0), line, color=color, markersize=4, label=name)
        upper.set_xticks(places, epochs)
        count = next(row["size_of_gram"] for row in rows if row["layer"] == layer)
        upper.set(title=f"{layer}: {count} singular values", xlabel="epoch", ylim=(0, 1.95))
        for (variant, epoch), (color, line, label) in {
                ("tied", 0): (common.GREY, "-", "at the start"), ("tied", last): (common.RED, "--", "tied"),
                ("gain", last): (common.BLUE, "-", "tied + gain"), ("decoder", last): (common.ORANGE, ":", "untied, decoder")}.items():
            values = spectra[variant, epoch, layer]
            lower.semilogy(np.arange(1, len(values) + 1) / len(values), np.maximum(values / np.sqrt((values**2).mean()), 1e-3), line,
                           color=color, label=label)
        lower.set(xlabel="rank / number", ylim=(1e-2, 10))
    panels[0, 0].set_ylabel("sd / mean of squared\nsingular values")
    panels[1, 0].set_ylabel("singular value / root of\nmean square")
    panels[0, 2].legend(loc="upper left")
    panels[1, 2].legend(loc="lower left")
    common.save(figure, path)


def main():
    options = common.folders(__doc__)
    rows, spectra = read(options.work)
    epochs = sorted({row["epoch"] for row in rows})
    losses = {}
    for variant, (name, *_) in VARIANTS.items():
        if variant != "decoder":
            losses[variant] = series(rows, variant, "conv1", "test_loss")[1][:, -1]
    print("Test loss after the last epoch, nats per image: " + "; ".join(
        f"{'untied' if variant == 'encoder' else VARIANTS[variant][0]} {values.mean():.2f}" for variant, values in losses.items()) + ".\n")
    table = []
    for layer in LAYERS:
        for variant, (name, *_) in VARIANTS.items():
            cells = [layer, name]
            for measure in ("spread", "off_diagonal"):
                values = series(rows, variant, layer, measure)[1]
                cells += [f"{values[:, 0].mean():.2f}", f"{values[:, -1].mean():.2f}" + (
                    f" ± {values[:, -1].std(ddof=1):.2f}" if len(values) > 1 else "")]
            table.append(cells)
    common.print_table(["layer", "", "sd / mean of squared singular values, at the start", f"after {epochs[-1]} epochs",
                        "off the diagonal, at the start", f"after {epochs[-1]} epochs"], table)
    draw(rows, spectra, os.path.join(options.output, "picture.png"))
    common.write_results(options.output, rows)


if __name__ == "__main__":
    main()
