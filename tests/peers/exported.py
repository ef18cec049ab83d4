# SPDX-License-Identifier: Apache-2.0
"""Reads what fsconv export writes: ONNX's checker and ONNX Runtime, PyTorch by the exported rebuild.py.

usage: exported.py PROGRAM NODE_MODULES

Every file holds two images and what fsconv says the model makes of them; whoever reads it must come to the same.
"""

import base64
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys

import onnx_runtime
import peer

peer.require({"torch": "python3-torch", "h5py": "python3-h5py", "onnx": "python3-onnx"})

import numpy as np
import onnx
import torch
from onnx import numpy_helper

import rebuild_in_pytorch as rebuild

TRAINING = {**dict(zip(*[iter(rebuild.TRAINING.split())] * 2)), "--train-images": "32", "--test-images": "2", "--epochs": "1"}
RUNS = {
    **rebuild.RUNS,
    "vae of a feature map": "--model vae --latent 0 --activation elu",
    "vae of a feature map of one pixel": "--model vae --latent 0 --channels 4,4,3 --kernel 4 --stride 4,4,2",
    "one tap, stride 3": "--kernel 1,2 --stride 3,2 --padding 0",
    "stride 2/2, untied, wide padding": "--kernel 3 --stride 2/2,3/2 --padding 5,3 --tie none --activation elu",
}
WEIGHTS = ("weights.pt", "weights.safetensors", "weights.npz")
PARTS = ("whole", "encoder", "decoder")
UNIT = 2.0**-24  # of float32's rounding


# How far float32 may be from the exact numbers, in any order of the sums.


class Bound(rebuild.Model):
    """Values and, behind them in the batch, bounds of their errors, step by step.

    A sum of n products and a bias is off by at most g (|W||x| + |b|), g = (n+2)u / (1 - (n+2)u), in any order, and what it
    reads is off by |W| times its error. No activation is steeper than 1. Of exp, tanh and what is made of them a system may
    round numbers of the size of 1 or of the result a few times: 16 units are taken to be enough.
    """

    FUNCTION = 16

    def parts(self, pair):
        return pair.chunk(2)

    def affine(self, step, pair):
        value, error = self.parts(pair)
        weight, geometry = self.weights[step["weight"]], step["geometry"]
        transform = rebuild.conv_transpose if step["transposed"] else rebuild.conv
        channels = geometry["out_channels" if step["transposed"] else "in_channels"] // geometry["groups"]
        terms = channels * int(np.prod(weight.shape[2:])) + 2
        growth = terms * UNIT / (1 - terms * UNIT)
        absolute = transform(value.abs() + error, weight.abs(), geometry)
        made = super().affine({**step, "activation": {"name": "linear"}}, value)
        if step["bias"] is not None:
            bias = self.weights[step["bias"]].abs()
            absolute = absolute + (bias if bias.dim() > 1 else bias.reshape(-1, *[1] * (made.dim() - 2)))
        error = transform(error, weight.abs(), geometry) + growth * absolute
        made = rebuild.activate(step["activation"], made)
        if step["activation"]["name"] not in ("linear", "relu"):
            error = error + self.FUNCTION * UNIT * (1 + made.abs())
        return torch.cat([made, error])

    def gain(self, step, pair):
        value, error = self.parts(pair)
        factor = self.weights[step["factor"]].reshape(-1, *[1] * (value.dim() - 2))
        return torch.cat([factor * value, factor.abs() * (error + UNIT * (value.abs() + error))])

    def gate(self, step, pair, gate):
        (value, error), (opening, doubt) = self.parts(pair), self.parts(gate)
        opened = torch.sigmoid(opening)
        doubt = doubt / 4 + self.FUNCTION * UNIT
        off = error * opened + (value.abs() + error) * doubt
        return torch.cat([value * opened, off + UNIT * ((value * opened).abs() + off)])

    def add(self, step, pair, other):
        (value, error), (second, doubt) = self.parts(pair), self.parts(other)
        off = error + doubt
        return torch.cat([value + second, off + UNIT * ((value + second).abs() + off)])


LOOSE = 1e-3  # of the largest number: what a bound may be to be worth having


ORDERS = 10


def measured(description, weights, known, value):
    """Where many layers make the worst case too bad to be one: nothing is proven then, and the output says of which graphs.

    PyTorch says what roundings do in this very model: in float32 it is so far from itself in float64. That another order of
    the same sums makes ORDERS times that at the most is taken from experience: errors of roundings that are independent add
    up to numbers of one size, and one that is ten times as large as another would be a wonder, or a fault.
    """
    exact, rounded = (
        rebuild.Model(description, weights, kind).run({k: v.chunk(2)[0].to(kind) for k, v in known.items()}, value)
        for kind in (torch.float64, torch.float32)
    )
    return ORDERS * (float((rounded - exact).abs().max()) + UNIT * float(exact.abs().max()))


