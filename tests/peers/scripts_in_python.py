# SPDX-License-Identifier: Apache-2.0
"""python/fsconv_h5.py on files that fsconv writes, against h5py read by hand and `fsconv log`; event files."""

import csv
import doctest
import glob
import importlib.util
import io
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import zlib

import peer

peer.require({"h5py": "python3-h5py"})

import h5py
import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MODULE = os.path.join(ROOT, "python", "fsconv_h5.py")
RECORDED = os.path.join(ROOT, "tests", "vectors", "schema_2")
sys.dont_write_bytecode = True
specification = importlib.util.spec_from_file_location("fsconv_h5", MODULE)
fsconv_h5 = importlib.util.module_from_spec(specification)
specification.loader.exec_module(fsconv_h5)

TRAIN = "train --data generated:12x10x1 --train-images 60 --test-images 16 --channels 2 --latent 2"


def make_files(program):
    """A run without and one with validation images, and a file of every other kind."""
    program.run(*f"{TRAIN} --epochs 2 --output runs/ae.h5".split())
    program.run(*f"{TRAIN} --epochs 3 --model vae --validation 20 --seed 4 --output runs/vae.h5".split())
    program.run(*"evaluate runs/vae.h5 --importance-samples 10 --output runs/evaluate.h5".split())
    program.run(*"encode runs/vae.h5 --output codes.h5".split())
    program.run(*"decode runs/vae.h5 --codes codes.h5:/mean --output decoded.h5".split())
    program.run(*"reconstruct runs/vae.h5 --output reconstructed.h5".split())
    program.run(*"verify --case i4o2k2s2 --claim transpose --output verify.h5".split())
    program.run(*"matrix --input-size 6 --kernel 3 --stride 2 --channels 1,2 --output matrix.h5".split())
    try:
        program.run(*"verify --case i4o2k3 --mutant no_flip --claim transpose --output failed.h5".split())
    except peer.Refused as refused:
        assert refused.code == 3, refused


def same(one, other):
    """Value for value; NaN is where NaN is."""
    one, other = np.asarray(one), np.asarray(other)
    return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")


def check_examples(count):
    example = os.path.join(RECORDED, "vae.h5")
    result = doctest.testmod(fsconv_h5, extraglobs={"example": example}, optionflags=doctest.ELLIPSIS)
    count.check(result.failed == 0 and result.attempted > 10, f"examples in the docstrings: {result}")


def check_training(program, count):
    for name in ["ae", "vae"]:
        path = program.file(f"runs/{name}.h5")
        run = fsconv_h5.load(path)
        said = json.loads(program.run("log", path, "--json"))[0]
        count.check(run.kind == said["kind"] == "train", f"{name}: kind")
        count.check(run.config == said["configuration"], f"{name}: configuration")
        count.check(set(run.series) == set(said["series"]), f"{name}: names of series")
        with h5py.File(path) as file:
            for series, values in run.series.items():
                count.check(same(values, file[series][:]), f"{name}: {series} as h5py reads it")
                count.check(same(values, said["series"][series]["values"]), f"{name}: {series} as fsconv says it")
                count.check(run.units[series] == said["series"][series]["units"], f"{name}: unit of {series}")
            for weight in said["model"]["shapes"]:
                count.check(same(run.weights[weight], file["weights"][weight][:]), f"{name}: {weight}")
            for kind in run.samples:
                count.check(same(run.samples[kind], file["samples"][kind][:]), f"{name}: {kind}")
        count.check(set(run.weights) == set(said["model"]["shapes"]), f"{name}: weights, and no scales")
        tied = same(run.weights["conv1_transpose"], run.weights["conv1"])
        count.check(tied, f"{name}: the tied weight's other name")
        best = run.best()
        count.check({"epoch": best["epoch"], "by": best["by"]} == said["best"], f"{name}: best epoch")
        count.check(run.last()["test_loss"] == said["series"]["test_loss"]["values"][-1], f"{name}: last epoch")
    count.check(len(run.best_weights) == len(run.weights), "vae: best weights")


