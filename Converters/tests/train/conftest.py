"""What the tests of training share: a data set that is quick to learn."""

import struct

import numpy as np
import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Ten classes of noisy stripes: easy to learn, quick to train on."""
    result = tmp_path_factory.mktemp("idx")
    random = np.random.default_rng(0)
    for part, count in [("train", 200), ("t10k", 50)]:
        labels = np.arange(count) % 10
        images = random.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[label * 2 : label * 2 + 4] += 150
        for name, values in [("images-idx3", images), ("labels-idx1", labels)]:
            header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
            content = header + values.astype(np.uint8).tobytes()
            (result / f"{part}-{name}-ubyte").write_bytes(content)
    return result
