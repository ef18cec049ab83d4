# SPDX-License-Identifier: Apache-2.0
"""What the experiments' Python shares: the style of their pictures, fsconv's files, images to begin with, and results that say where they are from.

It computes no convolution: those are fsconv's, and what the scripts do with their results is arithmetic on arrays.
Needs numpy and h5py; pictures need matplotlib (apt: python3-numpy python3-h5py python3-matplotlib).
"""
import argparse
import csv
import datetime
import gzip
import io
import json
import os
import subprocess
import sys

import h5py
import numpy as np

# Okabe and Ito's colours, which people of all kinds of colour vision tell apart. Lines differ in more than colour.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000", "#777777")
COLORS = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, BLACK)
WIDTH = 8.0  # inches of a picture; at 150 dots per inch a README shows them at about two thirds, text of 10 points at 13 pixels
LARGEST_PICTURE = 200_000  # bytes
DEBIAN_FASHION_MNIST = "/usr/share/datasets/fashion-mnist"


def plots():
    """matplotlib.pyplot in the experiments' style."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    plt.rcParams.update({
        "figure.facecolor": "white", "figure.dpi": 150, "figure.constrained_layout.use": True, "font.size": 10, "axes.titlesize": 10,
        "axes.labelsize": 10, "legend.fontsize": 9, "legend.frameon": False, "xtick.labelsize": 9, "ytick.labelsize": 9,
        "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 1.8,
        "axes.prop_cycle": matplotlib.cycler(color=COLORS), "svg.fonttype": "none"})
    return plt


def save(figure, path):
    """Writes a picture as PNG, in a palette of 256 colours if it would be too large for the repository otherwise."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    if buffer.tell() > LARGEST_PICTURE:
        from PIL import Image
        packed = io.BytesIO()
        Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, format="png", optimize=True)
        buffer = packed
    if buffer.tell() > LARGEST_PICTURE:
        raise SystemExit(f"{path} would have {buffer.tell()} bytes; pictures of experiments have at most {LARGEST_PICTURE}")
    with open(path, "wb") as file:
        file.write(buffer.getvalue())


def show(axes, image, title=None, **options):
    """An image [H, W] in grey without ticks."""
    axes.imshow(image, **{"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest", **options})
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if title is not None:
        axes.set_title(title)


