# SPDX-License-Identifier: Apache-2.0
"""Compares fsconv apply with PyTorch: both convolutions and the weight gradient, equal value for value."""

import random

import peer

peer.require({"torch": "python3-torch"})

import torch
import torch.nn.functional as functional

GEOMETRIES = 520
MUTATED = 40  # comparisons that are repeated with wrong options
FORMS = ["gather", "scatter", "zero_insertion", "polyphase", "matrix", "bilinear", "im2col"]
SEED = 20250301


def random_geometry(numbers):
    """Sizes and settings of a legal ConvTranspose whose convolution is legal as well."""
    while True:
        rank = numbers.choice([1, 2, 2, 3])
        pick = lambda low, high: [numbers.randint(low, high) for _ in range(rank)]
        g = {
            "code": pick(1, 5 if rank < 3 else 3),
            "kernel": pick(1, 4 if rank < 3 else 3),
            "stride": pick(1, 4),
            "dilation": [numbers.choice([1, 1, 2, 3]) for _ in range(rank)],
            "groups": numbers.choice([1, 1, 2, 3]),
            "batch": numbers.randint(1, 3),
        }
        extent = [d * (k - 1) + 1 for d, k in zip(g["dilation"], g["kernel"])]
        g["padding"] = [numbers.randint(0, e) for e in extent]
        g["output_padding"] = [numbers.randint(0, max(s, d) - 1) for s, d in zip(g["stride"], g["dilation"])]
        g["image"] = [
            s * (n - 1) + e - 2 * p + op
            for s, n, e, p, op in zip(g["stride"], g["code"], extent, g["padding"], g["output_padding"])
        ]
        if min(g["image"]) < 1:
            continue
        g["image_channels"] = g["groups"] * numbers.randint(1, 3)
        g["code_channels"] = g["groups"] * numbers.randint(1, 3)
        return g


def comparisons_of(number, g, generator):
    rank = len(g["kernel"])
    kind = torch.float64 if number % 2 == 0 else torch.float32
    # Integers up to 4: every sum stays far below 2^24, where float32 is exact in any order of adding.
    draw = lambda *shape: torch.randint(-4, 5, shape, generator=generator).to(kind)
    conv = getattr(functional, f"conv{rank}d")
    conv_transpose = getattr(functional, f"conv_transpose{rank}d")
    common = {key: g[key] for key in ["stride", "padding", "dilation", "groups"]}

    code = draw(g["batch"], g["code_channels"], *g["code"])
    image = draw(g["batch"], g["image_channels"], *g["image"])
    # The same array is the filter of both: [out, in/groups, ...] of conv, [in, out/groups, ...] of its transpose.
    weight = draw(g["code_channels"], g["image_channels"] // g["groups"], *g["kernel"]).requires_grad_()
    image_bias = draw(g["image_channels"]) if number % 3 == 0 else None
    code_bias = draw(g["code_channels"]) if number % 3 == 0 else None

    options = {"convention": "pytorch", "groups": g["groups"]}
    for key in ["stride", "padding", "dilation"]:
        options[key] = peer.joined(g[key])
    # The words that name the image's size: output_padding, or the size itself where PyTorch allows it.
    returns = all(op < s for op, s in zip(g["output_padding"], g["stride"]))
    if number % 4 == 1 and returns:
        sized = {"size": peer.joined(g["image"])}
    else:
        sized = {"output-padding": peer.joined(g["output_padding"])}
    form = FORMS[number % len(FORMS)]
    # oneDNN has float only, and refuses output_padding of the stride or more (which dilation allows in PyTorch).
    if kind == torch.float32 and number % 5 == 0 and returns:
        form = "onednn"
    name = f"geometry {number} {g} {kind} {form}"

    def comparison(op, arrays, more, expected):
        held = {role: array.detach().numpy() for role, array in arrays.items() if array is not None}
        return peer.Comparison(
            f"{op} {name}", op, held, {**options, **more, "form": form}, expected.detach().numpy()
        )

    back = conv_transpose(code, weight, image_bias, output_padding=g["output_padding"], **common)
    forth = conv(image, weight, code_bias, **common)
    code_gradient = draw(*forth.shape)
    (forth_gradient,) = torch.autograd.grad(forth, weight, code_gradient)
    of_kernel = {"kernel": peer.joined(g["kernel"])}
    result = [
        comparison("conv_transpose", {"input": code, "weight": weight, "bias": image_bias}, sized, back),
        comparison("conv", {"input": image, "weight": weight, "bias": code_bias}, {}, forth),
        comparison(
            "weight_gradient", {"input": image, "output-gradient": code_gradient}, of_kernel, forth_gradient
        ),
    ]
    # The transposed convolution's weight gradient is the same map with the roles of its arrays exchanged, where
    # the convolution of the image gives the code's size back.
    if list(forth.shape) == list(code.shape):
        (back_gradient,) = torch.autograd.grad(back, weight, image)
        result.append(
            comparison("weight_gradient", {"input": image, "output-gradient": code}, of_kernel, back_gradient)
        )
    return result


def compare(program, count):
    torch.set_num_threads(1)
    numbers = random.Random(SEED)
    generator = torch.Generator().manual_seed(SEED)
    comparisons = []
    for number in range(GEOMETRIES):
        comparisons += comparisons_of(number, random_geometry(numbers), generator)
    peer.compare_all(program, comparisons, count)
    forms = sorted({c.options["form"] for c in comparisons})
    count.check(forms == sorted([*FORMS, "onednn"]), f"forms that took part: {forms}")
    print(f"{GEOMETRIES} geometries, {len(comparisons)} comparisons, PyTorch {torch.__version__}, forms {forms}")

    wide = [c for c in comparisons if max(c.arrays.get("weight", c.expected).shape[2:]) > 1]
    peer.check_mutant(program, wide[:MUTATED], count, "filter reversed", flip="true")
    convs = [c for c in comparisons if c.op == "conv_transpose" and "size" not in c.options]
    for c in convs[:MUTATED]:
        padding = [int(p) + 1 for p in c.options["padding"].split(",")]
        count.check(c.fault(program, padding=peer.joined(padding)) is not None, f"mutant padding + 1: {c.name}")


if __name__ == "__main__":
    peer.main(compare)
