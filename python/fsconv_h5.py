#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the files that fsconv writes, with h5py and numpy alone.

    import fsconv_h5

    run = fsconv_h5.load("run.h5")                 # any file of fsconv
    run.series["test_loss"]                        # a number per epoch
    run.weights["conv1"]                           # [out, in, kh, kw]
    table = fsconv_h5.runs("results/*.h5")         # a row per training run
    mean = fsconv_h5.codes("codes.h5").mean        # [image, latent]
    fsconv_h5.failures("report.h5")                # the checks that failed

Tables are pandas' where pandas is installed, else a list of dictionaries with to_csv(). Copy this file to where it is
needed, or put its folder into PYTHONPATH. As a program it prints a table: python3 fsconv_h5.py FILE...

Files of schema 1 to 4 are read; docs/file_formats.md describes them. The digest of a file is not compared here: fsconv
verifies it whenever it reads one. On a damaged file HDF5's own library may crash or never end, which Python cannot catch:
load(path, careful=True), or --careful of the program, has a process of its own read the whole file first.

The examples below use the file of a small training run, which fsconv made in schema 2:

>>> run = load(example)
>>> run.kind, run.schema_version, run.config["model"], run.config["channels"]
('train', 2, 'vae', [2])
>>> run.epoch.tolist(), round(float(run.series["test_loss"][-1]), 3)
([1, 2], 44.877)
"""

import collections
import csv
import glob
import io
import json
import math
import os
import subprocess
import sys

import h5py
import numpy as np

NEWEST_SCHEMA = 4
CAREFUL_SECONDS = 60  # after which reading in a process of its own counts as endless
LARGE_BYTES = 1 << 26  # of arrays above, that process reads both ends


class NotReadable(ValueError):
    """A file that is none of fsconv's, is damaged, or of a newer schema or another kind. Its text names the file."""


def _plain(value):
    """An attribute as Python's own int, float, str or list."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _open(path):
    path = os.fspath(path)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: there is no such file")
    if not os.path.isfile(path):
        raise OSError(f"{path}: is no regular file")  # to read a pipe could wait for ever
    try:
        return h5py.File(path, "r")
    except OSError as reason:
        if not os.access(path, os.R_OK):
            raise OSError(f"{path}: cannot be read") from reason
        raise NotReadable(f"{path}: is no HDF5 file, or a damaged one ({reason})") from reason


def _is_values(item):
    """Whether an object is a dataset with values: scales of axes without coordinates hold none."""
    if not isinstance(item, h5py.Dataset):
        return False
    is_bare_scale = _plain(item.attrs.get("NAME", "")).startswith("This is a netCDF dimension but not a netCDF var")
    return not is_bare_scale


def _values(dataset):
    return dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()]


class Arrays(collections.abc.Mapping):
    """The datasets of a group by name, each read when it is asked for; the file is open only then.

    >>> list(load(example).samples)
    ['originals', 'reconstructions']
    >>> load(example).samples["originals"].shape
    (6, 8, 8, 1)
    """

    def __init__(self, path, group="/", deep=False, aliases=None):
        self.path, self.group, self.aliases = path, group, dict(aliases or {})
        self._names = []
        with _open(path) as file:
            if group not in file:
                return
            if deep:
                file[group].visititems(lambda name, item: self._names.append(name) if _is_values(item) else None)
            else:
                self._names = [name for name, item in file[group].items() if _is_values(item)]

    def __getitem__(self, name):
        name = self.aliases.get(name, name)
        if name not in self._names:
            raise KeyError(f"{self.path}:{self.group} has no {name!r}; there are {', '.join(self._names) or 'none'}")
        with _open(self.path) as file:
            return _values(file[self.group][name])

    def part(self, name, selection):
        """A part of what is too large to be read whole, in h5py's and NumPy's words.

        >>> load(example).samples.part("originals", np.s_[:2, :, :, 0]).shape
        (2, 8, 8)
        """
        with _open(self.path) as file:
            return file[self.group][self.aliases.get(name, name)][selection]

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)

    def __repr__(self):
        return f"<{len(self)} arrays of {self.path}:{self.group}: {', '.join(self._names)}>"


class Rows(list):
    """A list of dictionaries that stands for pandas' DataFrame where there is no pandas.

    >>> print(Rows([{"a": 1, "b": "x,y"}, {"a": 2.5}]).to_csv(), end="")
    a,b
    1,"x,y"
    2.5,
    """

    @property
    def columns(self):
        return list(dict.fromkeys(name for row in self for name in row))

    def to_csv(self, path=None, index=False):
        """A text, or written to `path`, a name or a file."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self)
        if path is None:
            return text.getvalue()
        if hasattr(path, "write"):
            path.write(text.getvalue())
            return None
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
        return None


