# SPDX-License-Identifier: Apache-2.0
"""What the comparisons with other systems share: running the program, counting, and skipping with a reason."""

import concurrent.futures
import importlib
import itertools
import os
import subprocess
import sys
import tempfile

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
AT_ONCE = 2  # programs that run side by side


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(SKIPPED)


def require(package_of):
    """Ends the script as skipped, naming the Debian package, where a module of {module: package} is missing."""
    for module, package in package_of.items():
        try:
            importlib.import_module(module)
        except ImportError as reason:
            skip(f"{sys.executable} cannot import {module} ({reason}); install Debian's {package}")


require({"numpy": "python3-numpy"})

import numpy as np


def joined(values):
    """[1, 2] -> "1,2", as the program's options want it."""
    return ",".join(str(value) for value in values)


class Refused(Exception):
    """The program did not end with exit code 0."""

    def __init__(self, arguments, code, message):
        super().__init__(f"exit code {code}: {message.strip()}\n    fsconv {' '.join(arguments)}")
        self.code = code
        self.message = message


class Program:
    """The fsconv program and a folder for its files, which disappears with it."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        self.folder = tempfile.TemporaryDirectory(prefix="fsconv-peer-")
        self.numbers = itertools.count()
        # Small arrays: threads would only wait for each other.
        self.environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

    def file(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, *arguments):
        """stdout of `fsconv arguments`, run in the folder. Raises Refused."""
        done = subprocess.run(
            [self.path, *arguments],
            cwd=self.folder.name,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            raise Refused(arguments, done.returncode, done.stderr)
        return done.stdout

    def apply(self, op, arrays, options):
        """The result of `fsconv apply`; `arrays` maps input, weight, bias, output-gradient to arrays."""
        names = {}
        number = next(self.numbers)
        for role, array in arrays.items():
            names[role] = f"{number}-{role}.npy"
            np.save(self.file(names[role]), array)
        result = f"{number}-result.npy"
        arguments = ["apply", "--op", op, "--output", result]
        for role, name in names.items():
            arguments += [f"--{role}", name]
        for option, value in options.items():
            arguments += [f"--{option}", str(value)]
        try:
            self.run(*arguments)
            return np.load(self.file(result))
        finally:
            for name in [*names.values(), result]:
                if os.path.exists(self.file(name)):
                    os.remove(self.file(name))


class Count:
    """Counts what agrees and tells what does not."""

    SHOWN = 10

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, good, what):
        if good:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= self.SHOWN:
            print(f"FAILED: {what}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)


def difference(result, expected):
    """What differs between two arrays that shall be equal value for value and in type; None if nothing does."""
    if result.dtype != expected.dtype:
        return f"type {result.dtype} instead of {expected.dtype}"
    if result.shape != expected.shape:
        return f"shape {result.shape} instead of {expected.shape}"
    wrong = np.argwhere(result != expected)
    if len(wrong) == 0:
        return None
    at = tuple(wrong[0])
    return f"{len(wrong)} values, first {list(at)}: {result[at]} instead of {expected[at]}"


def run_all(jobs, work):
    """[work(job) for job in jobs], a few at once; an exception of a job takes the place of its result."""

    def guarded(job):
        try:
            return work(job)
        except Refused as refused:
            return refused

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(guarded, jobs))


class Comparison:
    """One call of the program and the array that another system makes of the same numbers."""

    def __init__(self, name, op, arrays, options, expected):
        self.name = name
        self.op = op
        self.arrays = arrays
        self.options = options
        self.expected = expected

    def fault(self, program, **changed):
        """What differs, or None. `changed` options make it wrong on purpose."""
        try:
            result = program.apply(self.op, self.arrays, {**self.options, **changed})
        except Refused as refused:
            return str(refused)
        return difference(result, self.expected)


def compare_all(program, comparisons, count):
    for comparison, fault in zip(comparisons, run_all(comparisons, lambda c: c.fault(program))):
        count.check(fault is None, f"{comparison.name}: {fault}")


def check_mutant(program, comparisons, count, name, **changed):
    """Wrong options must be noticed in most cases (some filters are symmetric, some results all zero)."""
    faults = run_all(comparisons, lambda c: c.fault(program, **changed))
    noticed = sum(fault is not None for fault in faults)
    count.check(2 * noticed > len(faults), f"mutant {name}: noticed in {noticed} of {len(faults)} cases only")


def main(compare, *more):
    """The frame of every script: `script.py PROGRAM`, and what `more` names; [NAME] may be left out."""
    given = sys.argv[2:]
    required = [name for name in more if not name.startswith("[")]
    if len(sys.argv) < 2 or not len(required) <= len(given) <= len(more):
        print(f"usage: {' '.join([sys.argv[0], 'PROGRAM', *more])}")
        sys.exit(2)
    count = Count()
    compare(Program(sys.argv[1]), count, *given)
    count.end()
