# SPDX-License-Identifier: Apache-2.0
"""Every call of every writer fails once, is cut short, or is the last one before kill -9."""

import collections

import judging

NO_SPACE = ("ENOSPC", "EDQUOT")
ACTIONS = {
    "open": ("EIO", *NO_SPACE, "EMFILE", "EINTR"),
    "open-empty": ("EIO", *NO_SPACE, "EMFILE"),
    "open-to-read": ("EIO", "EMFILE", "EINTR"),
    "fopen": ("EIO", "EMFILE"),
    "write": ("EIO", *NO_SPACE, "EINTR", "SHORT"),
    "pwrite": ("EIO", *NO_SPACE, "EINTR", "SHORT"),
    "writev": ("EIO", *NO_SPACE, "EINTR", "SHORT"),
    "print": ("EIO", "ENOSPC", "EINTR", "SHORT"),
    "say": ("EIO", "EINTR", "SHORT"),
    "fsync": ("EIO", *NO_SPACE, "EINTR"),
    "fdatasync": ("EIO", *NO_SPACE, "EINTR"),
    "rename": ("EIO", *NO_SPACE),
    "link": ("EIO", *NO_SPACE),
    "mkdir": ("EIO", *NO_SPACE),
    "unlink": ("EIO",),
    "rmdir": ("EIO",),
    "ftruncate": ("EIO", *NO_SPACE),
    "fallocate": ("EIO", *NO_SPACE, "EINTR"),
    "close": ("EIO", "EDQUOT", "EINTR"),
    "read": ("EIO", "EINTR", "SHORT"),
    "pread": ("EIO", "EINTR", "SHORT"),
    "send": ("EINTR", "SHORT", "ENOMEM"),
    "recv": ("EINTR", "SHORT", "ENOMEM"),
    "poll": ("EINTR",),
    "wait": ("EINTR",),
    "start": ("EMFILE", "EAGAIN"),
}

def spread(items, most):
    """At most so many of them, evenly."""
    if most is None or len(items) <= most:
        return items
    return [items[i * len(items) // most] for i in range(most)]


def faults_of(case, row, most):
    """(at, action, call) of all that is tried."""
    for call in spread([call for call in case.clean.calls if call.row == row], most):
        at = f"{row}{call.number}"
        for action in ACTIONS[call.kind]:
            yield at, action, call
        if row == "w":
            yield at + "+", "ENOSPC", call
        yield at, "KILL", call


def judged(case, at, action, call):
    kind = call.kind
    outcome, wrong = case.run(again=action == "KILL", kind=kind, at=at, action=action)
    if call.path.startswith(("/proc/", "/sys/")):  # a file that says of this machine that it is unknown is whole, too
        wrong = [text for text in wrong if not text.endswith((judging.NEITHER, judging.NOT_AS_IT_SHOULD_BE))]
    if action in judging.TRANSPARENT and outcome.exit_code != 0 and case.tries_again(kind):
        wrong.append(f"{action} is noticed: exit code {outcome.exit_code}")
    if outcome.exit_code == 0 and kind in ("fsync", "fdatasync") and action not in (*judging.TRANSPARENT, "KILL") and outcome.happened:
        wrong.append("a sync that failed is no success")
    return outcome, [f"{case.writer.name}: {action} at {at} ({kind}): {text}: {outcome.err.strip()!r}" for text in wrong]


def try_all(case, pool, most, actions=None):
    """`most`: {row: at most so many calls, or None}; `actions`: these alone. Returns the failures, and how often each (kind, action,
    exit code) was seen."""
    seen, failures = collections.Counter(), []
    faults = [fault for row, number in most.items() for fault in faults_of(case, row, number) if not actions or fault[1] in actions]

    def one(fault):
        outcome, wrong = judged(case, *fault)
        return fault, outcome, wrong

    for (at, action, call), outcome, wrong in pool.map(one, faults):
        seen[call.kind, action + ("+" if at.endswith("+") else ""), outcome.exit_code] += 1
        failures += wrong
    return failures, seen
