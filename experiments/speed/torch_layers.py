#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times single layers with PyTorch on one thread, a round whenever it is asked for one. Started by layers.py and algorithms.

    torch_layers.py BATCH PRECISION[,PRECISION] NAME=CASE...

Says "ready" when it has found the fastest way of every layer and operation: NCHW or channels last, W^T as conv_transpose2d or as the input gradient of
conv2d, a linear layer as a matrix product. For every line that it reads it prints the seconds of one round as JSON: [[layer, op, precision,
seconds], ...]. It is a process of its own, so that what it keeps in memory is nobody else's. Needs PyTorch (apt: python3-torch).
"""
import json
import math
import os
import sys
import time

from cases import Case

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # PyTorch's set_num_threads does not reach OpenBLAS; read when it is loaded

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

SHORTEST_SAMPLE = 0.005  # seconds, as in fsconv bench
OPS, PRECISIONS = ("conv", "conv_transpose", "weight_gradient"), {"fp32": torch.float32, "bf16": torch.bfloat16}
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MEMORY_FORMATS = {1: [torch.contiguous_format], 2: [torch.contiguous_format, torch.channels_last],
                  3: [torch.contiguous_format, torch.channels_last_3d]}


def ways(case, op, batch, dtype):
    """The functions that PyTorch has for it, each on arrays of its own. It has one padding for both ends: where the one behind is
    larger, images come with the zeros that it lacks, which takes it no time."""
    more = [max(0, behind - case.padding) for behind in case.padding_behind]
    image = (batch, case.image_channels, *(size + extra for size, extra in zip(case.image, more)))
    code, axes = (batch, case.code_channels, *case.code), case.axes
    numbers = {"stride": case.stride, "padding": case.padding}
    found = []
    for memory_format in MEMORY_FORMATS[axes]:
        x, y, w = (torch.randn(shape).to(dtype).contiguous(memory_format=memory_format) for shape in (image, code, case.weight_shape))

        def gradients(wanted, x=x, y=y, w=w):
            return torch.ops.aten.convolution_backward(y, x, w, None, [case.stride] * axes, [case.padding] * axes, [1] * axes, False,
                                                       [0] * axes, 1, wanted)
        found += {"conv": [lambda x=x, w=w: CONV[axes](x, w, **numbers)],
                  "conv_transpose": [lambda y=y, w=w: CONV_TRANSPOSE[axes](y, w, **numbers),
                                     lambda gradients=gradients: gradients([True, False, False])],
                  "weight_gradient": [lambda gradients=gradients: gradients([False, True, False])]}[op]
    if all(size == 1 for size in case.code):
        x, y, w = (torch.randn(shape).to(dtype).flatten(1) for shape in (image, code, case.weight_shape))
        found.append({"conv": lambda: x @ w.T, "conv_transpose": lambda: y @ w, "weight_gradient": lambda: y.T @ x}[op])
    return found


def sample(work, calls):
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def works(way):
    """Calls it once, which also makes oneDNN's primitives. PyTorch 1.13 refuses conv_transpose2d in bf16."""
    try:
        way()
    except RuntimeError:
        return False
    return True


class Torch:
    """The fastest way of every layer, operation and precision, and how often it is called to fill a sample."""

    def __init__(self, cases, batch, precisions):
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        torch.set_grad_enabled(False)
        self.works = {}
        for case in cases:
            for op in OPS:
                for precision in precisions:
                    possible = [way for way in ways(case, op, batch, PRECISIONS[precision]) if works(way)]
                    seconds, _, fastest = min((min(sample(way, 1) for _ in range(3)), at, way) for at, way in enumerate(possible))
                    self.works[case.name, op, precision] = fastest, max(1, math.ceil(SHORTEST_SAMPLE / seconds))

    def round(self):
        return {key: sample(*work) for key, work in self.works.items()}


def main():
    batch, precisions = int(sys.argv[1]), sys.argv[2].split(",")
    peer = Torch([Case.of(*argument.rsplit("=", 1)) for argument in sys.argv[3:]], batch, precisions)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps([[*key, seconds] for key, seconds in peer.round().items()]), flush=True)


if __name__ == "__main__":
    main()
