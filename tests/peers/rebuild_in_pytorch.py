# SPDX-License-Identifier: Apache-2.0
"""Rebuilds trained models in PyTorch from nothing but their files: the JSON text `model` and the weights.

lib/fsconv/train/model_json.hpp describes the format. Every model is rebuilt twice: by PyTorch's own convolutions, of an
image with zeros between its pixels, and by matrices W that are written down tap by tap.
"""

import copy
import json
import math

import peer

peer.require({"torch": "python3-torch", "h5py": "python3-h5py"})

import h5py
import numpy as np
import torch
import torch.nn.functional as functional

ROUNDING = 2.0**-24  # of float32: half a unit in the last place

# What is learned matters little, so runs are short; but filters and biases shall be more than what they started as.
TRAINING = (
    "--train-images 128 --test-images 16 --epochs 2 --batch 16 --learning-rate 0.02 --seed 3 --threads 2 "
    "--channels 3,4 --latent 5"
)
RUNS = {  # later options of the same name replace those of TRAINING
    "tied autoencoder": "",
    "untied, odd sizes, stride 3/2, colour": (
        "--data generated:27x13x3 --tie none --channels 4,6 --kernel 5,3 --stride 3/2,2"
    ),
    "partly tied, stride 3/2": "--tie 1,linear --stride 3/2,2 --activation elu",
    "tied vae with gain": "--model vae --gain",
    "vae on grey pixels": "--model vae --likelihood bce-grey --activation softplus",
    "importance-weighted, learned variance": (
        "--model vae --likelihood gaussian --variance learned --draws 3 --bound iwae --activation leaky-relu"
    ),
    "continuous Bernoulli": "--model vae --likelihood continuous-bernoulli --activation sigmoid",
    "subpixel": "--decoder subpixel --activation elu",
    "resize": "--decoder resize --activation softplus --likelihood mse --learning-rate 0.002",
    "gated": "--gated",
    "residual": "--residual 1 --activation leaky-relu",
    "gated, residual, untied": "--gated --residual 2 --tie none --activation tanh",
    "feature map as code": "--latent 0 --activation elu",
    "groups, dilation, padding": (
        "--channels 4,8 --kernel 3 --groups 1,4 --dilation 1,2 --padding 1,2 --activation tanh"
    ),
    "unequal padding": "--kernel 3,5 --stride 3,1 --padding 0,1 --activation softplus --latent 0",
}


# One map.


def per_axis(geometry, name):
    return [axis[name] for axis in geometry["axes"]]


def crop_or_pad(x, begin, end):
    """Zeros before and behind each of the last axes; negative: so many pixels are cut."""
    amounts = [amount for pair in reversed(list(zip(begin, end))) for amount in pair]
    return functional.pad(x, amounts)


def conv(x, w, geometry):
    """W x of images [N, in_channels, in...]."""
    up, sizes = per_axis(geometry, "up"), per_axis(geometry, "in")
    stretched = x.new_zeros([*x.shape[:2], *(u * (n - 1) + 1 for u, n in zip(up, sizes))])
    stretched[(..., *(slice(None, None, u) for u in up))] = x
    padded = crop_or_pad(stretched, per_axis(geometry, "pad"), per_axis(geometry, "pad_end"))
    convolve = [functional.conv1d, functional.conv2d, functional.conv3d][len(up) - 1]
    options = {"stride": per_axis(geometry, "down"), "dilation": per_axis(geometry, "dilation")}
    return convolve(padded, w, groups=geometry["groups"], **options)


def conv_transpose(y, w, geometry):
    """W^T y of codes [N, out_channels, out...]."""
    up = per_axis(geometry, "up")
    convolve = [functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d][len(up) - 1]
    options = {"stride": per_axis(geometry, "down"), "dilation": per_axis(geometry, "dilation")}
    natural = convolve(y, w, groups=geometry["groups"], **options)
    cut = crop_or_pad(natural, [-p for p in per_axis(geometry, "pad")], [-p for p in per_axis(geometry, "pad_end")])
    return cut[(..., *(slice(None, None, u) for u in up))]


def taps_of(axis):
    """0 or 1 for every (o, i, k): whether up*i = down*o + dilation*k - pad."""
    o, i, k = np.ogrid[: axis["out"], : axis["in"], : axis["taps"]]
    joined = axis["up"] * i == axis["down"] * o + axis["dilation"] * k - axis["pad"]
    return torch.from_numpy(joined.astype("f8"))


