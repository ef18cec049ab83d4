# SPDX-License-Identifier: Apache-2.0
"""Weights go from fsconv to PyTorch and back: the files of `fsconv export` in torch.load, a reader of safetensors of
twenty lines and numpy.load; and what torch.save writes in `fsconv import`."""

import collections
import json
import os

import peer

peer.require({"torch": "python3-torch", "h5py": "python3-h5py"})

import h5py
import numpy as np
import torch

SMALL = "--data generated --train-images 64 --test-images 8 --epochs 1 --batch 16 --channels 3,4 --latent 5 --threads 2"
RUNS = {  # other names of tensors: as they are, and transposed
    "tied": ("", {"decoder.1.weight": "encoder.0.weight", "decoder.0.weight": "encoder.1.weight"}, "fc.weight"),
    "untied": ("--tie none", {}, None),
    "partly": ("--tie 2 --gain", {"decoder.0.weight": "encoder.1.weight"}, None),
    "vae": (
        "--model vae --gated",
        {
            "decoder.1.weight": "encoder.0.weight",
            "decoder.0.weight": "encoder.1.weight",
            "decoder.0.gate.weight": "encoder.1.gate.weight",
        },
        "fc_mu.weight",
    ),
    "map": ("--model vae --latent 0", {"decoder.0.weight": "conv_mu.weight", "decoder.1.weight": "encoder.0.weight"}, None),
}