def check_tables(program, count):
    pattern = program.file("runs/*.h5")
    said = json.loads(program.run("log", program.file("runs/ae.h5"), program.file("runs/vae.h5"), "--json"))
    rows = fsconv_h5.runs(pattern, pandas=False)
    count.check([os.path.basename(row["run"]) for row in rows] == ["ae.h5", "vae.h5"], "runs: of a pattern, sorted")
    for row, run in zip(rows, said):
        for key, value in run["configuration"].items():
            expected = json.dumps(value) if isinstance(value, list) else value
            count.check(row[f"config.{key}"] == expected, f"runs: {key} of {run['run']}")
        for name, series in run["series"].items():
            count.check(row[f"last.{name}"] == series["values"][-1], f"runs: last {name}")
            at = run["best"]["epoch"] - 1
            count.check(row[f"best.{name}"] == series["values"][at], f"runs: best {name}")
        count.check(row["finished"] is run["finished"] and row["epochs"] == run["epochs"], "runs: epochs")
    text = rows.to_csv()
    back = list(csv.DictReader(io.StringIO(text)))
    count.check(len(back) == 2 and back[1]["config.model"] == "vae", "runs: to_csv")
    count.check(float(back[0]["last.test_loss"]) == rows[0]["last.test_loss"], "runs: to_csv keeps the digits")
    count.check(back[0]["last.test_kl"] == "", "runs: to_csv leaves empty what a run does not have")
    count.check(rows[0]["last.test_loss"] != rows[1]["last.test_loss"], "mutant: rows exchanged")

    printed = list(csv.DictReader(io.StringIO(program.run("log", *[row["run"] for row in rows], "--csv"))))
    curves = fsconv_h5.curves(pattern, pandas=False)
    count.check(len(printed) == len(curves) == 5, "curves: a row per run and epoch")
    for one, other in zip(printed, curves):
        for name, value in one.items():
            number = other.get(name, "")
            equal = str(number) == value if name in ("run",) or value == "" else float(value) == number
            count.check(equal, f"curves: {name} {value} {number}")
    try:
        import pandas
    except ImportError:
        print("pandas is not installed: its tables are not checked")
        return
    frame = fsconv_h5.runs(pattern)
    count.check(isinstance(frame, pandas.DataFrame), "runs: a DataFrame")
    count.check(frame["last.test_loss"].tolist() == [row["last.test_loss"] for row in rows], "runs: in pandas")


def check_other_kinds(program, count):
    evaluation = fsconv_h5.load(program.file("runs/evaluate.h5"))
    said = json.loads(program.run("evaluate", "runs/vae.h5", "--importance-samples", "10", "--json"))
    with h5py.File(evaluation.path) as file:
        for name in ["elbo", "kl", "psnr", "log_likelihood", "label"]:
            count.check(same(evaluation.evaluation[name], file[name][:]), f"evaluate: {name}")
        mean, error = evaluation.means["elbo"]
        elbo = file["elbo"][:]
    rounding = len(elbo) * 2.0**-53 * abs(mean)  # of a sum, in any order
    count.check(abs(mean - elbo.mean()) <= rounding, f"evaluate: the mean of elbo, {mean}")
    count.check(abs(error - elbo.std(ddof=1) / len(elbo) ** 0.5) < 1e-12 * abs(mean), "evaluate: its standard error")
    count.check(str(mean) in json.dumps(said), "evaluate: what the command says")

    codes = fsconv_h5.codes(program.file("codes.h5"))
    with h5py.File(program.file("codes.h5")) as file:
        count.check(same(codes.mean, file["mean"][:]) and codes.mean.shape == (16, 2), "codes: means")
        count.check(same(codes.log_variance, file["log_variance"][:]), "codes: log variances")
        count.check(same(codes.label, file["label"][:]), "codes: labels")
    decoded = fsconv_h5.load(program.file("decoded.h5"))
    count.check(same(decoded.codes.mean, codes.mean), "decode: its codes are those that were asked for")
    with h5py.File(program.file("decoded.h5")) as file:
        count.check(same(decoded.images["images"], file["images"][:]), "decode: images")
    pairs = fsconv_h5.load(program.file("reconstructed.h5"))
    count.check(pairs.images["originals"].shape == pairs.images["reconstructions"].shape, "reconstruct: pairs")

    checks = fsconv_h5.rows(program.file("verify.h5"), pandas=False)
    with h5py.File(program.file("verify.h5")) as file:
        count.check([row["detail"] for row in checks] == list(file["checks/detail"].asstr()), "verify: rows")
        count.check({row["case"] for row in checks} == set(file["geometries/case"].asstr()), "verify: cases")
    count.check(fsconv_h5.failures(program.file("verify.h5"), pandas=False) == [], "verify: nothing failed")
    failed = fsconv_h5.failures(program.file("failed.h5"), pandas=False)
    with h5py.File(program.file("failed.h5")) as file:
        words = file["checks/verdict"].attrs["flag_meanings"].split(" ")
        expected = int(np.sum(file["checks/verdict"][:] == words.index("fails")))
    count.check(len(failed) == expected > 0, f"verify: {expected} failures")
    complete = all(row["claim"] == "transpose" and row["case"] and row["detail"] for row in failed)
    count.check(complete, "verify: failures, each with its case and what differs")

    bench = fsconv_h5.rows(os.path.join(RECORDED, "bench.h5"), pandas=False)
    with h5py.File(os.path.join(RECORDED, "bench.h5")) as file:
        count.check([row["form"] for row in bench] == list(file["items/form"].asstr()), "bench: forms")
        count.check([row["median"] for row in bench] == file["items/median"][:].tolist(), "bench: medians")
    check_prepared(program, count)
    data, indices, indptr, shape = fsconv_h5.load(program.file("matrix.h5")).matrices["matrix"]
    with h5py.File(program.file("matrix.h5")) as file:
        count.check(same(data, file["matrix/data"][:]) and indptr[-1] == len(data) == len(indices), "matrix: entries")
        count.check(shape == tuple(file["matrix/shape"][:]), "matrix: shape")
    for path in sorted(glob.glob(os.path.join(RECORDED, "*.h5"))) + [os.path.join(RECORDED, "..", "run_schema_1.h5")]:
        file = fsconv_h5.load(path)
        with h5py.File(path) as content:
            held = lambda name: content[name].asstr()[()] if content[name].dtype.kind == "O" else content[name][()]
            whole = all(same(values, held(name)) for name, values in file.arrays.items())
        count.check(len(file.arrays) > 0 and whole, f"recorded: {os.path.basename(path)}, {file.kind}")


