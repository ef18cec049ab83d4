# SPDX-License-Identifier: Apache-2.0
"""Compares the pictures that fsconv data prepare decodes, turns, cuts and resizes with Pillow and exact sums of NumPy."""

import os

import peer

peer.require({"PIL": "python3-pil", "h5py": "python3-h5py"})

import h5py
import numpy as np
from PIL import Image, ImageOps, features

SEED = 20260311
SIDE = 40  # pictures that are turned are square, so that all have one size


def photograph(generator, height, width, channels):
    """Something smooth with some noise, which JPEG changes everywhere."""
    coarse = generator.integers(0, 256, (height // 6 + 2, width // 6 + 2, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC)).astype(int)
    noisy = smooth + generator.integers(-12, 13, smooth.shape)
    image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    return image if channels == 3 else image.convert("L")


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def png_files(generator, height, width):
    """{name: (image, options of save)}: every kind that Pillow writes."""
    colour, grey = photograph(generator, height, width, 3), photograph(generator, height, width, 1)
    files = {"rgb.png": (colour, {}), "grey.png": (grey, {}), "one-bit.png": (grey.convert("1"), {})}
    for colours in (2, 4, 16, 200):
        files[f"palette-{colours}.png"] = (colour.quantize(colours), {})
    opaque = Image.new("L", colour.size, 255)
    with_alpha = colour.copy()
    with_alpha.putalpha(opaque)
    files["alpha.png"] = (with_alpha, {})
    files["grey-alpha.png"] = (Image.merge("LA", (grey, opaque)), {})
    return files


def jpeg_files(generator, height, width):
    colour, grey = photograph(generator, height, width, 3), photograph(generator, height, width, 1)
    files = {"grey.jpg": (grey, {}), "grey-progressive.jpg": (grey, {"progressive": True})}
    for quality in (30, 75, 95):
        for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
            for way in ({}, {"progressive": True}, {"optimize": True}):
                name = f"{quality}-{subsampling.replace(':', '')}-{''.join(way)}.jpg"
                files[name] = (colour, {"quality": quality, "subsampling": subsampling, **way})
    return files


def turned_files(generator, ending):
    image = photograph(generator, SIDE, SIDE, 3)
    return {f"turned-{value}{ending}": (image, {"exif": exif(value)}) for value in range(1, 9)}


def save_all(folder, files):
    os.makedirs(folder)
    for name, (image, options) in files.items():
        image.save(os.path.join(folder, name), **options)


def prepared(program, folder, *options):
    """{name: image [C, H, W]} as fsconv makes them, and its decoder's text."""
    output = folder + ".h5"
    program.run("data", "prepare", folder, "--output", output, "--force", *options)
    images = {}
    with h5py.File(program.file(output), "r") as file:
        for part in ("train", "validation", "test"):
            if part in file:
                names = file[part]["source"].asstr()[()]
                images.update(zip(names, file[part]["images"][()]))
        return images, str(file.attrs["decoder"])


def in_pillow(path, mode, turn=True):
    with Image.open(path) as image:
        seen = ImageOps.exif_transpose(image) if turn else image
        array = np.asarray(seen.convert(mode))
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def weights(old, new):
    """How far each old pixel lies in each new one, in units of 1/(old*new)."""
    o, i = np.arange(new)[:, None], np.arange(old)[None]
    return np.maximum(0, np.minimum(old * o + old, new * i + new) - np.maximum(old * o, new * i))


def resized(image, height, width):
    """By area in exact integers, halves to the even one."""
    down, across = weights(image.shape[1], height), weights(image.shape[2], width)
    sums = down @ image.astype(np.int64) @ across.T
    quotient, rest = np.divmod(sums, image.shape[1] * image.shape[2])
    twice = 2 * rest - image.shape[1] * image.shape[2]
    return (quotient + ((twice > 0) | ((twice == 0) & (quotient % 2 == 1)))).astype(np.uint8)


def compare_folder(program, count, folder, expected, *options):
    """`expected` makes the image of a path. Returns the images."""
    images, _ = prepared(program, folder, *options)
    names = sorted(os.listdir(program.file(folder)))
    count.check(sorted(images) == names, f"{folder}: {sorted(images)} instead of {names}")
    for name, image in images.items():
        fault = peer.difference(image, expected(os.path.join(program.file(folder), name)))
        count.check(fault is None, f"{folder}/{name} {' '.join(options)}: {fault}")
    return images


def same_jpeg_library(program):
    """Pillow's libjpeg-turbo may be another one, whose pictures may differ by a little."""
    _, decoder = prepared(program, "png-0", "--channels", "rgb")
    own = features.version_feature("libjpeg_turbo") or "another library"
    if f"libjpeg-turbo {own} " in decoder:
        return True
    print(f"JPEG not compared: Pillow has {own}, fsconv {decoder}")
    return False


def compare(program, count):
    generator = np.random.default_rng(SEED)
    sizes = [(37, 29), (16, 48), (1, 1), (9, 8)]
    for number, (height, width) in enumerate(sizes):
        save_all(program.file(f"png-{number}"), png_files(generator, height, width))
        save_all(program.file(f"jpeg-{number}"), jpeg_files(generator, height, width))
    save_all(program.file("turned-png"), turned_files(generator, ".png"))
    save_all(program.file("turned-jpeg"), turned_files(generator, ".jpg"))
    kinds = ["png", "jpeg"] if same_jpeg_library(program) else ["png"]
    for kind in kinds:
        for channels, mode in (("rgb", "RGB"), ("grey", "L")):
            for number in range(len(sizes)):
                compare_folder(program, count, f"{kind}-{number}", lambda path, mode=mode: in_pillow(path, mode),
                               "--channels", channels)
        images = compare_folder(program, count, f"turned-{kind}", lambda path: in_pillow(path, "RGB"))
        # What is not turned is seen: 7 of the 8 differ.
        plain = compare_folder(program, count, f"turned-{kind}", lambda path: in_pillow(path, "RGB", False),
                               "--orientation", "ignored")
        differ = sum(not np.array_equal(images[name], plain[name]) for name in images)
        count.check(differ == 7, f"turned-{kind}: {differ} of 8 orientations change the picture")
        for height, width in ((16, 16), (37, 29), (50, 31), (1, 2), (29, 37)):
            compare_folder(program, count, f"{kind}-0",
                           lambda path, h=height, w=width: resized(in_pillow(path, "RGB"), h, w), "--channels", "rgb",
                           "--fit", "stretch", "--size", f"{height}x{width}")
        compare_folder(program, count, f"{kind}-0",
                       lambda path: resized(in_pillow(path, "RGB")[:, 5:25, 3:27], 7, 8), "--channels", "rgb",
                       "--fit", "stretch", "--crop", "20x24@5,3", "--size", "7x8")
        compare_folder(program, count, f"{kind}-0", lambda path: resized(in_pillow(path, "L")[:, 4:33], 8, 8),
                       "--channels", "grey", "--size", "8")


if __name__ == "__main__":
    peer.main(compare)
