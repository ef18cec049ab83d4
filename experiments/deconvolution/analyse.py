#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Why "deconvolution" is the wrong name: W^T beside what does undo W. W is from fsconv matrix, maps are by fsconv apply; see README.md."""
import os
import sys

import h5py
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

NOISES = (0, 0.001, 0.01, 0.05)  # standard deviations, where an image goes from 0 to 1
SHOWN = 0.01


def portrait(size):
    """Grace Hopper in the US Navy's portrait (public domain), which matplotlib carries: size x size pixels from 0 to 1."""
    from matplotlib import cbook
    from PIL import Image
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        face = image.convert("L").crop((130, 40, 430, 340)).resize((size, size), Image.LANCZOS)
    return np.asarray(face, float) / 255


def gaussian(taps, sigma):
    offsets = np.arange(taps) - (taps - 1) / 2
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    return weights / weights.sum()


class Operator:
    """A convolution of one-channel images: its W, its singular values and what fsconv matrix --spectrum says, its maps."""

    def __init__(self, work, name, size, weight, stride=1, padding=0):
        folder = os.path.join(work, name)
        os.makedirs(folder, exist_ok=True)
        self.maps = common.Maps(folder, weight, stride, padding)
        self.size = size
        path = os.path.join(folder, "matrix.h5")
        command = ["matrix", "--input-size", ",".join(map(str, size)), "--kernel", ",".join(map(str, self.maps.weight.shape[2:])),
                   "--channels", f"1,{len(weight)}", "--weight", self.maps.path("weight"), *self.maps.options, "--spectrum", "--json",
                   "--output", path]
        self.said = common.fsconv(*command)
        self.matrix = common.read_matrix(path)
        with h5py.File(path) as file:
            self.sigma = file["matrix/singular_values"][()]
            self.rank = int(file["matrix"].attrs["rank"])
        self.forgotten = None
        if self.rank < self.matrix.shape[1]:
            zeros = os.path.join(folder, "zeros.npy")
            common.fsconv(*command, "--null-space", zeros)
            basis = np.load(zeros).reshape(-1, self.matrix.shape[1])
            self.forgotten = lambda image: (basis.T @ (basis @ image.ravel())).reshape(image.shape)

    def conv(self, image):
        return self.maps.conv(image[None, None])[0]

    def conv_transpose(self, code):
        return self.maps.conv_transpose(code[None], self.size)[0, 0]

    def factors(self):
        """U, sigma and V^T of the part that is not 0; NumPy's singular values must be fsconv's."""
        u, sigma, v = np.linalg.svd(self.matrix, full_matrices=False)
        assert np.allclose(sigma, self.sigma, rtol=0, atol=1e-12 * sigma[0])
        return u[:, :self.rank], sigma[:self.rank], v[:self.rank]


class Inverse:
    """What undoes W, from its singular value decomposition."""

    def __init__(self, operator):
        self.shape = operator.size
        self.u, self.sigma, self.v = operator.factors()

    def filtered(self, code, factors):
        return (self.v.T @ (factors * (self.u.T @ code.ravel()))).reshape(self.shape)

    def least_squares(self, code):
        """The smallest of the images x that bring W x nearest to the code."""
        return self.filtered(code, 1 / self.sigma)

    def tikhonov(self, code, strength):
        """The image that minimizes |W x - y|^2 + strength^2 |x|^2."""
        return self.filtered(code, self.sigma / (self.sigma**2 + strength**2))

    def residual(self, code, strength):
        """|W x - y| of the same. What of the code no image has, stays."""
        parts = self.u.T @ code.ravel()
        outside = max(0.0, float(code.ravel() @ code.ravel() - parts @ parts))
        return float(np.sqrt(np.sum((strength**2 / (self.sigma**2 + strength**2) * parts) ** 2) + outside))


def cgls(matrix, code, steps):
    """Conjugate gradients on W^T W x = W^T y from x = 0 [Hestenes & Stiefel 1952; Bjorck 1996, algorithm 7.4.1]: x after each step."""
    x = np.zeros(matrix.shape[1])
    residual = code.ravel().copy()
    gradient = matrix.T @ residual
    direction, size = gradient.copy(), gradient @ gradient
    for _ in range(steps):
        image = matrix @ direction
        step = size / (image @ image)
        x = x + step * direction
        residual -= step * image
        gradient = matrix.T @ residual
        before, size = size, gradient @ gradient
        direction = gradient + size / before * direction
        yield x


