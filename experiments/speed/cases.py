# SPDX-License-Identifier: Apache-2.0
"""Layers as fsconv bench names them, for scripts that give the same ones to other programs."""
import json
import re
import subprocess
from dataclasses import dataclass

FEW_CHANNELS, MANY_CHANNELS = 3, 16


@dataclass(frozen=True)
class Case:
    """A layer of equal kernels, strides and paddings, one group, no dilation, from a case string as ic3oc64i64x64o32x32k4s2p1."""
    name: str
    case: str
    image_channels: int
    code_channels: int
    image: tuple  # sizes
    code: tuple
    taps: int
    stride: int
    padding: int  # in front

    @classmethod
    def of(cls, name, case):
        found = re.fullmatch(r"ic(\d+)oc(\d+)i([\dx]+)o([\dx]+)k(\d+)(?:s(\d+))?(?:p(\d+))?", case)
        if not found:
            raise SystemExit(f"{name}: {case} is no layer of equal axes, one group and no dilation")
        inner, outer, image, code, taps, stride, padding = found.groups()
        return cls(name, case, int(inner), int(outer), tuple(map(int, image.split("x"))), tuple(map(int, code.split("x"))),
                   int(taps), int(stride or 1), int(padding or 0))

    @property
    def axes(self):
        return len(self.image)

    @property
    def padding_behind(self):
        """Of every axis, which is negative where pixels are left over."""
        return tuple((code - 1) * self.stride + self.taps - image - self.padding for image, code in zip(self.image, self.code))

    @property
    def weight_shape(self):
        return (self.code_channels, self.image_channels, *[self.taps] * self.axes)

    @property
    def has_few_channels(self):
        return min(self.image_channels, self.code_channels) <= FEW_CHANNELS

    @property
    def has_many_channels(self):
        return min(self.image_channels, self.code_channels) >= MANY_CHANNELS


def bench_items(program, *arguments, threads=1):
    """What `fsconv bench --rounds 1 --json` measured, whatever it refused."""
    command = [program, "bench", *map(str, arguments), "--threads", str(threads), "--rounds", "1", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not done.stdout:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()}")
    items = json.loads(done.stdout)["items"]
    for item in items:
        if item["status"] == "refused":
            raise SystemExit(f"{' '.join(command)}: {item['geometry']}, {item['op']}, {item['form']}: {item['note']}")
    return items


def cases_of(program, sets):
    """The layers of these sets."""
    items = bench_items(program, "--set", sets, "--form", "engine", "--op", "conv", "--algorithm", "direct", "--batch", 1)
    return [Case.of(item["geometry"], item["case"]) for item in items]
