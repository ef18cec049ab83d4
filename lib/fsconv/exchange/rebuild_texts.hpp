// The parts of rebuild_script()'s Python that are the same for every model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fsconv {

inline constexpr auto python_introduction = R"PY(
    python3 rebuild.py WEIGHTS

WEIGHTS is a .pt, .safetensors or .npz that fsconv export wrote of the same run. It holds two
images and what the model makes of them; this computes the same and says how far it is off.
In a program of your own: from rebuild import Model, load; model = load("weights.pt").
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


)PY";

inline constexpr auto python_bias = R"PY(class Bias(nn.Module):
    """A layer of the decoder whose weight is that of the encoder: all that is its own."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))


)PY";

inline constexpr auto python_stretched = R"PY(def stretched(x, up):
    """x with up-1 zeros between two of its pixels: the image of a fractional stride."""
    y = x.new_zeros([*x.shape[:2], *(u * (n - 1) + 1 for u, n in zip(up, x.shape[2:]))])
    y[(..., *(slice(None, None, u) for u in up))] = x
    return y


)PY";

inline constexpr auto python_shuffled = R"PY(def shuffled(x, factor):
    """F.pixel_shuffle() for any number of axes."""
    sizes, axes = x.shape[2:], x.dim() - 2
    parts = x.reshape(x.shape[0], -1, *[factor] * axes, *sizes)
    order = [0, 1, *(at for axis in range(axes) for at in (2 + axes + axis, 2 + axis))]
    return parts.permute(order).reshape(x.shape[0], -1, *(factor * size for size in sizes))


)PY";

inline constexpr auto python_ae_forward = R"PY(    def forward(self, x):
        return self.decode(self.encode(x))


)PY";

inline constexpr auto python_vae_forward = R"PY(    def sample(self, mean, log_variance):
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean)

    def forward(self, x):
        """Of the mean, without noise."""
        mean, _ = self.encode(x)
        return self.decode(mean)


)PY";

inline constexpr auto python_sigmoid_pixels = R"PY(def pixels(output):
    """The expected pixels, 0..1, of logits."""
    return torch.sigmoid(output)


)PY";

inline constexpr auto python_clamped_pixels = R"PY(def pixels(output):
    """The expected pixels, as pictures can show them."""
    return output.clamp(0, 1)


)PY";

inline constexpr auto python_continuous_bernoulli_pixels = R"PY(def pixels(output):
    """The mean of a continuous Bernoulli, 1/(1 - exp(-z)) - 1/z, and near 0 its series."""
    a = output.abs()
    low, high = a.clamp(max=0.25), a.clamp(min=0.25)
    s = low * low
    near = low * (1 / 12 - s * (1 / 720 - s * (1 / 30240 - s / 1209600)))
    far = -1 / torch.expm1(-high) - 1 / high - 0.5
    return 0.5 + output.sign() * torch.where(a < 0.25, near, far)


)PY";

inline constexpr auto python_reading = R"PY(def read_safetensors(path):
    """{name: tensor}: the length of a JSON header in 8 bytes, the header, the numbers."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        numbers = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(numbers[begin:end]), dtype=torch.float32)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def read(path):
    """(tensors, check), both {name: tensor}."""
    if path.endswith(".pt"):
        state = torch.load(path, map_location="cpu", weights_only=True)
        return dict(state), dict(state.check)
    if path.endswith(".npz"):
        arrays = np.load(path)
        names = [name for name in arrays.files if name != "__fsconv__"]
        tensors = {name: torch.from_numpy(arrays[name]) for name in names}
    else:
        tensors = read_safetensors(path)
    of_check = [name for name in tensors if name.startswith("check.")]
    return tensors, {name[len("check."):]: tensors.pop(name) for name in of_check}


def load(path):
    """The model with the weights of this file. Names that share a tensor are needed once."""
    model, (tensors, _) = Model(), read(path)
    model.load_state_dict({name: tensors[name] for name in model.state_dict()})
    return model.eval()


)PY";

inline constexpr auto python_ae_results = R"PY(def results(model, x):
    code = model.encode(x)
    output = model.decode(code)
    return {"code": code, "output": output, "pixels": pixels(output)}


)PY";

inline constexpr auto python_vae_results = R"PY(def results(model, x):
    code, log_variance = model.encode(x)
    output = model.decode(code)
    return {"code": code, "log_variance": log_variance, "output": output, "pixels": pixels(output)}


)PY";

inline constexpr auto python_main = R"PY(def bound(wanted):
    """How far float64 may be from the check.

    fsconv computed that in float64, too, and rounded it once to float32, which moves a number by
    2^-24 of itself at most. Another order of the same sums moves it by some 2^-53 of their terms:
    as much again, of the largest number, is room for terms that are 2^29 times as large.
    """
    return 2.0**-23 * float(wanted.abs().max()) if wanted.numel() else 0.0


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(f"usage: {sys.argv[0]} WEIGHTS, a .pt, .safetensors or .npz of fsconv export")
        return 2
    model, (_, check) = load(sys.argv[1]), read(sys.argv[1])
    x = check.pop("input")
    with torch.no_grad():
        single = results(model, x)  # as it will be used
        double = results(model.double(), x.double())
    good = set(double) == set(check)
    if not good:
        print(f"the check is of {sorted(check)}, the model makes {sorted(double)}")
    print(f"{'':12}  {'largest difference':>18}  {'may be':>9}  {'in float32':>10}")
    for name in sorted(set(double) & set(check)):
        wanted = check[name].double()
        same_shape = double[name].shape == wanted.shape
        off = float((double[name] - wanted).abs().max()) if same_shape else float("nan")
        rough = float((single[name].double() - wanted).abs().max()) if same_shape else float("nan")
        print(f"{name:12}  {off:18.2e}  {bound(wanted):9.2e}  {rough:10.2e}")
        good = good and off <= bound(wanted) < float("inf")
    print("the same model" if good else "NOT the same model")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
)PY";

}  // namespace fsconv
