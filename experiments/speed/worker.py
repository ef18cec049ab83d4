# SPDX-License-Identifier: Apache-2.0
"""A process that measures a round whenever it is asked to, and waits without computing in between."""
import json
import subprocess


class Worker:
    """It prints "ready" once it can begin, and a line of JSON for every line that it reads."""

    def __init__(self, command):
        self.name = command[1]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{self.name} did not begin")

    def round(self):
        self.process.stdin.write("round\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with exit code {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
