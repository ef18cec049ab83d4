# SPDX-License-Identifier: Apache-2.0
"""Compares fsconv apply with small NumPy versions of what TensorFlow, Theano, Keras, JAX and ONNX define.

Each system is written from its own definition, not from fsconv's equation: gradients as the transpose of a matrix
made of unit images, JAX and Keras as a correlation of the stretched input, ONNX by its rule for the pads.
"""

import random

import peer  # before NumPy: it says which package is missing
import numpy as np
from numpy_conv import correlate, extents, gradient, stretched, turned

CASES = 200  # of each system
MUTATED = 30
SEED = 31


def to_last(x):
    """[N, C, space...] -> [N, space..., C]"""
    return np.moveaxis(x, 1, -1)


def taps_first(w, order):
    """[O, I, taps...] -> [taps..., first, second] with `order` the two leading axes in that order."""
    return np.moveaxis(w, order, (-2, -1))


# One random case of each system: (options, input, weight, expected), in the system's own layout.


class Draw:
    """Random sizes and small integers, for which every sum is exact."""

    def __init__(self, seed):
        self.numbers = random.Random(seed)
        self.generator = np.random.default_rng(seed)

    def list(self, rank, low, high):
        return [self.numbers.randint(low, high) for _ in range(rank)]

    def array(self, *shape):
        return self.generator.integers(-5, 6, shape).astype("f8")


