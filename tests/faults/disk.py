# SPDX-License-Identifier: Apache-2.0
"""A disk that may lose what was not synced: replays recorded calls, and says what a power cut can leave.

Of a file's bytes those are safe that were written before the last fsync of the file; of a folder's names those that it had
at the last fsync of the folder. Everything else may be there or not: each name that was changed since by itself, of the
bytes none, the first ones, or their length alone (zeros), which is what file systems are known to leave.
"""

import itertools
import os

from running import is_temporary


def overwritten(data, offset, written):
    changed = bytearray(data) + b"\0" * max(0, offset - len(data))
    changed[offset : offset + len(written)] = written
    return changed


class Inode:
    def __init__(self, data=b""):
        self.data = bytearray(data)
        self.safe = bytes(data)
        self.unsafe = []  # contents between the safe one and now

    def change(self, data):
        self.data = bytearray(data)
        self.unsafe.append(bytes(data))

    def sync(self):
        self.safe, self.unsafe = bytes(self.data), []

    def after_power_cut(self):
        """Every content it may have."""
        if not self.unsafe:
            return {self.safe}
        some = self.unsafe if len(self.unsafe) <= 6 else [self.unsafe[i * (len(self.unsafe) - 1) // 5] for i in range(6)]
        return {self.safe, b"\0" * len(self.data), *some}


class Disk:
    """`files`: {relative path: bytes} that are safe at the beginning."""

    def __init__(self, files):
        self.inodes = [Inode(data) for data in files.values()]
        self.names = dict(zip(files, self.inodes))
        self.safe_names = dict(self.names)
        self.by_number, self.folder = {}, "."
        self.whole = {name: {data} for name, data in files.items()}  # what stood there before, or was put there by its name
        self.changed_in_place = []  # names that are no temporary ones, of files that were changed under them

    def versions(self):
        return self.whole

    def relative(self, path):
        path = os.path.join(self.folder, path)
        return os.path.relpath(path, self.folder)

    def put(self, name, inode):
        if inode is not None:
            self.names[name] = inode
            self.whole.setdefault(name, set()).add(bytes(inode.data))

    def change(self, number, data):
        """`data`: of the old content, the new one."""
        inode = self.by_number.get(number)
        if inode is None:
            return
        self.changed_in_place += [name for name, held in self.names.items() if held is inode and not is_temporary(name)]
        inode.change(data(inode.data))

    def replay(self, calls, folder, after_each=lambda call: None):
        """`folder`: where they were made. What lies elsewhere is not looked at."""
        self.folder = os.path.realpath(folder)
        for call in calls:
            if call.row == "w" and call.result >= 0:
                self.take(call)
                after_each(call)
        return self

    def take(self, call):
        name = self.relative(call.path) if call.path else ""
        if call.kind in ("open", "open-empty"):
            if name.startswith(".."):
                return
            self.by_number[call.inode] = self.names.setdefault(name, Inode())
            if call.kind == "open-empty" and self.names[name].data:
                self.change(call.inode, lambda data: b"")
        elif call.kind in ("write", "pwrite", "writev"):
            self.change(call.inode, lambda data: overwritten(data, call.offset, call.data))
        elif call.kind == "ftruncate":
            self.change(call.inode, lambda data: (data + b"\0" * call.offset)[: call.offset])
        elif call.kind in ("fsync", "fdatasync"):
            if call.offset:
                self.sync_folder(name)
            elif call.inode in self.by_number:
                self.by_number[call.inode].sync()
        elif call.kind == "rename":
            self.put(self.relative(call.other), self.names.get(name))
            self.names.pop(name, None)
        elif call.kind == "link":
            self.put(self.relative(call.other), self.names.get(name))
        elif call.kind == "unlink":
            self.names.pop(name, None)
        elif call.kind == "mkdir":
            self.names[name + "/"] = Inode()

    def sync_folder(self, folder):
        inside = lambda name: (os.path.dirname(name.rstrip("/")) or ".") == folder
        for name in [name for name in self.safe_names if inside(name) and name not in self.names]:
            del self.safe_names[name]
        self.safe_names |= {name: inode for name, inode in self.names.items() if inside(name)}

    def after_power_cut(self):
        """{name: every content that it may have; None: it is not there}. Names of folders end in /."""
        found = {}
        for name in self.names.keys() | self.safe_names.keys():
            held = {id(inode): inode for inode in (self.names.get(name), self.safe_names.get(name)) if inode is not None}
            found[name] = set(itertools.chain.from_iterable(inode.after_power_cut() for inode in held.values()))
            if name not in self.names or name not in self.safe_names:
                found[name].add(None)
        for name in list(found):  # what lies in a folder that is lost is lost
            above = os.path.dirname(name.rstrip("/"))
            while above:
                if None in found.get(above + "/", set()):
                    found[name].add(None)
                above = os.path.dirname(above)
        return found
