#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which way from 14x14 to 28x28 pixels comes nearest to the original? Every map is fsconv's; see README.md."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

FIXED = {"nearest": "nearest:2", "bilinear": "bilinear:2", "bicubic, a = -0.5": "bicubic:2", "bicubic, a = -0.75": "bicubic:2:-0.75",
         "Lanczos, 3 lobes": "lanczos:2"}
SIZE = (28, 28)


def smaller(work, images):
    """Means of 2x2 pixels: a convolution with stride 2. Its transpose is nearest-neighbour enlargement, by a quarter."""
    return common.Maps(work, np.full((1, 1, 2, 2), 0.25), stride=2).conv(images)


def enlarged_by_fixed(work, name, small):
    source, target = (os.path.join(work, file) for file in ("small.npy", "large.npy"))
    np.save(source, small)
    common.fsconv("apply", "--op", "conv_transpose", "--input", source, "--weight", name, "--output", target)
    return np.load(target)


class Transposed:
    """conv_transpose with stride 2 and k x k taps. It is also the sub-pixel layer: k/2 x k/2 taps to four channels, and a shuffle."""

    def __init__(self, work, taps):
        self.work, self.shape, self.options = work, (1, 1, taps, taps), {"stride": 2, "padding": (taps - 2) // 2}

    def apply(self, weight, small):
        return common.Maps(self.work, weight, **self.options).conv_transpose(small, SIZE)

    def gradient(self, small, residual):
        return common.Maps(self.work, np.zeros(self.shape), **self.options).weight_gradient(residual, small)


class ResizeThenConv:
    """Each pixel becomes 2x2 equal ones, then an ordinary convolution with k x k taps."""

    def __init__(self, work, taps):
        self.work, self.shape, self.options = work, (1, 1, taps, taps), {"padding": (taps - 1) // 2}

    def resized(self, small):
        return common.Maps(self.work, np.ones((1, 1, 2, 2)), stride=2).conv_transpose(small, SIZE)

    def apply(self, weight, small):
        large = self.resized(small)
        return common.Maps(self.work, weight, **self.options).conv(large)

    def gradient(self, small, residual):
        large = self.resized(small)
        return common.Maps(self.work, np.zeros(self.shape), **self.options).weight_gradient(large, residual)


def fit(kind, small, large, most_steps):
    """The filter of least squared error on these images: CGLS, whose two maps are conv_transpose and weight_gradient.

    Ends where the gradient is 1e-9 of the first one. Returns the filter, the steps and that ratio."""
    weight = np.zeros(kind.shape)
    residual = large.copy()
    gradient = kind.gradient(small, residual)
    direction, size = gradient, (gradient**2).sum()
    first = size
    for step in range(1, most_steps + 1):
        ahead = kind.apply(direction, small)
        length = size / (ahead**2).sum()
        weight = weight + length * direction
        residual -= length * ahead
        gradient = kind.gradient(small, residual)
        previous, size = size, (gradient**2).sum()
        if size <= 1e-18 * first:
            break
        direction = gradient + size / previous * direction
    return weight, step, float(np.sqrt(size / first))


def phase_sums(weight):
    """[2, 2]: what a constant code becomes under conv_transpose with stride 2."""
    return np.array([[weight[0, 0, y::2, x::2].sum() for x in (0, 1)] for y in (0, 1)])


def unevenness(weight):
    sums = phase_sums(weight)
    return sums.std() / abs(sums.mean())


def decibel(power):
    return 10 * np.log10(power)


def draw(originals, small, results, spectrum_of_originals, path):
    plt = common.plots()
    figure = plt.figure(figsize=(common.WIDTH, 6.7))
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.2, 1))
    shown = ["original", "14 × 14", "nearest", "bilinear", "bicubic, a = -0.5", "Lanczos, 3 lobes", "resize + conv 5×5", "transposed 6×6"]
    panels = upper.subplots(3, len(shown))
    short = {"bicubic, a = -0.5": "bicubic", "Lanczos, 3 lobes": "Lanczos", "resize + conv 5×5": "resize + conv,\nfitted",
             "transposed 6×6": "transposed,\nfitted"}
    for row, (image, (y, x)) in enumerate(((0, (6, 8)), (1, (2, 5)), (7, (4, 7)))):
        for axes, name in zip(panels[row], shown):
            if name == "14 × 14":
                part = small[image][y // 2:y // 2 + 8, x // 2:x // 2 + 8]
            else:
                part = (originals if name == "original" else results[name])[image][y:y + 16, x:x + 16]
            common.show(axes, part, short.get(name, name) if row == 0 else None)
            axes.title.set_fontsize(9)
    axes = lower.subplots()
    lines = {"nearest": (common.GREY, "-"), "bilinear": (common.GREEN, "--"), "bicubic, a = -0.5": (common.ORANGE, "-."),
             "Lanczos, 3 lobes": (common.PURPLE, ":"), "transposed 6×6": (common.BLUE, "-"), "resize + conv 5×5": (common.RED, (0, (2, 3)))}
    for name, (color, line) in lines.items():
        frequencies, power = common.radial_spectrum(results[name])
        axes.plot(frequencies[1:], decibel(power / spectrum_of_originals)[1:], linestyle=line, color=color, label=name)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axvline(0.25, color="black", linewidth=0.6, linestyle=":")
    axes.set(xlabel="frequency, cycles per pixel; 14 × 14 pixels have none beyond 1/4", ylabel="power over that of\nthe originals, dB",
             ylim=(-30, 8))
    axes.legend(ncols=2, loc="lower left")
    common.save(figure, path)


def main():
    options = common.folders(__doc__)
    if options.quick:
        images, _ = common.shapes(60)
        known, asked, most_steps = images[:30], images[30:], 2
    else:
        known, asked = common.fashion_mnist("train")[0][:1000], common.fashion_mnist("t10k")[0][:2000]
        most_steps = 200
    known, asked = known[:, None] / 255.0, asked[:, None] / 255.0
    small_known, small = smaller(options.work, known), smaller(options.work, asked)
    originals = asked[:, 0]
    results, filters, fitted = {}, {}, {}
    for name, filter_name in FIXED.items():
        results[name] = enlarged_by_fixed(options.work, filter_name, small)[:, 0]
    for name, kind in (("resize + conv 5×5", ResizeThenConv(options.work, 5)), ("transposed 4×4", Transposed(options.work, 4)),
                       ("transposed 6×6", Transposed(options.work, 6))):
        filters[name], steps, left = fit(kind, small_known, known, most_steps)
        fitted[name] = {"steps": steps, "gradient_left": left}
        results[name] = kind.apply(filters[name], small)[:, 0]

    _, reference = common.radial_spectrum(originals)
    rows = []
    for name, values in results.items():
        values = np.clip(values, 0, 1)  # as they would be shown
        signal, similar = common.psnr(values, originals), common.ssim(values, originals)
        difference = signal - common.psnr(np.clip(results["bilinear"], 0, 1), originals)
        _, power = common.radial_spectrum(values)
        off = decibel(power / reference)
        count = len(signal)
        rows.append({"method": name, "taps": filters[name].size if name in filters else 0, "psnr": signal.mean(),
                     "psnr_standard_error": signal.std(ddof=1) / np.sqrt(count), "psnr_minus_bilinear": difference.mean(),
                     "psnr_minus_bilinear_standard_error": difference.std(ddof=1) / np.sqrt(count), "ssim": similar.mean(),
                     "ssim_standard_error": similar.std(ddof=1) / np.sqrt(count), "spectrum_rms_decibel": np.sqrt((off**2).mean()),
                     "spectrum_above_a_quarter_decibel": off[len(off) // 2 + 1:].mean(),
                     "phase_sums_sd_over_mean": unevenness(filters[name]) if name.startswith("transposed") else "", "images": count,
                     **fitted.get(name, {})})
    common.print_table(["", "fitted numbers", "PSNR, dB", "minus bilinear, in pairs", "SSIM", "spectrum: off by, dB", "beyond 1/4, dB"],
                       [[row["method"], row["taps"] or "", f"{row['psnr']:.2f} ± {row['psnr_standard_error']:.2f}",
                         f"{row['psnr_minus_bilinear']:+.2f} ± {row['psnr_minus_bilinear_standard_error']:.2f}",
                         f"{row['ssim']:.4f} ± {row['ssim_standard_error']:.4f}", f"{row['spectrum_rms_decibel']:.1f}",
                         f"{row['spectrum_above_a_quarter_decibel']:+.1f}"] for row in rows])
    for name, how in fitted.items():
        sums = f"; phase sums {phase_sums(filters[name]).round(4).tolist()}" if name.startswith("transposed") else ""
        print(f"{name}: {how['steps']} steps, the gradient is then {how['gradient_left']:.1e} of the first{sums}")
    draw(originals, small[:, 0], {name: np.clip(values, 0, 1) for name, values in results.items()}, reference,
         os.path.join(options.output, "picture.png"))
    common.write_results(options.output, rows)


if __name__ == "__main__":
    main()