def matrix_of(w, geometry):
    """W: rows are channels and pixels of the code side, columns those of the image side."""
    groups, inputs, outputs = (geometry[name] for name in ["groups", "in_channels", "out_channels"])
    whole = w.new_zeros([outputs, inputs, *w.shape[2:]])  # zero between channels of different groups
    for g in range(groups):
        rows = slice(g * outputs // groups, (g + 1) * outputs // groups)
        columns = slice(g * inputs // groups, (g + 1) * inputs // groups)
        whole[rows, columns] = w[rows]
    rank = len(geometry["axes"])
    o, i, k = "opq"[:rank], "ijh"[:rank], "klm"[:rank]
    taps = [taps_of(axis) for axis in geometry["axes"]]
    by_axis = ",".join(a + b + c for a, b, c in zip(o, i, k))
    matrix = torch.einsum(f"ab{k},{by_axis}->a{o}b{i}", whole, *taps)
    return matrix.reshape(outputs * math.prod(per_axis(geometry, "out")), -1)


def affine_by_matrix(x, w, geometry, transposed):
    matrix = matrix_of(w, geometry)
    if transposed:
        return (x.flatten(1) @ matrix).reshape(-1, geometry["in_channels"], *per_axis(geometry, "in"))
    return (x.flatten(1) @ matrix.t()).reshape(-1, geometry["out_channels"], *per_axis(geometry, "out"))


# What follows a map.


def activate(activation, x):
    constants = {key: value for key, value in activation.items() if key != "name"}
    plain = {
        "linear": lambda: x,
        "relu": lambda: functional.relu(x),
        "leaky-relu": lambda: functional.leaky_relu(x, constants.pop("slope")),
        "elu": lambda: functional.elu(x),
        "tanh": lambda: torch.tanh(x),
        "sigmoid": lambda: torch.sigmoid(x),
        "softplus": lambda: functional.softplus(x, threshold=1e9),  # no shortcut for large x
        "bounded": lambda: bounded(x, constants.pop("bound")),
    }
    y = plain[activation["name"]]()
    assert not constants, activation
    return y


def bounded(x, bound):
    return bound * torch.tanh(x / bound)


def expected_pixels(likelihood, z):
    if likelihood in ("bernoulli", "bce-grey"):
        return torch.sigmoid(z)
    if likelihood == "continuous-bernoulli":
        # Where the two terms nearly cancel, their series.
        small = z.abs() < 0.05
        safe = torch.where(small, torch.ones_like(z), z)
        return torch.where(small, 0.5 + z / 12 - z**3 / 720, -1 / torch.expm1(-safe) - 1 / safe)
    return z.clamp(0, 1)


# A model.


class Model:
    """What the JSON text describes, computed in numbers of this type."""

    def __init__(self, description, weights, kind=torch.float64):
        self.description = description
        self.kind = kind
        self.weights = {name: torch.from_numpy(array).to(kind) for name, array in weights.items()}

    def encode(self, images):
        known = {value["id"]: images for value in self.description["values"] if value["source"] == "images"}
        return self.run(known, self.description["code"])

    def decode(self, code):
        """The output, from the code alone: whatever else a step reads is missing then."""
        return self.run({self.description["code"]: code}, self.reconstruction()["output"])

    def reconstruction(self):
        (term,) = [term for term in self.description["terms"] if term["kind"] == "reconstruction"]
        return term

    def reconstruct(self, originals):
        """The expected pixels of uint8 images [N, H, W, C], in the same order."""
        images = torch.from_numpy(np.moveaxis(originals, -1, 1).copy()).to(self.kind) / 255
        pixels = expected_pixels(self.reconstruction()["likelihood"], self.decode(self.encode(images)))
        return np.moveaxis(pixels.numpy().astype("f8"), 1, -1)

    def run(self, known, wanted):
        """The value `wanted`, by every step on the way whose inputs are known."""
        for step in self.description["steps"]:
            # A reconstruction is that of the mean.
            needed = ["mean"] if step["kind"] == "sample" else [key for key in ("in", "gate", "other") if key in step]
            if wanted in known:
                break
            if step["out"] in known or any(step[key] not in known for key in needed):
                continue
            made = getattr(self, step["kind"])(step, *(known[step[key]] for key in needed))
            value = self.description["values"][step["out"]]
            assert list(made.shape[1:]) == [value["channels"], *value["size"]], (step, made.shape)
            known[step["out"]] = made
        return known[wanted]

    def map(self, step, x):
        return (conv_transpose if step["transposed"] else conv)(x, self.weights[step["weight"]], step["geometry"])

    def affine(self, step, x):
        y = self.map(step, x)
        if step["bias"] is not None:
            bias = self.weights[step["bias"]]  # per channel, or per element
            y = y + (bias if bias.dim() > 1 else bias.reshape(-1, *[1] * (y.dim() - 2)))
        return activate(step["activation"], y)

    def gain(self, step, x):
        return self.weights[step["factor"]].reshape(-1, *[1] * (x.dim() - 2)) * x

    def shuffle(self, step, x):
        return functional.pixel_shuffle(x, step["by"])

    def resize(self, step, x):
        return functional.interpolate(x, scale_factor=step["by"], mode="nearest")

    def gate(self, step, x, gate):
        return x * torch.sigmoid(gate)

    def add(self, step, x, other):
        return x + other

    def sample(self, step, mean):
        return mean


class ModelByMatrices(Model):
    """The same, every map by its matrix."""

    def map(self, step, x):
        return affine_by_matrix(x, self.weights[step["weight"]], step["geometry"], step["transposed"])


# Runs.


def load(path):
    with h5py.File(path) as file:
        description = json.loads(file.attrs["model"])
        weights = {
            name: data[:] for name, data in file["weights"].items() if not h5py.h5ds.is_scale(data.id)
        }
        return description, weights, file["samples/originals"][:], file["samples/reconstructions"][:]


def distance(model, originals, shown):
    """How far the pictures are from what the model makes of the images: the most, in grey levels."""
    return float(np.abs(255 * model.reconstruct(originals) - shown).max())


def tolerance_of(description, weights, originals):
    """In grey levels: half of one, for rounding to a byte, and what float32 may do.

    fsconv sums in float32 in another order than PyTorch, and its elementary functions have roundings of their own.
    How much roundings matter in this very model, PyTorch says: in float32 it is that far from itself in double. Ten
    times that is more than another order of the same sums will make of it, and yet next to nothing.
    """
    exact = Model(description, weights).reconstruct(originals)
    rounded = Model(description, weights, torch.float32).reconstruct(originals)
    return 0.5 + 10 * 255 * (float(np.abs(rounded - exact).max()) + ROUNDING)


def mutants_of(description, weights):
    """(name, description, weights) that are wrong, each in one way that a reader of the format could fall for."""
    maps = [step for step in description["steps"] if step["kind"] == "affine"]
    first = maps[0]["weight"]
    flipped = {**weights, first: np.flip(weights[first], (2, 3)).copy()}
    yield "filters turned", description, flipped

    biases = {step["bias"] for step in maps}
    yield "no biases", description, {n: w * 0 if n in biases else w for n, w in weights.items()}

    moved = copy.deepcopy(description)
    last = [step for step in moved["steps"] if step["kind"] == "affine"][-1]
    for axis in last["geometry"]["axes"]:
        axis["pad"], axis["pad_end"] = axis["pad"] + 1, axis["pad_end"] - 1
    yield "last map moved by a pixel", moved, weights

    straight = copy.deepcopy(description)
    for step in straight["steps"]:
        if step["kind"] == "affine":
            step["activation"] = {"name": "linear"}
    if straight != description:
        yield "no activations", straight, weights


def check_run(program, count, number, name, options, noticed):
    output = f"{number}.h5"
    given = dict(zip(*[iter(TRAINING.split())] * 2))
    words = options.split()
    for word in words:
        given.pop(word, None)
    kept = [part for pair in given.items() for part in pair]
    if "--data" not in words:
        kept += ["--data", "generated"]
    program.run("train", *kept, *words, "--output", output)

    description, weights, originals, shown = load(program.file(output))
    shapes = {p["name"]: tuple(p["shape"]) for p in description["parameters"]}
    held = {n: w.shape for n, w in weights.items()}
    count.check(shapes == held, f"{name}: the parameters {shapes} are the weights {held}")
    count.check(originals.shape == shown.shape and originals.dtype == shown.dtype == np.uint8, f"{name}: samples")
    for step in description["steps"]:
        for axis in step.get("geometry", {"axes": []})["axes"]:
            end = (
                axis["down"] * (axis["out"] - 1) + axis["dilation"] * (axis["taps"] - 1)
                - axis["pad"] - axis["up"] * (axis["in"] - 1)
            )
            count.check(axis["pad_end"] == end, f"{name}: pad_end of {axis}")

    off = distance(Model(description, weights), originals, shown)
    tolerance = tolerance_of(description, weights, originals)
    count.check(off <= tolerance, f"{name}: {off} grey levels apart, at most {tolerance} may be")
    count.check(tolerance < 0.51, f"{name}: a tolerance of {tolerance} grey levels says nothing")
    by_matrices = distance(ModelByMatrices(description, weights), originals, shown)
    count.check(abs(by_matrices - off) < 1e-9, f"{name}: by matrices {by_matrices}")  # both sum in double
    for mutant, *wrong in mutants_of(description, weights):
        noticed.setdefault(mutant, []).append(distance(Model(*wrong), originals, shown) > tolerance)
    kinds = {step["kind"] for step in description["steps"]}
    steps = len(description["steps"])
    print(f"{name}: {steps} steps, {off:.4f} grey levels apart, {tolerance:.4f} may be", flush=True)
    return kinds


def compare(program, count):
    torch.set_num_threads(1)
    kinds, noticed = set(), {}
    with torch.no_grad():
        for number, (name, options) in enumerate(RUNS.items()):
            kinds |= check_run(program, count, number, name, options, noticed)
    every = {"affine", "gain", "shuffle", "resize", "gate", "add", "sample"}
    count.check(kinds == every, f"kinds of steps that took part: {sorted(kinds)}")
    # Some biases and activations hardly matter after two epochs.
    for mutant, seen in noticed.items():
        count.check(2 * sum(seen) > len(seen), f"mutant: {mutant}, noticed in {sum(seen)} of {len(seen)} runs")
        print(f"mutant: {mutant}, noticed in {sum(seen)} of {len(seen)} runs")


if __name__ == "__main__":
    peer.main(compare)
