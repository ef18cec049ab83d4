# SPDX-License-Identifier: Apache-2.0
"""Compares the fixed filters of fsconv apply with PyTorch's interpolate and Pillow's resize."""

import peer

peer.require({"torch": "python3-torch", "PIL": "python3-pil"})

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image

SEED = 20250301
EDGE = 12  # pixels that are repeated around an image before, and cut off after: a multiple of every denominator
MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}
FACTORS = [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (3, 2), (4, 3), (5, 3), (7, 4)]  # image/code
SIZES = {1: (13,), 2: (7, 9), 3: (3, 4, 5)}


def factor_text(factor):
    return str(factor[0]) if factor[1] == 1 else f"{factor[0]}/{factor[1]}"


def enlarged(program, image, name, **options):
    return program.apply("conv_transpose", {"input": image}, {"weight": name, **options})


def edges_repeated(image, size):
    return np.pad(image, [(0, 0), (0, 0)] + [(size, size)] * (image.ndim - 2), mode="edge")


def cropped(image, begin, shape):
    return image[(..., *(slice(begin, begin + size) for size in shape))]


def close(result, expected, tolerance):
    """What differs by more, or None. Everything drawn is below 4 in size."""
    if result.shape != expected.shape:
        return f"shape {result.shape} instead of {expected.shape}"
    worst = np.abs(result - expected).max()
    return None if worst <= tolerance else f"off by {worst}"


def fault_of_torch(program, image, name, factor, expected, **options):
    """Everywhere: what PyTorch takes for pixels behind the border is the nearest one, which is put there."""
    result = enlarged(program, edges_repeated(image, EDGE), name, **options)
    inside = cropped(result, EDGE * factor[0] // factor[1], expected.shape[2:])
    # 64 bits: a dozen products of numbers below 4, and places that PyTorch computes with a rounded 1/factor.
    return close(inside, expected, 1e-12)


def torch_cases(generator):
    for rank, size in SIZES.items():
        for factor in FACTORS:
            image = torch.rand(2, 3, *size, generator=generator, dtype=torch.float64) * 4 - 2
            text = factor_text(factor)
            names = {f"bilinear:{text}": MODES[rank]}
            if factor[1] % 2 == 1:  # then no pixel lies midway between two, where a rounded factor decides
                names[f"nearest:{text}"] = "nearest-exact"
            if rank == 2:
                names[f"bicubic:{text}:-0.75"] = "bicubic"
            for name, mode in names.items():
                yield image, factor, name, mode


def interpolated(image, factor, mode):
    corners = {} if "nearest" in mode else {"align_corners": False}
    return functional.interpolate(image, scale_factor=factor[0] / factor[1], mode=mode, **corners).numpy()


def compare_torch(program, count):
    for image, factor, name, mode in torch_cases(torch.Generator().manual_seed(SEED)):
        expected = interpolated(image, factor, mode)
        for convention in ["native", "pytorch"] if factor[1] == 1 else ["native"]:
            fault = fault_of_torch(program, image.numpy(), name, factor, expected, convention=convention)
            count.check(fault is None, f"PyTorch {mode}, {name}, {list(image.shape)}, {convention}: {fault}")


def compare_gradient(program, count):
    """conv is what PyTorch computes as the gradient of interpolate, where no border is near."""
    generator = torch.Generator().manual_seed(SEED + 1)
    for factor, name, mode in [
        (2, "bilinear:2", "bilinear"),
        (3, "bilinear:3", "bilinear"),
        (2, "bicubic:2:-0.75", "bicubic"),
    ]:
        image = torch.zeros(1, 2, 10, 12, dtype=torch.float64, requires_grad=True)
        code = torch.rand(1, 2, 10 * factor, 12 * factor, generator=generator, dtype=torch.float64)
        functional.interpolate(image, scale_factor=factor, mode=mode, align_corners=False).backward(code)
        result = program.apply("conv", {"input": code.numpy()}, {"weight": name})
        inner = (..., slice(2, -2), slice(2, -2))
        fault = close(result[inner], image.grad.numpy()[inner], 1e-12)
        count.check(fault is None, f"gradient of {mode}, {name}: {fault}")


PILLOW = {"bilinear:{}": Image.BILINEAR, "bicubic:{}": Image.BICUBIC, "lanczos:{}": Image.LANCZOS}


def fault_of_pillow(program, image, name, factor, method):
    """Inside: at borders Pillow divides by the sum of what is left."""
    height, width = (size * factor[0] // factor[1] for size in image.shape)
    expected = np.asarray(Image.fromarray(image, mode="F").resize((width, height), method))
    result = enlarged(program, image[None, None], name)[0, 0]
    if result.shape != expected.shape:
        return f"shape {result.shape} instead of {expected.shape}"
    margin = 3 * factor[0] // factor[1] + 1  # Lanczos reaches three pixels
    inner = (slice(margin, -margin), slice(margin, -margin))
    # 32 bits: two passes of at most 7 products of numbers below 4.
    return close(result[inner], expected[inner], 2e-5)


def compare_pillow(program, count):
    numbers = np.random.default_rng(SEED)
    for factor in FACTORS:
        if factor == (1, 1):
            continue
        image = numbers.uniform(-2, 2, (24, 36)).astype(np.float32)
        for name, method in PILLOW.items():
            fault = fault_of_pillow(program, image, name.format(factor_text(factor)), factor, method)
            count.check(fault is None, f"Pillow, {name} {factor}: {fault}")


def compare_mutants(program, count):
    """What is wrong on purpose is noticed."""
    image = torch.rand(1, 1, 7, 9, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)
    array, two = image.numpy(), (2, 1)
    pixels = array[0, 0].repeat(4, 0).repeat(4, 1).astype(np.float32)
    corners = functional.interpolate(image, scale_factor=2, mode="bilinear", align_corners=True).numpy()
    bilinear, bicubic = (interpolated(image, two, mode) for mode in ["bilinear", "bicubic"])
    for name, fault in {
        "corners aligned": fault_of_torch(program, array, "bilinear:2", two, corners),
        "another slope": fault_of_torch(program, array, "bicubic:2", two, bicubic),
        "another kernel": fault_of_torch(program, array, "nearest:2", two, bilinear),
        "no edge repeated": close(enlarged(program, array, "bilinear:2"), bilinear, 1e-12),
        "PyTorch's slope in Pillow": fault_of_pillow(program, pixels, "bicubic:2:-0.75", two, Image.BICUBIC),
        "two lobes": fault_of_pillow(program, pixels, "lanczos:2:2", two, Image.LANCZOS),
    }.items():
        count.check(fault is not None, f"mutant {name}: not noticed")


def compare(program, count):
    compare_torch(program, count)
    compare_gradient(program, count)
    compare_pillow(program, count)
    compare_mutants(program, count)


if __name__ == "__main__":
    peer.main(compare)