def decibel(image, truth, margin):
    """PSNR inside the margin, where every pixel is in as many windows as any other."""
    inside = (slice(margin, -margin),) * 2
    return float(common.psnr(image[inside][None], truth[inside][None])[0])


def fitted(image, truth):
    """The image times the factor that brings it nearest to the truth: no method is to lose by a factor."""
    return image * (np.vdot(image, truth) / np.vdot(image, image))


def deblur(operator, inverse, truth, noise, strengths, steps, margin):
    """Every method's image, its PSNR by strength or step, and what was chosen."""
    clean = operator.conv(truth)
    random = np.random.default_rng(1)
    code = clean + noise * random.standard_normal(clean.shape)
    measure = lambda image: decibel(image, truth, margin)
    images = {"y itself": np.pad(code[0], margin), "W^T y": fitted(operator.conv_transpose(code), truth),
              "least squares": inverse.least_squares(code)}
    by_strength = np.array([measure(inverse.tikhonov(code, strength)) for strength in strengths])
    best = strengths[by_strength.argmax()]
    images["Tikhonov"] = inverse.tikhonov(code, best)
    residuals = np.array([inverse.residual(code, strength) for strength in strengths])
    # Morozov's discrepancy principle: as strong as leaves a residual as large as the noise, which one must know.
    fitting = strengths[residuals <= noise * np.sqrt(code.size)]
    chosen = fitting.max() if noise > 0 and fitting.size else None
    if chosen is not None:
        images["Tikhonov, lambda from the noise"] = inverse.tikhonov(code, chosen)
    iterates = [x.reshape(truth.shape) for x in cgls(operator.matrix, code, steps)]
    by_step = np.array([measure(x) for x in iterates])
    images["CGLS, stopped"] = iterates[by_step.argmax()]
    images[f"CGLS, {steps} steps"] = iterates[-1]
    sizes = np.array([np.linalg.norm(inverse.tikhonov(code, strength)) for strength in strengths])
    return {"noise": noise, "code": code, "images": images, "psnr": {name: measure(image) for name, image in images.items()},
            "by_strength": by_strength, "by_step": by_step, "residuals": residuals, "sizes": sizes, "strength": best,
            "chosen": chosen, "step": int(by_step.argmax()) + 1}


def rows_of(operators, blurred, steps):
    rows = []
    for name, operator in operators.items():
        said = operator.said["spectrum"]
        rows.append({"operator": name, "rows": operator.matrix.shape[0], "columns": operator.matrix.shape[1], "rank": operator.rank,
                     "generic_rank": said["generic_rank"]["rank"], "kept": said["kept"], "largest_over_smallest": said["condition"],
                     "WtW_from_multiple_of_I": said["transposed_times_it"]["from_multiple_of_identity"],
                     "WtW_from_diagonal": said["transposed_times_it"]["from_diagonal"],
                     "WWt_from_multiple_of_I": said["it_times_transposed"]["from_multiple_of_identity"]})
    for result in blurred:
        for name, value in result["psnr"].items():
            chosen = {"Tikhonov": result["strength"], "Tikhonov, lambda from the noise": result["chosen"],
                      "CGLS, stopped": result["step"], f"CGLS, {steps} steps": steps}.get(name, "")
            rows.append({"operator": "blur", "noise": result["noise"], "method": name, "psnr": value, "lambda_or_steps": chosen})
    return rows


def print_tables(rows, blurred):
    common.print_table(["", "W", "rank", "keeps", "largest / smallest singular value", "W^T W from a multiple of I", "W W^T from one"],
                       [[row["operator"], f"{row['rows']} × {row['columns']}", row["rank"], f"{100 * row['kept']:.0f}%",
                         f"{row['largest_over_smallest']:.3g}", f"{row['WtW_from_multiple_of_I']:.2f}",
                         f"{row['WWt_from_multiple_of_I']:.2f}"] for row in rows if row.get("rank")])
    names = list(dict.fromkeys(name for result in blurred for name in result["psnr"]))
    chosen = lambda result, name: {"Tikhonov": f" (λ = {result['strength']:.2g})", "CGLS, stopped": f" (step {result['step']})",
                                   "Tikhonov, lambda from the noise": f" (λ = {result['chosen'] or 0:.2g})"}.get(name, "")
    common.print_table(["PSNR, dB"] + [f"noise {100 * result['noise']:g}%" for result in blurred],
                       [[name.replace("lambda", "λ")] + [f"{result['psnr'][name]:.1f}" + chosen(result, name) if name in result["psnr"]
                                                         else "" for result in blurred] for name in names])


