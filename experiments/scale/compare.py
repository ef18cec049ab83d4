#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts predicted and measured steps side by side and draws the efficiency that is predicted.

    compare.py FOLDER OUTPUT        reads FOLDER/*.json of `fsconv bench --what scale --json`, writes results.csv and picture.png into OUTPUT
    compare.py --link FILE          prints the link of a file in microseconds and GB/s
"""
import csv
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of its output)

COLOURS, MARKERS = ("#0072B2", "#D55E00", "#009E73"), "os^"  # Okabe and Ito's
LINKS = {"memory": "shared memory", "ethernet": "25 GbE", "infiniband": "100 Gb InfiniBand"}
COLUMNS = ("link", "ranks", "batch", "latency_us", "gigabytes_per_second", "block_ms", "one_rank_ms", "predicted_ms", "measured_ms",
           "predicted_no_overlap_ms", "measured_no_overlap_ms")


def load(path):
    return json.loads(path.read_text())


def link_of(report):
    return report["link"]["latency_seconds"] * 1e6, report["link"]["bytes_per_second"] / 1e9


def rows_of(name, report):
    latency, bandwidth = link_of(report)
    alone = {item["batch"]: item["seconds"] for item in report["items"] if item["ranks"] == 1}
    for item in report["items"]:
        if "measured" not in item:
            continue
        yield (name, item["ranks"], item["batch"], latency, bandwidth, 1e3 * report["constants"][0]["block_seconds"], 1e3 * alone[item["batch"]],
               1e3 * item["seconds"], 1e3 * item["measured"]["median"], 1e3 * item["without_overlap"],
               1e3 * item["measured"]["median_without_overlap"])


def draw(folder, path):
    figure, panels = plt.subplots(1, 3, figsize=(11, 4), sharey=True, dpi=150)
    for axes, (name, words) in zip(panels, LINKS.items()):
        report = load(folder / f"predicted-{name}.json")
        latency, bandwidth = link_of(report)
        batches = sorted({item["batch"] for item in report["items"]})
        for batch, colour, marker in zip(batches, COLOURS, MARKERS):
            items = [item for item in report["items"] if item["batch"] == batch]
            axes.plot([item["ranks"] for item in items], [100 * item["efficiency"] for item in items], color=colour, marker=marker, ms=4,
                      lw=1.4, label=f"batch {batch}: {items[0]['blocks']} blocks")
        axes.set_xscale("log", base=2)
        axes.set(title=f"{words}: {latency:.3g} \u00b5s, {bandwidth:.3g} GB/s", xlabel="ranks, one thread each", ylim=(0, 105))
        axes.set_xticks([1, 4, 16, 64, 256, 1024], ["1", "4", "16", "64", "256", "1024"])
        axes.grid(lw=0.3, color="0.8")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("predicted efficiency, %")
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=len(COLOURS), frameon=False)
    figure.savefig(path, facecolor="white")


def main():
    if sys.argv[1] == "--link":
        print(*(f"{number:.6g}" for number in link_of(load(pathlib.Path(sys.argv[2])))))
        return
    folder, output = map(pathlib.Path, sys.argv[1:3])
    rows = [row for path in sorted([*folder.glob("shared-*.json"), *folder.glob("link-*.json")]) for row in rows_of(path.stem, load(path))]
    with open(output / "results.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([*row[:3], *(f"{number:.4g}" for number in row[3:])])
    print(f"{'link':<18} ranks  batch  predicted  measured  ratio   no overlap: predicted  measured  ratio")
    for row in rows:
        print(f"{row[0]:<18} {row[1]:>5} {row[2]:>6} {row[7]:>10.1f} {row[8]:>9.1f} {row[8] / row[7]:>6.2f} {row[9]:>22.1f} {row[10]:>9.1f}"
              f" {row[10] / row[9]:>6.2f}")
    draw(folder, output / "picture.png")


if __name__ == "__main__":
    main()
