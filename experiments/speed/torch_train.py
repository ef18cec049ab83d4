#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The models of `fsconv train`, trained by PyTorch; prints one line of JSON an epoch: speed, losses, peak memory.

    encoder   x1 = relu(W1 x + b1), x2 = relu(W2 x1 + b2), ..., L . + c         ae28: 28x28x1 -> 14x14x32 -> 7x7x64 -> 32
    decoder   relu(L^T z + c'), ..., relu(W2^T . + b2'), W1^T . + b1'           ae64: 64x64x3 -> 64 -> 128 -> 8x8x256 -> 128
              and back, with the same W1, W2, ..., L

Filters are 4x4 with stride 2 and padding 1. Binary cross-entropy on the pixels' values, summed over an image; Adam 1e-3; batch
128 (ae28, vae28) or 64 (ae64). vae28 is ae28 with L as the mean of q(z|x) and a head of its own for the log-variance, bounded by
8 tanh(./8); one draw of z, the KL in closed form, and pixels that are 1 with their brightness as the probability, drawn anew
whenever an image is used. The variants compute the same function:

    plain     as one writes it: conv2d, conv_transpose2d, linear, Adam over a list of parameters
    tuned     channels last; W^T as the input gradient of conv2d, so that oneDNN computes all of it (but for the first layer in
              float32); the loss, the draw of z and their gradients written out; both heads as one product; parameters and gradients
              in one flat buffer each, so that Adam is one update; pixels drawn by numpy, which is faster

With --bf16 the layers compute in bfloat16 and Adam, the loss and the draw of z in float32: plain under torch.autocast, tuned on a bfloat16 copy
of the flat buffer, made anew in every step.

    torch_train.py --variant plain|tuned [--model ae28|ae64|vae28] [--bf16] [--threads 1] [--images N] [--epochs 1] [--seed 0]
                   [--start FILE] [--test] [--data DIR|FILE]
