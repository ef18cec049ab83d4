# SPDX-License-Identifier: Apache-2.0
"""What algorithms measured, as tables in Markdown."""
import csv
import statistics

import compare
import onnx_layers

BATCH = 32
ALGORITHMS = ("direct", "auto", "winograd4")
OPS = ("conv", "conv_transpose", "weight_gradient")
LAYER_SYSTEMS = {("engine", "direct"): "direct", ("engine", "auto"): "auto", ("engine", "winograd4"): "winograd4",
                 ("onednn_blocked", "-"): "oneDNN, blocked", ("onednn", "-"): "oneDNN, plain"}
ONNX_OPS, ONNX_BATCHES = onnx_layers.OPS, (1, BATCH)
ONNX_SYSTEMS = {("engine", "direct"): "direct", ("engine", "auto"): "auto", ("batched", "-"): "plain arrays"}
SEEDS = (0, 1, 2)


class Table:
    """Measurements by (round, part, work, system): seconds or images per second."""

    def __init__(self):
        self.rows = []

    def add(self, number, part, work, system, value, unit, memory=None):
        self.rows.append({"round": number, "part": part, "work": work, "system": system, "value": value, "unit": unit, "peak_mib": memory})

    def rounds(self, part, work, system, what="value"):
        return {row["round"]: row[what] for row in self.rows if (row["part"], row["work"], row["system"]) == (part, work, system)}

    def values(self, *key, what="value"):
        return list(self.rounds(*key, what).values())

    def ratios(self, part, work, above, below):
        """Of two systems, round by round."""
        a, b = self.rounds(part, work, above), self.rounds(part, work, below)
        return [a[number] / b[number] for number in a if number in b]

    def works(self, part):
        return list(dict.fromkeys(row["work"] for row in self.rows if row["part"] == part))

    def write(self, path, about):
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*self.rows[0], *about])
            for row in self.rows:
                writer.writerow([f"{value:.6g}" if isinstance(value, float) else "" if value is None else value for value in row.values()]
                                + list(about.values()))


def spread(values, digits=2):
    return compare.spread(values, digits)


def name_of(model, precision, threads):
    return f"{model}, {precision}, {threads} thread{'s' * (threads > 1)}"


def layer_name(layer, op, *more):
    return ", ".join([layer, op, *more])


def onnx_name(layer, op, batch):
    return layer_name(layer, op, "1 image" if batch == 1 else f"{batch} images")


def training_lines(table):
    yield "## Training"
    yield ""
    yield "Images per second; how many times as fast as the direct engine and as tuned PyTorch; peak memory (VmHWM) of the process, MiB, and of direct's."
    yield ""
    yield "| | algorithm | images/s | against direct | against PyTorch | MiB | of direct's |"
    yield "|---|---|---|---|---|---|---|"
    for work in table.works("train"):
        for system in (*ALGORITHMS, "pytorch"):
            speeds = table.values("train", work, system)
            if not speeds:
                continue
            memory = statistics.median(table.values("train", work, system, what="peak_mib"))
            direct = statistics.median(table.values("train", work, "direct", what="peak_mib"))
            by_direct = spread(table.ratios("train", work, system, "direct")) if system in ALGORITHMS[1:] else ""
            by_peer = table.ratios("train", work, system, "pytorch") if system != "pytorch" else []
            yield (f"| {work if system == 'direct' else ''} | {'PyTorch, tuned' if system == 'pytorch' else system} | {spread(speeds, 0)} | {by_direct} |"
                   f" {spread(by_peer) if by_peer else ''} | {memory:.0f} | {memory / direct:.2f} |")


def fastest(table, part, work, systems):
    """The system with the smallest median, of those that computed it."""
    return min((system for system in systems if table.values(part, work, system)),
               key=lambda system: statistics.median(table.values(part, work, system)))


PEERS = ("oneDNN, blocked", "oneDNN, plain", "PyTorch")


def factor(table, part, work, own, peer):
    """How many times as fast as the peer, round by round."""
    return table.ratios(part, work, peer, own)


def layer_lines(table, cases, tiles):
    yield "## Layers, fp32, batch 32, one thread"
    yield ""
    yield ("Milliseconds of a call, and how many times as fast as the better of oneDNN (its own layout, weights reordered before; and plain arrays) and "
           "PyTorch (NCHW or channels last, whatever is faster).")
    yield ""
    yield "| layer | map | direct | auto | tiles | winograd4 | oneDNN | PyTorch | direct / better | auto / better | winograd4 / better |"
    yield "|" + "---|" * 11
    for case in cases:
        for op in OPS:
            work = layer_name(case.name, op)
            milliseconds = {system: 1e3 * statistics.median(table.values("layers", work, system))
                            for system in (*LAYER_SYSTEMS.values(), "PyTorch") if table.values("layers", work, system)}
            onednn = min(milliseconds[system] for system in PEERS[:2])
            better = fastest(table, "layers", work, PEERS)
            ratios = [spread(factor(table, "layers", work, own, better)) for own in ALGORITHMS]
            yield (f"| {case.name} | {op} | {milliseconds['direct']:.3g} | {milliseconds['auto']:.3g} | {tiles[work, 'auto']} |"
                   f" {milliseconds['winograd4']:.3g} ({tiles[work, 'winograd4']}) | {onednn:.3g} | {milliseconds['PyTorch']:.3g} |"
                   f" {ratios[0]} | **{ratios[1]}** | {ratios[2]} |")


