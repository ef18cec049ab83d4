#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the same autoencoders with fsconv and PyTorch in turn and compares their speeds. Called by run.sh.

    compare.py speed --fsconv PROGRAM --peak PROGRAM --csv FILE   rounds of fsconv, tuned, plain on one and on two threads;
                                                                  writes the CSV file, prints a table for each model
    compare.py losses --fsconv PROGRAM                            test losses after one to three epochs, three seeds

    --models ae28,ae64,vae28 28x28x1 of Fashion-MNIST, 64x64x3 of shapes drawn here; vae28 is ae28 as a variational autoencoder
    --precisions fp32,bf16   of the layers' arithmetic
    --systems fsconv,tuned,plain
    --rounds 5               each is one run of every model, precision, system and number of threads
    --minutes 30             no round begins after so long

A run of PyTorch begins with the weights with which fsconv begins; the images come in another order.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy as np

THREADS = (1, 2)
SYSTEMS = ("fsconv", "tuned", "plain")
LONGEST_WAIT, QUIET_PERCENT = 90, 5  # seconds in all to wait for others to use less than this share of the processors


@dataclass(frozen=True)
class Workload:
    """A model that torch_train.py and fsconv bench know by the same name."""
    name: str
    size: int
    channels: tuple
    latent: int
    batch: int
    images: int  # trained on in an epoch
    tested: int  # at the end of a run whose test loss is not wanted
    variational: bool = False

    def options(self):
        """Of fsconv train."""
        return ["--model", "vae" if self.variational else "ae", "--channels", ",".join(map(str, self.channels[1:])),
                "--latent", str(self.latent), "--batch", str(self.batch)]

    def megaflop_per_image(self):
        """2 for each nonzero of each map, three maps a layer, each layer used twice, the head of the log-variance once; the first
        has no input gradient."""
        def taps(size):  # of one axis: 4 a code pixel, less one at each end
            return 4 * (size // 2) - 2
        sizes = [self.size >> layer for layer in range(len(self.channels))]
        nonzeros = [taps(size)**2 * inner * outer for size, inner, outer in zip(sizes, self.channels, self.channels[1:])]
        linear = sizes[-1]**2 * self.channels[-1] * self.latent
        return 2 * (6 * (sum(nonzeros) + linear) - nonzeros[0] + (3 * linear if self.variational else 0)) / 1e6


WORKLOADS = {work.name: work for work in (Workload("ae28", 28, (1, 32, 64), 32, 128, 12800, 1000),
                                          Workload("ae64", 64, (3, 64, 128, 256), 128, 64, 640, 64),
                                          Workload("vae28", 28, (1, 32, 64), 32, 128, 12800, 1000, variational=True))}

here = os.path.dirname(os.path.abspath(__file__))
# One BLAS thread, since two pools of threads get in each other's way; and memory is kept, not given back after each step.
TUNED_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
                     "MALLOC_TOP_PAD_": "67108864"}


