# SPDX-License-Identifier: Apache-2.0
"""A long run: memory, the file and the time of an epoch, measured while it lasts."""

import os
import pathlib
import subprocess
import tempfile
import time

MODEL = "--data generated:8x8x1 --train-images 8 --test-images 8 --channels 2 --latent 2 --threads 1".split()


def resident(process):
    """kB."""
    try:
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def processor_time(process):
    """Seconds of this process; of the others on the machine, which the clock on the wall would count, none."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def measure(program, epochs, folder=None):
    """Rows (epoch, seconds since the first one, kB of memory, bytes of the file, seconds of the processor), each when an epoch was
    printed."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = [program, "train", *MODEL, "--epochs", str(epochs), "--json", "--output", "run.h5"]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        process = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        rows, begin, step = [], time.monotonic(), max(1, epochs // 100)
        epoch = 0
        for line in process.stdout:
            if not line.startswith('{"') or '"epoch"' not in line:
                continue
            epoch += 1
            if epoch == 1:
                begin = time.monotonic()
            if epoch % step == 0 or epoch == 1:
                file = pathlib.Path(place) / "run.h5"
                size = file.stat().st_size if file.exists() else 0
                rows.append((epoch, time.monotonic() - begin, resident(process.pid), size, processor_time(process.pid)))
        code = process.wait()
        if code != 0 or epoch != epochs:
            raise SystemExit(f"fsconv train ends with {code} after {epoch} of {epochs} epochs")
        return [row for row in rows if row[2] > 0]  # the last one may have come when the process had ended


def between(rows, first, last, column):
    """The mean increase of a column per epoch, between two parts of the run."""
    chosen = [row for row in rows if first <= row[0] <= last]
    return (chosen[-1][column] - chosen[0][column]) / (chosen[-1][0] - chosen[0][0])


def judge(rows):
    """Sentences about what is not flat or not linear."""
    wrong = []
    epochs = rows[-1][0]
    settled = [row for row in rows if row[0] > epochs // 10]
    growth = max(row[2] for row in settled) - settled[0][2]
    # What an epoch leaves behind: 15 numbers of 8 bytes, and what the allocator and HDF5's lists keep.
    allowed = 1024 + epochs * 15 * 8 * 8 / 1024
    if growth > allowed:
        wrong.append(f"memory grows by {growth} kB, more than {allowed:.0f} kB")
    early = between(rows, epochs // 10, epochs // 2, 3)
    late = between(rows, epochs // 2, epochs, 3)
    if late > 2 * early + 8:
        wrong.append(f"the file grows faster: {early:.0f}, then {late:.0f} bytes an epoch")
    early = between(rows, epochs // 10, epochs // 2, 4)
    late = between(rows, epochs // 2, epochs, 4)
    if late > 1.5 * early + 0.005:
        wrong.append(f"an epoch takes longer: {1000 * early:.1f}, then {1000 * late:.1f} ms of the processor")
    return wrong
