# SPDX-License-Identifier: Apache-2.0
"""Compares fsconv apply --convention onnx with ONNX Runtime: shapes, values and what is refused, on random geometries.

usage: against_onnxruntime.py PROGRAM NODE_MODULES [CASES [SEED]]
"""

import random
import sys

import onnx_runtime
import peer

import numpy as np

CASES = 800
SEED = 20261126
MUTATED = 60
AUTO_PAD = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}


class Case:
    """One node and the same in fsconv's words."""

    def __init__(self, operator, attributes, arrays):
        self.operator = operator
        self.attributes = attributes
        self.arrays = arrays
        self.op = {"Conv": "conv", "ConvTranspose": "conv_transpose"}[operator]
        self.options = options_of(attributes)

    def __str__(self):
        shapes = {role: f"{array.dtype}{list(array.shape)}" for role, array in self.arrays.items()}
        return f"{self.operator} {self.attributes} {shapes}"


def options_of(attributes):
    options = {"convention": "onnx"}
    lists = {"strides": "stride", "dilations": "dilation", "output_padding": "output-padding", "output_shape": "size"}
    for theirs, ours in lists.items():
        if theirs in attributes:
            options[ours] = peer.joined(attributes[theirs])
    if "group" in attributes:
        options["groups"] = attributes["group"]
    if "auto_pad" in attributes:
        options["padding"] = AUTO_PAD[attributes["auto_pad"]]
    elif "pads" in attributes:
        pads = attributes["pads"]  # begins of all axes, then ends
        half = len(pads) // 2
        options["padding"] = peer.joined(f"{b}:{e}" for b, e in zip(pads[:half], pads[half:]))
    return options


def random_attributes(numbers, operator, size, kernel, groups):
    """Mostly legal; now and then beyond what the runtime allows."""
    rank = len(size)
    stride = [numbers.randint(1, 5) for _ in range(rank)]
    dilation = [numbers.choice([1, 1, 2, 3]) for _ in range(rank)]
    padding = numbers.choice(["pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID", None])
    if operator == "Conv" and padding in ("SAME_UPPER", "SAME_LOWER") and numbers.random() < 0.8:
        dilation = [1] * rank
    attributes = {"strides": stride, "dilations": dilation, "group": groups}
    if padding == "pads":
        attributes["pads"] = [numbers.randint(0, 4) for _ in range(2 * rank)]
    elif padding:
        attributes["auto_pad"] = padding
    if operator == "ConvTranspose":
        if numbers.random() < 0.35:
            beyond = numbers.random() < 0.1
            attributes["output_padding"] = [
                numbers.randint(0, max(s, d) if beyond else s - 1) for s, d in zip(stride, dilation)
            ]
        if numbers.random() < 0.35:
            most = 5 if numbers.random() < 0.2 else 1
            attributes["output_shape"] = [
                max(1, s * (n - 1) + d * (k - 1) + 1 + numbers.randint(-5, most * (s - 1)))
                for s, n, d, k in zip(stride, size, dilation, kernel)
            ]
    return attributes


def random_case(numbers, generator):
    operator = numbers.choice(["Conv", "ConvTranspose", "ConvTranspose"])
    transposed = operator == "ConvTranspose"
    rank = numbers.choice([1, 2, 2, 3])
    size = [numbers.randint(1, 5 if transposed else 9) for _ in range(rank)]
    kernel = [numbers.randint(1, 4) for _ in range(rank)]
    groups = numbers.choice([1, 1, 1, 2, 3])
    batch, per_group, out_per_group = (numbers.randint(1, 2) for _ in range(3))
    # Nothing along one dimension. The runtime crashes on a ConvTranspose of an empty axis unless there are two axes,
    # and with no input channels it may read memory that nobody set or not end; these are left out.
    empty = numbers.choice([None] * 12 + ["batch", "output channels", "size"])
    if empty == "batch":
        batch = 0
    if empty == "output channels":
        out_per_group = 0
    if empty == "size" and (not transposed or rank == 2):
        size[numbers.randrange(rank)] = 0
    attributes = random_attributes(numbers, operator, size, kernel, groups)
    channels = [per_group * groups, out_per_group] if transposed else [out_per_group * groups, per_group]
    biases = [out_per_group * groups]
    wrong = numbers.choice([None] * 25 + ["bias count", "bias shape", "channels", "mixed types"])
    if wrong == "channels":
        channels[0 if transposed else 1] += 1
    if wrong == "bias count":
        biases = [biases[0] + 1]
    if wrong == "bias shape":
        biases = [biases[0], 1]
    # Integers up to 4: every sum stays far below 2^24, where float32 is exact in any order of adding.
    draw = lambda shape, kind="f4": generator.integers(-4, 5, shape).astype(kind)
    arrays = {
        "input": draw([batch, per_group * groups, *size]),
        "weight": draw([*channels, *kernel], "f8" if wrong == "mixed types" else "f4"),
    }
    if numbers.random() < 0.3 or wrong in ("bias count", "bias shape"):
        arrays["bias"] = draw(biases)
    return Case(operator, attributes, arrays)


