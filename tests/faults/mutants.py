# SPDX-License-Identifier: Apache-2.0
"""Programs and measurements that are wrong on purpose: the checks must find them."""

import pathlib

import calls
import judging
import long_run
import running
import signals
import space
import writers


class Source:
    """What dd finds, which writes its output in place."""

    def lay_out(self, writer, folder):
        (pathlib.Path(folder) / "source").write_bytes(bytes(range(256)) * 3)
        (pathlib.Path(folder) / "target").write_bytes(writers.OLD)


def in_place(injector):
    runner = running.Runner("/bin/dd", injector)
    return judging.Case(runner, Source(), writers.Writer("dd", ("if=source", "of=target", "bs=64", "status=none")))


def gives_up_when_interrupted(injector):
    program = 'exit 1 if select(undef, undef, undef, 0.05) < 0; open F, ">target"; print F "new" x 99; close F;'
    return judging.Case(running.Runner("/usr/bin/perl", injector), Source(), writers.Writer("perl", ("-e", program)))


def signals_not_found(injector):
    """The same of signals: perl's select() is interrupted and not called again."""
    case = gives_up_when_interrupted(injector)
    try:
        return [] if signals.under_signals(case, 300) else ["that perl gives up at a signal is not found"]
    finally:
        case.runner.close()


def not_found(injector, pool):
    """Sentences about what is wrong and was not found."""
    case = in_place(injector)
    try:
        missed = []
        if not calls.try_all(case, pool, {"w": None}, ("KILL",))[0]:
            missed.append("that dd is killed in the middle of its output is not found")
        unwritten = calls.try_all(case, pool, {"w": None}, ("EIO",))[0]
        if not any(judging.NEITHER in text for text in unwritten):
            missed.append("that dd cannot write all of its output is not found")
        if not any("exit code 1" in text for text in unwritten):
            missed.append("that dd ends with another code is not found")
        if not any(judging.NEITHER in text for text in space.try_sizes(case, pool, 4)[0]):
            missed.append("that dd fills the disk with half of its output is not found")
    finally:
        case.runner.close()
    epochs = range(1, 1001, 10)
    even = [(epoch, 0.01 * epoch, 30000, 60000 + 64 * epoch, 0.01 * epoch) for epoch in epochs]
    if long_run.judge(even):
        missed.append("an even run is refused")
    for name, rows in {
        "memory that grows": [(*row[:2], 30000 + 10 * row[0], *row[3:]) for row in even],
        "a file that grows with the square": [(*row[:3], row[0] ** 2, row[4]) for row in even],
        "time that grows with the square": [(*row[:4], 0.0001 * row[0] ** 2) for row in even],
    }.items():
        if not long_run.judge(rows):
            missed.append(f"{name} is not found")
    return missed
