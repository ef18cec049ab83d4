#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is conv_transpose the gradient of conv? Beside differences of a loss and beside PyTorch's autograd; see README.md."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

STEPS = 10.0 ** -np.arange(1, 10)  # of the central differences
STEP = 1e-5


class Loss:
    """L(x) = sum log cosh(conv(x) - t): smooth and not quadratic, so that dL/dcode = tanh(conv(x) - t) depends on x."""

    def __init__(self, maps, target):
        self.maps, self.target = maps, target

    def of_images(self, images):
        """L of each image [N, C, spatial...]."""
        apart = self.maps.conv(images) - self.target
        return np.log(np.cosh(apart)).reshape(len(images), -1).sum(1)

    def code_gradient(self, image):
        return np.tanh(self.maps.conv(image) - self.target)


def by_differences(loss, image, step):
    """(L(x + step e) - L(x - step e)) / 2 step for every pixel e, in one call of fsconv apply."""
    count = image.size
    ways = step * np.eye(count).reshape(count, *image.shape[1:])
    values = loss.of_images(np.concatenate([image + ways, image - ways]))
    return ((values[:count] - values[count:]) / (2 * step)).reshape(image.shape)


def by_pytorch(weight, options, image, target):
    """dL/dx and dL/dw by autograd, or None where PyTorch is missing or has no words for the geometry."""
    try:
        import torch
    except ImportError:
        return None
    axes = image.ndim - 2
    if "/" in str(options.get("stride", 1)):
        return None
    numbers = {name: [int(n) for n in str(options.get(name, default)).split(",")] for name, default in (("stride", 1), ("dilation", 1))}
    pads = [[int(n) for n in pad.split(":")] for pad in str(options.get("padding", 0)).split(",")]
    pads = [(pad * 2)[:2] for pad in (pads * axes)[:axes]]
    x = torch.tensor(image, requires_grad=True)
    w = torch.tensor(weight, requires_grad=True)
    padded = torch.nn.functional.pad(x, [n for pad in reversed(pads) for n in pad])  # negative numbers crop
    conv = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)[axes - 1]
    code = conv(padded, w, stride=(numbers["stride"] * axes)[:axes], dilation=(numbers["dilation"] * axes)[:axes], groups=options.get("groups", 1))
    torch.log(torch.cosh(code - torch.tensor(target))).sum().backward()
    return x.grad.numpy(), w.grad.numpy()


def largest(a, b):
    """The largest difference of a from b, relative to b's largest number."""
    return float(abs(a - b).max() / abs(b).max())


