#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peer: scipy's coo -> csr on vectorised index arrays. Prints nanoseconds per nonzero: build, W x, W^T y."""
import time

import numpy as np
import scipy.sparse as sp

IN_CHANNELS, OUT_CHANNELS, IN, OUT, TAPS, STRIDE, PAD = 16, 32, 64, 32, 4, 2, 1


def median_seconds(repetitions, work):
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2], result


def build(weight):
    o, k = np.meshgrid(np.arange(OUT), np.arange(TAPS), indexing="ij")
    i = o * STRIDE + k - PAD
    inside = (i >= 0) & (i < IN)
    o, k, i = o[inside], k[inside], i[inside]
    co = np.arange(OUT_CHANNELS)[:, None, None, None]
    ci = np.arange(IN_CHANNELS)[None, :, None, None]
    rows = (co * OUT + o[:, None]) * OUT + o[None, :] + 0 * ci
    columns = (ci * IN + i[:, None]) * IN + i[None, :] + 0 * co
    values = weight[co, ci, k[:, None], k[None, :]]
    shape = (OUT_CHANNELS * OUT * OUT, IN_CHANNELS * IN * IN)
    return sp.coo_matrix((values.ravel(), (rows.ravel(), columns.ravel())), shape=shape).tocsr()


weight = np.random.default_rng(0).random((OUT_CHANNELS, IN_CHANNELS, TAPS, TAPS))
build_seconds, w = median_seconds(3, lambda: build(weight))
x, y, transposed = np.ones(w.shape[1]), np.ones(w.shape[0]), w.T
multiply_seconds, _ = median_seconds(9, lambda: w @ x)
transposed_seconds, _ = median_seconds(9, lambda: transposed @ y)
print(*(f"{1e9 * s / w.nnz:.2f}" for s in (build_seconds, multiply_seconds, transposed_seconds)))