"""
import argparse
import gzip
import json
import math
import os
import resource
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

LEARNING_RATE = 1e-3
LARGEST_LOG_VARIANCE = 8


@dataclass(frozen=True)
class Workload:
    size: int  # of a side of the image
    channels: tuple  # of the image and of each convolution's code
    latent: int
    batch: int
    images: int  # an epoch, unless --images says so
    warm_up_steps: int
    variational: bool = False

    @property
    def linear(self):
        """The name of the layer that encoder and decoder share last."""
        return "mean" if self.variational else "linear"

    @property
    def code_shape(self):
        side = self.size >> len(self.channels) - 1
        return self.channels[-1], side, side


WORKLOADS = {"ae28": Workload(28, (1, 32, 64), 32, 128, 12800, 20),
             "ae64": Workload(64, (3, 64, 128, 256), 128, 64, 640, 3),
             "vae28": Workload(28, (1, 32, 64), 32, 128, 12800, 20, variational=True)}


def read_idx(path):
    """The images of an IDX file as bytes [N, 1, H, W]."""
    with gzip.open(path) as file:
        content = file.read()
    height, width = np.frombuffer(content, ">u4", 2, 8)
    return torch.from_numpy(np.frombuffer(bytearray(content), np.uint8, offset=16).reshape(-1, 1, height, width))


def read_images(path):
    """Images to train on and to test with, as bytes [N, C, H, W]: of a folder of IDX files, or of the dataset `images` of an HDF5
    file, whose last tenth are the test images as in fsconv."""
    if os.path.isdir(path):
        return [read_idx(os.path.join(path, name + "-images-idx3-ubyte.gz")) for name in ("train", "t10k")]
    import h5py
    with h5py.File(path) as file:
        images = torch.from_numpy(file["images"][()])
    return images.tensor_split([len(images) - len(images) // 10])


def initial_parameters(work):
    """Normal with deviation sqrt(2 / fan_in), 1 / sqrt(fan_in) for the linear layer; biases 0. As in fsconv."""
    def normal(gain, *shape):
        return torch.randn(*shape) * math.sqrt(gain / np.prod(shape[1:]))
    values = {}
    for layer, (inner, outer) in enumerate(zip(work.channels, work.channels[1:]), 1):
        values[f"conv{layer}"] = normal(2, outer, inner, 4, 4)
        values[f"conv{layer}_bias"], values[f"conv{layer}_transpose_bias"] = torch.zeros(outer), torch.zeros(inner)
    heads = ("mean", "log_variance") if work.variational else ("linear",)
    for name in heads:
        values[name] = normal(1, work.latent, *work.code_shape)
    for name in heads:
        values[f"{name}_bias"] = torch.zeros(work.latent)
    return {**values, f"{work.linear}_transpose_bias": torch.zeros(work.code_shape)}


def parameters_of(path, work):
    """The weights in a file of `fsconv train`, which have the same names and shapes."""
    import h5py
    with h5py.File(path) as file:
        return {name: torch.from_numpy(file[f"weights/{name}"][()].astype(np.float32)) for name in initial_parameters(work)}


class Plain:
    """Every layer as the call that PyTorch has for it."""
    memory_format = torch.contiguous_format

    def __init__(self, work, values, bf16):
        self.work, self.layers, self.bf16 = work, range(1, len(work.channels)), bf16
        self.p = {name: torch.nn.Parameter(value) for name, value in values.items()}
        self.parameters = list(self.p.values())  # that Adam updates

    def begin_step(self):
        for parameter in self.parameters:
            parameter.grad = None

    def end_backward(self):
        """Brings the gradients to where Adam looks for them."""

    def pixels(self, images):
        """What the model is shown of these bytes."""
        x = images.to(torch.float32).div_(255)
        return torch.bernoulli(x) if self.work.variational else x

    def encode(self, layer, x):
        return F.conv2d(x, self.p[f"conv{layer}"], self.p[f"conv{layer}_bias"], stride=2, padding=1)

    def decode(self, layer, y, like):
        """The transpose of `layer`; `like` is an image of the result's shape."""
        return F.conv_transpose2d(y, self.p[f"conv{layer}"], self.p[f"conv{layer}_transpose_bias"], stride=2, padding=1)

    def flatten(self, code):
        return code.flatten(1)

    def unflatten(self, rows):
        return rows.view(-1, *self.work.code_shape)

    def head(self, name, rows):
        return F.linear(rows, self.flatten(self.p[name]), self.p[f"{name}_bias"])

    def sample(self, rows):
        """A draw of z from q(z|x), and KL(q || N(0, 1)) summed over the batch."""
        mean, log_variance = self.head("mean", rows).float(), self.head("log_variance", rows).float()
        log_variance = LARGEST_LOG_VARIANCE * torch.tanh(log_variance / LARGEST_LOG_VARIANCE)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        return z, (mean**2 + torch.exp(log_variance) - log_variance - 1).sum() / 2

    def loss(self, logits, x):
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum")

    def reconstruct(self, x):
        """The logits of the decoder's pixels, and the KL."""
        linear = self.flatten(self.p[self.work.linear])
        linear_transpose_bias = self.flatten(self.p[f"{self.work.linear}_transpose_bias"][None])
        images = [x]  # the image side of each layer
        for layer in self.layers:
            images.append(F.relu(self.encode(layer, images[-1])))
        rows = self.flatten(images[-1])
        latent, kl = self.sample(rows) if self.work.variational else (self.head("linear", rows), 0)
        y = self.unflatten(torch.addmm(linear_transpose_bias, latent, linear))
        for layer in reversed(self.layers):
            y = self.decode(layer, F.relu(y), images[layer - 1])
        return y, kl

    def mean_loss(self, x):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            logits, kl = self.reconstruct(x)
        return (self.loss(logits.float(), x) + kl) / len(x)


def conv2d_gradients(output_gradient, x, weight, wants_input, wants_weight):
    """The derivatives of conv2d(x, weight, stride=2, padding=1); of x only the shape matters to the input's."""
    return torch.ops.aten.convolution_backward(output_gradient, x, weight, None, [2, 2], [1, 1], [1, 1], False, [0, 0], 1,
                                               [wants_input, wants_weight, False])[:2]


class Transpose(torch.autograd.Function):
    """W^T y as the input gradient of x -> W x. `like` is an image of the result's shape."""
    @staticmethod
    def forward(ctx, y, weight, like):
        ctx.save_for_backward(y, weight)
        return conv2d_gradients(y, like, weight, True, False)[0]

    @staticmethod
    def backward(ctx, gradient):
        y, weight = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return F.conv2d(gradient, weight, stride=2, padding=1), conv2d_gradients(y, gradient, weight, False, True)[1], None


