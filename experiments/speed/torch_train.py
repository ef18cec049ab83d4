#!/usr/bin/env python3
"""The model of `fsconv train` with its defaults, trained by PyTorch; prints one line of JSON: speed, losses, peak memory.

    encoder   relu(W1 x + b1), relu(W2 . + b2), L . + c            28x28x1 -> 14x14x32 -> 7x7x64 -> 32
    decoder   relu(L^T z + c'), relu(W2^T . + b2'), W1^T . + b1'   and back, with the same W1, W2, L

Filters are 4x4 with stride 2 and padding 1. Binary cross-entropy on grey pixels, summed over an image; Adam 1e-3; batch 128.
The variants compute the same function:

    plain     as one writes it: conv2d, conv_transpose2d, linear, Adam over a list of parameters
    tuned     channels last; W2^T as the input gradient of conv2d, so that oneDNN computes all of it; the loss and its
              gradient written out; parameters and gradients in one flat buffer each, so that Adam is one update

    torch_train.py --variant plain|tuned [--threads 1] [--images 12800] [--epochs 1] [--seed 0]
                   [--start FILE] [--test] [--data DIR]
"""
import argparse
import gzip
import json
import math
import os
import resource
import time

import numpy as np
import torch
import torch.nn.functional as F

BATCH, LEARNING_RATE, LATENT, WARM_UP_STEPS = 128, 1e-3, 32, 20
IMAGE_SIZE, CODE_CHANNELS, CODE_SIZE = 28, 64, 7
CODE = CODE_CHANNELS * CODE_SIZE**2


def read_images(path):
    """The images of an IDX file as bytes [N, 1, 28, 28]."""
    with gzip.open(path) as file:
        content = file.read()
    return torch.from_numpy(np.frombuffer(bytearray(content), np.uint8, offset=16).reshape(-1, 1, IMAGE_SIZE, IMAGE_SIZE))


def initial_parameters():
    """Normal with deviation sqrt(2 / fan_in), 1 / sqrt(fan_in) for the linear layer; biases 0. As in fsconv."""
    def normal(gain, *shape):
        return torch.randn(*shape) * math.sqrt(gain / np.prod(shape[1:]))
    return {
        "conv1": normal(2, 32, 1, 4, 4), "conv1_bias": torch.zeros(32),
        "conv2": normal(2, CODE_CHANNELS, 32, 4, 4), "conv2_bias": torch.zeros(CODE_CHANNELS),
        "linear": normal(1, LATENT, CODE_CHANNELS, CODE_SIZE, CODE_SIZE), "linear_bias": torch.zeros(LATENT),
        "linear_transpose_bias": torch.zeros(CODE_CHANNELS, CODE_SIZE, CODE_SIZE),
        "conv2_transpose_bias": torch.zeros(32),
        "conv1_transpose_bias": torch.zeros(1),
    }


def parameters_of(path):
    """The weights in a file of `fsconv train`, which have the same names and shapes."""
    import h5py
    with h5py.File(path) as file:
        return {name: torch.from_numpy(file[f"weights/{name}"][()].astype(np.float32)) for name in initial_parameters()}


class Plain:
    """Every layer as the call that PyTorch has for it."""
    memory_format = torch.contiguous_format

    def __init__(self, values):
        self.p = {name: torch.nn.Parameter(value) for name, value in values.items()}
        self.parameters = list(self.p.values())

    def zero_gradients(self):
        for parameter in self.parameters:
            parameter.grad = None

    def encode_pixels(self, x):
        return F.conv2d(x, self.p["conv1"], self.p["conv1_bias"], stride=2, padding=1)

    def decode_pixels(self, y):
        return F.conv_transpose2d(y, self.p["conv1"], self.p["conv1_transpose_bias"], stride=2, padding=1)

    def decode_middle(self, y, like):
        return F.conv_transpose2d(y, self.p["conv2"], self.p["conv2_transpose_bias"], stride=2, padding=1)

    def flatten(self, code):
        return code.flatten(1)

    def unflatten(self, rows):
        return rows.view(-1, CODE_CHANNELS, CODE_SIZE, CODE_SIZE)

    def loss(self, logits, x):
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum")

    def reconstruct(self, x):
        """The logits of the decoder's pixels."""
        p = self.p
        linear, linear_transpose_bias = self.flatten(p["linear"]), self.flatten(p["linear_transpose_bias"][None])
        hidden = F.relu(self.encode_pixels(x))
        code = F.relu(F.conv2d(hidden, p["conv2"], p["conv2_bias"], stride=2, padding=1))
        latent = F.linear(self.flatten(code), linear, p["linear_bias"])
        code = self.unflatten(F.relu(torch.addmm(linear_transpose_bias, latent, linear)))
        return self.decode_pixels(F.relu(self.decode_middle(code, hidden)))

    def mean_loss(self, x):
        return self.loss(self.reconstruct(x), x) / len(x)


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
    """The same for one channel: conv_transpose2d forward, which is faster there, and oneDNN backward."""
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