def table(rows, pandas=None):
    """Rows as a DataFrame where pandas is installed (or `pandas` is not False), else as Rows."""
    if pandas is not False:
        try:
            import pandas as library

            return library.DataFrame(list(rows))
        except ImportError:
            if pandas:
                raise
    return Rows(rows)


class File:
    """A file of fsconv. What a kind does not have is None or empty.

    Of every kind
        path, kind, schema_version
        config        the options it was made with, by name
        attributes    all of the root: command_line, git_commit, cpu, threads, start_time, ...
        arrays        every dataset by its path without the first slash, read when asked for
    train
        epoch, series, units    numbers per epoch by name; what these are in
        weights, best_weights   by name. Where the decoder shares a layer's weight ("tied"), "conv1_transpose" is
                                another name of "conv1": weights.aliases says which
        model         values, parameters and steps, as fsconv describes them (schema 2 and later)
        samples       "originals", "reconstructions": [image, row, column, channel], 0 to 255
        last(), best()          the series at one epoch; epoch 0 alone of a run that has not begun
    evaluate
        evaluation    numbers per image by name: "elbo", "psnr", ...;  means   (mean, standard error) by name
    encode
        codes         image, mean, log_variance, label
    decode, reconstruct
        images        by name: "images", "originals", "reconstructions"; codes.mean of decode
    data prepare
        images        "train/images", "train/label", "test/images", ...; images.part() reads some of them
    verify
        rows          of every check; failures, proofs
    bench
        rows          of everything timed
    matrix
        matrices      by group: (data, indices, indptr, shape) of compressed columns
    """

    def __init__(self, path):
        self.path = os.fspath(path)
        self.config, self.attributes, self.units, self.model = {}, {}, {}, None
        self.epoch, self.series, self.evaluation, self.means = None, {}, {}, {}
        self.weights = self.best_weights = self.samples = self.images = {}
        self.codes, self.rows, self.failures, self.proofs, self.matrices = None, [], [], [], {}
        is_open = False
        try:
            with _open(path) as file:
                is_open = True
                self._read_root(file)
                read = getattr(self, "_read_" + self.kind, None)
                if read:
                    read(file)
                self.arrays = Arrays(self.path, deep=True)
        except NotReadable:
            raise
        except OSError as reason:
            if is_open and reason.errno is None:  # HDF5's own words about what the file holds
                raise NotReadable(f"{self.path}: is damaged or incomplete: {reason}") from reason
            raise
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError) as reason:
            raise NotReadable(f"{self.path}: is damaged or incomplete: {reason}") from reason

    def __repr__(self):
        return f"<{self.kind} file {self.path}>"

    def _read_root(self, file):
        self.attributes = {name: _plain(value) for name, value in file.attrs.items()}
        self.schema_version = self.attributes.get("schema_version")
        if self.schema_version is None:
            self.matrices = _matrices(file)
            if not self.matrices:
                raise NotReadable(f"{self.path}: was not written by fsconv: it has no schema_version")
            self.kind = "matrix"
            return
        if not isinstance(self.schema_version, int) or not 1 <= self.schema_version <= NEWEST_SCHEMA:
            raise NotReadable(
                f"{self.path}: has schema_version {self.schema_version}; this module reads up to {NEWEST_SCHEMA}"
            )
        self.kind = self.attributes["kind"]
        self.config = json.loads(self.attributes["configuration"])
        if not isinstance(self.kind, str) or not isinstance(self.config, dict):
            raise NotReadable(f"{self.path}: its kind is no text or its configuration no JSON object")

    def _read_train(self, file):
        self.epoch = file["epoch"][:]
        for name, item in file.items():
            if _is_values(item) and name != "epoch" and item.shape == self.epoch.shape:
                self.series[name] = item[:]
                self.units[name] = _plain(item.attrs.get("units", ""))
        if "model" in self.attributes:
            self.model = json.loads(self.attributes["model"])
        own = [name for name, item in file["weights"].items() if _is_values(item)]
        aliases = {}
        for step in [] if self.model is None else self.model["steps"]:
            other = f"{step.get('weight')}_transpose"
            if step.get("transposed") and other not in own:
                aliases[other] = step["weight"]
        self.weights = Arrays(self.path, "/weights", aliases=aliases)
        self.best_weights = Arrays(self.path, "/best/weights", aliases=aliases)
        self.samples = Arrays(self.path, "/samples")

    def _read_evaluate(self, file):
        images = file["image"].shape[0]
        for name, item in file.items():
            if _is_values(item) and item.shape[:1] == (images,):
                self.evaluation[name] = item[:]
                self.units[name] = _plain(item.attrs.get("units", ""))
        if "samples" in file:
            self.evaluation["samples"] = file["samples"][:]
        for name, value in self.attributes.items():
            if name.startswith("mean."):
                self.means[name[5:]] = (value, self.attributes.get("standard_error." + name[5:]))

    def _read_encode(self, file):
        self.codes = _codes(file)

    def _read_decode(self, file):
        self.images = Arrays(self.path)
        self.codes = Codes(None, file["codes"][:], None, None)

    def _read_reconstruct(self, file):
        self.images = Arrays(self.path)

    def _read_data(self, file):
        self.images = Arrays(self.path, deep=True)

    def _read_verify(self, file):
        group = file["checks"]
        columns = {}
        for name in ["claim", "form", "method", "verdict"]:
            words = _plain(group[name].attrs["flag_meanings"]).split(" ")
            columns[name] = [words[code] for code in group[name][:]]
        for name in ["error_over_bound", "log2_miss"]:
            columns[name] = group[name][:].tolist()
        columns["detail"] = group["detail"].asstr()[:].tolist()
        cases = file["geometries/case"].asstr()[:]
        columns["case"] = [cases[at] for at in group["geometry"][:]]
        self.rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
        self.failures = [row for row in self.rows if row["verdict"] == "fails"]
        if "proofs" in file:
            self.proofs = _rows_along(file["proofs"], "proof")
        for proof in self.proofs:
            if proof["verdict"].split(":")[0] not in ("proved", "refuted"):
                self.failures.append(
                    {
                        "claim": proof["proof"],
                        "form": "-",
                        "method": "proof",
                        "verdict": "fails",
                        "error_over_bound": None,
                        "log2_miss": None,
                        "detail": proof["verdict"],
                        "case": "-",
                    }
                )

    def _read_bench(self, file):
        self.rows = _rows_along(file["items"], "item")

    def _at(self, place):
        return {name: values[place].item() for name, values in self.series.items()}

    def last(self):
        """The series after the last epoch, by name.

        >>> last = load(example).last()
        >>> last["epoch"], round(last["test_kl"], 3)
        (2, 0.065)
        """
        self._require_run()
        return {"epoch": int(self.epoch[-1]), **self._at(-1)} if len(self.epoch) else {"epoch": 0}

    def best(self):
        """The series after the best epoch: the first of the smallest validation loss, or where the run keeps no
        validation images of the smallest test loss (chosen by the images it is measured on). `by` says which.

        >>> load(example).best()["by"]
        'validation_loss'
        """
        self._require_run()
        if len(self.epoch) == 0:
            return {"epoch": 0, "by": None}
        by = "validation_loss" if "validation_loss" in self.series else "test_loss"
        place = int(np.argmin(self.series[by]))
        return {"epoch": int(self.epoch[place]), "by": by, **self._at(place)}

    def _require_run(self):
        if self.epoch is None:
            raise NotReadable(f"{self.path}: is a file of fsconv {self.kind}, which has no epochs")

    def to_xarray(self, group="/"):
        """The datasets of a group as xarray.Dataset, with names of axes, coordinates and units. Needs xarray."""
        import xarray

        variables, coordinates = {}, {}
        with _open(self.path) as file:
            for name, item in file[group].items():
                if not _is_values(item):
                    continue
                scales = [axis[0].name if len(axis) else f"axis_{at}" for at, axis in enumerate(item.dims)]
                dims = [name] if h5py.h5ds.is_scale(item.id) else [scale.rsplit("/", 1)[-1] for scale in scales]
                said = ("units", "long_name", "flag_meanings")
                attributes = {key: _plain(value) for key, value in item.attrs.items() if key in said}
                target = coordinates if dims == [name] else variables
                target[name] = (dims[: item.ndim], _values(item), attributes)
        return xarray.Dataset(variables, coordinates, dict(self.attributes) if group == "/" else {})