def bounds_of(description, weights, check, part):
    """{output: the largest errors that may be}, of the numbers that the part begins with; and of the outputs for which they
    are measured and not proven, how large the proven ones are, of the largest number."""
    model = Bound(description, weights)
    values = {value["id"]: value for value in description["values"]}
    name = "code" if part == "decoder" else "input"
    (images,) = [i for i, value in values.items() if value["source"] == "images"]
    given = description["code"] if part == "decoder" else images
    shape = [len(check[name]), values[given]["channels"], *values[given]["size"]]
    start = torch.from_numpy(check[name].astype("f8").reshape(shape))
    # The stored code was rounded after the decoder had read it.
    doubt = UNIT * start.abs() if part == "decoder" else torch.zeros_like(start)
    known = {given: torch.cat([start, doubt])}
    wanted = {"output": model.reconstruction()["output"]} if part != "encoder" else {}
    if part != "decoder":
        wanted["code"] = description["code"]
        heads = [term for term in description["terms"] if "log_variance" in term and "mean" in term]
        if heads:
            wanted["log_variance"] = heads[0]["log_variance"]
    errors = {}
    for output, value in wanted.items():
        made, error = model.run(dict(known), value).chunk(2)
        # What is stored was rounded, too.
        errors[output] = (error + UNIT * made.abs()).numpy().reshape(check[output].shape)
    unproven = {}
    for output, value in wanted.items():
        proven = float(errors[output].max() / max(1.0, np.abs(check[output]).max()))
        if proven > LOOSE:
            unproven[output] = proven
            errors[output] = np.full(check[output].shape, measured(description, weights, known, value))
    if "output" in errors:
        # No likelihood's pixels are steeper than 1; 64 units: 1/(1 - e^-a) - 1/a of numbers up to 4.5.
        errors["pixels"] = errors["output"] + 64 * UNIT
    return errors, unproven


# ONNX.


def check_of(model):
    """{name: array}, as the file holds it."""
    texts = {entry.key: entry.value for entry in model.metadata_props}
    names = [value.name for value in [*model.graph.input, *model.graph.output]]
    return {
        name: np.frombuffer(base64.b64decode(texts[f"check.{name}"]), "<f4").reshape(
            json.loads(texts[f"check.{name}.shape"])
        )
        for name in names
    }


def answers_of(package, models):
    """[{output: array} or an error's text] of [(model, feeds)]."""
    lines = []
    for model, feeds in models:
        arrays = {
            name: {"type": "float32", "shape": array.shape, "values": array.ravel().tolist()}
            for name, array in feeds.items()
        }
        text = base64.b64encode(model.SerializeToString()).decode()
        lines.append(json.dumps({"model": text, "feeds": arrays, "all": True}) + "\n")
    command = ["node", os.path.join(onnx_runtime.FOLDER, "run.js"), package]
    done = subprocess.run(command, input="".join(lines), capture_output=True, text=True, timeout=900, check=True)
    answers = []
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if "error" in answer:
            answers.append(answer["error"])
            continue
        answers.append(
            {name: np.array(o["values"], "f4").reshape(o["shape"]) for name, o in answer["outputs"].items()}
        )
    assert len(answers) == len(models), done.stderr[-500:]
    return answers


def fault_of(answer, check, errors):
    """What is wrong with an answer, or None."""
    if isinstance(answer, str):
        return answer[:300]
    if set(answer) != set(errors):
        return f"outputs {sorted(answer)} instead of {sorted(errors)}"
    for name, error in errors.items():
        if answer[name].shape != check[name].shape:
            return f"{name} has the shape {answer[name].shape} instead of {check[name].shape}"
        off = np.abs(answer[name].astype("f8") - check[name])
        if not (off <= error).all():
            return f"{name} is {np.nanmax(off)} off, and {error.flat[np.nanargmax(off - error)]} may be"
    return None


