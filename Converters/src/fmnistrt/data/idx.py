"""Reads the four IDX files of Fashion-MNIST, plain or gzip-compressed.

The IDX format: two zero bytes, a type byte (8 = unsigned byte), the number of dimensions, that
many big-endian 32-bit sizes, then the values in row-major order.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")

# SHA-256 of the uncompressed files of the canonical data set.
CHECKSUMS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


class DataError(Exception):
    """A data file is missing, damaged or not what its name says."""


class Split(NamedTuple):
    """Images (count, height, width) and labels (count,), both unsigned bytes."""

    images: np.ndarray
    labels: np.ndarray
    canonical: bool
    """Whether the files are those of the canonical Fashion-MNIST, by their checksums."""


def default_folder() -> Path:
    """The folder named by FMNIST_DATA, else that of Debian's dataset-fashion-mnist."""
    return Path(os.environ.get("FMNIST_DATA") or DEBIAN_FOLDER)


def load(part: str, folder: Path | None = None) -> Split:
    """Returns the `part` ("train" or "t10k") of the data set in `folder`.

    Any IDX files will do when a folder is given; without one they must be the canonical ones.
    """
    used = folder or default_folder()
    images, canonical_images = _read(used, f"{part}-images-idx3-ubyte", 3)
    labels, canonical_labels = _read(used, f"{part}-labels-idx1-ubyte", 1)
    canonical = canonical_images and canonical_labels
    if folder is None and not canonical:
        raise DataError(f"{used}: not the canonical Fashion-MNIST files (SHA-256 differs)")
    if len(images) != len(labels) or len(labels) == 0:
        raise DataError(f"{used}: {len(images)} {part} images but {len(labels)} labels")
    if labels.max() >= len(LABELS):
        raise DataError(f"{used}: {part} label {labels.max()} is not 0 to {len(LABELS) - 1}")
    return Split(images, labels, canonical)


def _read(folder: Path, name: str, rank: int) -> tuple[np.ndarray, bool]:
    content = _content(folder, name)
    header = 4 + 4 * rank
    if len(content) < header or content[:4] != bytes((0, 0, 8, rank)):
        raise DataError(f"{folder / name}: not an IDX file of {rank}-dimensional unsigned bytes")
    shape = struct.unpack(f">{rank}I", content[4:header])
    expected = math.prod(shape)
    if len(content) - header != expected:
        raise DataError(
            f"{folder / name}: {len(content) - header} values after the header, {expected} expected"
        )
    values = np.frombuffer(content, np.uint8, offset=header).reshape(shape)
    return values, hashlib.sha256(content).hexdigest() == CHECKSUMS[name]


def _content(folder: Path, name: str) -> bytes:
    plain, packed = folder / name, folder / f"{name}.gz"
    try:
        if plain.is_file():
            return plain.read_bytes()
        with gzip.open(packed) as stream:
            return stream.read()
    except FileNotFoundError:
        raise DataError(
            f"{packed}: no such file; install the package dataset-fashion-mnist, "
            "or name the folder of the IDX files"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{packed}: {error}") from None
