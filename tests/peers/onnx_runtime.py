# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime as a peer: one-node models, run in batches by node and the npm package onnxruntime-node."""

import base64
import json
import os
import shutil
import subprocess

import peer

peer.require({"onnx": "python3-onnx"})

import numpy as np
from onnx import TensorProto, helper

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnxruntime")
ELEMENTS = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


class Error(str):
    """Why the runtime refused."""


def package_in(modules):
    return os.path.join(os.path.abspath(modules), "onnxruntime-node")


def missing(modules):
    """Why there is no runtime in `modules`, a folder node_modules; None if there is one."""
    if shutil.which("node") is None:
        return "there is no node; install Debian's nodejs"
    if not os.path.isdir(package_in(modules)):
        return f"there is no {package_in(modules)}; scripts/test installs it with npm"
    return None


class Runtime:
    """node and the package in `modules`. Skips the script where either is missing."""

    def __init__(self, modules):
        reason = missing(modules)
        if reason:
            peer.skip(reason)
        self.package = package_in(modules)

    def run(self, requests):
        """[array or Error] of [(operator, attributes, {input name: array})]."""
        lines = "".join(json.dumps(request_of(*request)) + "\n" for request in requests)
        done = subprocess.run(
            ["node", os.path.join(FOLDER, "run.js"), self.package],
            input=lines,
            capture_output=True,
            text=True,
            timeout=900,
            check=True,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) != len(requests):
            raise RuntimeError(f"{len(answers)} answers to {len(requests)} requests: {done.stderr[-500:]}")
        return [answer_from(answer) for answer in answers]


def node_of(operator, attributes, names):
    return helper.make_node(operator, list(names), ["y"], **attributes)


def model_of(node, arrays):
    """The model of one node whose inputs have the shapes and types of `arrays`. Not checked: the runtime does that."""
    inputs = [
        helper.make_tensor_value_info(name, ELEMENTS[array.dtype.name], array.shape) for name, array in arrays.items()
    ]
    first = next(iter(arrays.values()))
    output = helper.make_tensor_value_info("y", ELEMENTS[first.dtype.name], [f"y{axis}" for axis in range(first.ndim)])
    graph = helper.make_graph([node], "one_node", inputs, [output])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


def request_of(operator, attributes, arrays):
    model = model_of(node_of(operator, attributes, arrays), arrays)
    return {
        "model": base64.b64encode(model.SerializeToString()).decode(),
        "feeds": {
            name: {"type": array.dtype.name, "shape": array.shape, "values": array.ravel().tolist()}
            for name, array in arrays.items()
        },
    }


def answer_from(answer):
    if "error" in answer:
        return Error(answer["error"])
    return np.array(answer["values"], answer["type"]).reshape(answer["shape"])