Codes = collections.namedtuple("Codes", "image mean log_variance label")


def _codes(file):
    held = lambda name: file[name][:] if name in file else None
    return Codes(held("image"), file["mean"][:], held("log_variance"), held("label"))


def _rows_along(group, axis):
    """Rows of a table that is stored by columns: a dictionary for each place along `axis`."""
    length = group[axis].shape[0]
    columns = {
        name: _values(item) for name, item in group.items() if _is_values(item) and item.shape[:1] == (length,)
    }
    return [{name: _plain(values[at]) for name, values in columns.items()} for at in range(length)]


def _matrices(file):
    """Sparse matrices by the path of their group; also where somebody's file holds one."""
    found = {}

    def add(name, item):
        if isinstance(item, h5py.Group) and _plain(item.attrs.get("format", "")) == "csc":
            data, indices, indptr = (item[part][:] for part in ("data", "indices", "indptr"))
            found[name] = (data, indices, indptr, tuple(item["shape"][:].tolist()))

    file.visititems(add)
    return found


def _read_all(path):
    """What load(careful=True) does in a process of its own: reads everything, and returns an exit code."""
    try:
        held = File(path).arrays
    except NotReadable as reason:
        print(reason)
        return 4
    except OSError:
        return 5  # the system's refusal: load() itself says it
    try:
        for name in held:
            with _open(path) as file:
                is_large = file[name].nbytes > LARGE_BYTES
            if is_large:
                held.part(name, np.s_[:1]), held.part(name, np.s_[-1:])
            else:
                held[name]
    except (KeyError, ValueError, TypeError, RuntimeError, OSError) as reason:
        print(f"{path}: is damaged or incomplete: {reason}")
        return 4
    return 0