def onnx_mutants(model):
    """(name, model) that are wrong in one way each."""
    weights = {name for node in model.graph.node for name in node.input[1:2] if node.op_type.startswith("Conv")}
    for kind in ("filters turned", "window moved", "output_padding", "shuffled otherwise"):
        wrong = onnx.ModelProto()
        wrong.CopyFrom(model)
        done = False
        for node in reversed(wrong.graph.node):
            attributes = {attribute.name: attribute for attribute in node.attribute}
            if done and kind != "shuffled otherwise":
                break
            if kind == "window moved" and node.op_type == "ConvTranspose" and "output_padding" in attributes:
                pads = attributes["pads"].ints
                axis = next((a for a in range(len(pads) // 2) if pads[a] > 0), None)
                if axis is not None:
                    pads[axis] -= 1
                    pads[axis + len(pads) // 2] += 1
                    done = True
            if kind == "output_padding" and node.op_type == "ConvTranspose" and "output_padding" in attributes:
                paddings, strides = attributes["output_padding"].ints, attributes["strides"].ints
                axis = next((a for a in range(len(paddings)) if paddings[a] + 1 < strides[a]), None)
                if axis is not None:
                    paddings[axis] += 1
                    done = True
            if kind == "shuffled otherwise" and node.op_type == "DepthToSpace":
                attributes["mode"].s = b"DCR"
                done = True
        if kind == "filters turned":
            for tensor in wrong.graph.initializer:
                if tensor.name in weights and tensor.name.endswith(".weight"):
                    array = numpy_helper.to_array(tensor)
                    turned = array[(slice(None), slice(None), *[slice(None, None, -1)] * (array.ndim - 2))]
                    tensor.raw_data = np.ascontiguousarray(turned).tobytes()
                    done = True
        if done:
            yield kind, wrong


def check_graph(count, name, model, shared):
    """One initializer per weight, and nothing that the format leaves to the reader."""
    operations = [node.op_type for node in model.graph.node]
    forbidden = {"Transpose", "Identity"} & set(operations)
    count.check(not forbidden, f"{name}: {forbidden}")
    count.check(
        all(a.name not in ("auto_pad", "output_shape") for node in model.graph.node for a in node.attribute),
        f"{name}: auto_pad or output_shape",
    )
    names = [tensor.name for tensor in model.graph.initializer]
    count.check(len(names) == len(set(names)), f"{name}: an initializer stands twice")
    readers = {n: [node.op_type for node in model.graph.node if n in node.input] for n in names}
    count.check(all(readers.values()), f"{name}: nothing reads {[n for n in names if not readers[n]]}")
    twice = {n for n, kinds in readers.items() if len(kinds) > 1 and n.endswith(".weight")}
    count.check(twice == shared, f"{name}: {twice} are read twice, {shared} are shared")
    known = {v.name for v in [*model.graph.value_info, *model.graph.output, *model.graph.input]}
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    of_theirs = {v.name: v for v in inferred.graph.value_info}
    for value in model.graph.value_info:
        if value.name in of_theirs:
            ours = [d.dim_value for d in value.type.tensor_type.shape.dim][1:]
            theirs = [d.dim_value for d in of_theirs[value.name].type.tensor_type.shape.dim][1:]
            count.check(ours == theirs, f"{name}: {value.name} is {theirs}, and {ours} is written")
    return known


# PyTorch.


def module_from(path):
    spec = importlib.util.spec_from_file_location("exported_model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(module, path):
    """(exit code, what it printed) of `python3 rebuild.py path`."""
    before, sys.argv = sys.argv, ["rebuild.py", path]
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            return module.main(), printed.getvalue()
    finally:
        sys.argv = before


def check_torch(count, name, folder, description):
    """Every format through rebuild.py; returns the weights that are shared, {name: [aliases, transposes]}."""
    module = module_from(os.path.join(folder, "rebuild.py"))
    states = []
    for file in WEIGHTS:
        code, printed = run_script(module, os.path.join(folder, file))
        count.check(code == 0, f"{name}, {file}: {printed}")
        states.append(module.load(os.path.join(folder, file)).state_dict())
    for file, state in zip(WEIGHTS[1:], states[1:]):
        same = state.keys() == states[0].keys() and all(torch.equal(state[n], states[0][n]) for n in state)
        count.check(same, f"{name}: {file} and {WEIGHTS[0]} differ")
    numbers = sum(p.numel() for p in module.Model().parameters())
    wanted = sum(int(np.prod(p["shape"])) for p in description["parameters"])
    count.check(numbers == wanted, f"{name}: the module has {numbers} parameters, the model {wanted}")
    # In the .pt all names of a shared weight lie over one storage.
    stored, storages = torch.load(os.path.join(folder, "weights.pt")), {}
    for tensor_name, tensor in stored.items():
        storages.setdefault(tensor.data_ptr(), []).append(tensor_name)
    held = sum(stored[names[0]].numel() for names in storages.values())
    count.check(held == wanted, f"{name}: weights.pt holds {held} numbers, the model {wanted}")
    return {names[0] for names in storages.values() if len(names) > 1}, module, states[0]


def check_torch_mutants(count, name, folder, module):
    """A weight that is changed in one number must be noticed."""
    original = module.read
    path = os.path.join(folder, "weights.pt")
    unnoticed = []
    for changed in module.Model().state_dict():
        if changed == "output_log_variance":
            continue  # no part of what is checked

        def read(given, changed=changed):
            tensors, check = original(given)
            tensors[changed] = tensors[changed].clone()
            tensors[changed].view(-1)[0] += 0.5
            return tensors, check

        module.read = read
        if run_script(module, path)[0] != 1:
            unnoticed.append(changed)
    module.read = original
    # What stands behind a ReLU may be dead.
    return unnoticed


# Runs.


def export_run(program, number, options):
    folder = program.file(str(number))
    os.mkdir(folder)
    words = options.split()
    kept = [part for pair in TRAINING.items() if pair[0] not in words for part in pair]
    data = [] if "--data" in words else ["--data", "generated"]
    run = f"{number}/run.h5"
    program.run("train", *kept, *data, *words, "--output", run)
    files = [f"{number}/{file}" for file in (*WEIGHTS, "rebuild.py", "whole.onnx")]
    program.run("export", run, "--to", peer.joined(files))
    for part in PARTS[1:]:
        program.run("export", run, "--to", f"{number}/{part}.onnx", "--part", part)
    return folder


def check_run(program, count, number, name, options):
    """Checks all but ONNX Runtime; returns [(description, model, check, errors, unproven)] for that."""
    folder = export_run(program, number, options)
    description, weights, *_ = rebuild.load(os.path.join(folder, "run.h5"))
    shared, module, state = check_torch(count, name, folder, description)
    unnoticed = check_torch_mutants(count, name, folder, module) if number % 4 == 0 else []
    count.check(2 * len(unnoticed) < len(state), f"{name}: wrong numbers go unnoticed in {unnoticed}")
    cases = []
    for part in PARTS:
        model = onnx.load(os.path.join(folder, f"{part}.onnx"))
        label = f"{name}, {part}"
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            count.check(False, f"{label}: {error}")
        in_encoder_alone = {n for n in shared if part == "whole"}
        check_graph(count, label, model, in_encoder_alone)
        for tensor in model.graph.initializer:
            if tensor.name in state:
                same = np.array_equal(numpy_helper.to_array(tensor), state[tensor.name].numpy())
                count.check(same, f"{label}: {tensor.name} is not what the .pt holds")
        check = check_of(model)
        cases.append((label, model, check, *bounds_of(description, weights, check, part)))
    return cases


def check_with_runtime(count, modules, cases):
    """The stored answers, from a runtime; and what is wrong must be noticed."""
    package = onnx_runtime.package_in(modules)
    feeds = lambda model, check: {value.name: check[value.name] for value in model.graph.input}
    asked = [(model, feeds(model, check)) for _, model, check, *_ in cases]
    loosest = 0.0
    for (label, _, check, errors, unproven), answer in zip(cases, answers_of(package, asked)):
        fault = fault_of(answer, check, errors)
        count.check(fault is None, f"{label}: {fault}")
        for output, error in errors.items():
            loosest = max(loosest, float(error.max() / max(1, np.abs(check[output]).max())))
        for output, proven in unproven.items():
            used = np.abs(answer[output].astype("f8") - check[output]).max() / errors[output].max() if not fault else np.nan
            print(
                f"no proven bound: {label}, {output}: it would be {proven:.1e} of the largest number; PyTorch's own "
                f"rounding times {ORDERS} allows {errors[output].max():.1e}, {used:.0%} of it were needed"
            )
    mutants = [(kind, wrong, case) for case in cases[::3] for kind, wrong in onnx_mutants(case[1])]
    found = answers_of(package, [(wrong, feeds(wrong, case[2])) for _, wrong, case in mutants])
    noticed = {}
    for (kind, _, case), answer in zip(mutants, found):
        noticed.setdefault(kind, []).append(fault_of(answer, case[2], case[3]) is not None)
    for kind, seen in noticed.items():
        count.check(4 * sum(seen) > 3 * len(seen), f"mutant: {kind}, noticed in {sum(seen)} of {len(seen)} graphs")
        print(f"mutant: {kind}, noticed in {sum(seen)} of {len(seen)} graphs")
    count.check(len(noticed) == 4, f"mutants of {sorted(noticed)} only")
    print(f"ONNX Runtime: {len(cases)} graphs, the loosest bound is {loosest:.1e} of the largest number")


def compare(program, count, modules):
    torch.set_num_threads(1)
    cases = []
    with torch.no_grad():
        for number, (name, options) in enumerate(RUNS.items()):
            cases += check_run(program, count, number, name, options)
    print(f"{len(RUNS)} runs in PyTorch and through ONNX's checker")
    # As a user calls it, once.
    script, weights = program.file("0/rebuild.py"), program.file("0/weights.safetensors")
    done = subprocess.run([sys.executable, script, weights], capture_output=True, text=True, check=False)
    count.check(done.returncode == 0 and "the same model" in done.stdout, f"{done.stdout} {done.stderr}")
    reason = onnx_runtime.missing(modules)
    if reason:
        print(f"without ONNX Runtime: {reason}")
    else:
        check_with_runtime(count, modules, cases)


if __name__ == "__main__":
    peer.main(compare, "NODE_MODULES")