def compare(work, quick):
    random = np.random.default_rng(0)
    rows, curve = [], []
    for name, size, (inputs, outputs), taps, options in common.GEOMETRIES[:3] if quick else common.GEOMETRIES:
        weight = random.standard_normal((outputs, inputs // options.get("groups", 1), *taps))
        image = random.standard_normal((1, inputs, *size))
        maps = common.Maps(work, weight, **options)
        loss = Loss(maps, random.standard_normal(maps.conv(image).shape))
        code_gradient = loss.code_gradient(image)
        gradient = maps.conv_transpose(code_gradient, size)
        weight_gradient = maps.weight_gradient(image, code_gradient)
        row = {"geometry": name, "pixels": image.size, "largest": float(abs(gradient).max()),
               "differences": largest(by_differences(loss, image, STEP), gradient)}
        wrong = common.Maps(work, np.flip(weight, tuple(range(2, 2 + len(size)))), **options).conv_transpose(code_gradient, size)
        row["differences_with_the_filter_turned"] = largest(wrong, gradient)
        common.Maps(work, weight, **options)
        if not quick and (torch := by_pytorch(weight, options, image, loss.target)):
            row["pytorch"], row["pytorch_weights"] = largest(torch[0], gradient), largest(torch[1], weight_gradient)
        if name == common.GEOMETRIES[0][0]:
            curve = [largest(by_differences(loss, image, step), gradient) for step in STEPS]
        rows.append(row)
    return rows, curve


def spread(work, layers, size, weight):
    """What the error 1 of one pixel, in the middle of the code of `layers` layers with stride 2, becomes on its way back to the image."""
    maps = common.Maps(work, weight, stride=2, padding=1)
    sizes = [size]
    for _ in range(layers):
        sizes.append(sizes[-1] // 2)
    error = np.zeros((1, 1, sizes[-1], sizes[-1]))
    error[0, 0, sizes[-1] // 2, sizes[-1] // 2] = 1
    for at in reversed(range(layers)):
        error = maps.conv_transpose(error, (sizes[at], sizes[at]))
    return error[0, 0]


def draw(work, curve, path):
    plt = common.plots()
    figure = plt.figure(figsize=(common.WIDTH, 5.6))
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    panels = upper.subplots(1, 4)
    ramp = np.array([1.0, 3.0, 3.0, 1.0]) / 4
    for layers, axes in zip((1, 2, 3), panels):
        image = spread(work, layers, 32, np.outer(ramp, ramp)[None, None])
        common.show(axes, image / image.max(), f"{layers} layer{'s' * (layers > 1)}: {int((image > 0).sum()) ** 0.5:.0f} × "
                    f"{int((image > 0).sum()) ** 0.5:.0f} pixels", cmap="cividis")
    maps = common.Maps(work, np.ones((1, 1, 3, 3)), stride=2, padding=1)
    errors = np.ones((1, 1, 8, 8))
    uneven = maps.conv_transpose(errors, (16, 16))[0, 0]
    common.show(panels[3], uneven / uneven.max(), "every error 1", cmap="cividis")
    for axes in panels[:3]:
        axes.set_xlabel("dL/dx, L = one code pixel", fontsize=9)
    panels[3].set_xlabel("3×3 ones, stride 2", fontsize=9)

    axes = lower.subplots()
    axes.loglog(STEPS, curve, "o-", color=common.BLUE)
    axes.loglog(STEPS[:5], curve[0] * (STEPS[:5] / STEPS[0]) ** 2, "--", color=common.GREY, linewidth=1)
    axes.loglog(STEPS[3:], curve[-1] * STEPS[-1] / STEPS[3:], ":", color=common.GREY, linewidth=1)
    axes.text(STEPS[1] * 0.8, curve[1] * 3, "differences are not derivatives: step²", color="#555555", ha="right", fontsize=9)
    axes.text(STEPS[-2] * 1.3, curve[-2] * 1.6, "rounding: 1 / step", color="#555555", fontsize=9)
    axes.set(xlabel="step of the central differences", ylabel="largest difference\nfrom conv_transpose", title="stride 2, 8 × 8 pixels")
    common.save(figure, path)


def main():
    options = common.folders(__doc__)
    rows, curve = compare(options.work, options.quick)
    def shown(value):
        return f"{value:.1e}" if value is not None else "-"
    common.print_table(
        ["geometry", "numbers in x", "by differences", "PyTorch, dL/dx", "PyTorch, dL/dw", "filter turned around"],
        [[row["geometry"], row["pixels"], *(shown(row.get(key)) for key in
                                            ("differences", "pytorch", "pytorch_weights", "differences_with_the_filter_turned"))] for row in rows])
    # The bound is the sum of step^2 / 6 times a third derivative, below 1e-8, and 2^-53 |L| / step, below 1e-8 for |L| < 1000.
    if any(row["differences"] > 1e-7 or row.get("pytorch", 0) > 1e-12 or row.get("pytorch_weights", 0) > 1e-12 for row in rows):
        raise SystemExit("conv_transpose is not the gradient")
    if any(row["differences_with_the_filter_turned"] < 1e-2 for row in rows):
        raise SystemExit("the comparison cannot tell a filter from its reverse")
    draw(options.work, curve, os.path.join(options.output, "picture.png"))
    common.write_results(options.output, rows, {"differences_by_step": dict(zip(map(str, STEPS), curve))})


if __name__ == "__main__":
    main()
