"""Reads the pictures that a model is measured on, and divides them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmnistrt.data import DataError
from fmnistrt.data import load as load_idx

from .graph import ConvertError, Shape

KINDS = (
    "a folder of IDX files or one of them, a .csv with the label in front, an .npz with images and "
    "labels, or an .npy with images"
)
"""What read_pictures takes."""

_IMAGES = ("images", "x", "x_train", "x_test", "arr_0")
_LABELS = ("labels", "y", "y_train", "y_test")
_IDX_IMAGES = "-images-idx3-ubyte"

Arrays = tuple[np.ndarray, np.ndarray | None]


@dataclass(frozen=True)
class Pictures:
    """Bytes (n, height, width, channels) and, if they are known, the n right classes."""

    images: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def take(self, chosen: np.ndarray | slice) -> Pictures:
        """Some of them."""
        return Pictures(self.images[chosen], None if self.labels is None else self.labels[chosen])


def read_pictures(path: Path, part: str, shape: Shape, classes: int) -> Pictures:
    """Pictures for an input of `shape`, from one of KINDS; what a file is, its content tells.

    `part` of a folder of IDX files is "train" or "t10k". An .npz holds `images` and perhaps
    `labels` (or x and y); an .npy holds images only. A .csv has a line for each picture: its label,
    then its pixels row by row.
    """
    if path.is_dir():
        images, labels = _idx(path, part)
    else:
        images, labels = _from_file(path, shape)
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise ConvertError(
            f"{path} holds pictures of type {images.dtype}: give plain pixels, uint8 from 0 to 255"
        )
    if images.ndim == 3 and shape[2] == 1:
        images = images[..., None]
    if images.ndim != 4 or images.shape[1:] != shape or not len(images):
        raise ConvertError(f"{path} holds pictures {images.shape}: (n, *{shape}) is needed")
    if labels is not None:
        labels = np.asarray(labels).reshape(-1)
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise ConvertError(f"{path} holds {labels.shape} labels for {len(images)} pictures")
        if labels.min() < 0 or labels.max() >= classes:
            raise ConvertError(f"{path} has labels that are not 0 to {classes - 1}")
    return Pictures(images, labels)


def _from_file(path: Path, shape: Shape) -> Arrays:
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except FileNotFoundError:
        raise ConvertError(f"{path}: there is no such file or folder of pictures") from None
    if head.startswith((b"PK", b"\x93NUMPY")):
        return _numpy(path)
    if head.startswith((b"\x1f\x8b", b"\0\0\x08")):
        part = path.name.partition(_IDX_IMAGES)[0]
        if _IDX_IMAGES not in path.name:
            raise ConvertError(
                f"{path} is not called ...{_IDX_IMAGES}: give that file, with the labels beside it"
            )
        return _idx(path.parent, part)
    if head.count(b",", 0, (head + b"\n").index(b"\n")) >= 2:
        return _csv(path, shape)
    raise ConvertError(f"{path} holds no pictures: give {KINDS}")


def _idx(folder: Path, part: str) -> Arrays:
    try:
        images, labels, _ = load_idx(part, folder)
    except DataError as error:
        raise ConvertError(str(error)) from None
    return images, labels


def _csv(path: Path, shape: Shape) -> Arrays:
    """A table; its first line may name the columns."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            named = not stream.readline().split(",")[-1].strip().isdigit()
        table = np.loadtxt(
            path, np.int32, delimiter=",", skiprows=int(named), ndmin=2, encoding="utf-8-sig"
        )
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise ConvertError(f"{path} is not a table of whole numbers: {reason}") from None
    if not table.size:
        raise ConvertError(f"{path} has no pictures")
    pixels = int(np.prod(shape))
    if table.shape[1] != pixels + 1:
        raise ConvertError(
            f"{path} has {table.shape[1]} columns: a label and {pixels} pixels are needed"
        )
    labels, images = table[:, 0], table[:, 1:]
    if images.size and (images.min() < 0 or images.max() > 255):
        raise ConvertError(f"{path} has pixels that are not 0 to 255")
    return images.astype(np.uint8).reshape(-1, *shape), labels


def _numpy(path: Path) -> Arrays:
    try:
        loaded = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0]
        raise ConvertError(f"{path} holds no pictures ({reason}): give {KINDS}") from None
    if isinstance(loaded, np.ndarray):
        return loaded, None
    with loaded:
        images = next((name for name in _IMAGES if name in loaded), None)
        labels = next((name for name in _LABELS if name in loaded), None)
        if images is None:
            raise ConvertError(
                f"{path} holds {', '.join(loaded)}: name the array of pictures images, and that "
                "of their classes labels"
            )
        try:
            return loaded[images], None if labels is None else loaded[labels]
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ConvertError(f"{path} is damaged: {str(error).splitlines()[0]}") from None


def stratified(pictures: Pictures, count: int, seed: int) -> np.ndarray:
    """Indices of about `count` pictures, chosen at random, of every class as many as it has."""
    random = np.random.default_rng(seed)
    count = min(count, len(pictures))
    order = random.permutation(len(pictures))
    if pictures.labels is None:
        return order[:count]
    # Sorted by class, every so-manieth picture: each class by its share, none left out by chance.
    by_class = order[np.argsort(pictures.labels[order], kind="stable")]
    places = (np.arange(count) + 0.5) * len(pictures) / count
    return random.permutation(by_class[places.astype(np.int64)])
