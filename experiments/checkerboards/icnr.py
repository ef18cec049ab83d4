#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weights to begin with as ICNR has it, for the decoder of a run: every phase of a layer that enlarges gets the same random filter.

    icnr.py RUN.h5 --seed N --output WEIGHTS.npz

For fsconv train --init. Aitken et al. 2017, arXiv 1707.02937, section 3.1, is of sub-pixel layers: the filters of the s*s channels that
become one are equal. Of a transposed convolution whose size s divides, those are the taps of its phases. Deviations are those that
fsconv train draws with, which stand in the run; biases are 0."""
import argparse
import json

import h5py
import numpy as np

STRIDE = 2


def drawn(name, shape, deviation, random):
    """Normal numbers, but with equal phases where the layer enlarges: [code, image, k, k] or, of sub-pixel, [s*s*channels, in, k, k]."""
    if name.endswith("_transpose"):
        code, image, *taps = shape
        if any(size % STRIDE for size in taps):
            raise SystemExit(f"{name}: ICNR needs a size that {STRIDE} divides, not {taps}")
        first = random.normal(0, deviation, (code, image, *(size // STRIDE for size in taps)))
        return first.repeat(STRIDE, 2).repeat(STRIDE, 3)
    if name.endswith("_subpixel"):
        first = random.normal(0, deviation, (shape[0] // STRIDE**2, *shape[1:]))
        return first.repeat(STRIDE**2, 0)
    return random.normal(0, deviation, shape)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run")
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--output", required=True)
    options = options.parse_args()
    random = np.random.default_rng(options.seed)
    with h5py.File(options.run) as file:
        parameters = json.loads(file.attrs["model"])["parameters"]
    np.savez(options.output, **{one["name"]: drawn(one["name"], one["shape"], one.get("deviation", 0), random).astype("f4") for one in parameters})


if __name__ == "__main__":
    main()