def write_shapes(path, size, count):
    """An HDF5 file with `count` images of a coloured disc or box on a dark colour, bytes [count, 3, size, size] in /images."""
    import h5py
    random = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size]
    images = np.empty((count, 3, size, size), np.uint8)
    for image in images:
        across, down = np.abs(x - random.integers(size // 3, 2 * size // 3)), np.abs(y - random.integers(size // 3, 2 * size // 3))
        radius = random.integers(size // 8, size // 3)
        inside = np.hypot(across, down) < radius if random.random() < 0.5 else np.maximum(across, down) < radius
        image[:] = np.where(inside, random.integers(64, 256, (3, 1, 1)), random.integers(0, 64, (3, 1, 1)))
    with h5py.File(path, "w") as file:
        file["images"] = images


def processor_seconds():
    """(busy, all) seconds of all processors since the start of the machine."""
    with open("/proc/stat") as file:
        user, nice, system, idle, io_wait, interrupts, soft, steal = map(int, file.readline().split()[1:9])
    busy = (user + nice + system + interrupts + soft + steal) / os.sysconf("SC_CLK_TCK")
    return busy, busy + (idle + io_wait) / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(seconds):
    """Waits at most so long until nobody else uses the processors; returns what is left of the time."""
    end = time.monotonic() + seconds
    share = 100
    while share > QUIET_PERCENT and time.monotonic() < end:
        before = processor_seconds()
        time.sleep(1)
        after = processor_seconds()
        share = 100 * (after[0] - before[0]) / (after[1] - before[1])
    return max(0, end - time.monotonic())


def run(command, environment):
    """The JSON lines that a command prints, its peak memory, and the share of the machine that others used meanwhile."""
    load = os.getloadavg()[0]
    before = processor_seconds()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = [json.loads(line) for line in process.stdout]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or not lines:
        sys.exit(f"{' '.join(command)} failed with exit code {process.returncode}")
    after = processor_seconds()
    others = after[0] - before[0] - usage.ru_utime - usage.ru_stime
    return lines, {"peak_rss_mib": usage.ru_maxrss / 1024, "others_percent": max(0, 100 * others / (after[1] - before[1])),
                   "load_average": load}


class Bench:
    """What the runs of one model in one precision share: programs, data and starts."""

    def __init__(self, fsconv, folder, work, precision):
        self.fsconv, self.folder, self.work, self.precision = fsconv, folder, work, precision
        self.data = {"fsconv": "fashion-mnist", "torch": "/usr/share/datasets/fashion-mnist"}
        if work.size != 28:
            path = f"{folder}/images{work.size}.h5"
            if not os.path.exists(path):
                write_shapes(path, work.size, work.images * 5 // 4)  # a tenth of these become test images
            self.data = {"fsconv": path + ":/images", "torch": path}

    def start(self, seed):
        """A file with fsconv's weights before training: after one step of a learning rate that changes nothing."""
        path = f"{self.folder}/start-{self.work.name}-{seed}.h5"
        if not os.path.exists(path):
            run([self.fsconv, "train", "--data", self.data["fsconv"], *self.work.options(), "--train-images", str(self.work.batch),
                 "--test-images", "64", "--epochs", "1", "--learning-rate", "1e-30", "--seed", str(seed), "--json", "--output", path], {})
        return path

    def train(self, system, threads, epochs=1, seed=0, test=False, algorithm=None):
        """One run; fsconv's time includes its first step, PyTorch's comes after a warm-up. `algorithm` is fsconv's."""
        options = ["--epochs", str(epochs), "--seed", str(seed), "--threads", str(threads)]
        if system == "fsconv":
            tested = [] if test else ["--test-images", str(self.work.tested)]
            tested += ["--algorithm", algorithm] if algorithm else []
            return run([self.fsconv, "train", "--data", self.data["fsconv"], *self.work.options(), "--precision", self.precision,
                        "--train-images", str(self.work.images), "--json", "--force", "--output", f"{self.folder}/run.h5",
                        *options, *tested], {})
        environment = TUNED_ENVIRONMENT if system == "tuned" else {"OPENBLAS_NUM_THREADS": str(threads)}
        return run(["/usr/bin/python3", os.path.join(here, "torch_train.py"), "--variant", system, "--model", self.work.name,
                    "--data", self.data["torch"], "--images", str(self.work.images), "--start", self.start(seed), *options,
                    *(["--bf16"] if self.precision == "bf16" else []), *(["--test"] if test else [])], environment)


def machine(fsconv):
    """What measures, in words."""
    def first_line(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    lscpu = subprocess.run(["lscpu"], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout
    cpu = dict(line.split(":", 1) for line in lscpu.splitlines() if ":" in line)
    model = cpu["Model name"].strip() + "".join(f", {key.lower().removeprefix('cpu ')} {cpu[key].strip()}"
                                                for key in ("CPU family", "Model") if key in cpu)
    features = cpu.get("Flags", "").split()
    instructions = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in features]
    torch = first_line("/usr/bin/python3", "-c", "import torch; print(torch.__version__, *torch.__config__.show().splitlines(), sep='|')")
    version, *build = (part.strip(" -") for part in torch.split("|"))
    onednn = next((part for part in build if "MKL-DNN" in part), "no oneDNN")
    return {"date": time.strftime("%Y-%m-%d %H:%M %Z"), "machine": f"{model}, {os.cpu_count()} processors, {', '.join(instructions)}",
            "fsconv": first_line(fsconv, "--version"), "PyTorch": f"{version}, {onednn}"}


def print_machine(fsconv):
    for what, words in machine(fsconv).items():
        print(f"{what:9} {words}")
    for work in WORKLOADS.values():
        print(f"{work.name:9} {work.size}x{work.size}x{work.channels[0]}, {work.images} images a run, "
              f"{work.megaflop_per_image():.2f} Mflop an image", flush=True)


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}..{max(values):.{digits}f}]"


def column(rows, system, threads, what):
    return [row[what] for row in rows if row["system"] == system and row["threads"] == threads]


def ratios(rows, above, below):
    """Of the speeds of two (system, threads), round by round."""
    return [a / b for a, b in zip(column(rows, *above, "images_per_second"), column(rows, *below, "images_per_second"))]


def peak_of(peaks, threads):
    return statistics.median(column(peaks, "peak", threads, "gflops"))


def print_table(work, precision, systems, rows, peaks):
    """Speeds of one model in one precision; `peaks` has rows of its own."""
    print(f"\n{work.name}, {precision}; median [smallest..largest] of the rounds")
    print(f"{'':8} {'threads':>7} {'images/s':>20} {'GFLOP/s':>8} {'of FMA peak':>12} {'MiB':>5}   {'fsconv is faster by':22}")
    for threads in THREADS:
        peak = peak_of(peaks, threads)
        for system in systems:
            speeds = column(rows, system, threads, "images_per_second")
            gflops = statistics.median(speeds) * work.megaflop_per_image() / 1000
            ratio = spread(ratios(rows, ("fsconv", threads), (system, threads)), 2) if system != "fsconv" else ""
            print(f"{system:8} {threads:7} {spread(speeds, 0):>20} {gflops:8.1f} {100 * gflops / peak:11.0f}%"
                  f" {statistics.median(column(rows, system, threads, 'peak_rss_mib')):5.0f}   {ratio}")
        print(f"{'FMA peak':8} {threads:7} {'(fp32)':20} {peak:8.1f}")
    for system in systems:
        print(f"two threads over one, {system}: {spread(ratios(rows, (system, 2), (system, 1)), 2)}")
    print("mean training loss: " + ", ".join(f"{system} {statistics.median(column(rows, system, 1, 'train_loss')):.2f}" for system in systems))
    print(f"other work during a run, percent of the processors: {spread([row['others_percent'] for row in rows], 0)}")


def print_markdown(all_rows, peaks):
    """The table of README.md."""
    print("\n| | threads | fsconv, images/s | tuned, images/s | ratio | fsconv, of fp32 peak | MiB, fsconv / tuned |")
    print("|" + "---|" * 7)
    for (model, precision), rows in all_rows.items():
        for threads in THREADS:
            ours, theirs = (column(rows, system, threads, "images_per_second") for system in ("fsconv", "tuned"))
            memory = [statistics.median(column(rows, system, threads, "peak_rss_mib")) for system in ("fsconv", "tuned")]
            ratio, range_of_ratios = spread(ratios(rows, ("fsconv", threads), ("tuned", threads)), 2).split(" ", 1)
            peak = peak_of(peaks, threads)
            share = 100 * statistics.median(column(rows, "fsconv", threads, "gflops")) / peak
            name = f"{model}, {precision}" if threads == THREADS[0] else ""
            print(f"| {name} | {threads} | {spread(ours, 0)} | {spread(theirs, 0)} | **{ratio}** {range_of_ratios}"
                  f" | {share:.0f}% of {peak:.0f} GFLOP/s | {memory[0]:.0f} / {memory[1]:.0f} |")


def compare_speed(options):
    print_machine(options.fsconv)
    rows, peaks = {(model, precision): [] for model in options.models for precision in options.precisions}, []
    waiting, start = LONGEST_WAIT, time.monotonic()
    print("\nround model precision threads  load  images/s (other work, percent of the processors)")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, options.rounds + 1):
            if time.monotonic() - start > 60 * options.minutes:
                print(f"no time for round {number} and later")
                break
            for threads in THREADS:
                waiting = wait_until_quiet(waiting)
                lines, about = run([options.peak, str(threads)], {})
                peaks.append({"round": number, "system": "peak", "threads": threads, "gflops": lines[0], **about})
                for model, precision in rows:
                    bench = Bench(options.fsconv, folder, WORKLOADS[model], precision)
                    line = f"{number:5} {model:5} {precision:9} {threads:7} {os.getloadavg()[0]:5.2f}"
                    for system in options.systems if number % 2 else reversed(options.systems):
                        lines, about = bench.train(system, threads)
                        row = {"round": number, "model": model, "precision": precision, "system": system, "threads": threads, **about,
                               "images_per_second": lines[0]["images_per_second"], "train_loss": lines[0]["train_loss"]}
                        row["gflops"] = row["images_per_second"] * bench.work.megaflop_per_image() / 1000
                        rows[model, precision].append(row)
                        line += f"  {system} {row['images_per_second']:5.0f} ({about['others_percent']:2.0f})"
                    print(line, flush=True)
    for (model, precision), part in rows.items():
        print_table(WORKLOADS[model], precision, options.systems, part, peaks)
    if "tuned" in options.systems:
        print_markdown(rows, peaks)
    write_csv(options.csv, peaks + sum(rows.values(), []))


def write_csv(path, rows):
    names = ["round", "model", "precision", "system", "threads", "images_per_second", "gflops", "train_loss", "peak_rss_mib",
             "others_percent", "load_average"]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()})