def folders(description):
    """The options of a script that run.sh starts: where arrays go, where results go, whether to be quick."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", help="folder of runs and arrays")
    parser.add_argument("--output", required=True, help="folder of results.csv, about.json and pictures")
    parser.add_argument("--quick", action="store_true", help="see that all of it works")
    return parser.parse_args()


class Maps:
    """conv and conv_transpose of one geometry by fsconv apply, on arrays that pass through the folder `work`."""

    def __init__(self, work, weight, stride=1, padding=0, dilation=1, groups=1, form="im2col"):
        self.work, self.form = work, form
        self.weight = np.asarray(weight, float)  # [code channels, image channels / groups, taps...]
        np.save(self.path("weight"), self.weight)
        self.options = ["--stride", stride, "--padding", padding, "--dilation", dilation, "--groups", groups]

    def path(self, name):
        return os.path.join(self.work, name + ".npy")

    def apply(self, op, source, *options, form=None):
        np.save(self.path("source"), source)
        fsconv("apply", "--op", op, "--form", form or self.form, "--input", self.path("source"), *options, *self.options,
               "--output", self.path("result"))
        return np.load(self.path("result"))

    def conv(self, image, form=None):
        return self.apply("conv", image, "--weight", self.path("weight"), form=form)

    def conv_transpose(self, code, size, form=None):
        return self.apply("conv_transpose", code, "--weight", self.path("weight"), "--size", ",".join(map(str, size)), form=form)

    def weight_gradient(self, image, code_gradient, form=None):
        np.save(self.path("code_gradient"), code_gradient)
        kernel = ",".join(map(str, self.weight.shape[2:]))
        return self.apply("weight_gradient", image, "--output-gradient", self.path("code_gradient"), "--kernel", kernel, form=form)

    def matrix(self, size):
        """W [code pixels, image pixels]."""
        outputs, inputs = self.weight.shape[0], self.weight.shape[1] * int(self.options[-1])
        path = os.path.join(self.work, "matrix.h5")
        fsconv("matrix", "--input-size", ",".join(map(str, size)), "--kernel", ",".join(map(str, self.weight.shape[2:])),
               "--channels", f"{inputs},{outputs}", "--weight", self.path("weight"), *self.options, "--output", path)
        return read_matrix(path)


# Geometries for checks: name, size of the image, channels of image and code, taps, and the options.
GEOMETRIES = (
    ("stride 2", (8, 8), (1, 1), (3, 3), {"stride": 2, "padding": 1}),
    ("unequal", (9, 8), (2, 3), (4, 3), {"stride": "2,3", "padding": "1:2,0"}),
    ("dilation 2", (11,), (1, 2), (3,), {"stride": 2, "padding": "2:1", "dilation": 2}),
    ("groups", (6, 6), (4, 2), (2, 2), {"stride": 2, "groups": 2}),
    ("cropped", (9, 9), (1, 1), (3, 3), {"stride": 2, "padding": "-1:1"}),
    ("stride 3, taps 2", (10,), (1, 1), (2,), {"stride": 3}),
    ("stride 2/3", (8, 7), (1, 2), (4, 4), {"stride": "2/3", "padding": 1}),
    ("three axes", (4, 5, 4), (1, 2), (2, 3, 2), {"stride": "1,2,2", "padding": "0,1,0"}),
)
FORMS = ("gather", "scatter", "zero_insertion", "polyphase", "matrix", "bilinear", "im2col", "batched")  # oneDNN's knows no doubles
TAP_FORMS = tuple(form for form in FORMS if form != "bilinear")  # give a weight back to the last bit; tiles round sums of weights


def fsconv(*arguments):
    """Runs the program ($FSCONV, or build/release/fsconv) and returns its stdout; with "--json" among the arguments, what that says."""
    program = os.environ.get("FSCONV", "build/release/fsconv")
    words = [str(word) for word in arguments]
    done = subprocess.run([program, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"fsconv {' '.join(words)}\n{done.stderr.strip()}\nends with {done.returncode}")
    return json.loads(done.stdout) if "--json" in words else done.stdout


def read_matrix(path):
    """W as numbers [code pixels, image pixels], from fsconv matrix --output FILE.h5."""
    with h5py.File(path) as file:
        group = file["matrix"]
        data, indices, starts, shape = (group[name][()] for name in ("data", "indices", "indptr", "shape"))
    dense = np.zeros(shape)
    dense[indices, np.repeat(np.arange(shape[1]), np.diff(starts))] = data
    return dense


class Run:
    """What fsconv train has written: series, weights, configuration."""

    def __init__(self, path):
        with h5py.File(path) as file:
            self.configuration = json.loads(file.attrs["configuration"])
            self.model = json.loads(file.attrs["model"])
            self.epoch = file["epoch"][()]
            self.test_loss = file["test_loss"][()]
            self.seconds = float(file["seconds"][()].sum())
            names = [parameter["name"] for parameter in self.model["parameters"]]
            self.weights = {name: file["weights"][name][()].astype(float) for name in names}  # beside them lie dimension scales

    def parameters(self):
        return sum(values.size for values in self.weights.values())


def idx(path):
    """The array of an IDX file of bytes, gzipped."""
    with gzip.open(path) as file:
        content = file.read()
    sizes = np.frombuffer(content, ">i4", content[3], 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)


def fashion_mnist(split):
    """Images [N, 28, 28] and labels [N] of "train" or "t10k"."""
    places = [folder for folder in (DEBIAN_FASHION_MNIST, "data/fashion-mnist") if os.path.isdir(folder)]
    if not places:
        raise SystemExit("Fashion-MNIST is missing: apt install dataset-fashion-mnist, or see data/README.md")
    return tuple(idx(os.path.join(places[0], f"{split}-{what}-ubyte.gz")) for what in ("images-idx3", "labels-idx1"))


FASHION = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


def shapes(count, seed=0, size=28):
    """Drawn grey images [count, size, size] of bytes and their kinds [count]: discs, boxes, rings and bars, for what needs no data set."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] + 0.5
    kinds = random.integers(0, 4, count)
    images = np.empty((count, size, size), np.uint8)
    for at, kind in enumerate(kinds):
        cy, cx = random.uniform(0.35, 0.65, 2) * size
        radius, turn = random.uniform(0.15, 0.3) * size, random.uniform(0, np.pi)
        u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        distance = (np.hypot(u, v) - radius, np.maximum(abs(u), abs(v)) - radius * 0.85,
                    abs(np.hypot(u, v) - radius) - 0.07 * size, np.maximum(abs(u) - 1.2 * radius, abs(v) - 0.3 * radius))[kind]
        images[at] = np.round(255 * random.uniform(0.6, 1) * np.clip(0.5 - distance, 0, 1))  # edges one pixel wide
    return images, kinds


