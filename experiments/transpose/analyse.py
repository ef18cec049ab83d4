#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is the transposed convolution the transpose? W from fsconv matrix beside the maps of fsconv apply; see README.md."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402

HALF_ULP = 2.0**-53


def flat(arrays):
    """[N, ...] as columns: one for each of the N."""
    return arrays.reshape(len(arrays), -1).T


def units(shape):
    """Every array of that shape that has one 1 and is 0 elsewhere."""
    count = int(np.prod(shape))
    return np.eye(count).reshape(count, *shape)


def rounding(result, matrix, source):
    """The largest difference from matrix * source, relative to |matrix| |source|, in units of 2^-53."""
    sizes = np.abs(matrix) @ np.abs(source)
    return float(np.max(np.abs(result - matrix @ source) / np.where(sizes > 0, sizes, 1)) / HALF_ULP)


def compare(work, forms):
    random = np.random.default_rng(0)
    rows = []
    for name, size, (inputs, outputs), taps, options in common.GEOMETRIES:
        groups = options.get("groups", 1)
        maps = common.Maps(work, random.standard_normal((outputs, inputs // groups, *taps)), **options)
        turned = common.Maps(work, np.flip(maps.weight, tuple(range(2, 2 + len(size)))), **options).matrix(size)
        maps = common.Maps(work, maps.weight, **options)
        w = maps.matrix(size)
        images = random.standard_normal((3, inputs, *size))
        code_shape = maps.conv(images).shape[1:]
        codes = random.standard_normal((3, *code_shape))
        for form in forms:
            of_units = flat(maps.conv(units((inputs, *size)), form))  # column i: what pixel i becomes
            back_of_units = flat(maps.conv_transpose(units(code_shape), size, form))
            rows.append({"geometry": name, "form": form, "rows": w.shape[0], "columns": w.shape[1],
                         "nonzeros": int(np.count_nonzero(w)),
                         "entries_of_conv_that_differ_from_W": int(np.count_nonzero(of_units != w)),
                         "entries_of_conv_transpose_that_differ_from_W_transposed": int(np.count_nonzero(back_of_units != w.T)),
                         "entries_of_conv_transpose_that_differ_with_the_filter_turned": int(np.count_nonzero(back_of_units != turned.T)),
                         "conv_rounding": rounding(flat(maps.conv(images, form)), w, flat(images)),
                         "conv_transpose_rounding": rounding(flat(maps.conv_transpose(codes, size, form)), w.T, flat(codes))})
    return rows


def draw(work, path):
    plt = common.plots()
    size, kernel = 6, 3
    weight = np.arange(1.0, kernel * kernel + 1).reshape(1, 1, kernel, kernel)
    maps = common.Maps(work, weight, stride=2, padding=1)
    w = maps.matrix((size, size))
    figure = plt.figure(figsize=(common.WIDTH, 6))
    grid = figure.add_gridspec(2, 4, width_ratios=(2.05, 2.05, 2.05, 1.85), height_ratios=(1, 1.15))
    colors = plt.get_cmap("cividis", kernel * kernel)

    def entries(axes, matrix, title, horizontal, vertical):
        axes.imshow(np.where(matrix > 0, matrix, np.nan), cmap=colors, vmin=0.5, vmax=kernel * kernel + 0.5, aspect="equal")
        for (row, column), value in np.ndenumerate(matrix):
            if value > 0:
                axes.text(column, row, int(value), ha="center", va="center", fontsize=7.5, color="white" if value < 6 else "black")
        axes.set_xticks(np.arange(-0.5, matrix.shape[1], size if matrix.shape[1] > 9 else 3), [])
        axes.set_yticks(np.arange(-0.5, matrix.shape[0], size if matrix.shape[0] > 9 else 3), [])
        axes.grid(color="#BBBBBB", linewidth=0.6)
        axes.spines[:].set_visible(True)
        axes.set(title=title, xlabel=horizontal, ylabel=vertical)
        axes.tick_params(length=0)

    entries(figure.add_subplot(grid[0, :3]), w, "W: 9 code pixels × 36 image pixels", "image pixels, a block for each row", "code pixels")
    entries(figure.add_subplot(grid[:, 3]), w.T, "$W^T$: 36 × 9", "code pixels", "")

    image = np.zeros((1, 1, size, size))
    image[0, 0, 1:5, 2:4] = 1
    code = maps.conv(image)
    back = maps.conv_transpose(code, (size, size))
    pictures = ((image, "an image x"), (code, "its code W x"), (back, "$W^T$ W x"))
    for column, (values, title) in enumerate(pictures):
        axes = figure.add_subplot(grid[1, column])
        values = values[0, 0]
        common.show(axes, values / values.max(), title, cmap="cividis")
        for (row, at), value in np.ndenumerate(values):
            axes.text(at, row, int(value), ha="center", va="center", fontsize=8, color="white" if value < 0.6 * values.max() else "black")
    common.save(figure, path)


def main():
    options = common.folders(__doc__)
    forms = common.TAP_FORMS[:2] if options.quick else common.TAP_FORMS
    rows = compare(options.work, forms)
    wrong = sum(row["entries_of_conv_that_differ_from_W"] + row["entries_of_conv_transpose_that_differ_from_W_transposed"] for row in rows)
    flipped = min(row["entries_of_conv_transpose_that_differ_with_the_filter_turned"] for row in rows)
    common.print_table(
        ["geometry", "W", "nonzeros", "entries that differ, conv", "conv_transpose", "rounding of W x, in 2^-53", "of W^T y"],
        [[name, f"{of[0]['rows']} × {of[0]['columns']}", of[0]["nonzeros"], *(sum(row[key] for row in of) for key in (
            "entries_of_conv_that_differ_from_W", "entries_of_conv_transpose_that_differ_from_W_transposed")),
            *(f"{max(row[key] for row in of):.1f}" for key in ("conv_rounding", "conv_transpose_rounding"))]
         for name in dict.fromkeys(row["geometry"] for row in rows) for of in [[row for row in rows if row["geometry"] == name]]])
    print(f"{wrong} entries differ over {len(forms)} forms; with W of the filter turned around at least {flipped} do.")
    if wrong or not flipped:
        raise SystemExit("the transposed convolution is not the transpose, or the comparison cannot tell")
    draw(options.work, os.path.join(options.output, "picture.png"))
    common.write_results(options.output, rows)


if __name__ == "__main__":
    main()
