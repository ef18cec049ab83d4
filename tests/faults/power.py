# SPDX-License-Identifier: Apache-2.0
"""Power cuts: after each recorded call of a writer, whatever the disk may have lost, every file is an old or a new one, whole."""

from disk import Disk
from running import Call, is_temporary


def check(before, after, calls, folder):
    """What a power cut could leave that it must not (the first of each name), and how many states were looked at."""
    wrong, looked_at = {}, 0
    disk = Disk(before)
    whole = Disk(before).replay(calls, folder).versions()

    def allowed(name):
        known = whole.get(name, set()) | {after.get(name, b"")}
        return known if name in before else known | {None}

    def after_each(call):
        nonlocal looked_at
        for name in disk.changed_in_place:
            wrong.setdefault(name, f"{call.kind} {call.number} changes it in place")
        for name, found in disk.after_power_cut().items():
            if is_temporary(name) or name.endswith("/"):
                continue
            looked_at += len(found)
            for data in found - allowed(name):
                left = "nothing" if data is None else f"{len(data)} bytes that are neither old nor new"
                wrong.setdefault(name, f"after {call.kind} {call.number} a power cut leaves {left}")

    disk.replay(calls, folder, after_each)
    left = disk.after_power_cut()
    for name, data in after.items():
        if before.get(name) != data and left.get(name) != {data}:
            wrong.setdefault(name, "after its success a power cut can take it away")
    return [f"{name}: {text}" for name, text in wrong.items()], looked_at


def check_writer(case, drop=None):
    with case.folder() as folder:
        done = case.runner.run(case.writer.words, folder, record=True, drop=drop)
        return check(case.before, case.after, done.calls, folder)


# ---- the checker is checked with programs that do it wrong

FOLDER = "/folder"


def call(kind, path="", other="", inode=0, offset=0, data=b""):
    path, other = (f"{FOLDER}/{name}" if name else "" for name in (path, other))
    return Call("w", 0, kind, len(data), inode, offset, path, other, data)


def programs():
    """(name, calls, whether they are right), of a file `a` that holds "old" and shall hold "new!"."""
    make = call("open", ".fsconv-1-0.tmp", inode=7)
    first, second = call("write", inode=7, data=b"ne"), call("write", inode=7, offset=2, data=b"w!")
    sync = call("fsync", inode=7)
    rename = call("rename", ".fsconv-1-0.tmp", "a")
    sync_folder = Call("w", 0, "fsync", 0, 1, 1, FOLDER, "", b"")
    in_place = call("open-empty", "a", inode=7)
    return [
        ("as it should be", [make, first, second, sync, rename, sync_folder], True),
        ("without a sync of the file", [make, first, second, rename, sync_folder], False),
        ("without a sync of the folder", [make, first, second, sync, rename], False),
        ("synced too early", [make, first, sync, second, rename, sync_folder], False),
        ("synced too late", [make, first, second, rename, sync, sync_folder], False),
        ("renamed too early", [make, first, sync, rename, second, sync, sync_folder], False),
        ("in place", [in_place, first, second, sync], False),
        ("taken away first", [make, first, second, sync, call("unlink", "a"), rename, sync_folder], False),
        ("never renamed", [make, first, second, sync], False),
    ]


def check_checker():
    """Sentences about programs that it judges wrongly."""
    failures = []
    for name, calls, is_right in programs():
        wrong, _ = check({"a": b"old"}, {"a": b"new!"}, calls, FOLDER)
        if bool(wrong) == is_right:
            failures.append(f"a program {name} is judged wrongly: {wrong}")
    return failures
