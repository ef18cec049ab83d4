#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two small comparisons with PyTorch on one thread: a decoder at batch 1, and a check of all derivatives of a layer.

    single.py [--fsconv PROGRAM] [--rounds 9]

decoder   One image through the decoder of `fsconv train`'s default model, 32 -> 7x7x64 -> 14x14x32 -> 28x28x1. fsconv: its three
          maps on the engine (`fsconv bench --batch 1`, biases and ReLU not asked for; they are done in registers). PyTorch: the
          decoder as one writes it, without gradients, NCHW or channels last, whichever is faster.
gradient  conv_transpose from 16x16x4 to 32x32x4, k4 s2 p1. PyTorch: torch.autograd.gradcheck, all of the Jacobian by finite
          differences in double, tolerance 1e-6. fsconv: `fsconv verify --claim gradient,weight-gradient --method exact`, integers
          without rounding, a mistake passes with probability 2^-128; and --method symbolic, for all weights. Timed is the whole program.

The sides take turns; medians over the rounds, ratios within a round. Needs PyTorch (apt: python3-torch).
"""
import argparse
import json
import os
import statistics
import subprocess
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # PyTorch's set_num_threads does not reach OpenBLAS; read when it is loaded

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

here = os.path.dirname(os.path.abspath(__file__))
DECODER = ("ic64oc32i7x7o1x1k7", "ic32oc64i14x14o7x7k4s2p1", "ic1oc32i28x28o14x14k4s2p1")
JACOBIAN = "ic4oc4i32x32o16x16k4s2p1"


def fsconv_decoder(program):
    seconds = 0
    for case in DECODER:
        out = subprocess.run([program, "bench", "--case", case, "--op", "conv_transpose", "--form", "engine", "--batch", "1",
                              "--rounds", "3", "--json"], check=True, capture_output=True, text=True).stdout
        seconds += json.loads(out)["items"][0]["median"]
    return seconds


def torch_decoder():
    linear, bias = torch.randn(32, 3136), torch.randn(3136)
    best = float("inf")
    for memory_format in (torch.contiguous_format, torch.channels_last):
        conv2, conv1 = (torch.randn(s).contiguous(memory_format=memory_format) for s in ((64, 32, 4, 4), (32, 1, 4, 4)))
        bias2, bias1 = torch.randn(32), torch.randn(1)

        def decode(z):
            h = F.relu(z @ linear + bias).view(1, 64, 7, 7).contiguous(memory_format=memory_format)
            h = F.relu(F.conv_transpose2d(h, conv2, bias2, stride=2, padding=1))
            return F.conv_transpose2d(h, conv1, bias1, stride=2, padding=1)

        z = torch.randn(1, 32)
        with torch.no_grad():
            for _ in range(50):
                decode(z)
            times = []
            for _ in range(200):
                start = time.perf_counter()
                decode(z)
                times.append(time.perf_counter() - start)
        best = min(best, statistics.median(times))
    return best


def fsconv_gradient(program, method):
    command = [program, "verify", "--case", JACOBIAN, "--claim", "gradient,weight-gradient", "--method", method,
               "--form", "batched" if method == "exact" else "polyphase", "--threads", "1"]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def torch_gradient():
    x = torch.randn(1, 4, 16, 16, dtype=torch.float64, requires_grad=True)
    w = torch.randn(4, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    start = time.perf_counter()
    assert torch.autograd.gradcheck(lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1), (x, w))
    return time.perf_counter() - start


def compare(name, ours, theirs, rounds):
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            their = theirs()
            pairs.append((ours(), their))
        else:
            our = ours()
            pairs.append((our, theirs()))
    ratios = [their / our for our, their in pairs]
    print(f"{name:<24} fsconv {statistics.median(p[0] for p in pairs) * 1e6:10.0f} us   PyTorch "
          f"{statistics.median(p[1] for p in pairs) * 1e6:10.0f} us   ratio {statistics.median(ratios):6.1f} "
          f"[{min(ratios):.1f}..{max(ratios):.1f}]", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fsconv", default=os.path.join(here, "../../build/release/fsconv"))
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    compare("decoder, one image", lambda: fsconv_decoder(options.fsconv), torch_decoder, options.rounds)
    for method in ("exact", "symbolic"):
        compare(f"gradient, {method}", lambda m=method: fsconv_gradient(options.fsconv, m), torch_gradient, options.rounds)


if __name__ == "__main__":
    main()