def per_channel(bias):
    return bias.view(1, -1, 1, 1)


class Tuned(Plain):
    memory_format = torch.channels_last

    def __init__(self, values):
        total = sum(value.numel() for value in values.values())
        flat = torch.nn.Parameter(torch.empty(total))
        flat.grad = torch.zeros(total)
        self.parameters, self.p = [flat], {}
        at = 0
        for name, value in values.items():
            parameter = torch.nn.Parameter(self.place(flat.data, at, value))
            parameter.data.copy_(value)
            parameter.grad = self.place(flat.grad, at, value)
            self.p[name] = parameter
            at += value.numel()

    @staticmethod
    def place(buffer, at, value):
        """A view of `buffer` from `at` that has the shape of `value`, [..., channels, height, width] with the channels last."""
        part = buffer[at:at + value.numel()]
        if value.dim() < 3:
            return part.view(value.shape)
        *rows, channels, height, width = value.shape
        return part.view(*rows, height, width, channels).movedim(-1, -3)

    def zero_gradients(self):
        self.parameters[0].grad.zero_()

    def decode_pixels(self, y):
        return TransposeToPixels.apply(y, self.p["conv1"]) + self.p["conv1_transpose_bias"]

    def decode_middle(self, y, like):
        return Transpose.apply(y, self.p["conv2"], like) + per_channel(self.p["conv2_transpose_bias"])

    # As they lie in memory, so that nothing is copied.
    def flatten(self, code):
        return code.permute(0, 2, 3, 1).flatten(1)

    def unflatten(self, rows):
        return rows.view(-1, CODE_SIZE, CODE_SIZE, CODE_CHANNELS).permute(0, 3, 1, 2)

    def loss(self, logits, x):
        return CrossEntropy.apply(logits, x)


VARIANTS = {"plain": Plain, "tuned": Tuned}


class Training:
    def __init__(self, variant, values):
        self.model = VARIANTS[variant](values)
        self.restart()

    def restart(self):
        self.optimizer = torch.optim.Adam(self.model.parameters, lr=LEARNING_RATE)

    def batch(self, images):
        return images.to(torch.float32).div_(255).contiguous(memory_format=self.model.memory_format)

    def step(self, images):
        self.model.zero_gradients()
        loss = self.model.mean_loss(self.batch(images))
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def warm_up(self, images):
        """Steps whose effect is undone: caches, pages and oneDNN's generated code stay."""
        before = [parameter.detach().clone() for parameter in self.model.parameters]
        for at in range(WARM_UP_STEPS):
            self.step(images[at * BATCH:(at + 1) * BATCH])
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters, before):
                parameter.copy_(value)
        self.restart()

    def epoch(self, images, order):
        """The mean loss during the epoch. Whole batches only."""
        steps = len(images) // BATCH
        return sum(self.step(images[order[at * BATCH:(at + 1) * BATCH]]) for at in range(steps)) / steps

    @torch.no_grad()
    def evaluate(self, images):
        return sum(self.model.mean_loss(self.batch(part)).item() * len(part) for part in images.split(500)) / len(images)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", choices=VARIANTS, default="tuned")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--images", type=int, default=12800, help="train on the first N images; whole batches only")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", metavar="FILE", help="begin with the weights in this file of fsconv train (needs h5py)")
    parser.add_argument("--test", action="store_true", help="measure the test loss too")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    options = parser.parse_args()
    if not BATCH * WARM_UP_STEPS <= options.images <= 60000:
        parser.error(f"--images must be {BATCH * WARM_UP_STEPS} to 60000")

    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    images = read_images(os.path.join(options.data, "train-images-idx3-ubyte.gz"))[:options.images]
    torch.manual_seed(options.seed)
    training = Training(options.variant, parameters_of(options.start) if options.start else initial_parameters())
    training.warm_up(images)
    shuffle = torch.Generator().manual_seed(options.seed + 1)
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        train_loss = training.epoch(images, torch.randperm(len(images), generator=shuffle))
        seconds = time.perf_counter() - start
        result = {"epoch": epoch, "variant": options.variant, "threads": options.threads,
                  "images_per_second": len(images) // BATCH * BATCH / seconds, "seconds": seconds, "train_loss": train_loss}
        if options.test:
            result["test_loss"] = training.evaluate(read_images(os.path.join(options.data, "t10k-images-idx3-ubyte.gz")))
        result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
