# SPDX-License-Identifier: Apache-2.0
"""Convolution in plain NumPy and its gradient as a matrix: what the comparisons hold fsconv against.

All arrays are [N, C, space...], filters [O, I/groups, taps...].
"""

import itertools

import numpy as np


def extents(kernel, dilation):
    """What each axis of a filter covers, holes included."""
    return [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]


def correlate(x, w, stride, pads, dilation, groups=1):
    """The cross-correlation that every framework calls convolution; `pads` may be negative and then crops."""
    x = np.pad(x, [(0, 0), (0, 0)] + [(max(b, 0), max(e, 0)) for b, e in pads])
    crop = [slice(max(-b, 0), x.shape[2 + axis] - max(-e, 0)) for axis, (b, e) in enumerate(pads)]
    x = x[(slice(None), slice(None), *crop)]
    sizes = [(n - e) // s + 1 for n, e, s in zip(x.shape[2:], extents(w.shape[2:], dilation), stride)]
    inputs, outputs = w.shape[1], w.shape[0] // groups
    y = np.zeros([x.shape[0], w.shape[0], *sizes])
    for tap in itertools.product(*(range(k) for k in w.shape[2:])):
        window = (slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, n, s in zip(tap, dilation, sizes, stride))
        seen = x[(slice(None), slice(None), *window)]
        for g in range(groups):
            here = slice(g * outputs, (g + 1) * outputs)
            group = seen[:, g * inputs : (g + 1) * inputs]
            y[:, here] += np.einsum("ni...,oi->no...", group, w[(here, slice(None), *tap)])
    return y


def stretched(x, stride):
    """stride-1 zeros between the pixels."""
    sizes = [(n - 1) * s + 1 for n, s in zip(x.shape[2:], stride)]
    result = np.zeros([*x.shape[:2], *sizes])
    result[(slice(None), slice(None), *(slice(None, None, s) for s in stride))] = x
    return result


def turned(w):
    """The filter turned by 180 degrees."""
    return np.flip(w, tuple(range(2, w.ndim)))


def matrix_of(forward, image_shape):
    """The matrix [code pixels, image pixels] of a linear map, column by column from unit images."""
    pixels = int(np.prod(image_shape))
    return forward(np.eye(pixels).reshape(pixels, *image_shape)).reshape(pixels, -1).T


def gradient(y, image_shape, forward):
    """The derivative of sum(y * forward(x)) by x, for x of [C, space...] = image_shape."""
    return (y.reshape(y.shape[0], -1) @ matrix_of(forward, image_shape)).reshape(y.shape[0], *image_shape)
