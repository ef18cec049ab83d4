#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What makes checkerboards and what cures them: random filters, and the decoders that run.sh has trained; see README.md."""
import os
import re
import sys

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

NAMES = {"taps3": "transposed, 3×3", "taps4": "transposed, 4×4", "taps5": "transposed, 5×5", "subpixel": "sub-pixel",
         "resize": "resize + conv"}
STATES = {"": "", "-more": ", an epoch more", "-equal-sums": ", equal sums", "-equal-sums-more": ", equal sums, an epoch more",
          "-resize": ", onto resize + conv", "-icnr": ", ICNR at the start"}
PERIOD, CUT = 4, 8  # two layers of stride 2; pixels of a flat code's image that the boundary may reach
FILTERS = 2000


def index(sums):
    """How uneven phase sums are [filters, phases]: root of their mean variance over the root of their mean squared mean."""
    return float(np.sqrt(sums.var(1).mean() / (sums.mean(1) ** 2).mean()))


def random_filters(work, count, most_taps):
    """One axis: what conv_transpose makes of a flat code, for filters of k taps."""
    random = np.random.default_rng(0)
    rows = []
    for stride in (2, 3):
        for taps in range(2, most_taps + 1):
            kinds = {"all taps equal": np.ones((1, 1, taps)), "random, positive": random.random((1, count, taps)),
                     "random": random.standard_normal((1, count, taps))}
            if taps >= stride:  # with fewer taps a phase has none, and nothing but 0 is even
                kinds["random, made even"] = even(kinds["random"], stride)
            for kind, weight in kinds.items():
                flat = common.Maps(work, weight, stride=stride).conv_transpose(np.ones((1, 1, 30)), (29 * stride + taps,))[0]
                period = flat[:, 12 * stride:13 * stride]
                rows.append({"what": kind, "stride": stride, "taps": taps, "divides": taps % stride == 0, "filters": len(flat),
                             "index": index(period)})
    return rows


def even(weight, stride):
    """The nearest filters whose phases have the same sums: each phase is raised or lowered as a whole."""
    taps = weight.shape[-1]
    phases = np.arange(taps) % stride
    sums = np.stack([weight[..., phases == phase].sum(-1) for phase in range(stride)], -1)
    counts = np.bincount(phases, minlength=stride)
    # To raise a phase's sum by d over all of its taps costs d^2 / taps: least for the mean of the sums with the weights 1 / taps.
    target = (sums / counts).sum(-1) / (1 / counts).sum()
    change = (target[..., None] - sums) / counts
    return weight + change[..., phases]


def index_of_run(run):
    """Of the transposed layers, the last one first: the pairs' phase sums along both axes, four of them. As fsconv smooth has it."""
    found = []
    for name in ("conv1_transpose", "conv2_transpose"):
        if name in run.weights:
            sums = [run.weights[name][:, :, y::2, x::2].sum((2, 3)) for y in (0, 1) for x in (0, 1)]
            found.append(index(np.stack(sums, -1).reshape(-1, 4)))
    return found


def flat_image(work, path):
    """What the mean code, the same at every place, is decoded to; its interior, where it should be flat, too."""
    codes, source, target = (os.path.join(work, name) for name in ("codes.h5", "flat.npy", "flat-image.npy"))
    common.fsconv("encode", path, "--output", codes)
    with h5py.File(codes) as file:
        mean = file["mean"][()].astype(float)
    flat = np.broadcast_to(mean.mean((0, 2, 3))[None, :, None, None], (1, *mean.shape[1:]))
    np.save(source, flat.astype(np.float32))
    common.fsconv("decode", path, "--codes", source, "--output", target)
    image = np.load(target).reshape(28, 28).astype(float)
    return image[CUT:-CUT, CUT:-CUT]


def reconstructions(work, path):
    """Originals and reconstructions [N, 28, 28]."""
    target = os.path.join(work, "pairs.h5")
    common.fsconv("reconstruct", path, "--images", 1_000 if "quick" not in work else 50, "--output", target)
    with h5py.File(target) as file:
        return tuple(file[name][()].astype(float).reshape(-1, 28, 28) for name in ("originals", "reconstructions"))