def check_prepared(program, count):
    """A file of the kind that `fsconv data prepare` writes, laid out by hand: its images are read in parts."""
    path, images = program.file("prepared.h5"), np.arange(3 * 2 * 2, dtype="u1").reshape(3, 1, 2, 2)
    with h5py.File(path, "w") as file:
        file.attrs.update({"schema_version": 3, "kind": "data", "configuration": "{}"})
        file["train/images"], file["train/label"] = images, [2, 0, 1]
    data = fsconv_h5.load(path)
    count.check(list(data.images) == ["train/images", "train/label"] and data.kind == "data", "data: names")
    count.check(same(data.images.part("train/images", np.s_[1:]), images[1:]), "data: a part")


def check_xarray(program, count):
    try:
        import xarray  # noqa: F401
    except ImportError:
        print("xarray is not installed: to_xarray() is not checked")
        return
    run = fsconv_h5.load(program.file("runs/vae.h5"))
    dataset = run.to_xarray()
    count.check(dataset.test_loss.dims == ("epoch",), "xarray: axes")
    count.check(float(dataset.test_loss.sel(epoch=2)) == run.series["test_loss"][1], "xarray: by coordinate")
    count.check(dataset.test_loss.attrs["units"] == "nats per image", "xarray: units")
    count.check(run.to_xarray("/samples").originals.dims == ("image", "row", "column", "channel"), "xarray: samples")


def refusal(work):
    """The exception that `work` ends with, or None."""
    try:
        work()
    except Exception as reason:  # pylint: disable=broad-except
        return reason
    return None