def draw_matrices(plt, work, operators, path):
    """W^T W of four small operators, and the singular values of the large ones."""
    random = np.random.default_rng(3)
    haar = np.array([[1, 1], [1, -1]])[:, None] / np.sqrt(2)
    small = [("blur, 5 taps", gaussian(5, 1)[None, None], 1, 2), ("4 taps, stride 2", random.standard_normal((1, 1, 4)), 2, 1),
             ("2 taps, stride 2", random.standard_normal((1, 1, 2)), 2, 0), ("Haar's 2 filters", haar, 2, 0)]
    figure, axes = plt.subplot_mosaic("abcd;ssss", figsize=(common.WIDTH, 5), height_ratios=[1, 1.25])
    for key, (name, weight, stride, padding) in zip("abcd", small):
        operator = Operator(work, f"small_{key}", (12,), weight, stride, padding)
        gram = operator.matrix.T @ operator.matrix
        shown = axes[key].imshow(gram / np.abs(gram).max(), cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
        distance = operator.said["spectrum"]["transposed_times_it"]["from_multiple_of_identity"]
        axes[key].set_title(f"{name}\n{100 * distance:.0f}% off a multiple of I", fontsize=9)
        axes[key].set(xticks=[], yticks=[])
        axes[key].spines[:].set_visible(True)
    axes["a"].set_ylabel("$W^T W$, 12 pixels")
    figure.colorbar(shown, ax=[axes[key] for key in "abcd"], label="of the largest", shrink=0.8, ticks=[-1, 0, 1])
    for (name, operator), style in zip(operators.items(), ("-", "--", "-.")):
        columns = operator.matrix.shape[1]
        line = axes["s"].plot(np.arange(1, operator.rank + 1) / columns, operator.sigma[:operator.rank] / operator.sigma[0], style,
                              label=f"{name}: keeps {100 * operator.rank / columns:.0f}%")[0]
        axes["s"].plot(operator.rank / columns, operator.sigma[operator.rank - 1] / operator.sigma[0], "o", color=line.get_color())
    axes["s"].axhline(SHOWN, color=common.GREY, linewidth=1, linestyle=":")
    axes["s"].text(0.002, SHOWN * 0.6, "1%", color=common.GREY, va="top", fontsize=9)
    axes["s"].set(yscale="log", xlim=(0, 1.01), xlabel="number of the singular value, as a share of the image's pixels",
                  ylabel="singular value / largest")
    axes["s"].legend(loc="lower left", bbox_to_anchor=(0, 0.02))
    common.save(figure, path)
    plt.close(figure)


def tiled(code, size):
    """The channels of a code side by side, each stretched to grey from black to white; one whose windows fit inside the image in its place."""
    side = int(np.ceil(np.sqrt(len(code))))
    scaled = [(channel - channel.min()) / (np.ptp(channel) or 1) for channel in code]
    scaled += [np.ones_like(scaled[0])] * (side * side - len(scaled))
    padded = [np.pad(channel, 1, constant_values=1) if side > 1 else channel for channel in scaled]
    if side == 1 and 2 * len(padded[0]) > size:
        padded = [np.pad(padded[0], (size - len(padded[0])) // 2, constant_values=1)]
    return np.block([padded[row * side:(row + 1) * side] for row in range(side)])


def draw_images(plt, operators, inverses, truth, result, margin, path):
    figure, axes = plt.subplots(len(operators) + 1, 5, figsize=(common.WIDTH, 1.82 * (len(operators) + 1)))
    show = lambda place, image, title: common.show(place, np.clip(image, 0, 1), title)
    named = lambda name, image: f"{name}\n{decibel(image, truth, margin):.1f} dB" if decibel(image, truth, margin) < 99 else f"{name}\nexact"
    for row, (name, operator) in zip(axes, operators.items()):
        code = operator.conv(truth)
        show(row[0], truth, "x")
        row[0].set_ylabel(name.replace(", ", ",\n"), fontsize=9)
        common.show(row[1], tiled(code, len(truth)), f"y = W x\n{code.size} numbers of {truth.size}")
        transposed = fitted(operator.conv_transpose(code), truth)
        show(row[2], transposed, named("$W^T y$", transposed))
        squares = inverses[name].least_squares(code)
        show(row[3], squares, named("least squares", squares))
        if operator.forgotten is None:
            row[4].set_axis_off()
            row[4].text(0.5, 0.5, "W forgets\nnothing", ha="center", va="center", transform=row[4].transAxes)
        else:
            forgotten = operator.forgotten(truth)
            assert np.allclose(forgotten, truth - squares, atol=1e-6)  # what is not forgotten is what least squares finds
            show(row[4], 0.5 + 0.5 * forgotten / np.abs(forgotten).max(), "what W forgets\n(grey: 0)")
    images = result["images"]
    row = axes[-1]
    common.show(row[0], tiled(result["code"], len(truth)), f"y of the blur\nand {100 * result['noise']:g}% noise")
    row[0].set_ylabel("blur,\nwith noise", fontsize=9)
    for place, name, title in zip(row[1:], ("W^T y", "least squares", "Tikhonov", "CGLS, stopped"),
                                  ("$W^T y$", "least squares", f"Tikhonov, λ = {result['strength']:.2g}",
                                   f"CGLS, step {result['step']}")):
        show(place, images[name], named(title, images[name]))
    for place in axes.ravel():
        place.title.set_fontsize(9)
    common.save(figure, path)
    plt.close(figure)


def draw_curves(plt, blurred, strengths, steps, path):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(common.WIDTH, 3))
    for result, style, color in zip(blurred, ("-", "--", "-.", ":"), common.COLORS):
        label = f"noise {100 * result['noise']:g}%"
        left.plot(np.arange(1, steps + 1), result["by_step"], style, color=color, label=label)
        left.plot(result["step"], result["by_step"].max(), "o", color=color, markersize=5)
        middle.plot(strengths, result["by_strength"], style, color=color)
        middle.plot(result["strength"], result["by_strength"].max(), "o", color=color, markersize=5)
        if result["chosen"]:
            middle.plot(result["chosen"], result["by_strength"][np.searchsorted(strengths, result["chosen"])], "D", color=color,
                        markersize=5, markerfacecolor="white")
            right.plot(result["residuals"], result["sizes"], style, color=color)
            for strength, marker, face in ((result["strength"], "o", color), (result["chosen"], "D", "white")):
                at = np.searchsorted(strengths, strength)
                right.plot(result["residuals"][at], result["sizes"][at], marker, color=color, markersize=5, markerfacecolor=face)
    left.set(xscale="log", xlabel="steps of CGLS", ylabel="PSNR, dB", title="CGLS")
    middle.set(xscale="log", xlabel="λ", title="Tikhonov")
    right.set(xscale="log", yscale="log", xlabel="|W x - y|", ylabel="|x|", title="Tikhonov's L-curves")
    for place in (left, middle):
        place.set_ylim(0, max(result["by_step"].max() for result in blurred) + 2)
    left.legend(loc="lower left", fontsize=8)
    common.save(figure, path)
    plt.close(figure)


def main():
    arguments = common.folders(__doc__)
    size, taps, steps, count = (20, 5, 60, 30) if arguments.quick else (46, 7, 300, 61)
    truth = portrait(size)
    margin = (taps - 1) // 2
    blur = gaussian(taps, taps / 4)
    layer = np.random.default_rng(0).standard_normal((4, 1, 4, 4)) / 4
    operators = {"blur": Operator(arguments.work, "blur", truth.shape, (blur[:, None] * blur)[None, None]),
                 "stride 2, 1 channel": Operator(arguments.work, "layer1", truth.shape, layer[:1], 2, 1),
                 "stride 2, 4 channels": Operator(arguments.work, "layer4", truth.shape, layer, 2, 1)}
    inverses = {name: Inverse(operator) for name, operator in operators.items()}
    strengths = np.logspace(-6, 1, count)
    blurred = [deblur(operators["blur"], inverses["blur"], truth, noise, strengths, steps, margin) for noise in NOISES]
    rows = rows_of(operators, blurred, steps)
    common.write_results(arguments.output, rows)
    print_tables(rows, blurred)
    plt = common.plots()
    place = lambda name: os.path.join(arguments.output, name)
    draw_matrices(plt, arguments.work, operators, place("matrices.png"))
    draw_images(plt, operators, inverses, truth, blurred[NOISES.index(SHOWN)], margin, place("images.png"))
    draw_curves(plt, blurred, strengths, steps, place("curves.png"))


if __name__ == "__main__":
    main()
