# SPDX-License-Identifier: Apache-2.0
"""Runs fsconv behind injector.c, and says what it did: exit code, words, files, and every call on them."""

import dataclasses
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import threading

HEADER = struct.Struct("7Qq")
LOG_BYTES = 192 << 20  # of a file with holes: what is not written takes no room


@dataclasses.dataclass
class Call:
    """A line of the log. `result` is what the call returned, or minus errno."""

    row: str
    number: int
    kind: str
    result: int
    inode: int
    offset: int
    path: str
    other: str
    data: bytes


@dataclasses.dataclass
class Outcome:
    exit_code: int  # minus the signal that ended it
    out: str
    err: str
    calls: list  # of Call, in the order in which they ended
    happened: int  # how often the fault did
    timed_out: bool = False

    def error_lines(self):
        return [line for line in self.err.splitlines() if line.strip()]


def read_state(path):
    with open(path, "rb") as file:
        _, _, _, used, _, _, happened, _ = HEADER.unpack(file.read(HEADER.size))
        log = file.read(min(used, LOG_BYTES))
    calls, at = [], 0
    while at < len(log):
        end = log.find(b"\n", at)
        if end < 0:
            break
        fields = log[at:end].decode("utf-8", "replace").split("\t")
        words = fields[0].split(" ")
        if len(words) != 7 or len(fields) != 3:  # cut off by SIGKILL
            break
        bytes_kept = int(words[6])
        data = log[end + 1 : end + 1 + bytes_kept]
        calls.append(Call(words[0], int(words[1]), words[2], int(words[3]), int(words[4]), int(words[5]), fields[1], fields[2], data))
        at = end + 1 + bytes_kept
    return calls, happened


class Runner:
    """`program` is fsconv, `injector` the library. Threads may share one: each has a state of its own."""

    def __init__(self, program, injector, patience=60):
        self.program, self.injector, self.patience = str(program), str(injector), patience
        shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fsconv-faults-", dir=shared))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, words, folder, at=None, action=None, record=False, room=None, drop=None, alarm=None, kill_after=None, clock=True, prepare=None):
        """`kill_after`: seconds, then SIGKILL. `prepare` runs in the child before fsconv does."""
        state = self.folder / f"state-{threading.get_ident()}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("FAULTS_", "LD_"))}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        environment |= {"LD_PRELOAD": self.injector, "FAULTS_STATE": str(state)}
        given = {"AT": at, "ACTION": action, "ROOM": room, "DROP": drop, "ALARM": alarm}
        environment |= {f"FAULTS_{name}": str(value) for name, value in given.items() if value is not None}
        if clock:
            environment["FAULTS_CLOCK"] = "1"
        if record:
            environment["FAULTS_RECORD"] = "1"
        state.unlink(missing_ok=True)  # a process of an earlier run that is still about to end has the old one
        with open(state, "wb") as file:
            file.truncate(HEADER.size + LOG_BYTES)
        process = subprocess.Popen([self.program, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare)
        timed_out = False
        try:
            out, err = process.communicate(timeout=self.patience if kill_after is None else kill_after)
        except subprocess.TimeoutExpired:
            timed_out = kill_after is None
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        calls, happened = read_state(state)
        return Outcome(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), calls, happened, timed_out)


def is_temporary(name):
    base = os.path.basename(name)
    return base.startswith(".fsconv-") and base.endswith(".tmp")


def contents(folder):
    """{relative path: bytes} of all files."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found