def _require_survivable(path):
    """NotReadable where a process that reads the whole file finds damage, crashes or does not end."""
    path = os.fspath(path)
    read = f"import runpy, sys; sys.exit(runpy.run_path({__file__!r})['_read_all'](sys.argv[1]))"
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-c", read, path],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=CAREFUL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as reason:
        raise NotReadable(f"{path}: is damaged: reading it does not end in {CAREFUL_SECONDS} s") from reason
    if done.returncode == 4:
        raise NotReadable(done.stdout.strip())
    if done.returncode not in (0, 5):
        raise NotReadable(f"{path}: is damaged: HDF5 crashes when it is read (exit status {done.returncode})")


def load(path, careful=False):
    """A File. Raises NotReadable, or OSError where the system does not let it be read.

    `careful` has a process of its own read the whole file first (of arrays above 64 MiB both ends), so that a file on
    which HDF5 crashes or never ends is NotReadable, too. It costs the start of Python and h5py and reading twice. Leave
    it away for files that fsconv has just written; use it for those from elsewhere, and where a program must go on.

    >>> load(example, careful=True).kind
    'train'

    >>> load(example)
    <train file ...vae.h5>
    >>> load("nothing.h5")
    Traceback (most recent call last):
    FileNotFoundError: nothing.h5: there is no such file
    """
    if careful:
        _require_survivable(path)
    return File(path)


def _of_kind(path, kind):
    file = load(path)
    if file.kind != kind:
        raise NotReadable(f"{file.path}: is a file of fsconv {file.kind}; give one that fsconv {kind} wrote")
    return file


def _files(paths):
    """Names and patterns as names in order, each once."""
    names = []
    for one in [paths] if isinstance(paths, (str, os.PathLike)) else paths:
        one = os.fspath(one)
        found = [one] if os.path.exists(one) else sorted(glob.glob(one, recursive=True))
        if not found:
            raise FileNotFoundError(f"{one}: there is no such file")
        names += found
    return list(dict.fromkeys(names))


def _is_over(config, done, best):
    """Whether a run has ended, as fsconv train has it: patience needs a best epoch of validation images, and none is lost
    while the weight of the KL still rises.

    >>> config = {"epochs": 9, "patience": 2, "beta-warmup": 2.5}
    >>> _is_over(config, 9, None), _is_over(config, 5, None), _is_over(config, 4, 1), _is_over(config, 5, 1)
    (True, False, False, True)
    """
    patience = config.get("patience", 0)
    if done >= config["epochs"] or patience == 0 or best is None:
        return done >= config["epochs"]
    return done - max(best, math.ceil(config.get("beta-warmup", 0))) >= patience


