# SPDX-License-Identifier: Apache-2.0
"""Runs the lines of code that `fsconv shape` prints as "the same elsewhere", and compares what they compute.

fsconv's own, PyTorch's and ONNX's lines are run (ONNX's where ONNX Runtime is installed; else they are only checked);
those of TensorFlow, Keras, JAX and Theano are called with these systems' signatures.

usage: against_equivalents.py PROGRAM NODE_MODULES [GEOMETRIES [SEED]]
"""

import collections
import json
import os
import random
import shlex
import warnings

import call_signatures
import onnx_runtime
import peer

peer.require({"torch": "python3-torch", "onnx": "python3-onnx"})

import numpy as np
import onnx
import torch

GEOMETRIES = 250
SEED = 20261127
REMARKS = [
    "",
    "with the filter reversed",
    "with the filter's channels swapped",
    "with the filter reversed and its channels swapped",
]
REMARKS += [f"{remark} in each group" for remark in REMARKS if "swapped" in remark]
SYSTEMS = ["native", "pytorch", "tensorflow", "keras", "theano", "onnx", "jax"]


def random_words(numbers):
    """fsconv's options for a geometry; half of them with the same padding on both sides, as most systems want it."""
    rank = numbers.choice([1, 2, 2, 3])
    pick = lambda low, high: [numbers.randint(low, high) for _ in range(rank)]
    op = numbers.choice(["conv", "conv_transpose"])
    groups = numbers.choice([1, 1, 1, 2, 3])
    stride = [str(s) for s in pick(1, 4)]
    if numbers.random() < 0.15:
        stride = [numbers.choice(["1/2", "2/3", "3/2", "2/2", "2"]) for _ in range(rank)]
    options = {
        "op": op,
        "input-size": peer.joined(pick(2, 7)),
        "kernel": peer.joined(pick(1, 4)),
        "stride": peer.joined(stride),
        "dilation": peer.joined(numbers.choice([1, 1, 1, 2, 3]) for _ in range(rank)),
        "groups": groups,
        "channels": peer.joined([groups * numbers.randint(1, 2), groups * numbers.randint(1, 2)]),
    }
    rule = numbers.choice(["same", "same_lower", "valid", "alike", "alike", "alike", "free"])
    if rule == "alike":
        options["padding"] = peer.joined(pick(0, 3))
    elif rule == "free":
        options["padding"] = peer.joined(f"{b}:{e}" for b, e in zip(pick(-1, 3), pick(-1, 3)))
    else:
        options["padding"] = rule
    if op == "conv_transpose" and numbers.random() < 0.3 and "/" not in options["stride"]:
        options["output-padding"] = peer.joined(numbers.randint(0, int(s) - 1) for s in stride)
    if numbers.random() < 0.3:
        options["flip"] = "true"
    return options


class Geometry:
    """What `fsconv shape --json` says of some options, with arrays that fit."""

    def __init__(self, words, generator):
        self.words = words
        self.op = words["op"]
        self.text = None
        self.generator = generator

    def ask(self, program):
        arguments = [f"--{name}={value}" for name, value in self.words.items()]
        told = json.loads(program.run("shape", "--json", *arguments))
        self.equivalents = told["equivalents"]
        transposed = self.op == "conv_transpose"
        source, self.target = (told["code_shape"], told["image_shape"]) if transposed else (
            told["image_shape"],
            told["code_shape"],
        )
        self.groups = int(self.words["groups"])
        draw = lambda shape: self.generator.integers(-4, 5, shape).astype("f4")
        self.x = draw([2, *source[1:]])
        self.w = draw(told["weight_shape"])  # [code channels, image channels/groups, taps]
        names = ["stride", "padding", "dilation", "groups", "output-padding", "flip"]
        options = {name: self.words[name] for name in names if name in self.words}
        self.y = program.apply(self.op, {"input": self.x, "weight": self.w}, {"convention": "native", **options})

    def filter_for(self, remark):
        """w as the printed words want it: as it is, reversed, with its channels swapped, or both."""
        if remark not in REMARKS:
            raise ValueError(f"the remark '{remark}' is not known here")
        w = self.w
        if "reversed" in remark:
            w = np.flip(w, tuple(range(2, w.ndim))).copy()
        if "swapped" not in remark:
            return w
        g = self.groups
        grouped = w.reshape(g, self.w.shape[0] // g, *self.w.shape[1:])
        return np.ascontiguousarray(grouped.swapaxes(1, 2)).reshape(
            self.w.shape[1] * g, self.w.shape[0] // g, *self.w.shape[2:]
        )


def run_torch(text, x, w):
    module = eval(text, {"torch": torch})
    if module.bias is not None:
        raise ValueError("adds a bias that nobody asked for: its first values are random")
    if tuple(module.weight.shape) != w.shape:
        raise ValueError(f"has a weight of {tuple(module.weight.shape)}, not {w.shape}")
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(w))
        return module(torch.from_numpy(x)).numpy()


def onnx_request(text, x, w):
    """(operator, attributes, arrays) of a line, whose model ONNX's checker accepts."""
    node = eval(text, {"onnx": onnx})
    if list(node.input) != ["x", "w"] or list(node.output) != ["y"]:
        raise ValueError("reads or writes something else than x, w and y")
    arrays = {"x": x, "w": w}
    model = onnx_runtime.model_of(node, arrays)
    onnx.checker.check_model(model, full_check=True)
    return node.op_type, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}, arrays


