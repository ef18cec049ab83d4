# SPDX-License-Identifier: Apache-2.0
"""What must be true whatever happens to a writer: old files or new ones, whole; exit codes and words as documented."""

import os
import pathlib
import shutil
import signal
import tempfile

from disk import Disk
from running import contents, is_temporary

NEITHER, NOT_AS_IT_SHOULD_BE = "is neither old nor new", "is not what it should be"
TRANSPARENT = ("EINTR", "SHORT")  # what nobody may notice
# Where one of these fails, a copy of the process cannot be begun or asked: exit code 1, not 5.
WITH_COPIES = ("start", "send", "recv")
# What makes names and processes is not tried again. Nor are open and close by HDF5, which has its own way with them: where a
# file is HDF5, EINTR of these is told as any other failure.
NOT_TRIED_AGAIN = ("rename", "link", "mkdir", "unlink", "start")
NOT_BY_HDF5 = ("open", "open-empty", "open-to-read", "close")


class Case:
    """A writer, the files it finds, and every content that its outputs may have."""

    def __init__(self, runner, stock, writer):
        self.runner, self.stock, self.writer = runner, stock, writer
        with self.folder() as folder:
            self.before = contents(folder)
            self.clean = runner.run(writer.words, folder, record=True)
            if self.clean.exit_code != 0 or self.clean.timed_out:
                raise SystemExit(f"{writer.name} ends with {self.clean.exit_code}: {self.clean.err}")
            self.after = contents(folder)
            self.versions = Disk(self.before).replay(self.clean.calls, folder).versions()
        self.outputs = {name for name, data in self.after.items() if self.before.get(name) != data}
        if not self.outputs:
            raise SystemExit(f"{writer.name} writes nothing")

    def tries_again(self, kind):
        by_hdf5 = any(name.endswith(".h5") for name in self.before.keys() | self.after.keys())
        return kind not in NOT_TRIED_AGAIN and not (by_hdf5 and kind in NOT_BY_HDF5)

    def folder(self):
        return LaidOut(self.stock, self.writer)

    def run(self, again=False, kind=None, **faults):
        """The outcome, and what is wrong with it: a list of sentences. With `again` the same command follows without faults. `kind`:
        of the call that fails, where it is one."""
        with self.folder() as folder:
            outcome = self.runner.run(self.writer.words, folder, **faults)
            wrong = self.wrong_files(folder, outcome, faults) + self.wrong_words(outcome, faults, kind)
            return outcome, wrong + (self.wrong_again(folder) if again else [])

    def wrong_again(self, folder):
        """Whatever was before, the same command goes through, and takes away what the one before has left; or what that one has
        completed refuses it: a run without its picture, say."""
        outcome = self.runner.run(self.writer.words, folder)
        if outcome.exit_code == 2 and self.outputs & set(contents(folder)):
            return []
        wrong = [f"{name} is still there after the next run" for name in contents(folder) if is_temporary(name)]
        if outcome.exit_code != 0:
            wrong.append(f"the next run ends with {outcome.exit_code}: {outcome.err.strip()!r}")
        return wrong

    def whole(self, name, data):
        if name in self.before and data == self.before[name]:
            return True
        if not self.writer.is_repeatable:
            return len(data) > 0
        return data == self.after.get(name) or data in self.versions.get(name, ())

    def wrong_files(self, folder, outcome, faults):
        wrong = []
        found = contents(folder)
        for name, data in found.items():
            if is_temporary(name):
                killed = outcome.exit_code == -signal.SIGKILL
                could_not = any(call.kind == "unlink" and call.result < 0 for call in outcome.calls)
                if not killed and not could_not:
                    wrong.append(f"{name} is left behind")
            elif name not in self.outputs and name not in self.before:
                wrong.append(f"{name} has appeared")
            elif not self.whole(name, data):
                wrong.append(f"{name}, of {len(data)} bytes, {NEITHER}")
        wrong += [f"{name} is gone" for name in self.before if name not in found]
        if outcome.exit_code == 0:
            for name in self.outputs:
                if self.writer.is_repeatable and found.get(name) != self.after[name]:
                    wrong.append(f"success, but {name} {NOT_AS_IT_SHOULD_BE}")
        return wrong

    def wrong_words(self, outcome, faults, kind=None):
        code, wrong = outcome.exit_code, []
        if outcome.timed_out:
            return ["it hangs"]
        codes = {0, 5}
        if kind in WITH_COPIES:
            codes.add(1)
        if faults.get("kill_after") is not None or faults.get("action") == "KILL":
            codes |= {-signal.SIGKILL, 1}  # the process itself, or one of its copies, whose end is told
        if code not in codes:
            wrong.append(f"exit code {code}")
        lines = outcome.error_lines()
        if len(lines) > len(self.clean.error_lines()) + 2:
            wrong.append(f"{len(lines)} lines on stderr")
        muted = any(call.kind == "say" and call.result < 0 for call in outcome.calls)
        if code > 0 and not lines and not muted:
            wrong.append(f"exit code {code} without a word")
        if "HDF5-DIAG" in outcome.err or "terminate called" in outcome.err:
            wrong.append("words that are a library's")
        return wrong


class LaidOut:
    """A folder with what a writer finds, as long as it is used."""

    def __init__(self, stock, writer):
        self.stock, self.writer = stock, writer

    def __enter__(self):
        shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.path = tempfile.mkdtemp(prefix="fsconv-faults-", dir=shared)
        self.stock.lay_out(self.writer, self.path)
        return pathlib.Path(self.path)

    def __exit__(self, *error):
        shutil.rmtree(self.path, ignore_errors=True)