def check_refusals(program, count):
    def changed(name, value):
        path = program.file("changed.h5")
        shutil.copy(program.file("runs/vae.h5"), path)
        with h5py.File(path, "a") as file:
            if value is None:
                del file.attrs[name]
            else:
                file.attrs[name] = value
        return path

    text, cut, foreign = (program.file(name) for name in ["text.h5", "cut.h5", "foreign.h5"])
    with open(text, "w", encoding="utf-8") as file:
        file.write("no HDF5")
    with open(program.file("runs/vae.h5"), "rb") as whole, open(cut, "wb") as file:
        file.write(whole.read()[:20000])
    with h5py.File(foreign, "w") as file:
        file["x"] = [1, 2]
    for path, word in [(text, "no HDF5 file"), (cut, "damaged"), (foreign, "no schema_version")]:
        reason = refusal(lambda: fsconv_h5.load(path))
        count.check(isinstance(reason, fsconv_h5.NotReadable) and word in str(reason), f"refused {path}: {reason}")
    for name, value, word in [
        ("schema_version", 5, "reads up to 4"),
        ("schema_version", "3", "schema_version 3"),
        ("schema_version", None, "no schema_version"),
        ("kind", None, "damaged"),
        ("configuration", "{", "damaged"),
        ("configuration", "[]", "JSON object"),
        ("configuration", 7, "damaged"),
        ("model", "[]", "damaged"),
    ]:
        reason = refusal(lambda: fsconv_h5.load(changed(name, value)))
        good = isinstance(reason, fsconv_h5.NotReadable) and word in str(reason) and "changed.h5" in str(reason)
        count.check(good, f"refused {name} = {value}: {reason}")
    count.check(isinstance(refusal(lambda: fsconv_h5.load("none.h5")), FileNotFoundError), "refused: no such file")
    for work in [
        lambda: fsconv_h5.codes(program.file("runs/vae.h5")),
        lambda: fsconv_h5.failures(program.file("codes.h5")),
        lambda: fsconv_h5.rows(program.file("codes.h5")),
        lambda: fsconv_h5.runs([program.file("codes.h5")]),
        lambda: fsconv_h5.load(program.file("codes.h5")).best(),
        lambda: fsconv_h5.load(program.file("codes.h5")).last(),
    ]:
        reason = refusal(work)
        count.check(isinstance(reason, fsconv_h5.NotReadable) and "fsconv" in str(reason), f"refused: {reason}")
    reason = refusal(lambda: fsconv_h5.load(changed("kind", "train")).weights["conv9"])
    count.check(isinstance(reason, KeyError) and "conv1" in str(reason), f"refused: {reason}")


