#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is a stride of 1/2, 2/3 or 3/2? Convolutions with them beside zeros, an ordinary convolution and a sieve; see README.md."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import common  # noqa: E402


def box(length):
    return np.ones(length)


# stride -> (down, up, taps, padding in front, behind). The filter is box(larger) * box(up) / larger: as box(up) is a factor, its
# phases have equal sums, 1 each, and a constant stays a constant. Linear interpolation for 1/2 and 2/3, area averaging for 3/2.
STRIDES = {"1/2": (1, 2, np.convolve(box(2), box(2)) / 2, 1, 2),
           "2/3": (2, 3, np.convolve(box(3), box(3)) / 3, 2, 3),
           "3/2": (3, 2, np.convolve(box(3), box(2)) / 3, 1, 2)}


def filter_for(taps, axes):
    """[1, 1, taps...] with the same taps along each axis."""
    weight = taps if axes == 1 else np.outer(taps, taps)
    return weight[None, None]


def maps_for(work, stride, axes):
    _, _, taps, begin, end = STRIDES[stride]
    return common.Maps(work, filter_for(taps, axes), stride=stride, padding=f"{begin}:{end}")


def with_zeros(values, up):
    """[N, C, spatial...] with up - 1 zeros between neighbours."""
    spread = np.zeros((*values.shape[:2], *(up * (size - 1) + 1 for size in values.shape[2:])))
    spread[(..., *(slice(None, None, up),) * (values.ndim - 2))] = values
    return spread


def sieve(values, down):
    return values[(..., *(slice(None, None, down),) * (values.ndim - 2))]


def compare(work, signals, images, forms):
    """By stride, dimension and form: the largest difference from the three steps, and from the transposed convolution of the inverse stride."""
    rows = []
    for stride, (down, up, taps, begin, end) in STRIDES.items():
        for kind, source in (("signal", signals), ("image", images)):
            axes = source.ndim - 2
            # Of unequal weights, so that a filter the wrong way round would be seen.
            uneven = filter_for(taps * (1 + np.arange(len(taps))), axes)
            maps = common.Maps(work, uneven, stride=stride, padding=f"{begin}:{end}")
            results = {form: maps.conv(source, form) for form in forms}
            ordinary = common.Maps(work, uneven, padding=f"{begin}:{end}")
            steps = sieve(ordinary.conv(with_zeros(source, up)), down)
            # The axis turned around: stride up/down, filter reversed, padding taps - 1 - padding in front; behind, whatever makes both sizes fit.
            size = results[forms[0]].shape[2]
            before = len(taps) - 1 - begin
            behind = up * (source.shape[2] - 1) - down * (size - 1) + len(taps) - 1 - before
            back = {"stride": f"{up}/{down}", "padding": f"{before}:{behind}"}
            turned, unturned = (common.Maps(work, weight, **back).conv_transpose(source, (size,) * axes)
                                for weight in (np.flip(uneven, tuple(range(2, 2 + axes))), uneven))
            for form, values in results.items():
                rows.append({"stride": stride, "of": kind, "form": form, "in": source.shape[2], "out": values.shape[2],
                             "largest_value": float(abs(values).max()),
                             "difference_from_zeros_conv_sieve": float(abs(values - steps).max()),
                             "difference_from_conv_transpose": float(abs(values - turned).max()),
                             "difference_with_the_filter_not_reversed": float(abs(values - unturned).max())})
    return rows


