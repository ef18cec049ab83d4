#!/usr/bin/env python3
"""Trains the same autoencoder with fsconv and PyTorch in turn and compares their speeds. Called by run.sh.

    compare.py speed FSCONV PEAK CSV   rounds of fsconv, tuned, plain on one and on two threads; writes CSV, prints a table
    compare.py losses FSCONV           test losses after one to three epochs, three seeds

A run of PyTorch begins with the weights with which fsconv begins; the images come in another order.
"""
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS, IMAGES, THREADS = 5, 12800, (1, 2)
SYSTEMS = ("fsconv", "tuned", "plain")
MEGAFLOP_PER_IMAGE = 18.75072  # 2 for each nonzero of each map, three maps a layer; the first has no input gradient
NO_NEW_ROUND_AFTER = 270  # seconds
LONGEST_WAIT, QUIET_PERCENT = 90, 5  # seconds in all to wait for others to use less than this share of the processors

here = os.path.dirname(os.path.abspath(__file__))
# One BLAS thread, since two pools of threads get in each other's way; and memory is kept, not given back after each step.
TUNED_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
                     "MALLOC_TOP_PAD_": "67108864"}


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


def save_start(fsconv, seed, path):
    """fsconv's weights before training: after one step of a learning rate that changes nothing."""
    run([fsconv, "train", "--train-images", "128", "--test-images", "128", "--epochs", "1", "--learning-rate", "1e-30",
         "--seed", str(seed), "--json", "--output", path], {})


def train(fsconv, system, threads, folder, epochs=1, seed=0, test=False):
    """One run; fsconv's time includes its first step, PyTorch's comes after a warm-up."""
    options = ["--epochs", str(epochs), "--seed", str(seed), "--threads", str(threads)]
    if system == "fsconv":
        tested = [] if test else ["--test-images", "1000"]
        return run([fsconv, "train", "--train-images", str(IMAGES), "--json", "--output", f"{folder}/run.h5", *options, *tested], {})
    environment = TUNED_ENVIRONMENT if system == "tuned" else {"OPENBLAS_NUM_THREADS": str(threads)}
    start = f"{folder}/start{seed}.h5"
    if not os.path.exists(start):
        save_start(fsconv, seed, start)
    script = ["/usr/bin/python3", os.path.join(here, "torch_train.py"), "--variant", system, "--images", str(IMAGES)]
    return run(script + options + ["--start", start] + (["--test"] if test else []), environment)


def print_machine(fsconv):
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
    print(f"date      {time.strftime('%Y-%m-%d %H:%M %Z')}")
    print(f"machine   {model}, {os.cpu_count()} processors, {', '.join(instructions)}")
    print(f"fsconv    {first_line(fsconv, '--version')}")
    print(f"PyTorch   {version}, {onednn}")
    print(f"work      {IMAGES} images a run, {MEGAFLOP_PER_IMAGE:.2f} Mflop an image\n", flush=True)


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}..{max(values):.{digits}f}]"


def print_table(rows):
    def column(system, threads, what):
        return [row[what] for row in rows if row["system"] == system and row["threads"] == threads]

    def ratios(above, below):
        return [a / b for a, b in zip(column(*above, "images_per_second"), column(*below, "images_per_second"))]

    print("\nmedian [smallest..largest] of the rounds")
    print(f"{'':8} {'threads':>7} {'images/s':>20} {'GFLOP/s':>8} {'of FMA peak':>12} {'MiB':>5}   {'fsconv is faster by':22}")
    for threads in THREADS:
        peak = statistics.median(column("peak", threads, "gflops"))
        for system in SYSTEMS:
            speeds = column(system, threads, "images_per_second")
            gflops = statistics.median(speeds) * MEGAFLOP_PER_IMAGE / 1000
            ratio = spread(ratios(("fsconv", threads), (system, threads)), 2) if system != "fsconv" else ""
            print(f"{system:8} {threads:7} {spread(speeds, 0):>20} {gflops:8.1f} {100 * gflops / peak:11.0f}%"
                  f" {statistics.median(column(system, threads, 'peak_rss_mib')):5.0f}   {ratio}")
        print(f"{'FMA peak':8} {threads:7} {'':20} {peak:8.1f}")
    for system in SYSTEMS:
        print(f"two threads over one, {system}: {spread(ratios((system, 2), (system, 1)), 2)}")
    print("mean training loss: " + ", ".join(f"{system} {statistics.median(column(system, 1, 'train_loss')):.2f}" for system in SYSTEMS))
    print(f"other work during a run, percent of the processors: {spread([row['others_percent'] for row in rows], 0)}")


def compare_speed(fsconv, peak, path):
    print_machine(fsconv)
    rows = []
    waiting = LONGEST_WAIT
    start = time.monotonic()
    print("round threads  load  images/s (other work, percent of the processors)")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, ROUNDS + 1):
            if time.monotonic() - start > NO_NEW_ROUND_AFTER:
                print(f"no time for round {number} and later")
                break
            for threads in THREADS:
                waiting = wait_until_quiet(waiting)
                line = f"{number:5} {threads:7} {os.getloadavg()[0]:5.2f}"
                lines, about = run([peak, str(threads)], {})
                rows.append({"round": number, "system": "peak", "threads": threads, "gflops": lines[0], **about})
                for system in SYSTEMS if number % 2 else ("tuned", "fsconv", "plain"):
                    lines, about = train(fsconv, system, threads, folder)
                    rows.append({"round": number, "system": system, "threads": threads, **about,
                                 "images_per_second": lines[0]["images_per_second"], "train_loss": lines[0]["train_loss"]})
                    line += f"  {system} {rows[-1]['images_per_second']:5.0f} ({about['others_percent']:2.0f})"
                print(line, flush=True)
    print_table(rows)
    names = ["round", "system", "threads", "images_per_second", "gflops", "train_loss", "peak_rss_mib", "others_percent", "load_average"]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()})


def compare_losses(fsconv):
    epochs, seeds = 3, (0, 1, 2)
    print(f"test loss in nats per image after each epoch of {IMAGES} images")
    with tempfile.TemporaryDirectory() as folder:
        for system in SYSTEMS:
            for seed in seeds:
                lines, _ = train(fsconv, system, os.cpu_count(), folder, epochs, seed, test=True)
                print(f"{system:8} seed {seed}  " + "  ".join(f"{line['test_loss']:.2f}" for line in lines), flush=True)


if __name__ == "__main__":
    {"speed": compare_speed, "losses": compare_losses}[sys.argv[1]](*sys.argv[2:])