def result_of(program, case, **changed):
    """The program's array, or Refused."""
    try:
        return program.apply(case.op, case.arrays, {**case.options, **changed})
    except peer.Refused as refused:
        return refused


def fault(result, answer):
    """What differs between the program's result and the runtime's answer, or None."""
    refused = isinstance(result, peer.Refused)
    if refused and result.code not in (2, 4):
        return f"neither a result nor a refusal: {result}"
    if refused and isinstance(answer, onnx_runtime.Error):
        return None
    if refused:
        return f"refused, but the runtime gives {answer.shape}: {result}"
    if isinstance(answer, onnx_runtime.Error):
        return f"gives {result.shape}, but the runtime refuses: {answer}"
    return peer.difference(result, answer)


def check_mutants(program, cases, answers, results, count):
    """Wrong results must be noticed: one value, a shape, an answer in place of a refusal, and wrong options."""
    for case, answer, result in zip(cases, answers, results):
        if isinstance(answer, onnx_runtime.Error) or isinstance(result, peer.Refused):
            accepted = np.zeros(1, "f4")
            if isinstance(answer, onnx_runtime.Error):
                count.check(fault(accepted, answer) is not None, f"mutant accepted: {case}")
            continue
        if result.size:
            wrong = result.copy()
            wrong.flat[-1] += 1
            count.check(fault(wrong, answer) is not None, f"mutant value: {case}")
        longer = np.concatenate([result, result[..., :1]], axis=-1) if result.shape[-1] else result[0]
        count.check(fault(longer, answer) is not None, f"mutant shape: {case}")
        refusal = peer.Refused([], 2, "")
        count.check(fault(refusal, answer) is not None, f"mutant refused: {case}")

    def noticed(chosen, **changed):
        return sum(fault(result_of(program, case, **changed), answer) is not None for case, answer in chosen)

    given = [(c, a) for c, a in zip(cases, answers) if not isinstance(a, onnx_runtime.Error) and a.size]
    wide = [(c, a) for c, a in given if max(c.arrays["weight"].shape[2:]) > 1][:MUTATED]
    count.check(2 * noticed(wide, flip="true") > len(wide), "mutant filter reversed")
    # Where the kernel is smaller than the stride, the operator's own formulas give another result than the runtime.
    narrow = [(c, a) for c, a in given if below_zero(c)][:MUTATED]
    count.check(len(narrow) > 5, "no case with a total padding below zero")
    count.check(noticed(narrow, convention="onnx-reference") > len(narrow) // 2, "mutant onnx-reference")


def below_zero(case):
    """ConvTranspose SAME whose kernel covers less than the stride, on some axis."""
    a = case.attributes
    if case.op == "conv" or "SAME" not in a.get("auto_pad", "") or "output_shape" in a or "output_padding" in a:
        return False
    kernel = case.arrays["weight"].shape[2:]
    return any(d * (k - 1) + 1 < s for d, k, s in zip(a["dilations"], kernel, a["strides"]))


def compare(program, count, modules, cases=CASES, seed=SEED):
    runtime = onnx_runtime.Runtime(modules)
    numbers, generator = random.Random(int(seed)), np.random.default_rng(int(seed))
    drawn = [random_case(numbers, generator) for _ in range(int(cases))]
    answers = runtime.run([(c.operator, c.attributes, c.arrays) for c in drawn])
    results = peer.run_all(drawn, lambda case: result_of(program, case))
    for case, answer, result in zip(drawn, answers, results):
        found = fault(result, answer)
        count.check(found is None, f"{case}: {found}")
    refused = sum(isinstance(answer, onnx_runtime.Error) for answer in answers)
    print(f"seed {seed}: {len(drawn)} nodes, of which ONNX Runtime refuses {refused}")
    count.check(len(drawn) // 20 < refused < len(drawn) // 2, "too few or too many are refused to say anything")
    check_mutants(program, drawn, answers, results, count)


if __name__ == "__main__":
    peer.main(compare, "NODE_MODULES", "[CASES]", "[SEED]")