def runs(paths, pandas=None):
    """A row per training run of a pattern, a name or a list of them: run, epochs, finished, config.NAME, last.SERIES,
    best.SERIES, best.epoch and best.by. Files of other kinds among those of a pattern are left out; one that is named
    is an error.

    >>> rows = runs(example, pandas=False)
    >>> rows[0]["config.model"], rows[0]["epochs"], rows[0]["best.by"]
    ('vae', 2, 'validation_loss')
    """
    rows = []
    for name in _files(paths):
        run = load(name)
        if run.kind != "train":
            named = paths == name or (not isinstance(paths, (str, os.PathLike)) and name in map(os.fspath, paths))
            if named:
                _of_kind(name, "train")
            continue
        last, best = run.last(), run.best()
        done = last["epoch"]
        row = {
            "run": name,
            "epochs": done,
            "finished": _is_over(run.config, done, best["epoch"] if best["by"] == "validation_loss" else None),
        }
        for key, value in run.config.items():
            row[f"config.{key}"] = json.dumps(value) if isinstance(value, (list, dict)) else value
        row.update((f"last.{key}", value) for key, value in last.items() if key != "epoch")
        row.update((f"best.{key}", value) for key, value in best.items())
        rows.append(row)
    return table(rows, pandas)


def curves(paths, pandas=None):
    """A row per training run and epoch: run, epoch and the series, as `fsconv log FILE --csv` has them.

    >>> len(curves(example, pandas=False))
    2
    """
    rows = []
    for name in _files(paths):
        run = load(name)
        if run.kind == "train":
            for place, epoch in enumerate(run.epoch):
                rows.append({"run": name, "epoch": int(epoch), **run._at(place)})
    return table(rows, pandas)


def arrays(path):
    """Every dataset of a file by its path, read when it is asked for; of files that are none of fsconv's, too.

    >>> arrays(example)["weights/conv1"].shape
    (2, 1, 4, 4)
    """
    return Arrays(os.fspath(path), deep=True)


def codes(path):
    """image, mean, log_variance and label of a file of `fsconv encode`; None for what it does not have."""
    return _of_kind(path, "encode").codes


def failures(path, pandas=None):
    """The checks and proofs that failed, of a file of `fsconv verify`: claim, form, method, case, detail, ..."""
    return table(_of_kind(path, "verify").failures, pandas)


def rows(path, pandas=None):
    """All checks of a file of `fsconv verify`, or all that a file of `fsconv bench` timed."""
    file = load(path)
    if file.kind not in ("verify", "bench"):
        raise NotReadable(f"{file.path}: is a file of fsconv {file.kind}; give one that verify or bench wrote")
    return table(file.rows, pandas)


def _safe(text):
    """What a terminal shows, and does not obey."""
    readable = str(text).encode("utf-8", "replace").decode()
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in readable)


def _text(rows, columns):
    """Columns of text, numbers with six digits."""
    word = lambda value: _safe(f"{value:.6g}" if isinstance(value, float) else value)
    lines = [columns, *([word(row.get(name, "-")) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def main(arguments):
    """Prints a table of the runs among FILE..., and what the other files hold. --csv: the runs, with every column."""
    names = [one for one in arguments if one not in ("--csv", "--careful")]
    if not names or any(one.startswith("-") for one in names):
        print("usage: fsconv_h5.py [--csv] [--careful] FILE...", file=sys.stderr)
        return 0 if "--help" in names else 2
    try:
        files = [load(name, careful="--careful" in arguments) for name in _files(names)]
        trained = runs([file.path for file in files if file.kind == "train"], pandas=False)
        if "--csv" in arguments:
            print(trained.to_csv(), end="")
            return 0
        if trained:
            differing = [
                name
                for name in trained.columns
                if name.startswith("config.") and len({str(row.get(name)) for row in trained}) > 1
            ]
            metrics = ["last.test_loss", "best.epoch", "best.test_loss"]
            print(_text(trained, ["run", "epochs", *metrics, *differing]))
        for file in files:
            if file.kind != "train":
                with _open(file.path) as content:
                    shapes = [f"{name} {list(content[name].shape)}" for name in file.arrays]
                failed = f", {len(file.failures)} of {len(file.rows)} checks failed" if file.kind == "verify" else ""
                print(f"{_safe(file.path)}: {file.kind}{failed}; {', '.join(map(_safe, shapes))}")
    except NotReadable as reason:
        print(f"fsconv_h5: {_safe(reason)}", file=sys.stderr)
        return 4
    except OSError as reason:
        print(f"fsconv_h5: {_safe(reason)}", file=sys.stderr)
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