def write_results(folder, rows, notes=None):
    """results.csv, one line for each of the rows (dicts), and about.json: by which command, program, machine, when."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(os.path.join(folder, "results.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: f"{value:.6g}" if isinstance(value, (float, np.floating)) else value for name, value in row.items()})
    doctor = fsconv("doctor", "--json")
    experiment = os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0])))
    quick = os.path.basename(os.path.abspath(folder)) != experiment
    about = {"command": f"experiments/{experiment}/run.sh" + (" --quick" if quick else ""),
             "commit": doctor["commit"], "commit_changed": doctor["changed"], "fsconv": doctor["fsconv"],
             "processor": doctor["processor"]["model"], "threads": doctor["processor"]["threads"], "isa": doctor["processor"]["isa"],
             "system": doctor["system"], "numpy": np.__version__, "date": datetime.date.today().isoformat(), **(notes or {})}
    with open(os.path.join(folder, "about.json"), "w") as file:
        json.dump(about, file, indent=1)
        file.write("\n")


def print_table(head, rows):
    """In Markdown, as READMEs have it."""
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def radial_spectrum(images, bins=None):
    """The power of images [N, H, W], averaged over the images and over rings around frequency 0, in cycles per pixel.

    |F|^2 is averaged first, and a logarithm is the reader's; rings are centred at frequency 0 and one cycle per image wide, up to
    Nyquist's 1/2. (The code of Durall et al. 2020 takes the logarithm before the mean and centres rings half a pixel aside.)
    Returns the frequencies and the powers, one each per ring."""
    height, width = images.shape[1:]
    power = (abs(np.fft.fft2(images)) ** 2).mean(0) / (height * width)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    bins = bins or min(height, width) // 2
    ring = np.rint(radius * 2 * bins).astype(int)
    inside = ring <= bins
    total = np.bincount(ring[inside], power[inside], bins + 1)
    return np.arange(bins + 1) / (2 * bins), total / np.bincount(ring[inside], minlength=bins + 1)


def psnr(images, originals):
    """Of each image [N, H, W] with values from 0 to 1, in dB; infinite where the two are equal."""
    error = ((images - originals) ** 2).mean((1, 2))
    with np.errstate(divide="ignore"):
        return -10 * np.log10(error)


def ssim(images, originals):
    """Of each image [N, H, W] with values from 0 to 1: Wang et al. 2004, a Gaussian window of 11 pixels with sigma 1.5, population
    covariances, the mean over the places where the window fits."""
    taps = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    taps /= taps.sum()

    def blurred(values):
        for axis in (1, 2):
            length = values.shape[axis] - 10
            values = sum(tap * values.take(range(at, at + length), axis) for at, tap in enumerate(taps))
        return values
    mean_a, mean_b = blurred(images), blurred(originals)
    variance_a, variance_b = blurred(images**2) - mean_a**2, blurred(originals**2) - mean_b**2
    covariance = blurred(images * originals) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    similar = (2 * mean_a * mean_b + c1) * (2 * covariance + c2) / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))
    return similar.mean((1, 2))


def check_measures():
    """SSIM against the number that scikit-image gives with Wang's settings, and the spectrum against Parseval and a known wave."""
    random = np.random.default_rng(0)
    a = random.random((28, 28))
    b = np.clip(a + 0.1 * random.standard_normal((28, 28)), 0, 1)
    assert abs(ssim(b[None], a[None])[0] - 0.9368613251910) < 1e-12
    wave = np.cos(2 * np.pi * np.arange(28) / 4) * np.ones((28, 1))
    frequencies, power = radial_spectrum(wave[None])
    assert frequencies[np.argmax(power)] == 0.25
    one = np.zeros((1, 28, 28))
    one[0, 3, 5] = 1
    assert np.allclose(radial_spectrum(one)[1], 1 / 784)


check_measures()