def check_careful(program, count):
    """Files whose damage HDF5 does not survive: in a process of its own they are an exception like any other."""
    with open(os.path.join(RECORDED, "vae.h5"), "rb") as file:
        whole = file.read()
    path = program.file("flipped.h5")

    def put_flipped(seed):
        draw, content = random.Random(seed), bytearray(whole)
        for _ in range(3):
            place = draw.randrange(len(content))
            content[place] ^= 1 << draw.randrange(8)
        with open(path, "wb") as file:
            file.write(content)

    def ending():
        """Of a process that reads the file without care: negative where a signal ended it."""
        read = f"import runpy, sys; runpy.run_path({MODULE!r})['_read_all'](sys.argv[1])"
        limits = lambda: (resource.setrlimit(resource.RLIMIT_CORE, (0, 0)), resource.setrlimit(resource.RLIMIT_CPU, (2, 2)))
        command = [sys.executable, "-B", "-c", read, path]
        return subprocess.run(command, capture_output=True, preexec_fn=limits, timeout=60, check=False).returncode

    endings, usual = [], fsconv_h5.CAREFUL_SECONDS
    for seed in [10, 46, 614]:  # with HDF5 1.10.8: SIGSEGV, SIGABRT, endless
        put_flipped(seed)
        fsconv_h5.CAREFUL_SECONDS = 3 if seed == 614 else usual
        endings.append(ending())
        reason = refusal(lambda: fsconv_h5.load(path, careful=True))
        told = isinstance(reason, fsconv_h5.NotReadable) and "damaged" in str(reason) and path in str(reason)
        count.check(told if endings[-1] < 0 else reason is None or told, f"careful: {seed}, {endings[-1]}, {reason}")
    fsconv_h5.CAREFUL_SECONDS = usual
    if min(endings) >= 0:
        print("this HDF5 survives all of the damaged files: careful reading was not put to the test")
    whole_again = fsconv_h5.load(os.path.join(RECORDED, "vae.h5"), careful=True)
    count.check(whole_again.kind == "train", "careful: a whole file")
    reason = refusal(lambda: fsconv_h5.load("none.h5", careful=True))
    count.check(isinstance(reason, FileNotFoundError), "careful: no such file")
    put_flipped(10)
    command = [sys.executable, "-B", MODULE, "--careful", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    count.check(done.returncode == 4 and len(done.stderr.splitlines()) == 1, f"careful: the program, {done}")


def check_program(program, count):
    def run(*arguments):
        command = [sys.executable, "-B", MODULE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    files = [program.file(f"runs/{name}.h5") for name in ["ae", "vae", "evaluate"]]
    code, out, _ = run(*files, program.file("failed.h5"))
    complete = all(word in out for word in ["config.model", "evaluate; ", "checks failed"])
    count.check(code == 0 and complete, "program: table")
    code, out, _ = run("--csv", *files)
    count.check(code == 0 and len(list(csv.DictReader(io.StringIO(out)))) == 2, "program: --csv")
    # What the system refuses is 5, damage is 4 wherever it shows; a pipe without a writer is not waited for.
    pipe, short = program.file("pipe.h5"), program.file("short.h5")
    os.mkfifo(pipe)
    refused = [([], 2), (["none.h5"], 5), ([pipe], 5), ([program.file("runs")], 5), ([program.file("text.h5")], 4)]
    with open(files[1], "rb") as file:
        content = file.read()
    with open(short, "wb") as file:
        file.write(content[: len(content) - 1])
    for arguments, expected in [*refused, ([short], 4)]:
        code, out, said = run(*arguments)
        in_short = out == "" and 0 < len(said.splitlines()) <= 2
        count.check(code == expected and in_short, f"program: {arguments}, {code}, {said}")


# Event files: TensorBoard itself is no Debian package, so this is a reader of its own.


def crc32c(data):
    """RFC 3720, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    while data:
        (size,) = struct.unpack("<Q", data[:8])
        content = data[12 : 12 + size]
        sums = struct.unpack("<I", data[8:12]) + struct.unpack("<I", data[12 + size : 16 + size])
        assert sums == (masked(crc32c(data[:8])), masked(crc32c(content))), "a wrong checksum"
        yield content
        data = data[16 + size :]


def varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number, at


def fields(data):
    """{number: [values]} of a message of Protocol Buffers."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        size = {1: 8, 5: 4}.get(key & 7, 0)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            if key & 7 == 2:
                size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def check_events(program, count):
    count.check(crc32c(b"123456789") == 0xE3069283, "events: the checksum itself")
    program.run("log", "runs/ae.h5", "runs/vae.h5", "--tensorboard", "events")
    said = json.loads(program.run("log", "runs/ae.h5", "runs/vae.h5", "--json"))
    for name, run in zip(["ae", "vae"], said):
        with open(program.file(f"events/{name}/events.out.tfevents.fsconv"), "rb") as file:
            data = file.read()
        first, *rest = [fields(record) for record in records(data)]
        count.check(first[3] == [b"brain.Event:2"], f"events of {name}: version")
        numbers = {}
        for event in rest:
            (value,) = fields(event[5][0])[1]
            value = fields(value)
            if 2 in value:
                step, number = event[2][0], struct.unpack("<f", value[2][0])[0]
                numbers.setdefault(value[1][0].decode(), {})[step] = number
            if 4 in value:
                image = fields(value[4][0])
                check_png(image, count, name)
            if 8 in value:
                words = fields(value[8][0])[8][0].decode()
                count.check(f"| model | {name} |" in words, f"events of {name}: configuration")
        count.check(set(numbers) == set(run["series"]), f"events of {name}: series")
        for series, values in numbers.items():
            expected = [float(np.float32(number)) for number in run["series"][series]["values"]]
            count.check(list(values) == run["epoch"] and list(values.values()) == expected, f"events: {series}")
        times = [struct.unpack("<d", event[1][0])[0] for event in rest]
        count.check(times == sorted(times), f"events of {name}: times")
        mutant = bytearray(data)
        mutant[len(data) // 2] ^= 4
        count.check(refusal(lambda: list(records(bytes(mutant)))) is not None, "mutant: a changed byte")


def check_png(image, count, name):
    """Its header says the size that the event says; its content unpacks to just as many bytes."""
    height, width, channels, png = (image[field][0] for field in (1, 2, 3, 4))
    at, packed = 8, b""
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            count.check(struct.unpack(">II", content[:8]) == (width, height), f"samples of {name}: size")
        if kind == b"IDAT":
            packed += content
        at += 12 + size
    count.check(len(zlib.decompress(packed)) == height * (1 + width * channels), f"samples of {name}: pixels")


def compare(program, count):
    os.mkdir(program.file("runs"))
    make_files(program)
    check_examples(count)
    check_training(program, count)
    check_tables(program, count)
    check_other_kinds(program, count)
    check_xarray(program, count)
    check_refusals(program, count)
    check_careful(program, count)
    check_program(program, count)
    check_events(program, count)


if __name__ == "__main__":
    peer.main(compare)
