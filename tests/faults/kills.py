# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments."""

import random
import time

# save, resume, report, prepare, export
KILLED = ("train again", "resume", "report", "data prepare", "export pt and py")


def kill_often(cases, pool, kills, seed):
    """Each writer in turn is killed after a random time, up to a fifth longer than it takes. Returns the failures, and how many
    were killed before their end."""
    draw = random.Random(seed)
    durations = []
    for case in cases:
        begin = time.monotonic()
        case.run()
        durations.append(time.monotonic() - begin)
    planned = [(number % len(cases), 1.2 * draw.random() * durations[number % len(cases)]) for number in range(kills)]

    def one(plan):
        at, seconds = plan
        outcome, wrong = cases[at].run(again=True, kill_after=seconds)
        return outcome.exit_code, [f"{cases[at].writer.name}: killed after {seconds:.4f} s (seed {seed}): {text}" for text in wrong]

    killed, failures = 0, []
    for code, wrong in pool.map(one, planned):
        killed += code != 0
        failures += wrong
    if killed < kills // 4:
        failures.append(f"only {killed} of {kills} were killed before their end: the test shows nothing")
    return failures, killed
