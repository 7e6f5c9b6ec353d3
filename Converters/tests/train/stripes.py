"""A data set that is quick to learn."""

import struct

import numpy as np


def write_stripes(folder):
    """IDX files of 200 and 50 pictures: noise and, for each of ten classes, a stripe."""
    random = np.random.default_rng(0)
    for part, count in [("train", 200), ("t10k", 50)]:
        labels = np.arange(count) % 10
        images = random.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[label * 2 : label * 2 + 4] += 150
        for name, values in [("images-idx3", images), ("labels-idx1", labels)]:
            header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
            content = header + values.astype(np.uint8).tobytes()
            (folder / f"{part}-{name}-ubyte").write_bytes(content)
    return folder
