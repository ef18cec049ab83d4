# SPDX-License-Identifier: Apache-2.0
"""Replays every recorded Conv and ConvTranspose of ONNX's test data, named case by named case.

ONNX Runtime and ONNX's own formulas agree on all of them, so both conventions shall.
"""

import glob
import os

import peer

peer.require({"onnx": "python3-onnx"})

import numpy as np
import onnx
from onnx import numpy_helper

DATA = "/usr/share/libonnx-testdata/data"
ROUNDING = 2.0**-24  # of float32: half a unit in the last place
MUTATED = 10
CONVENTIONS = ["onnx", "onnx-reference"]


def attributes_of(node):
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def options_of(attributes, transposed):
    """The node's attributes in fsconv's words."""
    options = {"groups": attributes.get("group", 1)}
    for theirs, ours in [("strides", "stride"), ("dilations", "dilation"), ("output_shape", "size")]:
        if theirs in attributes:
            options[ours] = peer.joined(attributes[theirs])
    if transposed and "output_padding" in attributes:
        options["output-padding"] = peer.joined(attributes["output_padding"])
    rule = attributes.get("auto_pad", b"NOTSET").decode()
    if rule != "NOTSET":
        options["padding"] = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}[rule]
    elif "pads" in attributes:
        pads = attributes["pads"]  # begins of all axes, then ends
        half = len(pads) // 2
        options["padding"] = peer.joined(f"{b}:{e}" for b, e in zip(pads[:half], pads[half:]))
    return options


def tensor_from(path):
    tensor = onnx.TensorProto()
    with open(path, "rb") as file:
        tensor.ParseFromString(file.read())
    return numpy_helper.to_array(tensor)


def cases():
    """(name, transposed, attributes, arrays, expected) of every model that is one Conv or ConvTranspose."""
    for folder in sorted(glob.glob(f"{DATA}/*/*onv*")):
        model = onnx.load(os.path.join(folder, "model.onnx"))
        nodes = [node for node in model.graph.node if node.op_type in ("Conv", "ConvTranspose")]
        if not nodes:
            continue  # ConvInteger, QLinearConv
        assert len(model.graph.node) == 1, folder
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        fed = [value.name for value in model.graph.input if value.name not in constants]
        for data in sorted(glob.glob(f"{folder}/test_data_set_*")):
            values = dict(constants)
            for at, name in enumerate(fed):
                values[name] = tensor_from(os.path.join(data, f"input_{at}.pb"))
            arrays = {role: values[name] for role, name in zip(["input", "weight", "bias"], nodes[0].input)}
            name = "/".join(data.split("/")[-3:])
            transposed = nodes[0].op_type == "ConvTranspose"
            expected = tensor_from(os.path.join(data, "output_0.pb"))
            yield name, transposed, attributes_of(nodes[0]), arrays, expected


def bound(program, op, arrays, options):
    """How far two float32 results may lie apart, whatever their order of adding.

    Each is within n*eps*sum(|w||x|) of the truth, n the number of terms and eps the rounding; the sum is the same
    operator on absolute values, in double.
    """
    absolute = {role: np.abs(array).astype("f8") for role, array in arrays.items()}
    size = program.apply(op, absolute, options)
    terms = int(np.prod(arrays["weight"].shape)) // options["groups"] + 1  # more than any pixel has
    return 2 * terms * ROUNDING * size + np.finfo("f4").tiny


def fault(program, case, convention, **changed):
    name, transposed, attributes, arrays, expected = case
    op = "conv_transpose" if transposed else "conv"
    options = {"convention": convention, **options_of(attributes, transposed), **changed}
    try:
        result = program.apply(op, arrays, options)
        if result.shape != expected.shape or result.dtype != expected.dtype:
            return f"{result.dtype} {result.shape} instead of {expected.dtype} {expected.shape}"
        error = np.abs(result.astype("f8") - expected)
        allowed = bound(program, op, arrays, options)
    except peer.Refused as refused:
        return str(refused)
    worst = np.unravel_index(np.argmax(error - allowed), error.shape)
    if error[worst] > allowed[worst]:
        return f"at {worst}: {result[worst]} instead of {expected[worst]}, {allowed[worst]:.3g} apart at most"
    return None


def compare(program, count):
    all_cases = list(cases())
    for convention in CONVENTIONS:
        for case, found in zip(all_cases, peer.run_all(all_cases, lambda case: fault(program, case, convention))):
            print(f"{'ok    ' if found is None else 'FAILED'} {convention} {case[0]}")
            count.check(found is None, f"{convention} {case[0]} {case[2]}: {found}")
    transposed = sum(case[1] for case in all_cases)
    print(f"{transposed} of ConvTranspose, {len(all_cases) - transposed} of Conv")
    count.check(transposed >= 13, f"only {transposed} cases of ConvTranspose were found")

    # Wrong on purpose: filters turned, and begin and end of the padding exchanged. (The plain node cases have filters
    # of ones, which look the same from both sides; of a single pixel only the tap in the middle is seen.)
    turned = [case for case in all_cases if case[3]["weight"].std() > 0 and "size1" not in case[0]]
    for case in turned[:MUTATED]:
        count.check(fault(program, case, "onnx", flip="true") is not None, f"mutant filter turned: {case[0]}")
    uneven = [case for case in all_cases if case[0].startswith("node/test_convtranspose_output_shape/")]
    count.check(len(uneven) == 1, "the case with an uneven total of padding was not found")
    for case in uneven:
        count.check(fault(program, case, "onnx-reference", padding="same") is not None, f"mutant split of the padding: {case[0]}")


if __name__ == "__main__":
    if not os.path.isdir(DATA):
        peer.skip(f"there is no {DATA}; install Debian's libonnx-testdata")
    peer.main(compare)
