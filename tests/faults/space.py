# SPDX-License-Identifier: Apache-2.0
"""Disks that are full: of many sizes, emulated to the byte, and real ones (tmpfs, where root may mount)."""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile

PAGE = 4096


def sizes_up_to(most, count):
    """So many different sizes, or all there are, from 0 to a tenth more than what is needed."""
    most = most * 11 // 10
    return sorted({most * number // max(1, count - 1) for number in range(count)})


def written_bytes(case):
    return sum(call.result for call in case.clean.calls if call.kind in ("write", "pwrite", "writev") and call.result > 0)


def largest_file(case):
    return max((len(case.after[name]) for name in case.outputs), default=0)


def try_sizes(case, pool, count):
    """A disk with room for so many bytes, counted as they are written. Returns the failures, and how many runs failed."""

    def one(room):
        outcome, wrong = case.run(room=room)
        if outcome.happened and outcome.exit_code == 0:
            wrong.append("success though something was not written")
        if not outcome.happened and outcome.exit_code != 0:
            wrong.append(f"there was room, but exit code {outcome.exit_code}")
        return outcome.exit_code, [f"{case.writer.name}: room for {room} bytes: {text}: {outcome.err.strip()!r}" for text in wrong]

    return gathered(pool.map(one, sizes_up_to(written_bytes(case), count)))


def try_limits(case, pool, count):
    """ulimit -f: no file may be larger (EFBIG, and SIGXFSZ)."""

    def one(most):
        outcome, wrong = case.run(prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)))
        return outcome.exit_code, [f"{case.writer.name}: files of {most} bytes at most: {text}: {outcome.err.strip()!r}" for text in wrong]

    return gathered(pool.map(one, sizes_up_to(largest_file(case), count)))


def can_mount():
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True).returncode != 0:
            return False
        unmount(folder)
        return True


def unmount(folder):
    """--lazy: a forked copy of fsconv that is about to end may still be in there."""
    subprocess.run(["umount", "--lazy", folder], check=True)


def try_disks(case, pool, count):
    """A small tmpfs per size, which must hold what is there before."""
    before = sum(-(-len(data) // PAGE) for data in case.before.values())
    new = sum(-(-len(case.after[name]) // PAGE) for name in case.outputs)
    pages = [before + size for size in sizes_up_to(3 * new + 4, count)]

    def one(size):
        with tempfile.TemporaryDirectory() as folder:
            # nr_inodes: not what is short here.
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size * PAGE},nr_inodes=1000", "none", folder], check=True)
            try:
                inside = pathlib.Path(folder) / "disk"
                try:
                    inside.mkdir()
                    case.stock.lay_out(case.writer, inside)
                except OSError:  # too small for what is there before
                    return 0, []
                outcome = case.runner.run(case.writer.words, inside)
                wrong = case.wrong_files(inside, outcome, {}) + case.wrong_words(outcome, {})
            finally:
                unmount(folder)
        return outcome.exit_code, [f"{case.writer.name}: a disk of {size} pages: {text}: {outcome.err.strip()!r}" for text in wrong]

    return gathered(pool.map(one, pages))


def gathered(results):
    failures, failed = [], []
    for code, wrong in results:
        failures += wrong
        failed.append(code != 0)
    return failures, sum(failed), len(failed)
