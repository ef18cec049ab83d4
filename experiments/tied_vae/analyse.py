#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What run.sh trained and evaluated, as tables in Markdown and a picture.

    analyse.py tables FOLDER --output FOLDER    of the runs VARIANT-SEED.h5 and their evaluations VARIANT-SEED-eval.h5: prints the
                                                tables of README.md; writes results.csv (a row per run), differences.csv, picture.png
    analyse.py units EVALUATION [--count 6]     numbers of the code that vary most from image to image, most first: 3,17,...

Differences are taken image by image between two variants with the same seed, and averaged over the seeds. Their first standard
error is over images, as if the runs were the only ones; the second over seeds, as if the images were, and rough: it has one
degree of freedom less than there are seeds. Needs h5py and, for the picture, matplotlib (apt: python3-h5py python3-matplotlib).
"""
import argparse
import csv
import json
import os
import re
import sys

import h5py
import numpy as np

VARIANTS = {"tied": "tied", "gain": "tied + gain", "untied": "untied"}
PAIRS = {("tied", "untied"): "tied minus untied", ("gain", "tied"): "tied + gain minus tied",
         ("gain", "untied"): "tied + gain minus untied"}
# Okabe and Ito's colours, which people of all kinds of colour vision tell apart; the lines differ too.
STYLES = {"tied": ("#D55E00", "--"), "gain": ("#0072B2", "-"), "untied": ("#009E73", "-.")}
LARGE_DECIBEL = 99  # PSNR of an image that is met exactly, which would be infinite


class Run:
    def __init__(self, folder, variant, seed):
        self.variant, self.seed = variant, seed
        with h5py.File(os.path.join(folder, f"{variant}-{seed}.h5")) as file:
            self.configuration = json.loads(file.attrs["configuration"])
            self.validation = file["validation_loss"][()]
            self.seconds = float(file["seconds"][()].sum())
            self.best_epoch = int(file["best"].attrs["epoch"])
            names = [parameter["name"] for parameter in json.loads(file.attrs["model"])["parameters"]]
            self.weights = {name: file["best/weights"][name][()] for name in names}  # beside them lie dimension scales
        with h5py.File(os.path.join(folder, f"{variant}-{seed}-eval.h5")) as file:
            if file.attrs["weights"] != "best":
                raise SystemExit(f"{file.filename} is not of the best weights")
            self.images = int(file.attrs["images_checksum"])  # as they were shown, binarised
            self.samples = int(file["samples"][-1])
            self.per_image = {"-ELBO": -file["elbo"][()], f"-L_{self.samples}": -file["log_likelihood"][:, -1],
                              "PSNR": np.minimum(file["psnr"][()], LARGE_DECIBEL)}
            self.reconstruction, self.kl = (float(file[name][()].mean()) for name in ("reconstruction", "kl"))
            self.effective_samples = float(np.median(file["effective_samples"][()]))
            self.variance = file["code_variance"][()]
            self.active = int(file.attrs["active_units"])

    def mean(self, measure):
        return float(self.per_image[measure].mean())

    def row(self):
        """Of results.csv."""
        return {"variant": self.variant, "seed": self.seed, "parameters": self.parameters(), "epochs": len(self.validation),
                "best_epoch": self.best_epoch, "seconds": self.seconds, "best_validation_loss": self.validation[self.best_epoch - 1],
                **{measure: self.mean(measure) for measure in self.per_image}, "reconstruction": self.reconstruction, "kl": self.kl,
                "active_units": self.active, "median_effective_samples": self.effective_samples,
                **{f"{side} {name}": value for side, rows in self.linear().items() for name, value in angles(rows).items()},
                "cosine_of_sides": self.cosine_of_sides()}

    def parameters(self):
        return sum(values.size for values in self.weights.values())

    def linear(self):
        """By side: the linear layer's weights, a row for each active number of the code. Where they are tied, both sides are one."""
        active = self.variance > 0.01
        names = {"encoder": "mean", "decoder": "mean_transpose"}
        return {side: self.weights[name].reshape(len(active), -1)[active].astype(float) for side, name in names.items()
                if name in self.weights}

    def cosine_of_sides(self):
        """Mean cosine of the angle between what the encoder and the decoder have for the same number of the code."""
        sides = [unit(rows) for rows in self.linear().values()]
        return float((sides[0] * sides[-1]).sum(1).mean())

    def gains(self):
        return {name.removesuffix("_transpose_gain"): values for name, values in self.weights.items() if name.endswith("_gain")}


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def angles(rows):
    """How far W^T W, whose entries are the products of these rows, is from a diagonal."""
    gram = rows @ rows.T
    cosines = unit(rows) @ unit(rows).T
    apart = np.abs(cosines[~np.eye(len(rows), dtype=bool)])
    if not apart.size:
        return {}
    lengths = np.sqrt(np.diag(gram))
    return {"cosine_rms": float(np.sqrt((apart**2).mean())), "cosine_largest": float(apart.max()),
            "off_diagonal": float(np.linalg.norm(gram - np.diag(np.diag(gram))) / np.linalg.norm(gram)),
            "lengths_ratio": float(lengths.max() / lengths.min())}


