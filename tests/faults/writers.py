# SPDX-License-Identifier: Apache-2.0
"""The commands of fsconv that write files, each with small inputs: what the tests of faults run."""

import dataclasses
import pathlib
import shutil
import subprocess

OLD = b"what was here before, and is nobody's to lose\n" * 100
MODEL = "--data generated:8x8x1 --train-images 8 --test-images 8 --channels 2 --latent 2 --model vae".split()
ONE = ["--threads", "1"]
CASE = "ic1oc1i4x4o2x2k2s2"


@dataclasses.dataclass(frozen=True)
class Writer:
    name: str
    words: tuple
    inputs: tuple = ()  # files of the stock
    old: tuple = ()  # outputs that are there before; those that are no input hold OLD
    is_repeatable: bool = True  # writes the same bytes every time, on the injector's clock


def line(text):
    return tuple(text.split())


def all_writers():
    run = ("run.h5",)
    return [
        Writer("train", ("train", *MODEL, *line("--epochs 2 --threads 1 --output new.h5"))),
        Writer("train into a new folder", ("train", *MODEL, *line("--epochs 1 --threads 1 --output deep/new.h5"))),
        Writer("train again", ("train", *MODEL, *line("--epochs 2 --threads 1 --force --output run.h5")), ("run.h5", "run.png")),
        Writer("resume", line("train --resume run.h5 --epochs 3 --threads 1"), ("run.h5", "run.png")),
        Writer("resume elsewhere", line("train --resume run.h5 --epochs 2 --threads 1 --output other.h5"), run),
        Writer("evaluate", line("evaluate run.h5 --threads 1 --force --output eval.h5"), run + ("eval.h5",)),
        Writer("encode", line("encode run.h5 --threads 1 --output codes.h5"), run + ("codes.h5",)),
        Writer("encode npy", line("encode run.h5 --threads 1 --output codes.npy"), run, ("codes.npy",)),
        Writer("decode png", line("decode run.h5 --sample 4 --threads 1 --output grid.png"), run, ("grid.png",)),
        Writer("decode npy", line("decode run.h5 --sample 4 --threads 1 --output grid.npy"), run, ("grid.npy",)),
        Writer("decode h5", line("decode run.h5 --sample 4 --threads 1 --output grid.h5"), run),
        Writer("reconstruct", line("reconstruct run.h5 --threads 1 --output pairs.png"), run, ("pairs.png",)),
        Writer("smooth", line("smooth run.h5 --threads 1 --force --output smooth.h5"), run),
        Writer("export npz", line("export run.h5 --to a.npz --force"), run, ("a.npz",)),
        Writer("export safetensors", line("export run.h5 --to a.safetensors --force"), run, ("a.safetensors",)),
        Writer("export pt", line("export run.h5 --to a.pt --force"), run, ("a.pt",)),
        Writer("export onnx", line("export run.h5 --to a.onnx --force"), run, ("a.onnx",)),
        Writer("export pt and py", line("export run.h5 --to a.pt,a.py --force"), run, ("a.py",)),
        Writer("import", line("import weights.safetensors --like run.h5 --output again.h5"), run + ("weights.safetensors",)),
        Writer("data prepare", line("data prepare pictures --size 8 --threads 1 --force --output prepared.h5"), ("pictures", "prepared.h5")),
        Writer("report", line("report run.h5 eval.h5 -o page.html"), run + ("eval.h5",), ("page.html",)),
        Writer("log tensorboard", line("log run.h5 --tensorboard events"), run),
        Writer("draw svg", line(f"draw {CASE} -o a.svg"), (), ("a.svg",)),
        Writer("draw png", line(f"draw {CASE} --step 0 -o a.png"), (), ("a.png",)),
        Writer("draw gif", line(f"draw {CASE} -o a.gif")),
        Writer("draw html", line(f"draw {CASE} -o a.html")),
        Writer("apply npy", line("apply --op conv --input image.npy --weight filter.npy --output y.npy"), ("image.npy", "filter.npy"), ("y.npy",)),
        Writer("apply into a file", line("apply --op conv --input image.npy --weight filter.npy --output codes.h5:/y"), ("image.npy", "filter.npy", "codes.h5")),
        Writer("apply h5", line("apply --op conv --input image.npy --weight filter.npy --output y.h5:/y"), ("image.npy", "filter.npy")),
        Writer("matrix npz", line("matrix --input-size 4 --kernel 3 --output W.npz"), (), ("W.npz",)),
        Writer("matrix mtx", line("matrix --input-size 4 --kernel 3 --output W.mtx --picture W.png"), (), ("W.mtx",)),
        Writer("matrix h5", line("matrix --input-size 4 --kernel 3 --output W.h5 --spectrum --null-space n.npy")),
        Writer("verify", line("verify --case i4o2k3 --method numeric --threads 1 --output checks.h5")),
        Writer("verify shard", line("verify --case i4o2k3 --method numeric --threads 1 --shard 1/2 --output first.h5")),
        Writer("merge", line("merge shard1.h5 shard2.h5 --output merged.h5"), ("shard1.h5", "shard2.h5")),
        Writer("verify emit", line("verify --emit proofs --proof code_size")),
        Writer("bench", line(f"bench --case {CASE} --form gather --rounds 1 --output bench.h5"), is_repeatable=False),
        Writer("tour", line("tour --station fractional --no-pause --output tour")),
    ]


class Stock:
    """The inputs, made once by a fsconv that nobody disturbs; `old.h5` and the like differ from what the writers make."""

    def __init__(self, runner, project, folder):
        self.folder = pathlib.Path(folder)
        samples = pathlib.Path(project) / "data" / "samples"
        for name in ("image.npy", "filter.npy"):
            shutil.copy(samples / name, self.folder)
        shutil.copytree(samples / "pictures", self.folder / "pictures")
        seed = ["--seed", "7"]
        self.make(runner, ["train", *MODEL, *ONE, *seed, "--epochs", "1", "--output", "run.h5"])
        self.make(runner, ["evaluate", "run.h5", *ONE, *seed, "--output", "eval.h5"])
        self.make(runner, ["encode", "run.h5", *ONE, *seed, "--output", "codes.h5"])
        self.make(runner, ["export", "run.h5", "--to", "weights.safetensors"])
        for number in ("1", "2"):
            self.make(runner, [*line("verify --case i4o2k3 --method numeric --threads 1 --shard"), f"{number}/2",
                               "--output", f"shard{number}.h5"])
        self.make(runner, ["data", "prepare", "pictures", "--size", "9", *ONE, "--output", "prepared.h5"])

    def make(self, runner, words):
        done = runner.run(words, self.folder)
        if done.exit_code != 0:
            raise SystemExit(f"fsconv {' '.join(words)} ends with {done.exit_code}: {done.err}")

    def lay_out(self, writer, folder):
        """An empty folder becomes what the writer finds."""
        for name in writer.inputs:
            if (self.folder / name).is_dir():
                shutil.copytree(self.folder / name, pathlib.Path(folder) / name)
            else:
                shutil.copy(self.folder / name, folder)
        for name in writer.old:
            (pathlib.Path(folder) / name).write_bytes(OLD)