def read_safetensors(path):
    """The format, by its description: arrays by name, and the metadata."""
    with open(path, "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    body = data[8 + length :]
    assert length % 8 == 0 and data[8:9] == b"{"
    end, arrays = 0, {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        assert begin == end and entry["dtype"] == "F32"
        arrays[name] = np.frombuffer(body[begin:stop], "<f4").reshape(entry["shape"])
        end = stop
    assert end == len(body)
    return arrays, metadata


def load(path):
    try:
        return torch.load(path, weights_only=True)
    except TypeError:  # before PyTorch 1.13
        return torch.load(path)


def same(a, b):
    return a.shape == b.shape and a.dtype == b.dtype == np.float32 and a.tobytes() == b.tobytes()


def weights_of(path):
    with h5py.File(path) as file:
        names = [parameter["name"] for parameter in json.loads(file.attrs["model"])["parameters"]]
        return {name: file["weights"][name][()] for name in names}


def check_exports(program, count, name, aliases, transposed):
    state = load(program.file("w.pt"))
    count.check(type(state) is collections.OrderedDict, f"{name}: torch.load gives {type(state)}")
    others = dict(aliases)
    if transposed:
        others["decoder_input.weight"] = transposed
    for other, kept in others.items():
        count.check(state[other].data_ptr() == state[kept].data_ptr(), f"{name}: {other} and {kept} lie apart")
    if transposed:
        count.check(torch.equal(state["decoder_input.weight"], state[transposed].t()), f"{name}: no transpose")
    places = {tensor.data_ptr() for tensor in state.values()}
    count.check(len(places) == len(state) - len(others), f"{name}: {len(places)} storages of {len(state)} names")

    arrays, metadata = read_safetensors(program.file("w.safetensors"))
    count.check(metadata["format"] == "pt", f"{name}: format {metadata['format']}")
    for other, kept in aliases.items():
        count.check(metadata.get(other) == kept and other not in arrays, f"{name}: {other} in safetensors")
    in_npz = np.load(program.file("w.npz"))
    text = json.loads(in_npz["__fsconv__"].tobytes())
    count.check(text["aliases"] == aliases, f"{name}: aliases in npz {text['aliases']}")
    kept = set(state) - set(others)
    count.check({n for n in arrays if not n.startswith("check.")} == kept, f"{name}: names in safetensors")
    for each in kept:
        count.check(same(state[each].contiguous().numpy(), arrays[each]), f"{name}: {each} in safetensors")
        count.check(same(arrays[each], in_npz[each]), f"{name}: {each} in npz")
    for each in ["input", "code", "output", "pixels"]:
        count.check(same(arrays["check." + each], in_npz["check." + each]), f"{name}: check.{each}")
    return state


def check_imports(program, count, name, state):
    own = weights_of(program.file("run.h5"))

    def comes_back(path, what, exact=True):
        program.run("import", path, "--like", "run.h5", "--output", "back.h5", "--force")
        back = weights_of(program.file("back.h5"))
        for each, values in own.items():
            good = same(values, back[each]) if exact else np.allclose(values, back[each], rtol=2**-7, atol=1e-6)
            count.check(good, f"{name}: {each} of {what}")

    def saved(what, value, exact=True):
        torch.save(value, program.file("saved.pt"))
        comes_back("saved.pt", what, exact)

    for path in ["w.pt", "w.safetensors", "w.npz", "run.h5"]:
        comes_back(path, path)
    saved("torch.save", state)
    if name not in ("untied", "vae"):  # the others would say no more
        return
    saved("copies", {n: t.clone() for n, t in state.items()})
    saved("a checkpoint", {"epoch": 3, "state_dict": state, "lr": 0.1, "betas": [0.9, None, True, 2**40]})
    saved("parameters", {n: torch.nn.Parameter(t.contiguous()) for n, t in state.items()})
    saved("float64", {n: t.double() for n, t in state.items()})
    saved("other strides", {n: t.transpose(0, -1).contiguous().transpose(0, -1) for n, t in state.items()})
    saved("float16", {n: t.half() for n, t in state.items()}, exact=False)
    saved("bfloat16", {n: t.bfloat16() for n, t in state.items()}, exact=False)


class Net(torch.nn.Module):
    """What somebody else writes."""

    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.ModuleList([torch.nn.Conv2d(1, 3, 4), torch.nn.Conv2d(3, 4, 4)])
        self.decoder = torch.nn.ModuleList([torch.nn.ConvTranspose2d(4, 3, 4), torch.nn.ConvTranspose2d(3, 1, 4)])
        self.fc = torch.nn.Linear(4 * 7 * 7, 5)
        self.decoder_input = torch.nn.Linear(5, 4 * 7 * 7)

    def forward(self, x):
        options = {"stride": 2, "padding": 1}
        functional = torch.nn.functional
        for layer in self.encoder:
            x = torch.relu(functional.conv2d(x, layer.weight, layer.bias, **options))
        h = torch.relu(self.decoder_input(self.fc(x.flatten(1)))).reshape(-1, 4, 7, 7)
        h = torch.relu(functional.conv_transpose2d(h, self.decoder[0].weight, self.decoder[0].bias, **options))
        return functional.conv_transpose2d(h, self.decoder[1].weight, self.decoder[1].bias, **options)


def check_module(program, count):
    """A module of PyTorch with these names takes the weights strictly, computes the same, and gives them back."""
    net = Net()
    for path in ["tied.pt", "untied.pt"]:
        state = load(program.file(path))
        net.load_state_dict(state)
        with torch.no_grad():
            off = float((net(state.check["input"]) - state.check["output"]).abs().max())
        # Sums of a few hundred products of magnitude 1 in five layers.
        count.check(off < 1e-4, f"{path}: the module is {off} off")
    with torch.no_grad():
        net.decoder[0].weight.mul_(1.5)
    torch.save(net.state_dict(), program.file("net.pt"))
    program.run("import", "net.pt", "--like", "untied.h5", "--output", "net.h5")
    back = weights_of(program.file("net.h5"))
    count.check(same(back["conv2_transpose"], net.decoder[0].weight.detach().numpy()), "a module's state_dict")
    turned = net.decoder_input.weight.detach().numpy().T.reshape(5, 4, 7, 7)
    count.check(same(back["linear_transpose"], np.ascontiguousarray(turned)), "a module's decoder_input")
    check_refused(program, count, "net.pt", "tied.h5", "which differ at")

    torch.save(net, program.file("whole.pt"))
    check_refused(program, count, "whole.pt", "untied.h5", "Net")
    torch.save(net.state_dict(), program.file("old.pt"), _use_new_zipfile_serialization=False)
    check_refused(program, count, "old.pt", "untied.h5", "before 1.6")
    torch.save({**net.state_dict(), "steps": torch.tensor(3)}, program.file("steps.pt"))
    check_refused(program, count, "steps.pt", "untied.h5", "LongStorage")
    torch.save({**net.state_dict(), "fc.bias": torch.zeros(1).expand(5)}, program.file("wide.pt"))
    check_refused(program, count, "wide.pt", "untied.h5", "contiguous()")
    torch.save({**net.state_dict(), "optimizer": {"state": {0: {"step": torch.zeros(1)}}}}, program.file("key.pt"))
    check_refused(program, count, "key.pt", "untied.h5", "holds a tensor under the number 0")
    torch.save({**net.state_dict(), "means": [torch.zeros(1)]}, program.file("list.pt"))
    check_refused(program, count, "list.pt", "untied.h5", "holds a tensor in a list")


def check_names(program, count):
    """A file may be called by any bytes: what torch.load and the others read is text all the same."""
    os.rename(program.file("untied.h5"), os.fsencode(program.file("")) + b"n\xff.h5")
    program.run("export", os.fsdecode(b"n\xff.h5"), "--to", "n.pt,n.safetensors")
    told = load(program.file("n.pt")).fsconv["run"]
    count.check(told == "n\\xff.h5", f"n.pt is of the run {told!r}")
    count.check(read_safetensors(program.file("n.safetensors"))[1]["run"] == told, "n.safetensors is of another run")


class Command:
    """Pickled, it would run a command."""

    def __reduce__(self):
        return os.system, ("touch hacked",)


def check_refused(program, count, path, like, reason):
    try:
        program.run("import", path, "--like", like, "--output", "refused.h5")
        count.check(False, f"{path}: taken")
    except peer.Refused as refused:
        count.check(refused.code == 4 and reason in refused.message, f"{path}: {refused}")
    count.check(not os.path.exists(program.file("refused.h5")), f"{path}: a file was written")


def compare(program, count):
    torch.set_num_threads(1)
    for name, (options, aliases, transposed) in RUNS.items():
        given = dict(zip(*[iter(SMALL.split())] * 2))
        words = options.split()
        kept = [part for pair in given.items() if pair[0] not in words for part in pair]
        program.run("train", *kept, *words, "--output", "run.h5", "--force")
        program.run("export", "run.h5", "--to", "w.pt,w.safetensors,w.npz", "--force")
        state = check_exports(program, count, name, aliases, transposed)
        check_imports(program, count, name, state)
        for ending in ["h5", "pt"]:
            os.rename(program.file("run.h5" if ending == "h5" else "w.pt"), program.file(f"{name}.{ending}"))
    check_module(program, count)
    check_names(program, count)
    torch.save({"w": torch.zeros(1), "x": Command()}, program.file("evil.pt"))
    check_refused(program, count, "evil.pt", "tied.h5", "posix.system")
    count.check(not os.path.exists(program.file("hacked")), "a pickle was run")


if __name__ == "__main__":
    peer.main(compare)