def read_runs(folder):
    """By variant, in the order of the seeds, which are the same for all."""
    seeds = {variant: sorted(int(found[1]) for name in os.listdir(folder) if (found := re.fullmatch(rf"{variant}-(\d+)\.h5", name)))
             for variant in VARIANTS}
    if not seeds["tied"] or any(of_variant != seeds["tied"] for of_variant in seeds.values()):
        raise SystemExit(f"{folder} lacks runs: it has the seeds {seeds}")
    runs = {variant: [Run(folder, variant, seed) for seed in seeds[variant]] for variant in VARIANTS}
    every = [run for of_variant in runs.values() for run in of_variant]
    if len({(run.images, run.samples) for run in every}) > 1:
        raise SystemExit("the evaluations are not of the same images with the same number of samples, so that no pairs can be formed")
    own = ("seed", "tie", "gain")
    if len({json.dumps({name: value for name, value in run.configuration.items() if name not in own}) for run in every}) > 1:
        raise SystemExit(f"the runs differ in more than {', '.join(own)}")
    return runs


def standard_error(values):
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


class Difference:
    def __init__(self, runs, first, second, measure):
        self.first, self.second, self.measure = first, second, measure
        table = np.array([a.per_image[measure] - b.per_image[measure] for a, b in zip(runs[first], runs[second])])  # [seed, image]
        self.by_seed = table.mean(1)
        self.images, self.mean = table.shape[1], float(table.mean())
        self.error_of_images, self.error_of_seeds = standard_error(table.mean(0)), standard_error(self.by_seed)

    def row(self):
        """Of differences.csv."""
        return {"first": self.first, "second": self.second, "measure": self.measure, "mean": self.mean,
                "standard_error_over_images": self.error_of_images, "standard_error_over_seeds": self.error_of_seeds,
                "images": self.images, "seeds": len(self.by_seed)}


def write_csv(path, rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()})


def print_table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def over_seeds(values, digits):
    """Mean and standard deviation."""
    mean = f"{np.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {np.std(values, ddof=1):.{digits}f}"


def print_results(runs):
    measures = list(runs["tied"][0].per_image)
    images, seeds = len(runs["tied"][0].per_image["PSNR"]), len(runs["tied"])
    print(f"Means over {images} test images and {seeds} seeds ± standard deviation over the seeds; nats per image, dB:\n")
    rows = []
    for variant, name in VARIANTS.items():
        of = runs[variant]
        rows.append([name, f"{of[0].parameters():,}", *(over_seeds([run.mean(measure) for run in of], 2) for measure in measures),
                     f"{np.mean([run.reconstruction for run in of]):.2f} + {np.mean([run.kl for run in of]):.2f}",
                     f"{np.mean([run.active for run in of]):.3g} of {len(of[0].variance)}",
                     f"{np.mean([run.seconds for run in of]):.0f}"])
    print_table(["", "parameters", *measures, "reconstruction + KL", "active units", "training, s"], rows)


def print_differences(differences):
    def shown(one):
        seeds = "" if np.isnan(one.error_of_seeds) else f" ± {one.error_of_seeds:.2f}"
        return f"{one.mean:+.2f} ± {one.error_of_images:.2f}{seeds}"
    print("Differences image by image ± standard error over images ± over seeds; of PSNR more is better, of the others less:\n")
    measures = list(dict.fromkeys(one.measure for one in differences))
    print_table(["", *measures], [[name, *(shown(one) for one in differences if (one.first, one.second) == pair)]
                                  for pair, name in PAIRS.items()])