def onnx_lines(options, table):
    call = statistics.median(table.values("onnx call", "of a model that does nothing", "ONNX Runtime"))
    yield f"## ONNX Runtime {onnx_layers.version(options.modules)}, fp32, one thread"
    yield ""
    yield (f"Microseconds of a call, and how many times as fast. ONNX Runtime's arrays are plain; what a call from node takes of a model that does nothing, "
           f"{1e6 * call:.0f} us, is subtracted. The engine's arrays lie in blocks; `plain arrays` is the direct engine with the way there and back.")
    yield ""
    yield "| layer, map, images | direct | auto | plain arrays | ONNX Runtime | direct | auto | plain arrays |"
    yield "|" + "---|" * 8
    for work in table.works("onnx"):
        systems = (*ONNX_SYSTEMS.values(), "ONNX Runtime")
        times = [f"{1e6 * statistics.median(table.values('onnx', work, system)):.4g}" for system in systems]
        ratios = [spread(factor(table, "onnx", work, own, "ONNX Runtime")) for own in ONNX_SYSTEMS.values()]
        yield f"| {work} | " + " | ".join(times) + f" | {ratios[0]} | **{ratios[1]}** | {ratios[2]} |"


def loss_lines(table):
    yield "## Test losses of AE28, fp32, nats per image"
    yield ""
    yield "| algorithm | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " | furthest from direct |"
    yield "|" + "---|" * (len(SEEDS) + 2)
    direct = table.values("losses", "ae28, fp32", "direct")
    for algorithm in ALGORITHMS:
        losses = table.values("losses", "ae28, fp32", algorithm)
        off = max(abs(a - b) for a, b in zip(losses, direct))
        yield f"| {algorithm} | " + " | ".join(f"{loss:.3f}" for loss in losses) + f" | {'' if algorithm == 'direct' else f'{off:.3f}'} |"


def reached(value, target, least=True):
    return "yes" if (value >= target if least else value <= target) else "**no**"


def target_lines(options, table, cases):
    yield "## To reach"
    yield ""
    yield "| work | against | target | measured | reached | what falls short |"
    yield "|---|---|---|---|---|---|"
    if "train" in options.parts:
        yield from training_targets(table)
    many = [case for case in cases if case.has_many_channels]
    if "layers" in options.parts:
        works = [layer_name(case.name, op) for case in many for op in OPS]
        yield layer_target("layers of 16 channels or more, three maps, fp32, auto", "the better of oneDNN and PyTorch", table, "layers", works, PEERS, 1.25, 1.0)
        works = [layer_name(case.name, op) for case in cases if case.name in options.dcgan for op in OPS]
        if works:
            yield layer_target("DCGAN's layers, three maps, fp32, auto", "the better of oneDNN's layouts", table, "layers", works, PEERS[:2], None, 1.0)
    if "onnx" in options.parts:
        for batch in ONNX_BATCHES:
            works = [onnx_name(case.name, op, batch) for case in cases for op in ONNX_OPS]
            yield layer_target(f"the same layers' conv and conv_transpose, {'one image' if batch == 1 else f'batch {batch}'}, auto", "ONNX Runtime", table,
                               "onnx", works, ("ONNX Runtime",), 2, 1.3)
    if "losses" in options.parts and options.plan.epochs:
        for algorithm, most in (("auto", 0.05), ("winograd4", 0.2)):
            off = max(abs(a - b) for a, b in zip(*(table.values("losses", "ae28, fp32", name) for name in (algorithm, "direct"))))
            yield f"| AE28, 5 epochs, three seeds, {algorithm} | direct, nats | at most {most} | {off:.3f} | {reached(off, most, False)} | |"


def training_targets(table):
    for models, precision, algorithm, peer, targets in (
            (("ae28", "vae28"), "fp32", "auto", "direct", (1.2, 1.2)), (("ae64",), "fp32", "auto", "direct", (1.3, 1.3)),
            (("ae64",), "fp32", "winograd4", "direct", (1.5, 1.5)), (("ae28",), "fp32", "auto", "pytorch", (1.9, 2.2)),
            (("ae64",), "fp32", "auto", "pytorch", (1.4, 1.4)), (("ae64",), "fp32", "winograd4", "pytorch", (1.6, 1.6)),
            (("ae28",), "bf16", "auto", "direct", (1.1, 1.1)), (("ae64",), "bf16", "auto", "direct", (1.2, 1.2))):
        for model in models:
            for threads, target in zip((1, 2), targets):
                work = name_of(model, precision, threads)
                ratio = table.ratios("train", work, algorithm, peer)
                if not ratio:
                    continue
                yield (f"| {work}, {algorithm} | {'tuned PyTorch' if peer == 'pytorch' else 'the direct engine'} | {target} | {spread(ratio)} |"
                       f" {reached(statistics.median(ratio), target)} | |")
    for threads in (1, 2):
        for algorithm in ALGORITHMS[1:]:
            work = name_of("ae28", "fp32", threads)
            memory, direct = (statistics.median(table.values("train", work, system, what="peak_mib")) for system in (algorithm, "direct"))
            yield f"| peak memory, {work}, {algorithm} | the direct engine | at most 2 | {memory / direct:.2f} | {reached(memory / direct, 2, False)} | |"


def layer_target(work, against, table, part, works, peers, mean, least):
    ratios = {name: statistics.median(factor(table, part, name, "auto", fastest(table, part, name, peers))) for name in works}
    average = statistics.geometric_mean(ratios.values())
    short = [f"{name} {ratio:.2f}" for name, ratio in sorted(ratios.items(), key=lambda entry: entry[1]) if ratio < least]
    good = not short and (mean is None or average >= mean)
    target = f"none below {least}" + (f", {mean} in geometric mean" if mean else "")
    return (f"| {work} | {against} | {target} | {average:.2f} in geometric mean, {min(ratios.values()):.2f} to {max(ratios.values()):.2f} of {len(ratios)} |"
            f" {'yes' if good else '**no**'} | {'; '.join(short)} |")
