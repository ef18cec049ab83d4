#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What lies where among the codes of a variational autoencoder; run.sh calls it between fsconv's commands. See README.md.

    analyse.py shapes WORK                     shapes.npz: drawn images and their kinds, for run.sh --quick
    analyse.py plane WORK                      plane.npy: codes of a grid, at equal shares of the prior
    analyse.py units WORK                      prints the numbers of a code that vary most from image to image
    analyse.py results WORK --output FOLDER    pictures, results.csv, about.json
"""
import argparse
import os
import sys
from statistics import NormalDist

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

SIDE = 11  # of the grid of codes
TRAVERSED = 5
NEIGHBOURS = 10
# Ten classes are more than colours can tell apart: markers differ, too.
MARKERS = "os^vDP*Xph"
CLASS_COLORS = (common.BLUE, common.RED, common.GREEN, common.ORANGE, common.PURPLE, common.SKY, common.YELLOW, common.BLACK, "#999999", "#8B4513")


def codes(work, name):
    """The means [N, numbers] and the labels [N]."""
    with h5py.File(os.path.join(work, name + ".h5")) as file:
        return file["mean"][()].astype(float).reshape(len(file["mean"]), -1), file["label"][()]


def grid_steps():
    return np.array([NormalDist().inv_cdf((at + 0.5) / SIDE) for at in range(SIDE)])


def write_plane(work):
    x, y = np.meshgrid(grid_steps(), grid_steps()[::-1])
    np.save(os.path.join(work, "plane.npy"), np.stack([x.ravel(), y.ravel()], 1))


def units(work):
    means, _ = codes(work, "vae16-codes")
    return np.argsort(-means.var(0), kind="stable")[:TRAVERSED]


def accuracy_of_neighbours(known, known_labels, asked, asked_labels):
    """How often most of the nearest known codes have the label of the code that is asked for, and the standard error of that."""
    right = 0
    classes = int(max(known_labels.max(), asked_labels.max())) + 1
    for start in range(0, len(asked), 500):
        part = asked[start:start + 500]
        distances = (part**2).sum(1)[:, None] - 2 * part @ known.T + (known**2).sum(1)
        nearest = known_labels[np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]]
        votes = np.stack([(nearest == one).sum(1) for one in range(classes)], 1)
        right += int((votes.argmax(1) == asked_labels[start:start + 500]).sum())
    share = right / len(asked)
    return share, float(np.sqrt(share * (1 - share) / len(asked)))


def images(work, name):
    """[N, H, W] of a file of fsconv decode."""
    array = np.load(os.path.join(work, name + ".npy"))
    return array.reshape(-1, *array.shape[-2:])


def mosaic(tiles, columns, gap=1):
    """[N, H, W] as one image, row by row, with white lines between."""
    count, height, width = tiles.shape
    rows = -(-count // columns)
    whole = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap))
    for at, tile in enumerate(tiles):
        y, x = at // columns * (height + gap), at % columns * (width + gap)
        whole[y:y + height, x:x + width] = tile
    return whole


def draw_plane(work, names, path):
    plt = common.plots()
    means, labels = codes(work, "vae2-codes")
    means, labels = means[:2000], labels[:2000]
    figure = plt.figure(figsize=(common.WIDTH, 5.2))
    figure.set_layout_engine("none")  # two squares, and the legend below both
    left, right = (figure.add_axes((x, 0.285, 0.43, 0.66)) for x in (0.06, 0.555))
    for kind, name in enumerate(names):
        of = means[labels == kind]
        left.scatter(*of.T, s=13, marker=MARKERS[kind], color=CLASS_COLORS[kind], edgecolors="#444444", linewidths=0.3, label=name)
    left.set(xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), aspect="equal", xlabel="first number of the code", ylabel="second",
             title="where test images lie")
    figure.legend(*left.get_legend_handles_labels(), ncols=5, loc="lower center", handletextpad=0.2, markerscale=1.5, fontsize=10)
    common.show(right, mosaic(images(work, "plane-images"), SIDE, 0), "what is decoded there")
    marks = grid_steps()
    shown = [0, 2, 5, 8, 10]
    size = images(work, "plane-images").shape[1]
    right.set_xticks([(at + 0.5) * size for at in shown], [f"{marks[at]:.1f}" for at in shown])
    right.set_yticks([(SIDE - at - 0.5) * size for at in shown], [f"{marks[at]:.1f}" for at in shown])
    right.tick_params(length=0)
    right.set_xlabel("first number, at equal shares of the prior")
    common.save(figure, path)


def draw_walks(work, path):
    plt = common.plots()
    pairs = [images(work, f"line-{pair}") for pair in ("0,1", "2,3", "4,5")]
    steps = len(pairs[0])
    shares = np.linspace(0, 1, steps)[:, None, None]
    rows = []
    for line in pairs:
        rows += [line, (1 - shares) * line[0] + shares * line[-1]]
    figure, (top, middle, bottom) = plt.subplots(3, 1, figsize=(6.4, 9.6), height_ratios=(6, TRAVERSED, 3))
    common.show(top, mosaic(np.concatenate(rows), steps), "from image to image: on the line between their codes, and faded over")
    size = pairs[0].shape[1] + 1
    top.set_yticks([(at + 0.5) * size for at in range(6)], ["codes", "faded"] * 3)
    top.tick_params(length=0)
    traversed = units(work)
    common.show(middle, mosaic(images(work, "traverse"), steps), "one number of the code of the first test image, from -3 to 3")
    middle.set_yticks([(at + 0.5) * size for at in range(TRAVERSED)], [f"no. {unit}" for unit in traversed])
    middle.tick_params(length=0)
    common.show(bottom, mosaic(images(work, "samples"), 8 if len(images(work, "samples")) <= 24 else 12), "decoded draws of the prior")
    common.save(figure, path)


def write_results(options):
    work = options.work
    rows = []
    for numbers in (2, 16):
        means, labels = codes(work, f"vae{numbers}-codes")
        known, known_labels = codes(work, f"vae{numbers}-train-codes")
        share, error = accuracy_of_neighbours(known, known_labels, means, labels)
        with h5py.File(os.path.join(work, f"vae{numbers}-eval.h5")) as file:
            rows.append({"numbers": numbers, "-ELBO": -float(file["elbo"][()].mean()), "reconstruction": float(file["reconstruction"][()].mean()),
                         "kl": float(file["kl"][()].mean()), "active_units": int(file.attrs["active_units"]),
                         "variance_of_means_smallest": float(means.var(0).min()), "variance_of_means_largest": float(means.var(0).max()),
                         "neighbours_right": share, "standard_error": error, "test_images": len(means), "known_images": len(known)})
    common.print_table(["numbers in the code", "-ELBO", "reconstruction + KL", "active units", f"class by {NEIGHBOURS} neighbours"],
                       [[row["numbers"], f"{row['-ELBO']:.2f}", f"{row['reconstruction']:.2f} + {row['kl']:.2f}", row["active_units"],
                         f"{100 * row['neighbours_right']:.1f} ± {100 * row['standard_error']:.1f} %"] for row in rows])
    draw_plane(work, ("disc", "box", "ring", "bar") if options.quick else common.FASHION, os.path.join(options.output, "picture.png"))
    draw_walks(work, os.path.join(options.output, "walks.png"))
    common.write_results(options.output, rows)


def write_shapes(work):
    pictures, kinds = common.shapes(1000)
    np.savez(os.path.join(work, "shapes.npz"), images=pictures, labels=kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("shapes", "plane", "units", "results"))
    parser.add_argument("work")
    parser.add_argument("--output")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.what == "shapes":
        write_shapes(options.work)
    elif options.what == "plane":
        write_plane(options.work)
    elif options.what == "units":
        print(",".join(map(str, units(options.work))))
    else:
        write_results(options)


if __name__ == "__main__":
    main()