def compare_losses(options):
    epochs, seeds = 3, (0, 1, 2)
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            print(f"{model}: test loss in nats per image after each epoch of {WORKLOADS[model].images} images")
            for precision in options.precisions:
                bench = Bench(options.fsconv, folder, WORKLOADS[model], precision)
                for system in options.systems:
                    for seed in seeds:
                        lines, _ = bench.train(system, os.cpu_count(), epochs, seed, test=True)
                        print(f"{precision} {system:8} seed {seed}  " + "  ".join(f"{line['test_loss']:.2f}" for line in lines), flush=True)


def list_of(kind, legal):
    """A reader of lists as "28,64" whose entries are all legal."""
    def read(text):
        values = [kind(piece) for piece in text.split(",")]
        if not set(values) <= set(legal):
            raise argparse.ArgumentTypeError(f"'{text}' is no list of {', '.join(map(str, legal))}")
        return values
    return read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {"speed": compare_speed, "losses": compare_losses}
    parser.add_argument("command", choices=commands)
    parser.add_argument("--fsconv", required=True)
    parser.add_argument("--peak")
    parser.add_argument("--csv")
    parser.add_argument("--models", type=list_of(str, WORKLOADS), default=list(WORKLOADS))
    parser.add_argument("--precisions", type=list_of(str, ("fp32", "bf16")), default=["fp32", "bf16"])
    parser.add_argument("--systems", type=list_of(str, SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    if options.command == "speed" and not (options.peak and options.csv):
        parser.error("speed needs --peak and --csv")
    if "fsconv" not in options.systems:
        parser.error("--systems must hold fsconv, which the others are compared with")
    commands[options.command](options)


if __name__ == "__main__":
    main()
