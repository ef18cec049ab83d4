#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the layers of an autoencoder and of DCGAN's generator with fsconv's engine, oneDNN and PyTorch, on one thread.

    layers.py [--fsconv PROGRAM] [--sets layers,dcgan] [--rounds 7] [--minutes 4] [--csv FILE]

Batch 32; conv, conv_transpose and weight_gradient; fp32 and bf16. A round is one run of `fsconv bench`, which times the engine and
oneDNN, and one pass of PyTorch over the same layers; they take turns in coming first. Arrays lie as each side prefers, weights were
reordered before. PyTorch is given what was fastest in a first pass: NCHW or channels last, W^T as conv_transpose2d or as the
input gradient of conv2d, a linear layer as a matrix product. Ratios are taken within a round; the table has their medians, the
CSV file every time. Needs PyTorch (apt: python3-torch) and a machine that does nothing else; no round begins after so many minutes.
"""
import argparse
import csv
import datetime
import math
import os
import platform
import re
import statistics
import time

from cases import FEW_CHANNELS, bench_items, cases_of
from torch_layers import OPS, PRECISIONS, Torch, torch

here = os.path.dirname(os.path.abspath(__file__))
BATCH = 32
PEERS = ("onednn", "pytorch")


def fsconv_round(program, sets, seed):
    """Seconds by layer, operation, precision and system. What oneDNN lacks is not there."""
    systems = {"engine": "fsconv", "onednn_blocked": "onednn"}
    return {(item["geometry"], item["op"], item["precision"], systems[item["form"]]): item["median"]
            for item in bench_items(program, "--set", sets, "--form", "engine,onednn_blocked", "--precision", ",".join(PRECISIONS),
                                    "--algorithm", "auto", "--batch", BATCH, "--seed", seed) if item["status"] == "timed"}


def pytorch_round(pytorch):
    return {(*key, "pytorch"): seconds for key, seconds in pytorch.round().items()}


class Comparison:
    """The rounds of one layer, operation and precision."""

    def __init__(self, key, rounds):
        self.seconds = {system: [times[(*key, system)] for times in rounds if (*key, system) in times] for system in ("fsconv", *PEERS)}
        self.median = {system: statistics.median(values) if values else math.inf for system, values in self.seconds.items()}
        self.better = min(PEERS, key=lambda peer: self.median[peer])
        self.ratio = statistics.median(peer / own for peer, own in zip(self.seconds[self.better], self.seconds["fsconv"]))


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def print_tables(layers, comparisons):
    for precision in PRECISIONS:
        print(f"\n{precision}: microseconds of fsconv, oneDNN and PyTorch; how many times as fast fsconv is as the better of the two\n")
        print("| layer | " + " | ".join(f"{op} | ratio" for op in OPS) + " |")
        print("|---" * (1 + 2 * len(OPS)) + "|")
        for layer in layers:
            line = f"| {layer.name}{' *' if layer.has_few_channels else ''} "
            for op in OPS:
                entry = comparisons[layer.name, op, precision]
                times = ", ".join(f"{1e6 * entry.median[system]:.0f}" if entry.median[system] < math.inf else "-"
                                  for system in ("fsconv", *PEERS))
                line += f"| {times} | {entry.ratio:.2f} "
            print(line + "|")
        for title, kept in (("all", layers), ("without *", [layer for layer in layers if not layer.has_few_channels]),
                            ("* alone", [layer for layer in layers if layer.has_few_channels])):
            if kept:
                means = [geometric_mean([comparisons[layer.name, op, precision].ratio for layer in kept]) for op in OPS]
                print(f"| geometric mean, {title} | " + " | ".join(f"| **{mean:.2f}**" for mean in means) + " |")
        everything = [comparisons[layer.name, op, precision].ratio for layer in layers for op in OPS]
        print(f"\n{precision}, all layers and operations: {geometric_mean(everything):.2f}")
    print(f"\n\\* at most {FEW_CHANNELS} channels on one side")


def machine():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    model = re.search(r"model name\s*: (.*)", text)
    flags = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if re.search(rf"\b{flag}\b", text)]
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} processors, {' '.join(flags)}"


def write_csv(path, rounds):
    about = {"date": datetime.date.today().isoformat(), "machine": machine(), "pytorch": torch.__version__}
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["round", "layer", "op", "precision", "system", "microseconds", *about])
        for number, times in enumerate(rounds, 1):
            for key, seconds in times.items():
                writer.writerow([number, *key, f"{1e6 * seconds:.2f}", *about.values()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fsconv", default=os.path.join(here, "../../build/release/fsconv"))
    parser.add_argument("--sets", default="layers,dcgan")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--csv", default=os.path.join(here, f"results/layers-{datetime.date.today().isoformat()}.csv"))
    options = parser.parse_args()

    start = time.monotonic()
    layers = cases_of(options.fsconv, options.sets)
    pytorch = Torch(layers, BATCH, PRECISIONS)
    rounds = []
    print(f"{machine()}; PyTorch {torch.__version__}; {datetime.date.today().isoformat()}; load average {os.getloadavg()[0]:.1f}")
    for number in range(options.rounds):
        if rounds and time.monotonic() - start > 60 * options.minutes:
            break
        turns = [lambda: fsconv_round(options.fsconv, options.sets, number), lambda: pytorch_round(pytorch)]
        times = {}
        for turn in turns if number % 2 == 0 else reversed(turns):
            times |= turn()
        rounds.append(times)
    print(f"{len(rounds)} rounds, {time.monotonic() - start:.0f} s; load average {os.getloadavg()[0]:.1f}")
    comparisons = {key: Comparison(key, rounds) for key in pytorch.works}
    print_tables(layers, comparisons)
    write_csv(options.csv, rounds)


if __name__ == "__main__":
    main()