class TransposeToPixels(torch.autograd.Function):
    """The same for one or three channels in float32: conv_transpose2d forward, which is faster there, and oneDNN backward."""
    @staticmethod
    def forward(ctx, y, weight):
        ctx.save_for_backward(y, weight)
        return F.conv_transpose2d(y, weight, stride=2, padding=1)

    @staticmethod
    def backward(ctx, gradient):
        return Transpose.backward(ctx, gradient)[:2]


class CrossEntropy(torch.autograd.Function):
    """Sum of softplus(logits) - x * logits, whose derivative is sigmoid(logits) - x."""
    @staticmethod
    def forward(ctx, logits, x):
        ctx.save_for_backward(logits, x)
        return F.softplus(logits).sum() - torch.dot(logits.flatten(), x.flatten())

    @staticmethod
    def backward(ctx, gradient):
        logits, x = ctx.saved_tensors
        return torch.sigmoid(logits).sub_(x).mul_(gradient), None


class Sample(torch.autograd.Function):
    """Of the heads' rows [mean, a] and normal numbers: z in the rows' precision, and the KL; log-variance 8 tanh(a/8)."""
    @staticmethod
    def forward(ctx, rows, noise):
        mean, a = rows.float().chunk(2, 1)
        bounded = torch.tanh(a / LARGEST_LOG_VARIANCE)
        log_variance = bounded * LARGEST_LOG_VARIANCE
        deviation = torch.exp(log_variance / 2)
        variance_less_one = deviation.square() - 1
        random_part = deviation * noise
        ctx.save_for_backward(mean, bounded, variance_less_one, random_part)
        ctx.precision = rows.dtype
        return (mean + random_part).to(rows.dtype), (torch.dot(mean.flatten(), mean.flatten())
                                                     + (variance_less_one - log_variance).sum()) / 2

    @staticmethod
    def backward(ctx, of_z, of_kl):
        mean, bounded, variance_less_one, random_part = ctx.saved_tensors
        of_z = of_z.float()
        of_log_variance = (of_z * random_part).add_(variance_less_one * of_kl).div_(2)
        of_a = of_log_variance.mul_(1 - bounded.square())
        return torch.cat((of_z + mean * of_kl, of_a), 1).to(ctx.precision), None


class Tuned(Plain):
    memory_format = torch.channels_last

    def __init__(self, work, values, bf16):
        self.work, self.layers, self.bf16 = work, range(1, len(work.channels)), bf16
        self.random = np.random.Generator(np.random.SFC64(torch.initial_seed()))
        total = sum(value.numel() for value in values.values())
        self.master = torch.nn.Parameter(torch.empty(total))
        self.master.grad = torch.zeros(total)
        self.parameters, self.p = [self.master], {}
        # What the layers compute with: the master itself, or its copy in bfloat16.
        self.used = self.master.data.bfloat16() if bf16 else self.master.data
        self.used_gradient = self.master.grad.bfloat16() if bf16 else self.master.grad
        at, places = 0, {}
        for name, value in values.items():
            self.place(self.master.data, at, value).copy_(value)
            self.p[name], places[name] = self.parameter(at, value), at
            at += value.numel()
        if work.variational:  # The heads lie side by side, so that both are one matrix too; gradients meet in the buffer.
            for suffix in ("", "_bias"):
                both = torch.cat((values["mean" + suffix], values["log_variance" + suffix]))
                self.p["heads" + suffix] = self.parameter(places["mean" + suffix], both)
        self.begin_step()

    def parameter(self, at, value):
        """What lies at `at` of the buffers, in the shape of `value`."""
        parameter = torch.nn.Parameter(self.place(self.used, at, value))
        parameter.grad = self.place(self.used_gradient, at, value)
        return parameter

    @staticmethod
    def place(buffer, at, value):
        """A view of `buffer` from `at` that has the shape of `value`, [..., channels, height, width] with the channels last."""
        part = buffer[at:at + value.numel()]
        if value.dim() < 3:
            return part.view(value.shape)
        *rows, channels, height, width = value.shape
        return part.view(*rows, height, width, channels).movedim(-1, -3)

    def begin_step(self):
        self.used_gradient.zero_()
        if self.bf16:
            self.used.copy_(self.master.data)

    def end_backward(self):
        if self.bf16:
            self.master.grad.copy_(self.used_gradient)

    def pixels(self, images):
        if not self.work.variational:
            return super().pixels(images)
        random = torch.from_numpy(self.random.integers(0, 255, images.shape, np.uint8))  # 0..254
        return random.lt(images).view(torch.uint8).to(torch.float32)

    def sample(self, rows):
        return Sample.apply(self.head("heads", rows), torch.randn(len(rows), self.work.latent))

    def decode(self, layer, y, like):
        weight, bias = self.p[f"conv{layer}"], self.p[f"conv{layer}_transpose_bias"].view(1, -1, 1, 1)
        if layer == 1 and not self.bf16:
            return TransposeToPixels.apply(y, weight) + bias
        return Transpose.apply(y, weight, like) + bias

    # As they lie in memory, so that nothing is copied.
    def flatten(self, code):
        return code.permute(0, 2, 3, 1).flatten(1)

    def unflatten(self, rows):
        channels, height, width = self.work.code_shape
        return rows.view(-1, height, width, channels).permute(0, 3, 1, 2)

    def loss(self, logits, x):
        return CrossEntropy.apply(logits, x)

    def mean_loss(self, x):
        logits, kl = self.reconstruct(x.bfloat16() if self.bf16 else x)
        return (self.loss(logits.float(), x) + kl) / len(x)