def lattice_peak(error):
    """How much more power what is wrong has at the multiples of 1/4 cycle per pixel than beside them, in dB, mean over these 15
    frequencies. Beside (u, 0) are (u - 1, 0) and (u + 1, 0), as edges make the axes strong; beside (u, v) the four at its corners."""
    power = (abs(np.fft.fft2(error)) ** 2).mean(0)
    size, found = len(power), []
    lattice = range(0, size, size // PERIOD)
    for u in lattice:
        for v in lattice:
            if u or v:
                beside = [power[(u + a) % size, (v + b) % size] for a in ((-1, 1) if u else (0,)) for b in ((-1, 1) if v else (0,))]
                found.append(10 * np.log10(power[u, v] / np.mean(beside)))
    return float(np.mean(found))


def decoders(work):
    rows, pictures = [], {}
    for name in sorted(os.listdir(work)):
        found = re.fullmatch(rf"({'|'.join(NAMES)}|evenstart)({'|'.join(STATES)})-(\d+)\.h5", name)
        if not found:
            continue
        path = os.path.join(work, name)
        run = common.Run(path)
        originals, made = reconstructions(work, path)
        flat = flat_image(work, path)
        error = made - originals
        sums = index_of_run(run)
        what = "transposed, 4×4, even after the first epoch" if found[1] == "evenstart" else NAMES[found[1]] + STATES[found[2]]
        rows.append({"what": what, "seed": int(found[3]), "parameters": run.parameters(), "epochs": len(run.epoch),
                     "index": sums[0] if sums else "", "index_of_inner_layer": sums[1] if len(sums) > 1 else "",
                     "ripple_of_flat_code": float(flat.std()), "brightness_of_flat_code": float(flat.mean()),
                     "peak_of_error_at_quarters_decibel": lattice_peak(error),
                     "squared_error": float((error**2).sum((1, 2)).mean()), "psnr": float(common.psnr(made, originals).mean()),
                     "ssim": float(common.ssim(made, originals).mean())})
        if found[3] == "0":
            pictures[what] = (flat, made)
            pictures["original"] = (None, originals)
    return rows, pictures


def draw_numbers(rows, trained, path):
    plt = common.plots()
    figure, (left, right) = plt.subplots(1, 2, figsize=(common.WIDTH, 4.3), width_ratios=(1, 1))
    for (kind, name), (color, line) in zip((("all taps equal", "all taps equal"), ("random, positive", "random, positive"),
                                            ("random", "random, any sign"), ("random, made even", "random, made even")),
                                           ((common.ORANGE, "o-"), (common.GREEN, "^--"), (common.RED, "s-."), (common.BLUE, "D:"))):
        of = [row for row in rows if (row["what"], row["stride"]) == (kind, 2)]
        left.plot([row["taps"] for row in of], [row["index"] for row in of], line, color=color, label=name, markersize=5)
    left.set(xlabel="taps k", ylabel="unevenness of the phase sums", title="filters, stride 2", ylim=(-0.05, 1.75), xticks=range(2, 10))
    left.legend(loc="upper right", handlelength=2)
    order = [what for what in dict.fromkeys(row["what"] for row in trained) if not what.endswith(STATES["-resize"])]
    for at, what in enumerate(order):
        values = [row["ripple_of_flat_code"] for row in trained if row["what"] == what]
        color = (common.BLUE if "equal" in what else common.GREEN if what == NAMES["resize"] else common.ORANGE if "even" in what or "ICNR" in what
                 else common.RED)
        right.plot(values, [-at] * len(values), "o", color=color, markersize=5, alpha=0.8)
    right.set_yticks([-at for at in range(len(order))], [what.removeprefix("transposed, ") for what in order])
    right.set(xlabel="ripple of flat images", title="trained decoders", xlim=(-0.002, None))
    right.grid(axis="y", color="#DDDDDD", linewidth=0.5)
    right.set_axisbelow(True)
    common.save(figure, path)


def draw_crops(pictures, path):
    plt = common.plots()
    shown = {"original": "original", NAMES["taps3"]: "transposed\n3×3", NAMES["taps4"]: "transposed\n4×4", NAMES["taps5"]: "transposed\n5×5",
             NAMES["taps3"] + STATES["-equal-sums"]: "3×3, equal\nsums", NAMES["taps3"] + STATES["-equal-sums-more"]: "and an epoch\nmore", NAMES["subpixel"]: "sub-pixel", NAMES["resize"]: "resize\n+ conv"}
    figure, panels = plt.subplots(3, len(shown), figsize=(common.WIDTH, 4.3))
    for column, (what, title) in zip(panels.T, shown.items()):
        flat, made = pictures[what]
        if flat is None:
            column[0].set_axis_off()
            column[0].text(0.5, 0.5, "a flat code\nbecomes", ha="center", va="center", transform=column[0].transAxes)
        else:
            common.show(column[0], flat - flat.mean(), cmap="cividis", vmin=-0.1, vmax=0.1)
        column[0].set_title(title, fontsize=9)
        common.show(column[1], made[0])
        common.show(column[2], made[1][6:20, 8:22])
    common.save(figure, path)


def mean_of(values, form):
    return form.format(np.mean(values)) if len(values) and values[0] != "" else ""


def main():
    options = common.folders(__doc__)
    filters = random_filters(options.work, *((50, 4) if options.quick else (FILTERS, 9)))
    trained, pictures = decoders(options.work)
    order = [*NAMES.values(), *(NAMES[name] + state for name in ("taps3", "taps4", "taps5", "subpixel") for state in list(STATES.values())[1:]),
             "transposed, 4×4, even after the first epoch"]
    trained.sort(key=lambda row: (order.index(row["what"]), row["seed"]))
    common.print_table(["stride", "filters", *(f"k = {taps}" for taps in sorted({row["taps"] for row in filters}))], [
        [stride, kind, *([""] * (kind == "random, made even" and stride > 2)),
         *(f"{row['index']:.2f}" for row in filters if (row["what"], row["stride"]) == (kind, stride))]
        for stride in (2, 3) for kind in dict.fromkeys(row["what"] for row in filters)])
    table = []
    for what in dict.fromkeys(row["what"] for row in trained):
        of = {key: [row[key] for row in trained if row["what"] == what] for key in trained[0]}
        table.append([what, of["parameters"][0], mean_of(of["index"], "{:.2f}"), mean_of(of["index_of_inner_layer"], "{:.2f}"),
                      mean_of(of["ripple_of_flat_code"], "{:.3f}"), mean_of(of["peak_of_error_at_quarters_decibel"], "{:+.1f}"),
                      mean_of(of["squared_error"], "{:.2f}"), mean_of(of["psnr"], "{:.2f}"), mean_of(of["ssim"], "{:.4f}")])
    common.print_table(["decoder", "parameters", "index, last layer", "inner layer", "ripple of a flat code", "error: peaks at multiples of 1/4, dB",
                        "squared error", "PSNR, dB", "SSIM"], table)
    smoothed = [row for row in trained if row["what"].endswith(("equal sums", "onto resize + conv"))]
    made_even = [row["index"] for row in filters if row["what"] == "random, made even"]
    # Doubles of filters, floats of decoders: far above their rounding, far below the unevenness that was there.
    if any(row["ripple_of_flat_code"] > 1e-5 for row in smoothed) or max(made_even) > 1e-9:
        raise SystemExit("equal sums do not give flat images of flat codes")
    draw_numbers(filters, trained, os.path.join(options.output, "picture.png"))
    draw_crops(pictures, os.path.join(options.output, "crops.png"))
    common.write_results(options.output, filters + trained)


if __name__ == "__main__":
    main()
