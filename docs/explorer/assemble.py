# SPDX-License-Identifier: Apache-2.0
"""Puts the compiled library, the scripts and the styles into one page, and says in it what it was made from.

    assemble.py explorer.wasm docs/explorer.html DEPENDENCIES.d...     (scripts/build_explorer calls it)
"""

import base64
import gzip
import hashlib
import json
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
project = here.parent.parent
scripts = ["library.js", "systems.js", "numbers.js", "player.js", "page.js"]
largest = 1_000_000  # bytes: the page is kept in the repository and sent by mail


def dependencies(files):
    """The project's own files among what compilers read, as paths from the project's root."""
    paths = set()
    for file in files:
        words = pathlib.Path(file).read_text().replace("\\\n", " ").split()
        for word in words[1:]:
            path = (project / word).resolve()
            if path.is_relative_to(project / "lib") or path.is_relative_to(here):
                paths.add(path.relative_to(project).as_posix())
    own = [here / name for name in [*scripts, "page.html", "page.css", "assemble.py"]] + [project / "scripts/build_explorer"]
    return sorted(paths | {path.relative_to(project).as_posix() for path in own})


def digest(paths):
    """SHA-256 of all files with their names; tests/explorer/current.mjs computes the same."""
    whole = hashlib.sha256()
    for path in paths:
        content = (project / path).read_bytes()
        whole.update(f"{path}\n{len(content)}\n".encode() + content)
    return whole.hexdigest()


def main(wasm, output, *dependency_files):
    paths = dependencies(dependency_files)
    packed = gzip.compress(pathlib.Path(wasm).read_bytes(), 9, mtime=0)
    parts = {
        "CSS": (here / "page.css").read_text(),
        "SCRIPTS": "\n".join((here / name).read_text() for name in scripts),
        "WASM": base64.b64encode(packed).decode(),
        "SOURCES": json.dumps({"sha256": digest(paths), "files": paths}, indent=0),
    }
    page = re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], (here / "page.html").read_text())
    size = len(page.encode())
    if size > largest:
        sys.exit(f"{output} would have {size} bytes; it must stay below {largest}")
    pathlib.Path(output).write_text(page)
    print(f"{output}: {size} bytes, of which {len(parts['WASM'])} are the library")


if __name__ == "__main__":
    main(*sys.argv[1:])