VARIANTS = {"plain": Plain, "tuned": Tuned}


class Training:
    def __init__(self, model, work):
        self.model, self.work = model, work
        self.restart()

    def restart(self):
        self.optimizer = torch.optim.Adam(self.model.parameters, lr=LEARNING_RATE)

    def batch(self, images):
        return self.model.pixels(images).contiguous(memory_format=self.model.memory_format)

    def step(self, images):
        self.model.begin_step()
        loss = self.model.mean_loss(self.batch(images))
        loss.backward()
        self.model.end_backward()
        self.optimizer.step()
        return loss.item()

    def warm_up(self, images):
        """Steps whose effect is undone: caches, pages and oneDNN's generated code stay."""
        before = [parameter.detach().clone() for parameter in self.model.parameters]
        for at in range(self.work.warm_up_steps):
            self.step(images[at * self.work.batch:(at + 1) * self.work.batch])
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters, before):
                parameter.copy_(value)
        self.restart()

    def epoch(self, images, order):
        """The mean loss during the epoch. Whole batches only."""
        size = self.work.batch
        steps = len(images) // size
        return sum(self.step(images[order[at * size:(at + 1) * size]]) for at in range(steps)) / steps

    @torch.no_grad()
    def evaluate(self, images):
        self.model.begin_step()
        return sum(self.model.mean_loss(self.batch(part)).item() * len(part) for part in images.split(500)) / len(images)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", choices=VARIANTS, default="tuned")
    parser.add_argument("--model", choices=WORKLOADS, default="ae28")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--images", type=int, help="train on the first N images (12800, or 640 of ae64); whole batches only")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", metavar="FILE", help="begin with the weights in this file of fsconv train (needs h5py)")
    parser.add_argument("--test", action="store_true", help="measure the test loss too")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist",
                        help="a folder of gzipped IDX files, or an HDF5 file with bytes [N, C, H, W] in /images (needs h5py)")
    options = parser.parse_args()
    work = WORKLOADS[options.model]
    train_images, test_images = read_images(options.data)
    wanted, least, there = options.images or work.images, work.batch * work.warm_up_steps, len(train_images)
    if train_images.shape[1:] != (work.channels[0], work.size, work.size):
        parser.error(f"{options.data} holds images of the shape {list(train_images.shape[1:])}, which do not fit {options.model}")
    if not least <= wanted <= there:
        parser.error(f"--images must be {least} to {there}")

    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    images = train_images[:wanted]
    torch.manual_seed(options.seed)
    values = parameters_of(options.start, work) if options.start else initial_parameters(work)
    training = Training(VARIANTS[options.variant](work, values, options.bf16), work)
    training.warm_up(images)
    shuffle = torch.Generator().manual_seed(options.seed + 1)
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        train_loss = training.epoch(images, torch.randperm(len(images), generator=shuffle))
        seconds = time.perf_counter() - start
        result = {"epoch": epoch, "variant": options.variant, "model": options.model, "precision": "bf16" if options.bf16 else "fp32",
                  "threads": options.threads, "images_per_second": len(images) // work.batch * work.batch / seconds,
                  "seconds": seconds, "train_loss": train_loss}
        if options.test:
            result["test_loss"] = training.evaluate(test_images)
        result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
