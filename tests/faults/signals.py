# SPDX-License-Identifier: Apache-2.0
"""Signals in flight: one every few hundred microseconds, whose handler does not restart the system's calls."""

def under_signals(case, microseconds):
    """Nobody may notice."""
    outcome, wrong = case.run(alarm=microseconds)
    if outcome.exit_code != 0:
        wrong.append(f"exit code {outcome.exit_code}")
    return [f"{case.writer.name}: a signal every {microseconds} us: {text}: {outcome.err.strip()!r}" for text in wrong]