def tensorflow(draw):
    """tf.nn.conv2d_transpose: the gradient of tf.nn.conv2d with SAME or VALID, output_shape given."""
    rank = draw.numbers.choice([1, 2, 3])
    kernel, stride = draw.list(rank, 1, 4 if rank < 3 else 2), draw.list(rank, 1, 3)
    image = draw.list(rank, 1, 6 if rank < 3 else 4)
    batch, channels, codes = draw.list(3, 1, 3)
    padding = draw.numbers.choice(["same", "valid"])
    if padding == "same":
        code = [-(-n // s) for n, s in zip(image, stride)]
        total = [max((c - 1) * s + k - n, 0) for c, s, k, n in zip(code, stride, kernel, image)]
        pads = [(t // 2, t - t // 2) for t in total]
    else:
        pads = [(0, 0)] * rank
        code = [(n - k) // s + 1 for n, k, s in zip(image, kernel, stride)]
        if min(code) < 1:
            return None
    w = draw.array(codes, channels, *kernel)
    y = draw.array(batch, codes, *code)
    x = gradient(y, [channels, *image], lambda i: correlate(i, w, stride, pads, [1] * rank))
    options = {"stride": stride, "padding": padding, "size": image}
    return options, to_last(y), taps_first(w, (1, 0)), to_last(x)


def theano(draw):
    """conv2d_grad_wrt_inputs and conv3d_...: the gradient of a convolution that turns its filters."""
    rank = draw.numbers.choice([2, 2, 3])
    kernel, stride, dilation = draw.list(rank, 1, 3), draw.list(rank, 1, 3), draw.list(rank, 1, 2)
    image = draw.list(rank, 1, 6 if rank < 3 else 4)
    groups = draw.numbers.choice([1, 1, 2])
    channels, codes = groups * draw.numbers.randint(1, 2), groups * draw.numbers.randint(1, 2)
    # AbstractConv takes pairs in two dimensions only
    border = draw.numbers.choice(["valid", "half", "full", "numbers", *(["pairs"] if rank == 2 else [])])
    extent = extents(kernel, dilation)
    pads = {
        "valid": [(0, 0)] * rank,
        "half": [(e // 2, e // 2) for e in extent],
        "full": [(e - 1, e - 1) for e in extent],
        "numbers": [(p, p) for p in draw.list(rank, 0, 2)],
        "pairs": list(zip(draw.list(rank, 0, 2), draw.list(rank, 0, 2))),
    }[border]
    code = [(n + b + e - x) // s + 1 for n, (b, e), x, s in zip(image, pads, extent, stride)]
    if min(code) < 1:
        return None
    filter_flip = draw.numbers.random() < 0.7
    w = draw.array(codes, channels // groups, *kernel)
    used = turned(w) if filter_flip else w
    y = draw.array(2, codes, *code)
    x = gradient(y, [channels, *image], lambda i: correlate(i, used, stride, pads, dilation, groups))
    options = {"stride": stride, "dilation": dilation, "groups": groups, "size": image, "padding": border}
    if border in ("numbers", "pairs"):
        options["padding"] = [f"{b}:{e}" for b, e in pads]
    if not filter_flip:
        options["flip"] = "false"
    return options, y, w, x


def jax_pads(kernel, stride, padding):
    """The pads of the stretched input in jax.lax.conv_transpose, per axis."""
    if padding == "same":
        total = kernel + stride - 2
        low = kernel - 1 if stride > kernel - 1 else -(-total // 2)
    else:
        total = kernel + stride - 2 + max(kernel - stride, 0)
        low = kernel - 1
    return low, total - low


def jax(draw):
    """jax.lax.conv_transpose, NHWC and HWIO: a correlation of the stretched input, transpose_kernel=False."""
    rank = draw.numbers.choice([1, 2, 3])
    kernel, stride, dilation = draw.list(rank, 1, 4), draw.list(rank, 1, 4), draw.list(rank, 1, 2)
    code = draw.list(rank, 1, 4 if rank < 3 else 2)
    batch, inputs, outputs = draw.list(3, 1, 3)
    extent = extents(kernel, dilation)
    padding = draw.numbers.choice(["same", "valid", "pairs"])
    if padding == "pairs":
        pads = list(zip(draw.list(rank, -1, 4), draw.list(rank, -1, 4)))
        if any((n - 1) * s + 1 + b + e < x for n, s, (b, e), x in zip(code, stride, pads, extent)):
            return None
        if any((n - 1) * s + 1 + min(b, 0) + min(e, 0) < 1 for n, s, (b, e) in zip(code, stride, pads)):
            return None
    else:
        pads = [jax_pads(e, s, padding) for e, s in zip(extent, stride)]
    y = draw.array(batch, inputs, *code)
    w = draw.array(outputs, inputs, *kernel)
    x = correlate(stretched(y, stride), w, [1] * rank, pads, dilation)
    words = [f"{b}:{e}" for b, e in pads] if padding == "pairs" else padding
    options = {"stride": stride, "dilation": dilation, "padding": words}
    return options, to_last(y), taps_first(w, (1, 0)), to_last(x)


def keras(draw):
    """Conv1DTranspose to Conv3DTranspose with and without output_padding, by the pads of Keras 3."""
    rank = draw.numbers.choice([1, 2, 3])
    kernel, code = draw.list(rank, 1, 4), draw.list(rank, 1, 4 if rank < 3 else 2)
    # Stride and dilation above 1 do not go together.
    strided = draw.numbers.random() < 0.7
    stride = draw.list(rank, 1, 4) if strided else [1] * rank
    dilation = [1] * rank if strided else draw.list(rank, 1, 3)
    batch, inputs, outputs = draw.list(3, 1, 3)
    padding = draw.numbers.choice(["same", "valid"])
    more = [draw.numbers.randint(0, s - 1) for s in stride] if draw.numbers.random() < 0.6 else None
    pads = []
    for axis, extent in enumerate(extents(kernel, dilation)):
        if padding == "valid":
            rest = max(extent, stride[axis]) - extent if more is None else more[axis]
            pads.append((extent - 1, extent - 1 + rest))
        else:
            total = stride[axis] + extent - 2 if more is None else extent + extent % 2 - 2 + more[axis]
            low = min(-(-total // 2), extent - 1)
            pads.append((low, total - low))
    y = draw.array(batch, inputs, *code)
    w = draw.array(inputs, outputs, *kernel)  # the filter of the convolution that is transposed
    used = turned(w).swapaxes(0, 1)
    big = stretched(y, stride)
    if any(n + b + e < x for n, (b, e), x in zip(big.shape[2:], pads, extents(kernel, dilation))):
        return None  # no pixel is left
    x = correlate(big, used, [1] * rank, pads, dilation)
    options = {"stride": stride, "dilation": dilation, "padding": padding}
    if more is not None:
        options["output-padding"] = more
    return options, to_last(y), taps_first(w, (1, 0)), to_last(x)


def onnx(draw):
    """ConvTranspose by the operator's own formulas: pads, output_shape, auto_pad. How the total is split is the question.

    A total below zero is split like any other, and then adds pixels. (ONNX Runtime does not: against_onnxruntime.py.)
    """
    rank = draw.numbers.choice([1, 2, 3])
    kernel, stride, dilation = draw.list(rank, 1, 3), draw.list(rank, 1, 4), draw.list(rank, 1, 2)
    code = draw.list(rank, 1, 4 if rank < 3 else 2)
    groups = draw.numbers.choice([1, 1, 2])
    inputs, outputs = groups * draw.numbers.randint(1, 2), groups * draw.numbers.randint(1, 2)
    extent = extents(kernel, dilation)
    more = [draw.numbers.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation)]
    full = [s * (n - 1) + e + op for s, n, e, op in zip(stride, code, extent, more)]
    options = {"stride": stride, "dilation": dilation, "groups": groups, "output-padding": more}
    rule = draw.numbers.choice(["pads", "shape", "shape upper", "shape lower", "upper", "lower"])
    if rule == "pads":
        pads = list(zip(draw.list(rank, 0, 2), draw.list(rank, 0, 2)))
        options["padding"] = [f"{b}:{e}" for b, e in pads]
    else:
        if rule.startswith("shape"):
            shape = [draw.numbers.randint(max(1, n - 4), n + 3) for n in full]
            options["size"] = shape
        else:
            shape = [n * s for n, s in zip(code, stride)]
        totals = [n - wanted for n, wanted in zip(full, shape)]
        upper = rule.endswith("upper")
        pads = [(t // 2, t - t // 2) if upper else (t - t // 2, t // 2) for t in totals]
        if rule != "shape":
            options["padding"] = "same" if upper else "same_lower"
    if any(n - b - e < 1 for n, (b, e) in zip(full, pads)):
        return None
    y, w = draw.array(2, inputs, *code), draw.array(inputs, outputs // groups, *kernel)
    # Everything that the code reaches, output_padding included, then cut at both ends. The filter is that of the
    # convolution whose gradient this is.
    uncut = lambda i: correlate(i, w, stride, [(0, -op) for op in more], dilation, groups)
    x = gradient(y, [outputs, *full], uncut)
    x = np.pad(x, [(0, 0), (0, 0)] + [(max(-b, 0), max(-e, 0)) for b, e in pads])
    cut = tuple(slice(max(b, 0), n - max(e, 0)) for n, (b, e) in zip(x.shape[2:], pads))
    return options, y, w, x[(slice(None), slice(None), *cut)]


SYSTEMS = {"tensorflow": tensorflow, "theano": theano, "keras": keras, "jax": jax, "onnx-reference": onnx}


def comparisons_of(name, make):
    draw = Draw(SEED)
    result = []
    while len(result) < CASES:
        made = make(draw)
        if made is None:
            continue
        options, y, w, x = made
        words = {key: peer.joined(v) if isinstance(v, list) else v for key, v in options.items()}
        arrays = {"input": np.ascontiguousarray(y), "weight": np.ascontiguousarray(w)}
        case = peer.Comparison(
            f"{name} {len(result)} {words} y {y.shape} w {w.shape}",
            "conv_transpose",
            arrays,
            {"convention": name, **words},
            np.ascontiguousarray(x),
        )
        case.taps = w.shape[:-2] if name in LAST else w.shape[2:]
        result.append(case)
    return result


LAST = ("tensorflow", "keras", "jax")  # channels and filters' channels are the last axes


def compare(program, count):
    for name, make in SYSTEMS.items():
        comparisons = comparisons_of(name, make)
        passed = count.passed
        peer.compare_all(program, comparisons, count)
        print(f"{name}: {count.passed - passed} of {len(comparisons)} agree")

        wide = [c for c in comparisons if max(c.taps) > 1 and np.any(c.expected)][:MUTATED]
        for c in wide:  # the other way round from what the case says
            usual = "true" if name in ("theano", "jax") else "false"
            c.options["flip"] = "false" if c.options.get("flip", usual) == "true" else "true"
        peer.check_mutant(program, wide, count, f"{name}: filter turned")
    even = [c for c in comparisons_of("onnx-reference", onnx) if c.options.get("padding") == "same"]
    peer.check_mutant(
        program,
        [c for c in even if any(n % 2 for n in odd_totals(c))],
        count,
        "onnx: odd pixel at the other end",
        padding="same_lower",
    )


def odd_totals(comparison):
    """stride*(code-1) + extent + output_padding - size, per axis, of an ONNX case."""
    option = lambda key: [int(v) for v in comparison.options[key].split(",")]
    code, kernel = comparison.arrays["input"].shape[2:], comparison.arrays["weight"].shape[2:]
    full = [
        s * (n - 1) + (k - 1) * d + 1 + op
        for s, n, k, d, op in zip(option("stride"), code, kernel, option("dilation"), option("output-padding"))
    ]
    return [n - size for n, size in zip(full, comparison.expected.shape[2:])]


if __name__ == "__main__":
    peer.main(compare)
