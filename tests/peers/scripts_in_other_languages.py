# SPDX-License-Identifier: Apache-2.0
"""Runs the scripts of docs/scripting.md as they stand there, where their languages are installed."""

import os
import re
import shutil
import subprocess
import sys

import peer

peer.require({"h5py": "python3-h5py"})

import h5py

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PAGE = os.path.join(ROOT, "docs", "scripting.md")

# Of each language: its command, before a file's name, and the ending of such a file. None: Debian does not have it.
LANGUAGES = {
    "Python": ([sys.executable, "-B"], ".py"),
    "R": (["Rscript", "--vanilla"], ".R"),
    "Octave": (["octave", "--no-gui", "--no-init-file", "--quiet"], ".m"),
    "Julia": None,
    "MATLAB": None,
}
PACKAGES = {"R": "r-base-core and r-cran-hdf5r", "Octave": "octave"}


def scripts(page):
    """{language: [script, ...]}: the indented blocks below the page's headings."""
    found = {}
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        blocks = re.findall(r"(?:(?:^    .*\n|^\n)+)", text, flags=re.MULTILINE)
        found[heading] = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks if block.strip()]
    return found


def is_there(command):
    """Whether a language runs, and R has its package."""
    if shutil.which(command[0]) is None:
        return False
    if command[0] != "Rscript":
        return True
    return subprocess.run([*command, "-e", "library(hdf5r)"], capture_output=True, check=False).returncode == 0


def expected_of(path):
    with h5py.File(path) as file:
        loss = file["test_loss"][:].tolist()
        best = loss.index(min(loss))
        lines = [
            f"{file.attrs['config.model']}, learning rate {file.attrs['config.learning-rate']:g}",
            f"epoch {best + 1}: {loss[best]:.6f} {file['test_loss'].attrs['units']}",
            f"{file['weights/conv1'][1, 0, 2, 3]:.6f}",
        ]
        return lines, [(float(epoch), value) for epoch, value in zip(file["epoch"], loss)]


def curves_in(path):
    """The rows below the line of names, which R puts into quotation marks."""
    with open(path, encoding="utf-8") as file:
        names, *rows = file.read().splitlines()
    assert names.replace('"', "") == "epoch,test_loss", names
    return [tuple(map(float, row.split(","))) for row in rows]


def close(rows, expected):
    """R writes 15 digits."""
    return len(rows) == len(expected) and all(
        one[0] == other[0] and abs(one[1] - other[1]) <= 1e-14 * abs(other[1]) for one, other in zip(rows, expected)
    )


def compare(program, count):
    options = "--train-images 60 --test-images 16 --channels 3 --kernel 4 --latent 2 --learning-rate 0.002"
    program.run(*f"train --data generated:12x10x1 --model vae --epochs 3 {options} --output run.h5".split())
    expected, curves = expected_of(program.file("run.h5"))
    with h5py.File(program.file("run.h5")) as file:
        count.check(f"{file['weights/conv1'][1, 0, 3, 2]:.6f}" != expected[2], "mutant: row and column exchanged")
    os.mkdir(program.file("bin"))
    os.symlink(program.path, program.file("bin/fsconv"))
    environment = dict(
        program.environment,
        PATH=program.file("bin") + os.pathsep + os.environ["PATH"],
        PYTHONPATH=os.path.join(ROOT, "python"),
    )
    with open(PAGE, encoding="utf-8") as file:
        of_page = scripts(file.read())
    missing = []
    for language, how in LANGUAGES.items():
        count.check(len(of_page.get(language, [])) >= 1, f"{language} is on the page")
        if how is None:
            continue
        command, ending = how
        if not is_there(command):
            missing.append(f"{language} (install Debian's {PACKAGES[language]})")
            continue
        for number, script in enumerate(of_page[language], 1):
            if "curves(" in script and not has_pandas():
                missing.append("pandas (install Debian's python3-pandas)")
                continue
            name = f"script_{number}{ending}"
            with open(program.file(name), "w", encoding="utf-8") as file:
                file.write(script)
            done = subprocess.run(
                [*command, name], cwd=program.folder.name, env=environment, capture_output=True, text=True, check=False
            )
            what = f"{language}, script {number}"
            count.check(done.returncode == 0, f"{what}: {done.stderr}")
            count.check(done.stdout.splitlines() == expected, f"{what}: {done.stdout!r} instead of {expected}")
            if os.path.exists(program.file("curves.csv")):
                rows = curves_in(program.file("curves.csv"))
                count.check(close(rows, curves), f"{what}: curves {rows}")
                count.check(not close(rows, curves[::-1]), f"mutant of {what}: epochs turned round")
                os.remove(program.file("curves.csv"))
            else:
                count.check(False, f"{what}: there is no curves.csv")
    for one in missing:
        print(f"not run: {one}")
    if missing and count.failed == 0:
        peer.skip("the scripts of the other languages pass; " + "; ".join(missing) + " is missing")


def has_pandas():
    return subprocess.run([sys.executable, "-c", "import pandas"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    peer.main(compare)