def run_native(program, number, text, x, w):
    words = shlex.split(text)
    if words[:2] != ["fsconv", "apply"]:
        raise ValueError("is no call of fsconv apply")
    names = {name: f"{number}-{name}" for name in ["x.npy", "w.npy", "y.npy"]}  # several may run in one folder
    np.save(program.file(names["x.npy"]), x)
    np.save(program.file(names["w.npy"]), w)
    program.run(*[names.get(word, word) for word in words[1:]])
    result = np.load(program.file(names["y.npy"]))
    for name in names.values():
        os.remove(program.file(name))
    return result


class ChannelsLast:
    """Stands for x in the lines of systems that ask for its batch size."""

    shape = (2,)


def fault_of(system, geometry, number, program, onnx_requests):
    """What is wrong with one system's line, or None. ONNX's is only collected: its runtime takes them all at once."""
    entry = geometry.equivalents[system]
    text = entry["text"]
    w = geometry.filter_for(entry.get("remark", ""))
    if system == "pytorch":
        return peer.difference(run_torch(text, geometry.x, w), geometry.y)
    if system == "native":
        return peer.difference(run_native(program, number, text, geometry.x, w), geometry.y)
    if system == "onnx":
        onnx_requests.append((geometry, text, onnx_request(text, geometry.x, w)))
        return None
    eval(text, call_signatures.names(ChannelsLast(), w))
    return None


def check_lines(geometries, program, count, onnx_requests):
    seen = collections.Counter()
    for number, geometry in enumerate(geometries):
        for system in SYSTEMS:
            entry = geometry.equivalents[system]
            if not entry["exists"]:
                continue
            seen[system] += 1
            seen[entry.get("remark", "")] += 1
            try:
                found = fault_of(system, geometry, number, program, onnx_requests)
            except Exception as error:  # whatever a pasted line raises is its fault
                found = f"{type(error).__name__}: {error}"
            count.check(found is None, f"{geometry.words}\n    {entry['text']}  # {entry.get('remark')}\n    {found}")
    return seen


def check_onnx(requests, modules, count):
    why = onnx_runtime.missing(modules)
    if why:
        print(f"ONNX's lines were checked but not run: {why}")
        return
    answers = onnx_runtime.Runtime(modules).run([request for _, _, request in requests])
    for (geometry, text, _), answer in zip(requests, answers):
        refused = isinstance(answer, onnx_runtime.Error)
        found = answer if refused else peer.difference(answer, geometry.y)
        count.check(found is None, f"{geometry.words}\n    {text}\n    {found}")


def raises(work):
    try:
        work()
    except Exception:
        return True
    return False


def check_mutants(geometries, count):
    """Lines that are wrong in one word must be noticed."""
    wrong_stride = wrong_names = runs = 0
    for geometry in geometries:
        entry = geometry.equivalents["pytorch"]
        if not entry["exists"] or "stride=2" not in entry["text"]:
            continue
        runs += 1
        w = geometry.filter_for(entry.get("remark", ""))
        text = entry["text"].replace("stride=2", "stride=3")
        wrong_stride += raises(lambda: run_torch(text, geometry.x, w)) or (
            peer.difference(run_torch(text, geometry.x, w), geometry.y) is not None
        )
        wrong_names += raises(lambda: run_torch(entry["text"].replace("stride", "strides"), geometry.x, w))
    # Another stride may give the same zeros where only padding is seen.
    count.check(runs > 5 and 2 * wrong_stride > runs, f"mutant stride: noticed in {wrong_stride} of {runs}")
    count.check(wrong_names == runs, f"mutant name: noticed in {wrong_names} of {runs}")
    names = call_signatures.names(ChannelsLast(), None)
    for line in [
        "tf.nn.conv2d_transpose(x, w, strides=2)",
        "tf.nn.conv2d(x, w, strides=2, padding='same')",
        "keras.layers.Conv2DTranspose(3, kernel_size=2, groups=2)",
        "jax.lax.conv_transpose(x, w, strides=(2,), padding=[1])",
        "theano.tensor.nnet.abstract_conv.conv2d_grad_wrt_inputs(x, w)",
        "lax.conv_transpose(x, w, strides=(2, 2), padding='SAME')",
    ]:
        count.check(raises(lambda: eval(line, dict(names))), f"mutant was not noticed: {line}")


def compare(program, count, modules, geometries=GEOMETRIES, seed=SEED):
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message="Using padding='same'")  # of PyTorch's speed only
    numbers, generator = random.Random(int(seed)), np.random.default_rng(int(seed))
    drawn = [Geometry(random_words(numbers), generator) for _ in range(int(geometries))]
    legal = [g for g, result in zip(drawn, peer.run_all(drawn, lambda g: g.ask(program))) if result is None]
    count.check(2 * len(legal) > len(drawn), f"only {len(legal)} of {len(drawn)} geometries are legal")
    onnx_requests = []
    seen = check_lines(legal, program, count, onnx_requests)
    check_onnx(onnx_requests, modules, count)
    print(f"seed {seed}: {len(legal)} geometries; lines: {dict(seen)}")
    for remark in REMARKS:
        count.check(seen[remark] > 0, f"no line says '{remark}'")
    for system in SYSTEMS:
        count.check(seen[system] > len(legal) // 20, f"{system}: only {seen[system]} lines to run")
    check_mutants(legal, count)


if __name__ == "__main__":
    peer.main(compare, "NODE_MODULES", "[GEOMETRIES]", "[SEED]")
