# SPDX-License-Identifier: Apache-2.0
"""Opens what fsconv writes with h5py, xarray, h5dump and SciPy, and compares it with NumPy's own computation."""

import json
import re
import shutil
import subprocess

import peer

peer.require(
    {"h5py": "python3-h5py", "netCDF4": "python3-netcdf4", "scipy": "python3-scipy", "xarray": "python3-xarray"}
)

import h5py
import numpy as np
import scipy.io
import scipy.sparse
import xarray
from numpy_conv import correlate, matrix_of, stretched

ROUNDING = 2.0**-24  # of float32: half a unit in the last place


def open_group(path, group=None):
    """A group in memory, as xarray and netCDF see it."""
    with xarray.open_dataset(path, group=group, engine="netcdf4") as dataset:
        return dataset.load()


def h5dump(*arguments):
    """What h5dump prints. An empty text where it fails or complains."""
    done = subprocess.run(["h5dump", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 and not done.stderr else ""


def dumped_numbers(path, dataset):
    """The numbers of a dataset as h5dump prints them, 17 digits, one long line."""
    text = h5dump("-y", "-w", "0", "-m", "%.17g", "-d", dataset, path)
    found = re.search(r"DATA \{(.*?)\}", text, re.DOTALL)
    return [float(word) for word in found.group(1).replace(",", " ").split()] if found else None


# Sparse matrices. Each case: what is asked for, and the same in NumPy's words.

MATRICES = [
    # options, channels (image, code), groups, image, kernel, stride down, stride up, pads, dilation
    ("--kernel 3 --stride 2 --padding 1", (1, 1), 1, [7], [3], [2], [1], [(1, 1)], [1]),
    (
        "--kernel 3,2 --stride 2,1 --padding 1:0,0:1",
        *((2, 3), 1, [6, 5], [3, 2], [2, 1], [1, 1], [(1, 0), (0, 1)], [1, 1]),
    ),
    ("--kernel 2 --dilation 2 --padding -1", (4, 2), 2, [7, 6], [2, 2], [1, 1], [1, 1], [(-1, -1)] * 2, [2, 2]),
    ("--kernel 3 --stride 2/3 --padding 2", (1, 2), 1, [5], [3], [2], [3], [(2, 2)], [1]),
    ("--kernel 1 --stride 3", (1, 1), 1, [7], [1], [3], [1], [(0, 0)], [1]),  # empty columns
    ("--kernel 2 --stride 2,1,2", (2, 2), 1, [4, 3, 4], [2, 2, 2], [2, 1, 2], [1, 1, 1], [(0, 0)] * 3, [1, 1, 1]),
]


def load_hdf5_matrix(path):
    with h5py.File(path) as file:
        group = file["matrix"]
        assert group.attrs["format"] == "csc"
        parts = (group["data"][:], group["indices"][:], group["indptr"][:])
        return scipy.sparse.csc_matrix(parts, tuple(group["shape"]))


def load_dumped_matrix(path):
    """The same from h5dump's text."""
    data, indices, indptr, shape = (
        dumped_numbers(path, f"/matrix/{name}") for name in ["data", "indices", "indptr", "shape"]
    )
    integers = lambda numbers: [int(number) for number in numbers]
    return scipy.sparse.csc_matrix((data, integers(indices), integers(indptr)), integers(shape))


def load_netcdf_matrix(path):
    group = open_group(path, "matrix")
    assert group.data.dims == group.indices.dims == ("nonzero",)
    parts = (group.data.values, group.indices.values, group.indptr.values)
    return scipy.sparse.csc_matrix(parts, tuple(group["shape"].values))


LOADERS = [
    ("W.npz", scipy.sparse.load_npz),
    ("W.mtx", lambda path: scipy.io.mmread(path).tocsc()),
    ("W.h5", load_hdf5_matrix),
    ("W.h5", load_dumped_matrix),
    ("W.h5", load_netcdf_matrix),
]


def same_matrix(loaded, expected):
    return loaded.shape == expected.shape and loaded.nnz == np.count_nonzero(expected) and np.array_equal(
        loaded.toarray(), expected
    )


def same_spectrum(values, matrix):
    """Singular values, each as good as LAPACK's: an error of some roundings of the largest."""
    most = np.linalg.norm(matrix, 2) * max(matrix.shape) * 8 * np.finfo(float).eps
    return np.allclose(values, np.linalg.svd(matrix, compute_uv=False), rtol=0, atol=most)


def check_spectrum(program, count, line, expected):
    """Of W^T too, whose image and code are exchanged."""
    for option, matrix in [([], expected), (["--transpose"], expected.T)]:
        run = ["matrix", *line.split(), "--weight", "w.npy", "--spectrum", "--json", *option]
        said = json.loads(program.run(*run, "--output", "S.h5"))["spectrum"]
        name = f"matrix {line} {option}"
        count.check(same_matrix(load_hdf5_matrix(program.file("S.h5")), matrix), f"{name}: the matrix")
        with h5py.File(program.file("S.h5")) as file:
            values, group = file["matrix/singular_values"][:], dict(file["matrix"].attrs)
        count.check(same_spectrum(values, matrix) and values.tolist() == said["singular_values"], f"{name}: sigma")
        rank = np.linalg.matrix_rank(matrix)
        count.check(said["rank"]["rank"] == said["numerical_rank"] == group["rank"] == rank, f"{name}: rank {rank}")
        gram = matrix.T @ matrix
        nearest = np.trace(gram) / len(gram) * np.eye(len(gram))
        for what, shape in [("from_multiple_of_identity", nearest), ("from_diagonal", np.diag(np.diag(gram)))]:
            distance = np.linalg.norm(gram - shape) / np.linalg.norm(gram)
            count.check(abs(said["transposed_times_it"][what] - distance) < 1e-12, f"{name}: {what}, {distance}")
        if rank < matrix.shape[1]:
            program.run(*run, "--null-space", "zeros.npy")
            zeros = np.load(program.file("zeros.npy")).reshape(-1, matrix.shape[1])
            count.check(len(zeros) == matrix.shape[1] - rank, f"{name}: dimension of the null space")
            count.check(np.abs(matrix @ zeros.T).max() < 1e-12 * np.linalg.norm(matrix), f"{name}: null space")
            count.check(np.allclose(zeros @ zeros.T, np.eye(len(zeros)), atol=1e-13), f"{name}: orthonormal")
        wrong = matrix.copy()
        wrong.flat[np.flatnonzero(wrong)[0]] += 1e-6
        count.check(not same_spectrum(values, wrong), f"mutant of {name}: one entry changed")


def check_matrices(program, count):
    generator = np.random.default_rng(3)
    for options, (inputs, outputs), groups, image, kernel, down, up, pads, dilation in MATRICES:
        # No zero among the weights: then the nonzeros of W are the taps, no more and no fewer.
        w = generator.integers(1, 9, [outputs, inputs // groups, *kernel]) / 8.0
        np.save(program.file("w.npy"), w)
        expected = matrix_of(
            lambda x: correlate(stretched(x, up), w, down, pads, dilation, groups), [inputs, *image]
        )
        line = f"--input-size {peer.joined(image)} {options} --channels {inputs},{outputs} --groups {groups}"
        for name, load in LOADERS:
            program.run("matrix", *line.split(), "--weight", "w.npy", "--output", name)
            loaded = load(program.file(name))
            count.check(same_matrix(loaded, expected), f"matrix {line} in {name}, read by {load}")
            count.check(loaded.has_canonical_format, f"matrix {line} in {name}: sorted, no duplicates")

            x = generator.integers(-4, 5, [inputs, *image])
            code = correlate(stretched(x[None].astype("f8"), up), w, down, pads, dilation, groups)
            count.check(np.array_equal(loaded @ x.ravel(), code.ravel()), f"matrix {line}: W x = conv(x)")
        check_spectrum(program, count, line, expected)
        count.check(not same_matrix(loaded, np.roll(expected, 1, axis=1)), f"mutant of {line}: one pixel off")
    count.check(not same_matrix(loaded, expected + (expected != 0) * 1e-15), "mutant: rounded weights")


# Arrays.


def check_arrays(program, count):
    generator = np.random.default_rng(4)
    x = generator.integers(-9, 10, [2, 3, 5, 4]).astype("f8")
    w = generator.integers(-9, 10, [2, 3, 3, 2]).astype("f8")
    expected = correlate(x, w, [1, 1], [(0, 0)] * 2, [1, 1])
    with h5py.File(program.file("a.h5"), "w", track_order=True) as file:  # a user's own file
        file["x"] = x
        file["w"] = w.astype("f4")
        file["remark"] = "leave me alone"
    np.savez_compressed(program.file("a.npz"), x=np.asfortranarray(x).astype(">f8"))
    for source in ["a.h5:/x", "a.npz:x", "a.npz"]:
        program.run(
            "apply", "--op", "conv", "--input", source, "--weight", "a.h5:/w", "--output", "a.h5:/results/y"
        )
        with h5py.File(program.file("a.h5")) as file:
            y = file["results/y"]
            count.check(y.dtype == "f8" and np.array_equal(y[:], expected), f"apply from {source}, read by h5py")
            count.check(file["remark"].asstr()[()] == "leave me alone", "apply leaves what was there")
            count.check(np.array_equal(file["x"][:], x), "apply leaves its input")
    numbers = dumped_numbers(program.file("a.h5"), "/results/y")
    count.check(numbers == expected.ravel().tolist(), "apply, read by h5dump")

    program.run("apply", *"--op conv --input a.h5:/x --weight a.h5:/w --output new.h5:/y".split())
    y = open_group(program.file("new.h5")).y
    count.check(np.array_equal(y.values, expected) and len(set(y.dims)) == 4, "apply, read by xarray")
    program.run("apply", *"--op conv --input a.h5:/x --weight a.h5:/w --output y.npy".split())
    count.check(np.array_equal(np.load(program.file("y.npy")), expected), "apply, read by numpy.load")
    wrong = correlate(x, np.flip(w, (2, 3)), [1, 1], [(0, 0)] * 2, [1, 1])
    count.check(not np.array_equal(y.values, wrong), "mutant: filter turned")


# A verification.


def words_of(codes, meanings):
    """The column in words: `meanings` lists those of 0, 1, 2, ..."""
    words = meanings.split(" ")
    return [words[code] for code in codes]


def check_verification(program, count):
    report = json.loads(program.run("verify", *"--geometries 20 --output checks.h5 --json".split()))
    path = program.file("checks.h5")
    with h5py.File(path) as file:
        checks = file["checks"]
        text = {
            name: words_of(checks[name][:], checks[name].attrs["flag_meanings"])
            for name in ["claim", "form", "method", "verdict"]
        }
        cases, geometry = list(file["geometries/case"].asstr()), checks["geometry"][:]
        error, miss = checks["error_over_bound"][:], checks["log2_miss"][:]
        numbers, details = checks["check"][:], list(checks["detail"].asstr())
        count.check(checks.attrs["passed"] == 1, "verify: the attribute passed")
        count.check(json.loads(file.attrs["configuration"])["geometries"] == "20", "verify: the configuration")
        count.check(file.attrs["kind"] == "verify" and file.attrs["schema_version"] == 3, "verify: kind, version")
    rows = report["checks"]
    columns = [*text.values(), geometry, error, miss, numbers, details]
    count.check(all(len(column) == rows for column in columns), "verify: rows")
    count.check(np.array_equal(numbers, np.arange(rows)), "verify: numbered rows")
    count.check(len(cases) == report["geometries"], "verify: geometries")
    count.check(set(geometry) == set(range(len(cases))), "verify: every geometry is checked")
    count.check(np.all(np.isfinite(error)) and np.all(miss <= 0), "verify: errors and probabilities")
    for claim in report["claims"]:
        mine = [row for row in range(rows) if text["claim"][row] == claim["claim"]]
        count.check(len(mine) == claim["checks"], f"verify: rows of {claim['claim']}")
        verdicts = {text["verdict"][row] for row in mine} - {"skipped"}
        wanted = "refuted" if claim["claim"] == "not-inverse" else "holds"
        count.check(verdicts == {wanted}, f"verify: {claim['claim']} {verdicts}")
        inside = all(error[row] <= 1 for row in mine if text["method"][row] == "numeric")
        count.check(inside or wanted == "refuted", f"verify: errors of {claim['claim']} are below their bounds")

    table = open_group(path, "checks")
    count.check(set(table.error_over_bound.dims) == {"check"}, "verify: xarray sees one dimension")
    seen = words_of(table.verdict.values, table.verdict.flag_meanings)
    count.check(seen == text["verdict"], "verify: xarray reads the verdicts")
    count.check(list(table.detail.values) == details, "verify: xarray reads the details")
    count.check(np.array_equal(table.error_over_bound.values, error), "verify: xarray reads the errors")
    count.check(list(open_group(path, "geometries").case.values) == cases, "verify: xarray reads the cases")
    count.check("error_over_bound" in h5dump(path), "verify: h5dump prints the file")
    count.check(dumped_numbers(path, "/checks/log2_miss") == miss.tolist(), "verify: h5dump prints the same numbers")

    # Wrong on purpose: the file of a mutant says so.
    try:
        program.run("verify", *"--mutant shifted --geometries 20 --output mutant.h5".split())
        count.check(False, "mutant: verify accepts it")
    except peer.Refused as refused:
        count.check(refused.code == 3, "mutant: exit code 3")
    with h5py.File(program.file("mutant.h5")) as file:
        verdict = file["checks/verdict"]
        count.check(file["checks"].attrs["passed"] == 0, "mutant: the attribute passed")
        seen = words_of(verdict[:], verdict.attrs["flag_meanings"])
        count.check("fails" in seen, "mutant: a row that fails")


# A training run.


def with_error(layer, x, error, w, bias, relu, terms):
    """One layer in double, and how far float32 may be from it (running error analysis).

    A sum of n products is off by at most n*eps times the sum of their absolute values; what came in off by `error`
    goes through |w|.
    """
    y = layer(x, w) + bias
    off = layer(error, np.abs(w)) + (terms + 1) * ROUNDING * (layer(np.abs(x) + error, np.abs(w)) + np.abs(bias))
    return (np.maximum(y, 0) if relu else y), off


def forward(images, weights, layers, to_code, to_image):
    """The autoencoder's logits, from the file's weights and fsconv's documentation, and their error bound."""
    per_channel = lambda b: b.reshape(1, -1, 1, 1)
    x, error = images, np.zeros(images.shape)
    shapes = []
    for layer in range(1, layers + 1):
        shapes.append(x.shape[1:])
        w, b = weights[f"conv{layer}"], per_channel(weights[f"conv{layer}_bias"])
        x, error = with_error(to_code, x, error, w, b, True, w[0].size)
    linear = lambda x, w: np.einsum("nchw,lchw->nl", x, w)
    w = weights["linear"]
    z, error = with_error(linear, x, error, w, weights["linear_bias"], False, w[0].size)
    back = lambda z, w: np.einsum("nl,lchw->nchw", z, w)
    b = weights["linear_transpose_bias"]
    x, error = with_error(back, z, error, w, b, True, w.shape[0])
    for layer in range(layers, 0, -1):
        w, b = weights[f"conv{layer}"], per_channel(weights[f"conv{layer}_transpose_bias"])
        transposed = lambda y, w, shape=shapes[layer - 1]: to_image(y, w, shape)
        x, error = with_error(transposed, x, error, w, b, layer > 1, w[:, 0].size)
    return x, error


def check_training(program, count):
    line = (
        "--data generated --train-images 256 --test-images 16 --epochs 2 --channels 3,4 --kernel 4 --stride 2 "
        "--padding 1 --latent 5 --output run.h5 --json"
    )
    printed = [json.loads(text) for text in program.run("train", *line.split()).splitlines()]
    path = program.file("run.h5")
    with h5py.File(path) as file:
        weights = {
            name: data[:].astype("f8")
            for name, data in file["weights"].items()
            if not h5py.h5ds.is_scale(data.id)
        }
        original, shown = file["samples/originals"][:], file["samples/reconstructions"][:]
        test_loss = file["test_loss"][:]
        epochs = file["epoch"][:]
        configuration = json.loads(file.attrs["configuration"])
        count.check(file["test_loss"].dims[0][0].name == "/epoch", "train: epoch is the scale of the losses")
        count.check(file["test_loss"].attrs["units"] == "nats per image", "train: units")
        count.check(file["optimizer"].attrs["steps"] == 4, "train: 2 epochs of 2 batches are 4 steps")
        types = (file["weights/conv1"].dtype, original.dtype, shown.dtype)
        count.check(types == ("f4", "u1", "u1"), f"train: types {types}")
    count.check(epochs.tolist() == [1, 2] == [entry["epoch"] for entry in printed], "train: epochs")
    same = test_loss.tolist() == [entry["test_loss"] for entry in printed]
    count.check(same, "train: the file's losses are printed")
    count.check(configuration["channels"] == [3, 4] and configuration["tie"] == "all", "train: the configuration")
    shapes = (weights["conv1"].shape, weights["conv2"].shape, weights["linear"].shape)
    count.check(shapes == ((3, 1, 4, 4), (4, 3, 4, 4), (5, 4, 7, 7)), f"train: shapes of the weights {shapes}")
    count.check(original.shape == shown.shape == (16, 28, 28, 1), "train: shapes of the samples")

    # All 16 test images are in the file: the loss and the pictures follow from the weights.
    images = np.moveaxis(original.astype("f8") / 255, -1, 1)
    to_code = lambda x, w: correlate(x, w, [2, 2], [(1, 1)] * 2, [1, 1])

    def to_image(y, w, shape):
        """The transpose by scattering: y's pixel (i, j) paints the filter at (2i - 1, 2j - 1)."""
        canvas = np.zeros([y.shape[0], shape[0], 2 * y.shape[2] + 2, 2 * y.shape[3] + 2])
        for i, j in np.ndindex(y.shape[2:]):
            canvas[:, :, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += np.einsum("no,ocab->ncab", y[:, :, i, j], w)
        return canvas[:, :, 1 : 1 + shape[1], 1 : 1 + shape[2]]

    def loss_and_bound(weights):
        """Mean BCE per image. |d bce / d logit| <= 1: logits off by e move it by sum(e), and its sum rounds too."""
        logits, error = forward(images, weights, 2, to_code, to_image)
        bce = np.logaddexp(0, logits) - images * logits
        rounding = bce[0].size * ROUNDING * bce.sum()
        return bce.sum() / 16, (error.sum() + rounding) / 16, logits, error

    loss, bound, logits, error = loss_and_bound(weights)
    count.check(abs(loss - test_loss[-1]) <= bound, f"train: loss {test_loss[-1]}, NumPy {loss}, bound {bound}")
    # The sigmoid's slope is at most 1/4; rounding to a byte adds a half, and float32 a little.
    pictures = np.moveaxis(255 / (1 + np.exp(-logits)), 1, -1)
    most = np.moveaxis(255 * error / 4, 1, -1) + 0.5 + 255 * 4 * ROUNDING
    count.check(np.all(np.abs(pictures - shown) <= most), "train: NumPy makes the same reconstructions")
    for name in ["conv1", "conv2"]:
        mutant = {**weights, name: np.flip(weights[name], (2, 3))}
        count.check(abs(loss_and_bound(mutant)[0] - test_loss[-1]) > bound, f"mutant: {name} turned")
    print(f"training: loss {test_loss[-1]:.6f}, NumPy's {loss:.6f}, bound {bound:.2g}")

    run = open_group(path)
    count.check(run.test_loss.dims == ("epoch",), "train: xarray, dimensions")
    count.check(run.test_loss.sel(epoch=2) == test_loss[1], "train: xarray, losses")
    held = open_group(path, "weights")
    count.check(np.array_equal(held.conv2.values, weights["conv2"]), "train: xarray, weights")
    count.check(np.array_equal(open_group(path, "samples").originals.values, original), "train: xarray, samples")
    count.check(dumped_numbers(path, "/test_loss") == test_loss.tolist(), "train: h5dump, losses")
    count.check("reconstructions" in h5dump("-H", path), "train: h5dump, structure")


def compare(program, count):
    if shutil.which("h5dump") is None:
        peer.skip("there is no h5dump; install Debian's hdf5-tools")
    check_matrices(program, count)
    check_arrays(program, count)
    check_verification(program, count)
    check_training(program, count)


if __name__ == "__main__":
    peer.main(compare)