def draw_signal(work, signal, path):
    plt = common.plots()
    figure, panels = plt.subplots(3, 2, figsize=(common.WIDTH, 6.2), sharey=True, width_ratios=(1.5, 1))
    positions = np.arange(signal.shape[-1])
    for (left, right), (stride, (down, up, taps, begin, end)) in zip(panels, STRIDES.items()):
        result = maps_for(work, stride, 1).conv(signal)[0, 0]
        spread = with_zeros(signal, up)[0, 0]
        places = np.arange(len(spread)) / up
        # Code pixel o reads fine places down*o - pad and what follows: its middle, in pixels of the signal.
        middle = (down * np.arange(len(result)) - begin + (len(taps) - 1) / 2) / up
        left.plot(positions, signal[0, 0], "o", color=common.BLUE, markersize=8, label="signal")
        left.plot(places[spread == 0], spread[spread == 0], "x", color=common.GREY, markersize=5, label="inserted zeros")
        left.plot(middle, result, "D", color=common.RED, markersize=4, label="result", zorder=5)
        left.axhline(0, color=common.GREY, linewidth=0.6, zorder=0)
        left.set_title(f"stride {stride}: {len(positions)} samples become {len(result)}", loc="left")
        left.set_xticks(positions)
        grid = np.arange(len(taps)) - (len(taps) - 1) / 2
        right.plot([grid / up, grid / up], [0 * taps, taps], color=common.GREEN, linewidth=1.5)
        right.plot(grid / up, taps, "s", color=common.GREEN, markersize=6)
        right.plot([0, down / up], [-0.28, -0.28], color=common.RED, marker="|", markersize=9)
        right.text(down / up + 0.1, -0.28, f"one step, {stride} sample", va="center", color=common.RED, fontsize=9)
        right.axhline(0, color=common.GREY, linewidth=0.6, zorder=0)
        right.set(xlim=(-1.3, 4.3), title=f"filter of {len(taps)} taps, {up} for each sample")
        right.title.set_ha("left")
        right.title.set_x(0)
    panels[2, 0].set_xlabel("place, in samples of the signal")
    panels[2, 1].set_xlabel("place, in samples of the signal")
    panels[0, 0].legend(ncols=3, loc="lower left", bbox_to_anchor=(-0.02, -0.03), columnspacing=1, handletextpad=0.3)
    panels[0, 0].set_ylim(-0.55, 1.15)
    common.save(figure, path)


def draw_image(work, image, path):
    plt = common.plots()
    made = [("original", image)] + [("stride 1/2: first zeros", with_zeros(image, 2))] + [
        (f"stride {stride}", maps_for(work, stride, 2).conv(image)) for stride in STRIDES]
    widths = [values.shape[-1] for _, values in made]
    figure, panels = plt.subplots(1, len(made), figsize=(common.WIDTH, 2.4), width_ratios=widths)
    for axes, (title, values) in zip(panels, made):
        common.show(axes, values[0, 0])
        axes.set_anchor("S")
        axes.set_xlabel(f"{title}\n{values.shape[2]} × {values.shape[3]}", fontsize=9)
    common.save(figure, path)


def main():
    options = common.folders(__doc__)
    images, _ = common.shapes(8, seed=3) if options.quick else common.fashion_mnist("t10k")
    image = images[:1, None] / 255.0
    places = np.arange(12)
    signal = (0.5 + 0.3 * np.sin(0.9 * places) + 0.2 * np.cos(2.1 * places))[None, None]
    forms = common.FORMS[:2] if options.quick else common.FORMS
    rows = compare(options.work, signal, image, forms)
    head = ["stride", "of", "size", "largest value", "from zeros, conv, sieve", "from conv_transpose", "filter not reversed"]
    keys = ("largest_value", "difference_from_zeros_conv_sieve", "difference_from_conv_transpose", "difference_with_the_filter_not_reversed")
    table = []
    for stride in STRIDES:
        for kind in ("signal", "image"):
            of = [row for row in rows if (row["stride"], row["of"]) == (stride, kind)]
            table.append([stride, kind, f"{of[0]['in']} → {of[0]['out']}", *(f"{max(row[key] for row in of):.2g}" for key in keys)])
    common.print_table(head, table)
    # Sums of at most 25 products whose sizes together are below 100: far below 1e-12 even if every one is rounded.
    if any(max(row[keys[1]], row[keys[2]]) > 1e-12 for row in rows) or any(row[keys[3]] < 1e-2 for row in rows):
        raise SystemExit("a fractional stride is not zeros, convolution and sieve, or the comparison cannot tell")
    draw_signal(options.work, signal, os.path.join(options.output, "picture.png"))
    draw_image(options.work, image, os.path.join(options.output, "image.png"))
    common.write_results(options.output, rows)


if __name__ == "__main__":
    main()
