#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Single layers as ONNX models, timed with ONNX Runtime (npm onnxruntime-node, which scripts/test installs). Used by algorithms; alone:

    onnx_layers.py [--fsconv PROGRAM] [--set dcgan] [--batches 1,32] [--threads 1] [--rounds 3] [--modules FOLDER]

A model is one Conv or ConvTranspose whose weights it holds, so that the runtime may reorder them before; its result is written into memory that is
there already. The call from node is not the runtime's work: what a model takes that does nothing, at least, is measured in every round, and subtracted.
Needs python3-onnx and nodejs.
"""
import argparse
import json
import os
import shutil
import statistics
import sys

import numpy as np

from cases import cases_of
from worker import Worker

here = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(here, "../../build/release/tests/peers/onnxruntime/node_modules")
OPS = ("conv", "conv_transpose")
NOTHING = ["nothing", "", 0]  # the key of the model that does nothing


def missing(modules):
    """Why there is no runtime; None if there is one."""
    if shutil.which("node") is None:
        return "there is no node (apt: nodejs)"
    if not os.path.isdir(os.path.join(modules, "onnxruntime-node")):
        return f"there is no {modules}/onnxruntime-node; scripts/test installs it with npm"
    try:
        import onnx  # noqa: F401
    except ImportError:
        return "there is no python3-onnx"
    return None


def version(modules):
    with open(os.path.join(modules, "onnxruntime-node", "package.json")) as file:
        return json.load(file)["version"]


def write_model(path, node, source, result, weight=None):
    from onnx import TensorProto, helper, numpy_helper
    graph = helper.make_graph([node], "layer", [helper.make_tensor_value_info("x", TensorProto.FLOAT, source)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)],
                              [] if weight is None else [numpy_helper.from_array(weight, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    with open(path, "wb") as file:
        file.write(model.SerializeToString())


def write_layer(path, case, op, batch):
    """Returns the shapes of its input and result. ONNX's weights of ConvTranspose are [channels in, channels out, taps...]: W as it is."""
    from onnx import helper
    image, code = (batch, case.image_channels, *case.image), (batch, case.code_channels, *case.code)
    attributes = {"kernel_shape": [case.taps] * case.axes, "strides": [case.stride] * case.axes,
                  "pads": [case.padding] * case.axes + list(case.padding_behind)}
    source, result, kind = (image, code, "Conv") if op == "conv" else (code, image, "ConvTranspose")
    weight = np.random.default_rng(0).standard_normal(case.weight_shape, np.float32)
    write_model(path, helper.make_node(kind, ["x", "w"], ["y"], **attributes), source, result, weight)
    return source, result


class OnnxRuntime:
    """A process that times all of these layers in every round, on so many threads."""

    def __init__(self, cases, batches, threads, modules, folder):
        from onnx import helper
        path = os.path.join(folder, "nothing.onnx")
        write_model(path, helper.make_node("Identity", ["x"], ["y"]), (1,), (1,))
        models = [{"key": NOTHING, "file": path, "input": (1,), "output": (1,)}]
        for case in cases:
            for op in OPS:
                for batch in batches:
                    path = os.path.join(folder, f"layer{len(models)}.onnx")
                    source, result = write_layer(path, case, op, batch)
                    models.append({"key": [case.name, op, batch], "file": path, "input": source, "output": result})
        path = os.path.join(folder, "models.json")
        with open(path, "w") as file:
            json.dump(models, file)
        self.worker = Worker(["node", os.path.join(here, "onnx_layers.js"), os.path.join(os.path.abspath(modules), "onnxruntime-node"),
                              str(threads), path])

    def round(self):
        """Seconds by (layer, op, batch), without those of the call; and those."""
        times = {tuple(key): seconds for *key, seconds in self.worker.round()}
        call = times.pop(tuple(NOTHING))
        return {key: max(seconds - call, 1e-9) for key, seconds in times.items()}, call


def main():
    import tempfile
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fsconv", default=os.path.join(here, "../../build/release/fsconv"))
    parser.add_argument("--set", default="dcgan")
    parser.add_argument("--batches", default="1,32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--modules", default=MODULES)
    options = parser.parse_args()
    if reason := missing(options.modules):
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as folder:
        peer = OnnxRuntime(cases_of(options.fsconv, options.set), list(map(int, options.batches.split(","))), options.threads,
                           options.modules, folder)
        rounds = [peer.round() for _ in range(options.rounds)]
    print(f"ONNX Runtime {version(options.modules)}; a call from node takes {statistics.median(call for _, call in rounds) * 1e6:.0f} us")
    for key in rounds[0][0]:
        print(f"{key[0]:24} {key[1]:15} batch {key[2]:3} {statistics.median(times[key] for times, _ in rounds) * 1e6:10.0f} us")


if __name__ == "__main__":
    main()