def print_angles(runs):
    rows = []
    for variant, name in VARIANTS.items():
        for side in runs[variant][0].linear():
            found = [angles(run.linear()[side]) for run in runs[variant]]
            if all(found):
                def mean(what, digits):
                    return f"{np.mean([one[what] for one in found]):.{digits}f}"
                rows.append([f"{name}, {side}" if variant == "untied" else name, mean("cosine_rms", 3), mean("cosine_largest", 3),
                             mean("off_diagonal", 3), mean("lengths_ratio", 1)])
    width = runs["tied"][0].linear()["encoder"].shape[1]
    print(f"The linear layer's rows of {width} weights, one for each active number of the code (random rows: {width**-0.5:.3f}):\n")
    print_table(["", "cosines, root of mean square", "largest", "W^T W off its diagonal, of its norm", "longest / shortest"], rows)
    gains = {name: np.array([run.gains()[name] for run in runs["gain"]]) for name in runs["gain"][0].gains()}
    print(f"Cosine between encoder and decoder, untied: {over_seeds([run.cosine_of_sides() for run in runs['untied']], 2)}. "
          "Gains, smallest, median, largest: "
          + "; ".join(f"{name} {g.min():.2f}, {np.median(g):.2f}, {g.max():.2f}" for name, g in gains.items()) + ".")


def draw(runs, differences, path):
    try:
        import matplotlib
    except ImportError:
        print("no picture: matplotlib is missing (apt: python3-matplotlib)", file=sys.stderr)
        return
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, (curves, dots) = plt.subplots(1, 2, figsize=(10, 3.8), gridspec_kw={"width_ratios": (1, 1.15)}, layout="constrained")

    for variant, name in VARIANTS.items():
        color, line = STYLES[variant]
        losses = np.array([run.validation for run in runs[variant]])
        epochs = np.arange(1, losses.shape[1] + 1)
        curves.plot(epochs, losses.T, color=color, linewidth=0.6, alpha=0.5)
        curves.plot(epochs, losses.mean(0), line, color=color, linewidth=1.8, label=name)
    # While the KL counts less than it should, -ELBO may be so large that the rest could not be seen.
    every = np.array([run.validation for of_variant in runs.values() for run in of_variant])
    settled = every[:, min(int(np.ceil(runs["tied"][0].configuration["beta-warmup"])), every.shape[1] - 1):]
    room = max(settled.max() - settled.min(), 0.5)
    curves.set_ylim(settled.min() - 0.08 * room, settled.max() + 0.25 * room)
    curves.xaxis.get_major_locator().set_params(integer=True)
    curves.set(xlabel="epoch", ylabel="validation -ELBO, nats per image")
    curves.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))

    pairs, measures = list(PAIRS), [measure for measure in runs["tied"][0].per_image if measure != "PSNR"]
    for one in differences:
        if one.measure not in measures:
            continue
        at, pair = measures.index(one.measure), (one.first, one.second)
        y = -pairs.index(pair) + 0.16 - 0.32 * at
        color, marker = ("#000000", "#777777")[at], "os"[at]
        dots.errorbar(one.mean, y, xerr=2 * one.error_of_images, fmt=marker, color=color, markersize=5, capsize=3,
                      label=one.measure if pair == pairs[0] else None)
        if len(one.by_seed) > 1:
            dots.plot(one.by_seed, [y - 0.1] * len(one.by_seed), marker, color=color, markersize=2)
    dots.axvline(0, color="black", linewidth=0.8, zorder=0)
    dots.set_yticks([-at for at in range(len(pairs))], PAIRS.values())
    dots.set_ylim(-len(pairs) + 0.5, 0.5)
    dots.set_xlabel("nats per image; left of 0 the first is better\nbars: 2 standard errors over images; small: each seed")
    dots.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    for axes in (curves, dots):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def print_tables(options):
    runs = read_runs(options.folder)
    differences = [Difference(runs, first, second, measure) for first, second in PAIRS for measure in runs["tied"][0].per_image]
    os.makedirs(options.output, exist_ok=True)
    write_csv(os.path.join(options.output, "results.csv"), [run.row() for of_variant in runs.values() for run in of_variant])
    write_csv(os.path.join(options.output, "differences.csv"), [one.row() for one in differences])
    print_results(runs)
    print_differences(differences)
    print_angles(runs)
    draw(runs, differences, os.path.join(options.output, "picture.png"))


def print_units(options):
    with h5py.File(options.evaluation) as file:
        variances = file["code_variance"][()]
    print(",".join(map(str, np.argsort(-variances, kind="stable")[:options.count])))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    tables = commands.add_parser("tables")
    tables.add_argument("folder")
    tables.add_argument("--output", required=True)
    tables.set_defaults(run=print_tables)
    units = commands.add_parser("units")
    units.add_argument("evaluation")
    units.add_argument("--count", type=int, default=6)
    units.set_defaults(run=print_units)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
